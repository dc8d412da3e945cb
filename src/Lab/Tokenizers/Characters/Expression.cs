using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Heartwood.Lab.Tokenizers.Characters;

/// <summary>
/// A regular expression of a tokenizer file, as the reference's engine (Oniguruma) reads it: whole code points, our tables of
/// characters, the first alternative that leads to a match. What is not understood is refused when it is parsed.
/// </summary>
/// <param name="whole">the expression's parts</param>
sealed class Expression(Expression.Node whole)
{
    const int MostCopies = 64, LeastTries = 10_000_000, TriesPerCharacter = 100;

    readonly Step start = Compile(whole, End);

    /// <summary>The end of a match that begins at a place; −1 where there is none. What is tried is counted off.</summary>
    delegate int Step(ReadOnlySpan<char> text, int at, ref long left);

    /// <summary>A part of an expression.</summary>
    public abstract record Node;

    /// <summary>One character of a set.</summary>
    public sealed record One(Func<int, bool> Has) : Node;

    /// <summary>One part after another.</summary>
    public sealed record Sequence(IReadOnlyList<Node> Parts) : Node;

    /// <summary>The first alternative that leads to a match.</summary>
    public sealed record Choice(IReadOnlyList<Node> Options) : Node;

    /// <summary>A part several times: as often as leads to a match, or as seldom.</summary>
    public sealed record Repeat(Node Body, int Least, int Most, bool Lazy) : Node;

    /// <summary>A part whose first match is not reconsidered.</summary>
    public sealed record Atomic(Node Body) : Node;

    /// <summary>What must follow, or must not.</summary>
    public sealed record Ahead(Node Body, bool Not) : Node;

    /// <summary>What must come before, or must not: <paramref name="Length"/> characters.</summary>
    public sealed record Behind(Node Body, int Length, bool Not) : Node;

    /// <summary>A place.</summary>
    public sealed record Anchor(Place Is) : Node;

    /// <summary>Whether a place in a text is the one that is meant.</summary>
    public delegate bool Place(ReadOnlySpan<char> text, int at);

    /// <summary>Where it next matches from a place on, and how long the match is, which may be 0; −1 where it does not.</summary>
    /// <exception cref="InvalidDataException">the search takes too long, as some expressions do for some texts</exception>
    public (int At, int Length) Next(ReadOnlySpan<char> text, int from)
    {
        long left = LeastTries + (long)TriesPerCharacter * text.Length;
        for (int at = from, size = 1; at <= text.Length; at += size)
        {
            if (start(text, at, ref left) is >= 0 and int end) return (at, end - at);
            if (at < text.Length) Rune.DecodeFromUtf16(text[at..], out _, out size);
        }
        return (-1, 0);
    }

    /// <summary>How many characters a part is long, or null where that differs.</summary>
    public static int? Length(Node node) => node switch
    {
        One => 1,
        Sequence s => s.Parts.Aggregate((int?)0, (sum, part) => sum + Length(part)),
        Choice c => c.Options.Select(Length).Distinct().ToArray() is [var length] ? length : null,
        Repeat r => r.Least == r.Most ? r.Least * Length(r.Body) : null,
        Atomic a => Length(a.Body),
        _ => 0,
    };

    static bool CanBeEmpty(Node node) => node switch
    {
        One => false,
        Sequence s => s.Parts.All(CanBeEmpty),
        Choice c => c.Options.Any(CanBeEmpty),
        Repeat r => r.Least == 0 || CanBeEmpty(r.Body),
        Atomic a => CanBeEmpty(a.Body),
        _ => true,
    };

