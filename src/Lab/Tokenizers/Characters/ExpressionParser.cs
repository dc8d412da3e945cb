using System.Globalization;
using System.Text;
using static Heartwood.Lab.Tokenizers.Characters.Expression;

namespace Heartwood.Lab.Tokenizers.Characters;

/// <summary>Parses a regular expression in the syntax of the reference's engine (Oniguruma's Ruby).</summary>
sealed class ExpressionParser
{
    readonly int[] expression;
    int at;

    ExpressionParser(string expression) => this.expression = [.. expression.EnumerateRunes().Select(r => r.Value)];

    /// <summary>The expression.</summary>
    /// <exception cref="FormatException">what is not understood</exception>
    public static Expression Parse(string expression)
    {
        ExpressionParser parser = new(expression);
        Node whole = parser.Alternatives(anyCase: false);
        return parser.at == parser.expression.Length ? new(whole) : throw new FormatException("a ')' without '('");
    }

    bool Ended => at == expression.Length;

    int Peek => Ended ? -1 : expression[at];

    int Take() => Ended ? throw new FormatException("an unfinished part at the end") : expression[at++];

    bool Skip(string text)
    {
        if (at + text.Length > expression.Length || text.Where((c, i) => expression[at + i] != c).Any()) return false;
        at += text.Length;
        return true;
    }

    Node Alternatives(bool anyCase)
    {
        List<Node> options = [];
        List<Node> parts = [];
        while (!Ended && Peek != ')')
            if (Skip("|"))
            {
                options.Add(new Sequence([.. parts]));
                parts.Clear();
            }
            else if (Skip("(?i)")) anyCase = true;
            else parts.Add(Repeated(Atom(anyCase)));
        options.Add(new Sequence([.. parts]));
        return options.Count == 1 ? options[0] : new Choice(options);
    }

    Node Repeated(Node body)
    {
        for (; ; )
        {
            var (least, most) = Times();
            if (most < 0) return body;
            bool braces = expression[at - 1] == '}', lazy = Skip("?");
            body = new Repeat(body, least, most, lazy);
            if (!lazy && !braces && Skip("+")) body = new Atomic(body);
        }
    }

    (int Least, int Most) Times()
    {
        if (Skip("*")) return (0, int.MaxValue);
        if (Skip("+")) return (1, int.MaxValue);
        if (Skip("?")) return (0, 1);
        if (!Skip("{")) return (0, -1);
        int? least = Number(), most = Skip(",") ? Number() ?? int.MaxValue : least;
        if (!Skip("}") || (least is null && most is null or int.MaxValue) || most < (least ?? 0))
            throw new FormatException("a '{' that begins no repeat");
        return (least ?? 0, most!.Value);
    }

    int? Number()
    {
        int? number = null;
        for (; Peek is >= '0' and <= '9' && number is null or < 100_000; at++) number = (number ?? 0) * 10 + Peek - '0';
        return number;
    }

    Node Atom(bool anyCase)
    {
        int c = Take();
        switch (c)
        {
            case '(': return Group(anyCase);
            case '[': return new One(Set(anyCase));
            case '.': return new One(x => x != '\n');
            case '^': return new Anchor((text, at) => at == 0 || text[at - 1] == '\n');
            case '$': return new Anchor((text, at) => at == text.Length || text[at] == '\n');
            case '*' or '+' or '?': throw new FormatException($"a '{(char)c}' that repeats nothing");
            case '\\' when Peek is 'b' or 'B' or 'A' or 'z' or 'Z': return Edge(Take());
            case '\\': return new One(Folded(Escape(out _), anyCase));
            default: return new One(Folded(x => x == c, anyCase));
        }
    }

    static Anchor Edge(int c) => c switch
    {
        'b' => new((text, at) => IsWord(text, at - 1) != IsWord(text, at)),
        'B' => new((text, at) => IsWord(text, at - 1) == IsWord(text, at)),
        'A' => new((_, at) => at == 0),
        'z' => new((text, at) => at == text.Length),
        _ => new((text, at) => at == text.Length || (at == text.Length - 1 && text[at] == '\n')),
    };

    Node Group(bool anyCase)
    {
        bool ahead = Skip("?="), notAhead = !ahead && Skip("?!"),
            behind = Skip("?<="), notBehind = !behind && Skip("?<!"), atomic = Skip("?>");
        if (Skip("?i:")) anyCase = true;
        else if (!ahead && !notAhead && !behind && !notBehind && !atomic && !Skip("?:") && Peek == '?')
            throw new FormatException("a group of another kind than (?:, (?i:, (?=, (?!, (?<=, (?<! and (?>");
        Node body = Alternatives(anyCase);
        if (!Skip(")")) throw new FormatException("a '(' without ')'");
        return ahead || notAhead ? new Ahead(body, notAhead)
            : behind || notBehind
                ? new Behind(body, Length(body) ?? throw new FormatException("a look back of no certain length"), notBehind)
            : atomic ? new Atomic(body) : body;
    }

