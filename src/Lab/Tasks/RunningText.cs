using System.Text;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Lab.Tasks;

/// <summary>A text file as a language model reads it.</summary>
public static class RunningText
{
    /// <summary>The beginning of a file in pieces, each behind the token that begins a text, where there is one.</summary>
    /// <param name="path">a text file in UTF-8</param>
    /// <param name="tokenizer">the model's tokenizer</param>
    /// <param name="length">tokens of a piece, the beginning's included; the last may have fewer</param>
    /// <param name="mostTokens">how many tokens of the text are read</param>
    /// <exception cref="InvalidDataException">the file is not UTF-8, or empty</exception>
    /// <exception cref="IOException">it cannot be read</exception>
    public static IReadOnlyList<Sequence> Read(string path, Tokenizer tokenizer, int length, int mostTokens)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDataException($"{path}: expected text in UTF-8, found other bytes at {error.Index}. Save it as UTF-8.", error);
        }
        int[] begin = tokenizer.Begin is { } first ? [first] : [], ids = tokenizer.EncodeText(text, mostTokens).Ids;
        if (ids.Length == 0) throw new InvalidDataException($"{path}: expected text, found none.");
        return [.. ids.Chunk(Math.Max(1, length - begin.Length)).Select(piece => new Sequence([.. begin, .. piece], new int[begin.Length + piece.Length]))];
    }
}