    static Step Compile(Node node, Step next)
    {
        switch (node)
        {
            case One(var has):
                return (text, at, ref left) => Is(has, text, at, ref left, out int size) ? next(text, at + size, ref left) : -1;
            case Sequence(var parts):
                return parts.Reverse().Aggregate(next, (after, part) => Compile(part, after));
            case Choice(var options):
                Step[] each = [.. options.Select(o => Compile(o, next))];
                return (text, at, ref left) => First(each, text, at, ref left);
            case Repeat(One(var has), var least, var most, Lazy: false):
                return (text, at, ref left) => Longest(has, least, most, next, text, at, ref left);
            case Repeat repeat:
                return Repeated(repeat, next);
            case Atomic(var body):
                Step alone = Compile(body, End);
                return (text, at, ref left) => alone(text, at, ref left) is >= 0 and int end ? next(text, end, ref left) : -1;
            case Ahead(var body, var not):
                Step ahead = Compile(body, End);
                return (text, at, ref left) => ahead(text, at, ref left) >= 0 != not ? next(text, at, ref left) : -1;
            case Behind(var body, var length, var not):
                Step behind = Compile(body, End);
                return (text, at, ref left) =>
                {
                    bool stands = Back(text, at, length) is >= 0 and int from && behind(text[..at], from, ref left) == at;
                    return stands != not ? next(text, at, ref left) : -1;
                };
            case Anchor(var place):
                return (text, at, ref left) => place(text, at) ? next(text, at, ref left) : -1;
            default:
                throw new ArgumentException($"There is no step for {node.GetType().Name}.");
        }
    }

    static int First(Step[] options, ReadOnlySpan<char> text, int at, ref long left)
    {
        foreach (Step option in options)
            if (option(text, at, ref left) is >= 0 and int end) return end;
        return -1;
    }

    // Characters are taken while they may be, and given back one by one.
    static int Longest(Func<int, bool> has, int least, int most, Step next, ReadOnlySpan<char> text, int at, ref long left)
    {
        int count = 0, end = at;
        for (; count < most && Is(has, text, end, ref left, out int size); count++) end += size;
        for (; count >= least; count--)
        {
            if (next(text, end, ref left) is >= 0 and int whole) return whole;
            if (count > least) end = Back(text, end, 1);
        }
        return -1;
    }

    static Step Repeated(Repeat repeat, Step next)
    {
        var (body, least, most, lazy) = repeat;
        Step more = next;
        if (most == int.MaxValue)
        {
            if (CanBeEmpty(body)) throw new FormatException("an endless repeat of what may be empty");
            Step? again = null;
            Step once = Compile(body, (text, at, ref left) => again!(text, at, ref left));
            more = again = Optional(once, next, lazy);
        }
        else if (most - least > MostCopies) throw new FormatException($"a repeat of up to {most} groups");
        else
            for (int i = least; i < most; i++) more = Optional(Compile(body, more), next, lazy);
        if (least > MostCopies) throw new FormatException($"a repeat of {least} groups");
        for (int i = 0; i < least; i++) more = Compile(body, more);
        return more;
    }

    static Step Optional(Step once, Step next, bool lazy) => (text, at, ref left) =>
    {
        Count(ref left);
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new InvalidDataException("A regular expression of tokenizer.json repeats a group too often in one text to be followed. "
                + "Cut the text into shorter rows.");
        return (lazy ? next : once)(text, at, ref left) is >= 0 and int end ? end : (lazy ? once : next)(text, at, ref left);
    };

    static int End(ReadOnlySpan<char> text, int at, ref long left) => at;

    static void Count(ref long left)
    {
        if (--left < 0)
            throw new InvalidDataException("A regular expression of tokenizer.json tries too many ways to cut one text. "
                + "Cut the text into shorter rows.");
    }

    static bool Is(Func<int, bool> has, ReadOnlySpan<char> text, int at, ref long left, out int size)
    {
        size = 0;
        Count(ref left);
        return at < text.Length && Rune.DecodeFromUtf16(text[at..], out Rune c, out size) == OperationStatus.Done && has(c.Value);
    }

    static int Back(ReadOnlySpan<char> text, int at, int characters)
    {
        for (; characters > 0 && at > 0; characters--) at -= at > 1 && char.IsSurrogatePair(text[at - 2], text[at - 1]) ? 2 : 1;
        return characters > 0 ? -1 : at;
    }
}
