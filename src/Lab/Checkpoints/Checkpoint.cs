using System.Security.Cryptography;
using System.Text.Json;

namespace Heartwood.Lab.Checkpoints;

/// <summary>A model's weights by name, wherever they lie: one safetensors file, the shards that an index file names, or bytes in memory.</summary>
public sealed class Checkpoint : IDisposable
{
    /// <summary>The file's name in a folder whose weights are in one file.</summary>
    public const string SingleFile = "model.safetensors";

    /// <summary>The index file's name in a folder whose weights are in several.</summary>
    public const string IndexFile = "model.safetensors.index.json";

    readonly SafetensorsFile[] files;
    readonly Dictionary<string, SafetensorsFile> owners;

    /// <summary>The path of the file or of the index; the name given for bytes in memory.</summary>
    public string Path { get; }

    /// <summary>The tensors' names: file after file, in the order of their headers.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What the writer of the first file noted.</summary>
    public IReadOnlyDictionary<string, string> Metadata => files[0].Metadata;

    Checkpoint(string path, params SafetensorsFile[] files)
    {
        (Path, this.files) = (path, files);
        Names = [.. files.SelectMany(file => file.Names)];
        owners = files.SelectMany(file => file.Names.Select(name => (name, file))).ToDictionary(pair => pair.name, pair => pair.file);
    }

    /// <summary>Opens and checks weights.</summary>
    /// <param name="path">a .safetensors file, an index file (.json), or a folder that holds <see cref="SingleFile"/> or <see cref="IndexFile"/></param>
    /// <exception cref="CheckpointException">a file is missing or anything is wrong with it; the index and the shards disagree</exception>
    public static Checkpoint Open(string path)
    {
        if (!Directory.Exists(path)) return path.EndsWith(".json", StringComparison.Ordinal) ? OpenIndex(path) : new(path, SafetensorsFile.Open(path));
        string single = System.IO.Path.Combine(path, SingleFile), index = System.IO.Path.Combine(path, IndexFile);
        return File.Exists(single) ? Open(single) : File.Exists(index) ? Open(index) : throw NoWeights(path);
    }

    /// <summary>Opens a safetensors file that is in memory, for example an embedded resource.</summary>
    /// <param name="bytes">the whole file</param>
    /// <param name="name">what messages call it</param>
    /// <exception cref="CheckpointException">anything is wrong with it</exception>
    public static Checkpoint Open(ReadOnlyMemory<byte> bytes, string name) => new(name, SafetensorsFile.Open(bytes, name));

    /// <summary>True if there is a tensor of this name.</summary>
    public bool Contains(string name) => owners.ContainsKey(name);

    /// <inheritdoc cref="SafetensorsFile.ShapeOf"/>
    public IReadOnlyList<int> ShapeOf(string name) => FileOf(name).ShapeOf(name);

    /// <inheritdoc cref="SafetensorsFile.DtypeOf"/>
    public Dtype DtypeOf(string name) => FileOf(name).DtypeOf(name);

    /// <inheritdoc cref="SafetensorsFile.Count"/>
    public long Count(string name) => FileOf(name).Count(name);

    /// <inheritdoc cref="SafetensorsFile.Read"/>
    public void Read(string name, Span<float> into) => FileOf(name).Read(name, into);

    /// <summary>The file that holds a tensor.</summary>
    /// <exception cref="CheckpointException">there is no such tensor; the message names the nearest</exception>
    public SafetensorsFile FileOf(string name) => owners.TryGetValue(name, out SafetensorsFile? file)
        ? file
        : throw CheckpointException.NoTensor(name, Path, Names);

    /// <summary>SHA-256 of the weights in lower-case hexadecimal: of the file's bytes; of several files' bytes one after another, in the order of their names.</summary>
    public string Sha256()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (SafetensorsFile file in files) file.AppendTo(hash);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in files) file.Dispose();
    }

    static Checkpoint OpenIndex(string path)
    {
        Dictionary<string, string> placed = ReadIndex(CheckpointException.Restating(path, () => File.ReadAllBytes(path)), path);
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        List<SafetensorsFile> files = [];
        try
        {
            foreach (string shard in placed.Values.Distinct().Order(StringComparer.Ordinal))
            {
                string file = System.IO.Path.Combine(folder, shard);
                if (!File.Exists(file)) throw new CheckpointException($"{path}: names the file '{shard}', which is not beside it. Download the missing file.");
                files.Add(SafetensorsFile.Open(file));
                CheckShard(path, shard, files[^1], placed);
            }
            return new(path, [.. files]);
        }
        catch
        {
            foreach (SafetensorsFile file in files) file.Dispose();
            throw;
        }
    }

    static void CheckShard(string index, string shard, SafetensorsFile file, Dictionary<string, string> placed)
    {
        foreach ((string name, string place) in placed)
            if (place == shard && !file.Contains(name)) throw new CheckpointException($"{index}: expected tensor '{name}' in '{shard}', where it is not. Download index and shards again, together.");
        foreach (string name in file.Names)
            if (placed.GetValueOrDefault(name) != shard)
                throw new CheckpointException($"{index}: '{shard}' holds tensor '{name}', which the index {(placed.TryGetValue(name, out string? place) ? $"places in '{place}'" : "does not name")}. Download index and shards again, together.");
    }

    /// <summary>Which shard each tensor is in; shards are plain file names, so that nothing outside the folder is read.</summary>
    internal static Dictionary<string, string> ReadIndex(ReadOnlySpan<byte> utf8, string path)
    {
        JsonElement root = CheckpointException.Object(utf8, path);
        if (!root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object || !map.EnumerateObject().Any())
            throw new CheckpointException($"{path}: expected 'weight_map' with the file of each tensor, found {map.ValueKind}. Give the index of a sharded safetensors checkpoint.");
        return map.EnumerateObject().ToDictionary(item => item.Name, item =>
            item.Value.ValueKind == JsonValueKind.String && item.Value.GetString()! is var shard && shard.EndsWith(".safetensors", StringComparison.Ordinal) && shard.IndexOfAny(['/', '\\', '\0', ':']) < 0
                ? shard
                : throw new CheckpointException($"{path}: tensor '{item.Name}': expected the name of a .safetensors file beside the index, found {item.Value.GetRawText()}. Copy the index again from its source."));
    }

    static CheckpointException NoWeights(string folder) => new(
        Directory.EnumerateFiles(folder, "pytorch_model*.bin").Any()
            ? $"{folder}: expected {SingleFile} or {IndexFile}, found only PyTorch's pickled weights, which run code when they are loaded. Convert them once, in Python: AutoModelForSequenceClassification.from_pretrained('{folder}').save_pretrained('{folder}', safe_serialization=True)."
            : $"{folder}: expected {SingleFile} or {IndexFile}, found neither. Give a Hugging Face model folder.");
}
