using System.Security.Cryptography;
using System.Text.Json;
using Heartwood.Lab.Checkpoints.PyTorch;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// A model's weights by name, wherever they lie: one safetensors file, one of PyTorch, the shards of either that an index file names,
/// or bytes in memory.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    /// <summary>The file's name in a folder whose weights are in one file.</summary>
    public const string SingleFile = "model.safetensors";

    /// <summary>The index file's name in a folder whose weights are in several.</summary>
    public const string IndexFile = "model.safetensors.index.json";

    /// <summary>The file's name in a folder whose weights PyTorch saved into one file.</summary>
    public const string PyTorchSingleFile = "pytorch_model.bin";

    /// <summary>The index file's name in a folder whose weights PyTorch saved into several.</summary>
    public const string PyTorchIndexFile = "pytorch_model.bin.index.json";

    const string Safetensors = ".safetensors";

    static readonly string[] PyTorchEnds = [".bin", ".pt", ".pth", ".ckpt"];

    readonly TensorFile[] files;
    readonly Dictionary<string, TensorFile> owners;

    /// <summary>The path of the file or of the index; the name given for bytes in memory.</summary>
    public string Path { get; }

    /// <summary>The tensors' names: file after file, in the order of their headers.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What the writer of the first file noted.</summary>
    public IReadOnlyDictionary<string, string> Metadata => files[0].Metadata;

    /// <summary>What stands in the files next to the tensors and is not read, by name: a trainer's notes, an optimizer's state.</summary>
    public IReadOnlyList<string> LeftOut => [.. files.SelectMany(file => file.LeftOut)];

    Checkpoint(string path, params TensorFile[] files)
    {
        (Path, this.files) = (path, files);
        Names = [.. files.SelectMany(file => file.Names)];
        owners = files.SelectMany(file => file.Names.Select(name => (name, file))).ToDictionary(pair => pair.name, pair => pair.file);
    }

    /// <summary>Opens and checks weights. Of a folder that holds several forms, safetensors is taken.</summary>
    /// <param name="path">
    /// a .safetensors file; a file of PyTorch (.bin, .pt, .pth, .ckpt); an index of either (.json);
    /// or a folder that holds <see cref="SingleFile"/>, <see cref="IndexFile"/>, <see cref="PyTorchSingleFile"/> or
    /// <see cref="PyTorchIndexFile"/>
    /// </param>
    /// <param name="entry">
    /// of a file of PyTorch with several dicts of tensors: which to take, its keys joined by "/"; null to take the one that is there
    /// </param>
    /// <exception cref="CheckpointException">a file is missing or anything is wrong with it; the index and the shards disagree</exception>
    public static Checkpoint Open(string path, string? entry = null)
    {
        if (!Directory.Exists(path)) return path.EndsWith(".json", StringComparison.Ordinal) ? OpenIndex(path, entry)
            : new(path, OpenFile(path, entry));
        string[] forms = [SingleFile, IndexFile, PyTorchSingleFile, PyTorchIndexFile];
        return forms.Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists) is { } found ? Open(found, entry)
            : throw NoWeights(path);
    }

    static TensorFile OpenFile(string path, string? entry)
    {
        bool named = PyTorchEnds.Any(end => path.EndsWith(end, StringComparison.OrdinalIgnoreCase));
        if (named || (!path.EndsWith(Safetensors, StringComparison.Ordinal) && File.Exists(path)
            && PyTorchFile.Begins(FileBytes.Open(path, bytes => { using (bytes) return bytes.Beginning(4); }))))
            return PyTorchFile.Open(path, entry);
        return entry is null ? SafetensorsFile.Open(path) : throw new CheckpointException($"{path}: entries are of PyTorch's files; this " +
            "one is not. Leave out --entry.");
    }

    /// <summary>Opens a safetensors file that is in memory, for example an embedded resource.</summary>
    /// <param name="bytes">the whole file</param>
    /// <param name="name">what messages call it</param>
    /// <exception cref="CheckpointException">anything is wrong with it</exception>
    public static Checkpoint Open(ReadOnlyMemory<byte> bytes, string name) => new(name, SafetensorsFile.Open(bytes, name));

    /// <summary>True if there is a tensor of this name.</summary>
    public bool Contains(string name) => owners.ContainsKey(name);

    /// <inheritdoc cref="TensorFile.ShapeOf"/>
    public IReadOnlyList<int> ShapeOf(string name) => FileOf(name).ShapeOf(name);

    /// <inheritdoc cref="TensorFile.DtypeOf"/>
    public Dtype DtypeOf(string name) => FileOf(name).DtypeOf(name);

    /// <inheritdoc cref="TensorFile.Count"/>
    public long Count(string name) => FileOf(name).Count(name);

    /// <inheritdoc cref="TensorFile.Read"/>
    public void Read(string name, Span<float> into) => FileOf(name).Read(name, into);

    /// <inheritdoc cref="TensorFile.ReadBytes"/>
    public void ReadBytes(string name, Action<ReadOnlySpan<byte>> visit) => FileOf(name).ReadBytes(name, visit);

    /// <summary>Groups of names that stand for the same numbers of a file, as tied weights do in PyTorch's files.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Shared() => [.. files.SelectMany(file => file.Shared())];

    /// <summary>The file that holds a tensor.</summary>
    /// <exception cref="CheckpointException">there is no such tensor; the message names the nearest</exception>
    public TensorFile FileOf(string name) => owners.TryGetValue(name, out TensorFile? file)
        ? file
        : throw CheckpointException.NoTensor(name, Path, Names);

    /// <summary>
    /// SHA-256 of the weights in lower-case hexadecimal: of the file's bytes; of several files' bytes one after another, in the
    /// order of their names.
    /// </summary>
    public string Sha256()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TensorFile file in files) file.AppendTo(hash);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (TensorFile file in files) file.Dispose();
    }

    static Checkpoint OpenIndex(string path, string? entry)
    {
        Dictionary<string, string> placed = ReadIndex(CheckpointException.Restating(path, () => File.ReadAllBytes(path)), path);
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        List<TensorFile> files = [];
        try
        {
            foreach (string shard in placed.Values.Distinct().Order(StringComparer.Ordinal))
            {
                string file = System.IO.Path.Combine(folder, shard);
                if (!File.Exists(file)) throw new CheckpointException($"{path}: names the file '{shard}', which is not next to it. " +
                    "Download the missing file.");
                files.Add(OpenFile(file, entry));
                CheckShard(path, shard, files[^1], placed);
            }
            return new(path, [.. files]);
        }
        catch
        {
            foreach (TensorFile file in files) file.Dispose();
            throw;
        }
    }

    static void CheckShard(string index, string shard, TensorFile file, Dictionary<string, string> placed)
    {
        const string again = "Download index and shards again, together.";
        foreach ((string name, string place) in placed)
            if (place == shard && !file.Contains(name))
                throw new CheckpointException($"{index}: expected tensor '{name}' in '{shard}', where it is not. {again}");
        foreach (string name in file.Names)
        {
            string? place = placed.GetValueOrDefault(name);
            if (place == shard) continue;
            string said = place is null ? "does not name" : $"places in '{place}'";
            throw new CheckpointException($"{index}: '{shard}' holds tensor '{name}', which the index {said}. {again}");
        }
    }

    /// <summary>Which shard each tensor is in; shards are plain file names, so that nothing outside the folder is read.</summary>
    internal static Dictionary<string, string> ReadIndex(ReadOnlySpan<byte> utf8, string path)
    {
        JsonElement root = CheckpointException.Json(path).ObjectIn(utf8).Object;
        if (!root.TryGetProperty("weight_map", out JsonElement map)
            || map.ValueKind != JsonValueKind.Object || !map.EnumerateObject().Any())
            throw new CheckpointException($"{path}: expected 'weight_map' with the file of each tensor, found {map.ValueKind}. Give the " +
                $"index of a model in shards: {IndexFile} or {PyTorchIndexFile}.");
        return map.EnumerateObject().ToDictionary(item => item.Name, item =>
            item.Value.ValueKind == JsonValueKind.String && item.Value.GetString()! is var shard && IsWeights(shard)
                && shard.IndexOfAny(['/', '\\', '\0', ':']) < 0
                ? shard
                : throw new CheckpointException($"{path}: tensor '{item.Name}': expected the name of a .safetensors or .bin file next to " +
                    $"the index, found {item.Value.GetRawText()}. Copy the index again from its source."));
    }

    static bool IsWeights(string shard) => PyTorchEnds.Append(Safetensors).Any(end => shard.EndsWith(end, StringComparison.Ordinal));

    static CheckpointException NoWeights(string folder)
    {
        string[] there = [.. Directory.EnumerateFiles(folder).Select(file => System.IO.Path.GetFileName(file))
            .Order(StringComparer.Ordinal)];
        (Predicate<string> Is, string Move)[] others =
        [
            (name => name is "adapter_model.safetensors" or "adapter_model.bin", "It is an adapter, which changes another model: merge " +
                "it into that model first, with PEFT: merge_and_unload, then save_pretrained."),
            (name => IsWeights(name) && !name.StartsWith("training_args", StringComparison.Ordinal)
                && !name.StartsWith("optimizer", StringComparison.Ordinal),
                $"If it is all of the model's weights, name it {SingleFile} or {PyTorchSingleFile}; if it is one of several, download " +
                    "the others and their index."),
            (name => name.EndsWith(".h5", StringComparison.Ordinal) || name.EndsWith(".msgpack", StringComparison.Ordinal)
                || name.EndsWith(".ckpt.index", StringComparison.Ordinal),
                "It is TensorFlow's or Flax's: load it once with from_tf=True or from_flax=True of transformers before version 5, and " +
                    "save_pretrained."),
            (name => name.EndsWith(".gguf", StringComparison.Ordinal)
                || name.EndsWith(".onnx", StringComparison.Ordinal), "Take the folder of the model that it was made from."),
        ];
        foreach (var (isSuch, move) in others)
            if (Array.Find(there, isSuch) is { } found) return new($"{folder}: expected {SingleFile} or {PyTorchSingleFile} (or shards " +
                $"with their index), found '{found}'. {move}");
        return new($"{folder}: expected {SingleFile} or {PyTorchSingleFile} (or shards with their index), found neither. Give a Hugging " +
            "Face model folder.");
    }
}
