using System.Text.Json;

namespace Heartwood.Lab.Json;

/// <summary>
/// One object of a JSON file, asked for key by key; it remembers the keys, so that one that nobody asked for can be refused.
/// </summary>
/// <param name="whole">the object</param>
sealed class JsonFields(Field whole)
{
    readonly HashSet<string> asked = [];

    /// <summary>Number of its keys.</summary>
    public int Count => whole.Object.GetPropertyCount();

    /// <summary>Whether the key is there, be it null.</summary>
    public bool Has(string key) => whole.Says(key);

    /// <summary>The value of a key; null where it is not there or null.</summary>
    public Field? Find(string key)
    {
        asked.Add(key);
        return whole.Find(key);
    }

    /// <summary>A text.</summary>
    public string? Text(string key) => Find(key)?.Text;

    /// <summary>True or false.</summary>
    public bool? Flag(string key) => Find(key)?.Flag;

    /// <summary>A whole number between two bounds.</summary>
    public int? Whole(string key, int low = 0, int high = int.MaxValue) => Find(key)?.Whole(low, high);

    /// <summary>A whole number of 64 bits, 0 or more.</summary>
    public ulong? Unsigned(string key) => Find(key)?.Unsigned;

    /// <summary>A finite number.</summary>
    public double? Number(string key) => Find(key)?.Real;

    /// <summary>A list of whole numbers between two bounds.</summary>
    public IReadOnlyList<int>? Wholes(string key, int low = 0, int high = int.MaxValue) =>
        Find(key) is { } list ? [.. list.Items.Select(item => item.Whole(low, high))] : null;

    /// <summary>A list of texts.</summary>
    public IReadOnlyList<string>? Texts(string key) => Find(key) is { } list ? [.. list.Items.Select(item => item.Text)] : null;

    /// <summary>An object.</summary>
    public JsonFields? Object(string key)
    {
        if (Find(key) is not { } value) return null;
        _ = value.Object;
        return new(value);
    }

    /// <summary>A list of objects.</summary>
    public IEnumerable<JsonFields>? Objects(string key) => Find(key)?.Items.Select((item, i) =>
    {
        Field entry = item.Named($"{key}, entry {i + 1}");
        _ = entry.Object;
        return new JsonFields(entry);
    });

    /// <summary>Every key with its value, in the file's order.</summary>
    public IEnumerable<(string Name, Field Value)> Each => whole.Each;

    /// <summary>Each key's text, number or yes and no, as text.</summary>
    public IReadOnlyDictionary<string, string> Plain() => Each.ToDictionary(p => p.Name, p => p.Value.Value.ValueKind switch
    {
        JsonValueKind.String => p.Value.Text,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => p.Value.Value.GetRawText(),
        _ => throw p.Value.Fault("text, a number, true or false", p.Value.Shown),
    });

    /// <summary>Refuses every key that was not asked for, but those that begin with <c>x-</c>.</summary>
    /// <param name="move">the next move, a sentence</param>
    public void RefuseOthers(string move) => whole.OnlyAsked(asked, move);
}
