using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Json;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// A model's <c>config.json</c>. It remembers which keys were asked for, so that <see cref="RefuseUnknown"/> can refuse the rest:
/// a key that nobody reads and whose value could change what the model computes.
/// </summary>
public sealed class ModelConfig
{
    const string SingleLabel = "single_label_classification", OneNumber = "regression";

    readonly Field file;
    readonly JsonElement root;
    readonly HashSet<string> read = [];

    /// <summary>The file, for messages.</summary>
    public string Path { get; }

    /// <summary>The model's family, for example "bert".</summary>
    /// <exception cref="CheckpointException">the key <c>model_type</c> is missing or no string</exception>
    public string Family => Require<string>("model_type");

    /// <summary>Reads the file's content.</summary>
    /// <param name="utf8">the JSON</param>
    /// <param name="path">the file, for messages</param>
    /// <exception cref="CheckpointException">it is not one JSON object without duplicate names</exception>
    public ModelConfig(ReadOnlySpan<byte> utf8, string path)
        : this(CheckpointException.Json(path, "Take the config.json that belongs to the weights, or correct it.").ObjectIn(utf8), path)
    {
    }

    ModelConfig(Field file, string path) => (this.file, root, Path) = (file, file.Object, path);

    /// <summary>True if the key is there with a value other than null.</summary>
    public bool Has(string key) => root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The value of a key that must be there.</summary>
    /// <typeparam name="T">int, double, float, bool, string, an array of int or string, or of arrays of int</typeparam>
    /// <exception cref="CheckpointException">it is missing, or of another type</exception>
    public T Require<T>(string key)
    {
        read.Add(key);
        if (!Has(key))
        {
            string nearest = Nearest.DidYouMean(key, root.EnumerateObject().Select(p => p.Name));
            throw new CheckpointException($"{Path}: expected the key '{key}' ({Wanted<T>()}), found none.{nearest} "
                + "Take the config.json that belongs to the weights.");
        }
        return (T)Read(typeof(T), file.Find(key)!.Value);
    }

    /// <summary>The value of a key that may be absent or null.</summary>
    /// <typeparam name="T">as for <see cref="Require"/></typeparam>
    /// <param name="key">the key</param>
    /// <param name="otherwise">the value where there is none: the format's own default</param>
    /// <exception cref="CheckpointException">it is of another type</exception>
    public T Optional<T>(string key, T otherwise)
    {
        read.Add(key);
        return Has(key) ? Require<T>(key) : otherwise;
    }

    /// <summary>The largest width, vocabulary or number of positions that is believed.</summary>
    public const int MostOfASize = 1 << 24;

    /// <summary>The largest number of layers or heads that is believed.</summary>
    public const int MostOfACount = 1 << 16;

    /// <summary>The value of a key that must be a whole number of at least 1: a width, a number of layers.</summary>
    /// <param name="key">the key</param>
    /// <param name="most">the largest that is believed: above it, a file is damaged and would ask for all memory there is</param>
    /// <exception cref="CheckpointException">it is missing, no whole number, below 1 or above <paramref name="most"/></exception>
    public int RequirePositive(string key, int most = MostOfASize)
    {
        int value = Require<int>(key);
        return value > 0 && value <= most ? value
            : throw Wrong(key, value > most ? $"at most {most}" : "a whole number from 1", root.GetProperty(key));
    }

    /// <summary>The same for a key that has two names in published files, of which one suffices.</summary>
    /// <exception cref="CheckpointException">as above, or both are there and differ</exception>
    public int RequirePositive(string key, string other, int most = MostOfASize)
    {
        if (!Has(other)) return RequirePositive(key, most);
        int value = RequirePositive(other, most);
        return !Has(key) || RequirePositive(key, most) == value ? value
            : throw Wrong(key, $"{value}, as '{other}' says", root.GetProperty(key));
    }

    /// <summary>An object inside the file, as a config of its own; null where there is none.</summary>
    /// <exception cref="CheckpointException">the key holds something else</exception>
    public ModelConfig? Section(string key)
    {
        read.Add(key);
        if (!Has(key)) return null;
        JsonElement value = root.GetProperty(key);
        if (value.ValueKind != JsonValueKind.Object) throw Wrong(key, "an object", value);
        return new(JsonSerializer.SerializeToUtf8Bytes(value), $"{Path}, '{key}'");
    }

