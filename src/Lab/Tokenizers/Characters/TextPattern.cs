namespace Heartwood.Lab.Tokenizers.Characters;

/// <summary>What a <c>tokenizer.json</c> looks for in text: a text or a regular expression; the simplest are scanned by hand.</summary>
sealed class TextPattern
{
    readonly string text = "";
    readonly Expression? expression;
    readonly Marks repeated;
    readonly char character;
    readonly int least;

    /// <summary>Looks for a text, character by character.</summary>
    public TextPattern(string text) => this.text = text;

    /// <summary>Looks for what an expression matches.</summary>
    public TextPattern(Expression expression) => this.expression = expression;

    TextPattern(Marks repeated, char character, int least) => (this.repeated, this.character, this.least) = (repeated, character, least);

    /// <summary>The regular expressions that are scanned by hand.</summary>
    public static IReadOnlyDictionary<string, TextPattern> Expressions { get; } = new Dictionary<string, TextPattern>
    {
        [" {2,}"] = new(Marks.None, ' ', 2),
        [" +"] = new(Marks.None, ' ', 1),
        [@"\s+"] = new(Marks.Space, '\0', 1),
        [@"\s{2,}"] = new(Marks.Space, '\0', 2),
    };

    /// <summary>Where the pattern stands, from left to right, and how long it is there: 0 where it matches between characters.</summary>
    public IReadOnlyList<(int At, int Length)> All(ReadOnlySpan<char> within)
    {
        List<(int, int)>? found = null;
        for (int from = 0, done = -1; from <= within.Length && Next(within, from) is ( >= 0 and int at, int length);)
        {
            from = length > 0 ? at + length : at + (at + 1 < within.Length && char.IsSurrogatePair(within[at], within[at + 1]) ? 2 : 1);
            if (length == 0 && at == done) continue;   // nothing right after a match is none
            (found ??= []).Add((at, length));
            done = at + length;
        }
        return (IReadOnlyList<(int, int)>?)found ?? [];
    }

    (int At, int Length) Next(ReadOnlySpan<char> within, int from)
    {
        if (expression is not null) return expression.Next(within, from);
        if (text.Length > 0)
            return within[from..].IndexOf(text, StringComparison.Ordinal) is >= 0 and int found ? (from + found, text.Length) : (-1, 0);
        for (int at = from, end; least > 0 && at < within.Length; at = Math.Max(end, at + 1))
        {
            for (end = at; end < within.Length && Repeats(within[end]);) end++;
            if (end - at >= least) return (at, end - at);
        }
        return (-1, 0);
    }

    bool Repeats(char c) => repeated == Marks.None ? c == character : (Unicode.MarksOf(c) & repeated) != 0;
}
