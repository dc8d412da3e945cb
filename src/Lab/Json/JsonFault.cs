using System.Text;
using System.Text.Json;

namespace Heartwood.Lab.Json;

/// <summary>Says in our words why a text is no JSON: the parser's own are about its insides.</summary>
internal static class JsonFault
{
    const int MostShown = 30;

    /// <summary>What was found where JSON was expected, a sentence: "a name that occurs twice: 'label'."</summary>
    /// <param name="utf8">the text, without a byte order mark</param>
    /// <param name="failure">what the parser threw</param>
    /// <param name="levels">how deep it may go</param>
    public static string InWords(ReadOnlySpan<byte> utf8, Exception failure, int levels)
    {
        if (utf8.Trim(" \t\r\n"u8).IsEmpty) return "nothing.";
        if (failure is not JsonException json) return "a string that ends in half a character (a surrogate without its other half).";
        int at = Place(utf8, json);
        if (IsWhole(utf8, levels))
            return Twice(utf8, levels) is { } name ? $"a name that occurs twice: '{name}'." : $"something else ({Where(utf8, at)}).";
        if (IsWhole(utf8, 1000)) return $"more than {levels} levels of lists and objects.";
        if (utf8[..Math.Min(at, utf8.Length)].TrimEnd(" \t\r\n"u8) is [.., (byte)',']
            && at < utf8.Length && utf8[at] is (byte)'}' or (byte)']')
            return $"a comma after the last item ({Where(utf8, at)}).";
        ReadOnlySpan<byte> rest = at < utf8.Length ? utf8[at..] : default, trimmed = rest.TrimStart(" \t\r\n"u8);
        if (trimmed.IsEmpty || IsCutOff(utf8)) return "JSON that is cut off before its end.";
        foreach (string word in (string[])["-NaN", "NaN", "-Infinity", "Infinity", "None", "True", "False", "nan", "undefined"])
            if (Beginning(utf8, at, word))
                return $"{word}, which JSON has no word for ({Where(utf8, at)})"
                    + $"; write {(word switch { "True" => "true", "False" => "false", _ => "null" })}.";
        if (trimmed[0] == '\'') return $"a single quote ({Where(utf8, at)}); JSON has double quotes.";
        return $"{Shown(trimmed)} where JSON has something else ({Where(utf8, at)}).";
    }

    static int Place(ReadOnlySpan<byte> utf8, JsonException json)
    {
        int at = 0;
        for (long line = json.LineNumber ?? 0; line > 0; line--)
        {
            int length = utf8[at..].IndexOf((byte)'\n');
            if (length < 0) break;
            at += length + 1;
        }
        return (int)Math.Min(utf8.Length, at + (json.BytePositionInLine ?? 0));
    }

    static bool IsWhole(ReadOnlySpan<byte> utf8, int levels)
    {
        try
        {
            Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = levels });
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // an unfinished text is no error to a reader that more may come for
    static bool IsCutOff(ReadOnlySpan<byte> utf8)
    {
        try
        {
            Utf8JsonReader reader = new(utf8, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = 1000 }));
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static string? Twice(ReadOnlySpan<byte> utf8, int levels)
    {
        Stack<HashSet<string>> names = new();
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = levels });
        try
        {
            while (reader.Read())
                if (reader.TokenType == JsonTokenType.StartObject) names.Push([]);
                else if (reader.TokenType == JsonTokenType.EndObject) names.Pop();
                else if (reader.TokenType == JsonTokenType.PropertyName && !names.Peek().Add(reader.GetString()!))
                    return reader.GetString();
        }
        catch (InvalidOperationException) { }
        return null;
    }

    // the parser stops at a letter of the word, not always at its first
    static bool Beginning(ReadOnlySpan<byte> utf8, int at, string word)
    {
        byte[] letters = Encoding.UTF8.GetBytes(word);
        for (int back = 0; back < letters.Length && at - back >= 0; back++)
            if (utf8[(at - back)..].StartsWith(letters)) return at - back == 0 || !char.IsAsciiLetter((char)utf8[at - back - 1]);
        return false;
    }

    static string Where(ReadOnlySpan<byte> utf8, int at)
    {
        ReadOnlySpan<byte> before = utf8[..Math.Min(at, utf8.Length)];
        int lines = before.Count((byte)'\n'), column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
        return utf8.TrimEnd(" \t\r\n"u8).Contains((byte)'\n') ? $"line {lines + 1} of the text, column {column}" : $"column {column}";
    }

    static string Shown(ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOfAny("\r\n"u8);
        string text = Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
        return $"'{(text.Length > MostShown ? text[..MostShown] + "…" : text)}'";
    }
}
