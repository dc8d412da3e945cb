using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation.Looks;

/// <summary>
/// Kinds of token that a token may attend to. They overlap: each is by its own definition, and their masses do not add up to 1.
/// </summary>
public enum KeyKind
{
    /// <summary>the same word in the other sentence, every token of it</summary>
    SameWordOther,

    /// <summary>
    /// the same word in the own sentence: other pieces of it, and the word where it occurs again, but not the token itself
    /// </summary>
    SameWordOwn,

    /// <summary>a word that the other sentence does not have, in whichever sentence it stands</summary>
    UnsharedWord,

    /// <summary>any word of the other sentence</summary>
    OtherSentence,

    /// <summary>the token before</summary>
    Previous,

    /// <summary>the token after</summary>
    Next,

    /// <summary>the token itself</summary>
    Itself,

    /// <summary>the first token of the input, [CLS] in BERT</summary>
    First,

    /// <summary>special tokens around the texts but the first token, [SEP] in BERT</summary>
    Separator,

    /// <summary>words of punctuation and symbols only</summary>
    Punctuation,
}

/// <summary>Which tokens are of which kind.</summary>
public static class KeyKinds
{
    /// <summary>All kinds, in order.</summary>
    public static IReadOnlyList<KeyKind> All { get; } = Enum.GetValues<KeyKind>();

    /// <summary>Whether a token is of a kind, as seen from another.</summary>
    /// <param name="kind">the kind</param>
    /// <param name="text">the tokens</param>
    /// <param name="from">the token that attends</param>
    /// <param name="to">the token that is attended to</param>
    public static bool Holds(this KeyKind kind, TokenWords text, int from, int to) => kind switch
    {
        KeyKind.SameWordOther => Others(text, from, to) && text.SameWord(from, to),
        KeyKind.SameWordOwn => from != to && text.Sentences[from] == text.Sentences[to] && text.SameWord(from, to),
        KeyKind.UnsharedWord =>
            text.Words[to] >= 0 && !Enumerable.Range(0, text.Count).Any(t => Others(text, to, t) && text.SameWord(to, t)),
        KeyKind.OtherSentence => Others(text, from, to),
        KeyKind.Previous => to == from - 1,
        KeyKind.Next => to == from + 1,
        KeyKind.Itself => to == from,
        KeyKind.First => to == 0,
        KeyKind.Separator => to > 0 && text.Words[to] < 0,
        _ => text.Punctuation(to),
    };

    static bool Others(TokenWords text, int a, int b) =>
        text.Sentences[a] >= 0 && text.Sentences[b] >= 0 && text.Sentences[a] != text.Sentences[b];
}
