namespace Heartwood.Lab.Json;

/// <summary>A JSON file that others may have written, and how its readers refuse it.</summary>
/// <param name="file">the file, for messages; empty where the caller puts it in front</param>
/// <param name="refusal">the exception of a message</param>
/// <param name="next">the next move after what is wrong with a value, a sentence; empty for none</param>
sealed class JsonSource(string file, Func<string, Exception?, Exception> refusal, string next)
{
    /// <summary>Where the values of the whole file stand.</summary>
    internal const string Whole = "the file";

    /// <summary>The object that the file holds.</summary>
    /// <param name="utf8">the file's content, with or without a byte order mark</param>
    public Field ObjectIn(ReadOnlySpan<byte> utf8) => new(this, Whole, StrictJson.ParseObject(utf8, out string found)
        ?? throw refusal($"{file}: expected a JSON object without duplicate names, found {found} {next}".TrimEnd(), null));

    /// <summary>What is wrong with a value.</summary>
    /// <param name="at">its path within the file</param>
    /// <param name="expected">what is expected</param>
    /// <param name="found">what is found</param>
    public Exception Fault(string at, string expected, string found) =>
        refusal($"{(file == "" ? "" : $"{file}: ")}{at}: expected {expected}, found {found}. {next}".TrimEnd(), null);

    /// <summary>What is wrong with a key that nobody asked for.</summary>
    /// <param name="at">the object's path within the file</param>
    /// <param name="key">the key</param>
    /// <param name="known">the keys that are asked for</param>
    /// <param name="move">the next move, a sentence</param>
    public Exception UnknownKey(string at, string key, IEnumerable<string> known, string move)
    {
        string where = string.Join(": ", ((string[])[file, at == Whole ? "" : at]).Where(part => part != ""));
        string before = where == "" ? "" : $"{where}: ";
        return refusal($"{before}the key '{key}' is not known.{Nearest.DidYouMean(key, known)} {move}", null);
    }
}
