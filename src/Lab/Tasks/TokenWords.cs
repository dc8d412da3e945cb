using Heartwood.Lab.Tokenizers;

namespace Heartwood.Lab.Tasks;

/// <summary>What the tokens of an input are, for those who ask what a head attends to.</summary>
/// <param name="Pieces">the text of each token [token]</param>
/// <param name="Words">the word that each token is a piece of, an index into <paramref name="Texts"/>; −1 for the special tokens around the
/// texts [token]</param>
/// <param name="Texts">the words of both texts, without the spaces that some tokenizers count to them</param>
/// <param name="Sentences">which text each token belongs to, 0 or 1; −1 for special tokens [token]</param>
public sealed record TokenWords(string[] Pieces, int[] Words, string[] Texts, int[] Sentences)
{
    // what byte-level and sentence-piece tokenizers write for a space before a word
    static readonly char[] spaces = [' ', '\u0120', '\u2581'];

    /// <summary>How many tokens there are.</summary>
    public int Count => Words.Length;

    /// <summary>The tokens of a row, as <see cref="Inputs.Encode"/> makes them.</summary>
    /// <param name="row">the row</param>
    /// <param name="tokenizer">the model's tokenizer</param>
    /// <param name="mostTokens">longest input</param>
    public static TokenWords Read(Row row, Tokenizer tokenizer, int mostTokens)
    {
        Encoded encoded = tokenizer.Encode(row.Text, row.Pair, mostTokens);
        return FromEncoded(encoded, [.. encoded.Ids.Select(tokenizer.Piece)]);
    }

    internal static TokenWords FromEncoded(Encoded encoded, string[] pieces) =>
        new(pieces, encoded.Words, [.. encoded.WordTexts.Select(w => w.Trim(spaces))],
            [.. encoded.Words.Select(w => w < 0 ? -1 : w < encoded.FirstWords ? 0 : 1)]);

    /// <summary>The word of a token as it stands in the text; "" for special tokens.</summary>
    public string WordOf(int token) => Words[token] < 0 ? "" : Texts[Words[token]];

    /// <summary>Whether two tokens are pieces of equal words.</summary>
    public bool SameWord(int a, int b) =>
        Words[a] >= 0 && Words[b] >= 0 && string.Equals(WordOf(a), WordOf(b), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the token's word consists of punctuation and symbols only.</summary>
    public bool Punctuation(int token) => WordOf(token) is { Length: > 0 } word && word.All(c => char.IsPunctuation(c) || char.IsSymbol(c));
}
