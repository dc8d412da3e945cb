using System.Text.Json;

namespace Heartwood.Lab.Json;

/// <summary>
/// Reads JSON from files that others wrote: one object, no duplicate names, no comments, at most 64 levels, every string valid text.
/// </summary>
internal static class StrictJson
{
    const int MostLevels = 64;

    /// <summary>
    /// The object that <paramref name="utf8"/> holds, all of whose strings can be read; null where it holds something else.
    /// </summary>
    /// <param name="utf8">the text, with or without a byte order mark</param>
    /// <param name="found">what was found instead, a sentence</param>
    public static JsonElement? ParseObject(ReadOnlySpan<byte> utf8, out string found)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        try
        {
            JsonElement root = JsonElement.Parse(utf8, new() { AllowDuplicateProperties = false, MaxDepth = MostLevels });
            ReadStrings(root);
            found = $"{root.ValueKind}.";
            return root.ValueKind == JsonValueKind.Object ? root : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            found = JsonFault.InWords(utf8, e, MostLevels);
            return null;
        }
    }

    /// <summary>
    /// Throws <see cref="InvalidOperationException"/> at the first string or name that holds half a surrogate pair, so that no later
    /// reading does.
    /// </summary>
    static void ReadStrings(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String) element.GetString();
        else if (element.ValueKind == JsonValueKind.Array) foreach (JsonElement item in element.EnumerateArray()) ReadStrings(item);
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                _ = property.Name;
                ReadStrings(property.Value);
            }
        }
    }
}
