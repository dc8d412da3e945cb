using Heartwood.Lab.Json;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>How the JSON files of a tokenizer are read.</summary>
static class TokenizerJson
{
    const string Next = "What is not understood here would change ids: give the model's own tokenizer, of a kind that docs/tour.md names.";

    /// <summary>What a reader makes of a file's bytes.</summary>
    /// <param name="bytes">the file's content</param>
    /// <param name="file">the file, for messages</param>
    /// <param name="read">the reader</param>
    /// <exception cref="InvalidDataException">not a JSON object of Unicode text, or <paramref name="read"/> refuses it</exception>
    public static T Read<T>(byte[] bytes, string file, Func<Field, T> read) =>
        read(Source(file).ObjectIn(bytes));

    /// <summary>A file of a tokenizer, which is refused with <see cref="InvalidDataException"/>.</summary>
    public static JsonSource Source(string file) => new(file, (message, inner) => new InvalidDataException(message, inner), Next);
}
