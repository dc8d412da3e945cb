using System.Text;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Lab.Tasks;

/// <summary>A text file as a language model reads it.</summary>
public static class RunningText
{
    /// <summary>The beginning of a file in pieces, each after the token that begins a text, where there is one.</summary>
    /// <param name="path">a text file in UTF-8, or in UTF-16 or UTF-32 with their byte order mark; also packed by gzip</param>
    /// <param name="tokenizer">the model's tokenizer</param>
    /// <param name="length">tokens of a piece, the beginning's included; the last may have fewer</param>
    /// <param name="mostTokens">how many tokens of the text are read</param>
    /// <exception cref="InvalidDataException">the file is empty</exception>
    /// <exception cref="TableException">it cannot be read, or is no text</exception>
    public static IReadOnlyList<Sequence> Read(string path, Tokenizer tokenizer, int length, int mostTokens)
    {
        byte[] bytes = DataFile.Read(path).Content;
        Records.RefuseInvalidText(bytes, path);
        string text = Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
        int[] begin = tokenizer.Begin is { } first ? [first] : [], ids = tokenizer.EncodeText(text, mostTokens).Ids;
        if (ids.Length == 0) throw new InvalidDataException($"{path}: expected text, found none.");
        return [.. ids.Chunk(Math.Max(1, length - begin.Length))
            .Select(piece => new Sequence([.. begin, .. piece], new int[begin.Length + piece.Length]))];
    }
}
