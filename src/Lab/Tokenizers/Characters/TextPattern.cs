namespace Heartwood.Lab.Tokenizers.Characters;

/// <summary>What a <c>tokenizer.json</c> looks for in text: a text, or one of the few simple regular expressions that published ones hold.</summary>
sealed class TextPattern
{
    readonly string text = "";
    readonly Marks repeated;
    readonly char character;
    readonly int least;

    /// <summary>Looks for a text, character by character.</summary>
    public TextPattern(string text) => this.text = text;

    TextPattern(Marks repeated, char character, int least) => (this.repeated, this.character, this.least) = (repeated, character, least);

    /// <summary>The regular expressions that are understood.</summary>
    public static IReadOnlyDictionary<string, TextPattern> Expressions { get; } = new Dictionary<string, TextPattern>
    {
        [" {2,}"] = new(Marks.None, ' ', 2),
        [" +"] = new(Marks.None, ' ', 1),
        [@"\s+"] = new(Marks.Space, '\0', 1),
        [@"\s{2,}"] = new(Marks.Space, '\0', 2),
    };

    /// <summary>Where the pattern first stands, and how long it is there; −1 where it is not.</summary>
    public (int At, int Length) Next(ReadOnlySpan<char> within)
    {
        if (text.Length > 0) return (within.IndexOf(text, StringComparison.Ordinal), text.Length);
        for (int at = 0, end; least > 0 && at < within.Length; at = Math.Max(end, at + 1))
        {
            for (end = at; end < within.Length && Repeats(within[end]);) end++;
            if (end - at >= least) return (at, end - at);
        }
        return (-1, 0);
    }

    bool Repeats(char c) => repeated == Marks.None ? c == character : (Unicode.Of(c) & repeated) != 0;
}
