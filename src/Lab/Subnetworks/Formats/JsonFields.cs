using System.Text.Json;

namespace Heartwood.Lab.Subnetworks.Formats;

/// <summary>
/// One object of a JSON file that others may have written, asked for key by key. What is of another type than expected is a
/// <see cref="FormatException"/> that names file and key, and so is, at the end, a key that nobody asked for.
/// </summary>
sealed class JsonFields(JsonElement element, string where)
{
    const int MostShown = 80;

    readonly HashSet<string> asked = [];

    /// <summary>The object that a file holds.</summary>
    /// <exception cref="FormatException">it holds something else</exception>
    public static JsonFields Of(ReadOnlySpan<byte> utf8, string source) => new(StrictJson.ParseObject(utf8, out string found)
        ?? throw new FormatException($"{source}: expected a JSON object without duplicate names, found {found}"), source);

    public bool Has(string key) => element.TryGetProperty(key, out _);

    public int Count => element.EnumerateObject().Count();

    public string? Text(string key) => Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, "text", value);

    public bool? Flag(string key) => Find(key) is { } value ? FlagOf(value, key) : null;

    public int? Whole(string key, int low = 0, int high = int.MaxValue) => Find(key) is { } value ? WholeOf(value, key, low, high) : null;

    public ulong? Unsigned(string key) => Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong n) ? n : throw Wrong(key, "a whole number from 0 to 18446744073709551615", value);

    public double? Number(string key) => Find(key) is { } value ? NumberOf(value, key) : null;

    public IReadOnlyList<int>? Wholes(string key, int low = 0, int high = int.MaxValue) => Items(key) is { } items ? [.. items.Select(i => WholeOf(i, key, low, high))] : null;

    public IReadOnlyList<bool>? Flags(string key) => Items(key) is { } items ? [.. items.Select(i => FlagOf(i, key))] : null;

    public IReadOnlyList<string>? Texts(string key) => Items(key) is { } items ? [.. items.Select(i => i.ValueKind == JsonValueKind.String ? i.GetString()! : throw Wrong(key, "a list of texts", i))] : null;

    public JsonFields? Object(string key) => Find(key) is { } value ? ObjectOf(value, $"{where}: '{key}'") : null;

    public IEnumerable<JsonFields>? Objects(string key) => Items(key)?.Select((item, i) => ObjectOf(item, $"{where}: '{key}', entry {i + 1}"));

    /// <summary>Every key with its value, in the file's order.</summary>
    public IEnumerable<JsonProperty> Each() => element.EnumerateObject();

    /// <summary>Each key's text, number or yes and no, as text.</summary>
    public IReadOnlyDictionary<string, string> Plain() => element.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ValueKind switch
    {
        JsonValueKind.String => p.Value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => p.Value.GetRawText(),
        _ => throw Wrong(p.Name, "text, a number, true or false", p.Value),
    });

    /// <summary>Refuses every key that was not asked for, but those that begin with <c>x-</c>.</summary>
    /// <param name="next">the next move, a sentence</param>
    public void RefuseOthers(string next)
    {
        foreach (JsonProperty property in element.EnumerateObject())
            if (!asked.Contains(property.Name) && !property.Name.StartsWith("x-", StringComparison.Ordinal))
                throw new FormatException($"{where}: the key '{Shortened(property.Name)}' is not known. Nearest: '{Nearest.Of(property.Name, asked)}'. {next}");
    }

    /// <summary>Refuses a value.</summary>
    public FormatException Wrong(string key, string expected, JsonElement found) => new($"{where}: '{Shortened(key)}' should be {expected}, it is {Shortened(found.GetRawText())}.");

    public double NumberOf(JsonElement value, string key) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double x) && double.IsFinite(x) ? x : throw Wrong(key, "a finite number", value);

    public bool FlagOf(JsonElement value, string key) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, "true or false", value);

    public int WholeOf(JsonElement value, string key, int low, int high) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int n) && n >= low && n <= high ? n
        : throw Wrong(key, $"a whole number from {low}{(high == int.MaxValue ? "" : $" to {high}")}", value);

    public JsonFields ObjectOf(JsonElement value, string at) => value.ValueKind == JsonValueKind.Object ? new(value, at) : throw new FormatException($"{at} should be an object, it is {Shortened(value.GetRawText())}.");

    IEnumerable<JsonElement>? Items(string key) => Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Wrong(key, "a list", value);

    JsonElement? Find(string key)
    {
        asked.Add(key);
        return element.TryGetProperty(key, out JsonElement value) ? value : null;
    }

    static string Shortened(string text) => text.Length > MostShown ? text[..MostShown] + "…" : text;
}
