using System.Text.Json;

namespace Heartwood.Lab.Checkpoints;

/// <summary>Reads the JSON of checkpoints: one object, no duplicate names, no comments, at most 64 levels, every string valid text.</summary>
internal static class StrictJson
{
    const int MostLevels = 64;

    /// <summary>The object that <paramref name="utf8"/> holds; all its strings can be read.</summary>
    /// <param name="utf8">the text, with or without a byte order mark</param>
    /// <param name="where">what the text is, for the message: "FOLDER/config.json" or "FILE: header"</param>
    /// <exception cref="CheckpointException">it is not such an object</exception>
    public static JsonElement ParseObject(ReadOnlySpan<byte> utf8, string where)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        try
        {
            JsonElement root = JsonElement.Parse(utf8, new() { AllowDuplicateProperties = false, MaxDepth = MostLevels });
            if (root.ValueKind != JsonValueKind.Object)
                throw new CheckpointException($"{where}: expected a JSON object, found {root.ValueKind}. Copy the file again from its source.");
            ReadStrings(root);
            return root;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{where}: expected a JSON object without duplicate names, found something else: {e.Message} Copy the file again from its source, or correct it there.", e);
        }
    }

    /// <summary>Throws <see cref="InvalidOperationException"/> at the first string or name that holds half a surrogate pair, so that no later reading does.</summary>
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