    // What is in brackets, after the first; sets may hold sets, and && keeps what both sides hold.
    Func<int, bool> Set(bool anyCase)
    {
        bool not = Skip("^");
        List<Func<int, bool>> any = [], all = [];
        if (Peek == ']') throw new FormatException("an empty set");
        while (!Skip("]"))
            if (Skip("&&"))
            {
                all.Add(Any([.. any]));
                any.Clear();
            }
            else if (Skip("[:")) throw new FormatException("a set of POSIX's");
            else if (Skip("[")) any.Add(Set(anyCase));
            else any.Add(Folded(Member(), anyCase));
        Func<int, bool>[] both = [.. all, Any([.. any])];
        return c => Array.TrueForAll(both, has => has(c)) != not;
    }

    static Func<int, bool> Any(Func<int, bool>[] any) => c => Array.Exists(any, has => has(c));

    Func<int, bool> Member()
    {
        int? first = Take() is var c && c != '\\' ? c : null;
        Func<int, bool> one = first is null ? Escape(out first) : x => x == first;
        if (first is not int from || Peek != '-' || at + 1 >= expression.Length || expression[at + 1] is ']' or '[') return one;
        at++;
        int? to = Take() is var d && d != '\\' ? d : null;
        if (to is null) _ = Escape(out to);
        return to is int last && last >= from ? x => x >= from && x <= last
            : throw new FormatException("a range of characters whose end is before its beginning");
    }

    // What stands after a backslash, and the character where it is only one.
    Func<int, bool> Escape(out int? character)
    {
        int c = Take();
        character = c switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'e' => 0x1B,
            'x' when Skip("{") => Hex(8, closed: true),
            'x' => Hex(2, closed: false),
            'u' => Hex(4, closed: false),
            > 127 or (not (>= '0' and <= '9') and not (>= 'a' and <= 'z') and not (>= 'A' and <= 'Z')) => c,
            _ => null,
        };
        if (character is int one) return x => x == one;
        Func<int, bool> kind = char.ToLowerInvariant((char)c) switch
        {
            's' => x => (Unicode.MarksOf(x) & Marks.Space) != 0,
            'w' => x => (Unicode.MarksOf(x) & Marks.Word) != 0,
            'd' => x => Rune.GetUnicodeCategory(new(x)) == UnicodeCategory.DecimalDigitNumber,
            'h' => x => x < 128 && char.IsAsciiHexDigit((char)x),
            'p' when Skip("{") => Property(),
            _ => throw new FormatException($"'\\{(char)c}'"),
        };
        return c is >= 'A' and <= 'Z' ? x => !kind(x) : kind;
    }

    int Hex(int most, bool closed)
    {
        StringBuilder digits = new();
        while (digits.Length < most && Peek is >= 0 and < 128 && char.IsAsciiHexDigit((char)Peek)) digits.Append((char)Take());
        if (digits.Length == 0 || (closed && !Skip("}")) || (!closed && most == 4 && digits.Length < 4))
            throw new FormatException("a character's number that is not whole");
        int c = int.Parse(digits.ToString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return c is >= 0 and <= 0x10FFFF ? c : throw new FormatException("a number of no character");
    }

    Func<int, bool> Property()
    {
        bool not = Skip("^");
        StringBuilder letters = new();
        while (Peek is not ('}' or -1)) letters.Append(new Rune(Take()).ToString());
        if (!Skip("}")) throw new FormatException("a '\\p{' without '}'");
        string name = letters.ToString();
        Func<int, bool> has = name switch
        {
            "L" => x => (Unicode.MarksOf(x) & Marks.Letter) != 0,
            "N" => x => (Unicode.MarksOf(x) & Marks.Number) != 0,
            _ when Categories.Contains(name) => x => Short(Rune.GetUnicodeCategory(new(x))).StartsWith(name, StringComparison.Ordinal),
            _ => throw new FormatException($"'\\p{{{name}}}'"),
        };
        return not ? x => !has(x) : has;
    }

    static readonly string[] names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp",
        "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    static readonly HashSet<string> Categories = [.. names, .. names.Select(n => n[..1])];

    // in the order of the runtime's categories
    static string Short(UnicodeCategory category) => names[(int)category];

    static bool IsWord(ReadOnlySpan<char> text, int at) => at >= 0 && at < text.Length && (Unicode.MarksOf(text[at]) & Marks.Word) != 0;

    static Func<int, bool> Folded(Func<int, bool> has, bool anyCase) => !anyCase ? has
        : c => has(c) || has(Rune.ToLowerInvariant(new(c)).Value) || has(Rune.ToUpperInvariant(new(c)).Value)
            || (c == 'ſ' && has('s')) || (c == 'K' && has('k'));
}