    /// <summary>
    /// Names of a classification head's labels: those of <c>id2label</c>, or LABEL_0, LABEL_1 … where the file gives none, as the
    /// format has it.
    /// </summary>
    /// <param name="count">how many labels the head has</param>
    /// <exception cref="CheckpointException">the file names another number of labels, leaves one out, or uses a name twice</exception>
    public IReadOnlyList<string> Labels(int count)
    {
        string problem = Optional("problem_type", count == 1 ? OneNumber : SingleLabel);
        if (count == 1 && problem != OneNumber)
            throw Wrong("problem_type", $"\"{OneNumber}\", for a head with one label gives a score", root.GetProperty("problem_type"));
        if (count > 1 && problem != SingleLabel)
            throw new CheckpointException($"{Path}: 'problem_type' has the value {Shown(root.GetProperty("problem_type"))}, the head gives "
                + $"{count} scores; Heartwood reads heads that choose one of several labels (\"{SingleLabel}\") and heads of one number "
                + $"(\"{OneNumber}\"). Fine-tune the model as one of these: heartwood train --from FOLDER.");
        if (Has("num_labels") && Require<int>("num_labels") != count)
            throw Wrong("num_labels", $"{count}, the number of labels of the head", root.GetProperty("num_labels"));
        if (!Has("id2label")) return [.. Enumerable.Range(0, count).Select(i => $"LABEL_{i}")];
        JsonElement names = root.GetProperty("id2label");
        if (names.ValueKind != JsonValueKind.Object || names.EnumerateObject().Count() != count)
            throw Wrong("id2label", $"the names of the head's {count} labels", names);
        string[] labels = [.. Enumerable.Range(0, count).Select(i => Label(names, i))];
        return labels.Distinct().Count() == count ? labels : throw Wrong("id2label", "a name of its own for every label", names);
    }

    string Label(JsonElement names, int i) =>
        names.TryGetProperty($"{i}", out JsonElement name) && name.ValueKind == JsonValueKind.String
            ? name.GetString()!
            : throw Wrong("id2label", $"a name for label {i}", names);

    /// <summary>
    /// Refuses every key that has not been asked for, unless it changes nothing: its value is null or the format's default, or it
    /// is about other things than what a forward pass computes.
    /// </summary>
    /// <param name="harmless">further keys whose value does not matter to this family</param>
    /// <exception cref="CheckpointException">a key is left; the message names it and its value</exception>
    public void RefuseUnknown(params IEnumerable<string> harmless)
    {
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (read.Contains(property.Name) || harmless.Contains(property.Name) || HarmlessKeys.Allow(property)) continue;
            if (HarmlessKeys.Explain(property, Shown(property.Value), Path) is string explained)
                throw new CheckpointException($"{Path}: '{property.Name}' {explained}");
            throw new CheckpointException($"{Path}: the key '{property.Name}' has the value {Shown(property.Value)}, which Heartwood does "
                + "not know and which could change what the model computes. If you are sure that it does not, remove the key; otherwise "
                + "use a model without it.");
        }
    }

    /// <summary>A copy to edit, for the config of a model made from this one.</summary>
    public JsonObject ToJson() => JsonObject.Create(root.Clone())!;

    CheckpointException Wrong(string key, string expected, JsonElement found) =>
        new($"{Path}: '{key}': expected {expected}, found {Shown(found)}. "
            + "Take the config.json that belongs to the weights, or correct it.");

    static string Shown(JsonElement value) => value.GetRawText() is { Length: > 80 } text ? text[..80] + "…" : value.GetRawText();

    static string Wanted<T>()
    {
        if (typeof(T) == typeof(int)) return "a whole number";
        if (typeof(T) == typeof(bool)) return "true or false";
        if (typeof(T) == typeof(string)) return "a string";
        return typeof(T).IsArray ? "an array" : "a number";
    }

    static object Read(Type type, Field value) => type == typeof(int) ? value.Whole()
        : type == typeof(double) ? value.Real
        : type == typeof(float) ? (float)value.Real
        : type == typeof(bool) ? value.Flag
        : type == typeof(string) ? value.Text
        : type == typeof(int[]) ? value.Items.Select(item => item.Whole()).ToArray()
        : type == typeof(int[][]) ? value.Items.Select(item => (int[])Read(typeof(int[]), item)).ToArray()
        : type == typeof(string[]) ? value.Items.Select(item => item.Text).ToArray()
        : throw new ArgumentException($"{type} is no type of a config's value.", nameof(type));
}
