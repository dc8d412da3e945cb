
namespace Heartwood.Lab.Tokenizers;

/// <summary>A text, or a pair, as the model reads it.</summary>
/// <param name="Ids">the id of each piece, special tokens included [token]</param>
/// <param name="TokenTypes">0 for the first text and its special tokens, 1 for the second and its closing one [token]</param>
/// <param name="Words">
/// the word that each token is a piece of, an index into <paramref name="WordTexts"/>, or −1 for the special tokens around the texts
/// [token]
/// </param>
/// <param name="WordTexts">
/// the normalized words of both texts, those that truncation dropped whole left out; the second text's follow the first's
/// </param>
/// <param name="FirstWords">how many of the words are the first text's</param>
public sealed record Encoded(int[] Ids, int[] TokenTypes, int[] Words, string[] WordTexts, int FirstWords)
{
    /// <summary>How many tokens there are.</summary>
    public int Count => Ids.Length;
}
