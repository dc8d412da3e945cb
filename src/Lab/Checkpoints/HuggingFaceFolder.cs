using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints.Gguf;
using Heartwood.Lab.Json;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// A model as Hugging Face's libraries store it: a folder with <c>config.json</c>, weights in safetensors, and the tokenizer's
/// files. It may lie in memory too.
/// </summary>
public sealed class HuggingFaceFolder : IDisposable
{
    const string ConfigFile = "config.json";

    /// <summary>The files that make up a tokenizer, of all families.</summary>
    public static IReadOnlyList<string> TokenizerFiles { get; } =
    [
        "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
        "tokenizer.model", "sentencepiece.bpe.model", "spiece.model", "spm.model", "sentencepiece.model",
        "source.spm", "target.spm", "bpe.codes", "normalizer.json", "tekken.json", "tokenizer.model.v3",
    ];

    readonly Func<string, byte[]?> find;

    /// <summary>The folder, or the name given for files in memory.</summary>
    public string Path { get; }

    /// <summary>What the model is.</summary>
    public ModelConfig Config { get; }

    /// <summary>Its weights.</summary>
    public Checkpoint Weights { get; }

    HuggingFaceFolder(string path, Func<string, byte[]?> find, Func<Checkpoint> weights)
    {
        (Path, this.find) = (path, find);
        Config = new(Require(ConfigFile), PathOf(ConfigFile));
        Weights = weights();
    }

    /// <summary>Opens a folder, or a GGUF file as one.</summary>
    /// <exception cref="CheckpointException">
    /// the folder, its config.json or its weights are missing, or anything is wrong with them
    /// </exception>
    public static HuggingFaceFolder Open(string path)
    {
        if (GgufFolder.IsOne(path))
        {
            using GgufFile file = GgufFile.Open(path);
            return Open(GgufFolder.Files(file), path);
        }
        if (!Directory.Exists(path))
        {
            string found = File.Exists(path) ? "a file" : "nothing";
            throw new CheckpointException($"{path}: expected a folder with {ConfigFile} and the weights, found {found}. "
                + "Give the model's folder, or a GGUF file.");
        }
        return new(path, Read, () => Checkpoint.Open(path));

        byte[]? Read(string name)
        {
            string file = System.IO.Path.Combine(path, name);
            return File.Exists(file) ? CheckpointException.Restating(file, () => File.ReadAllBytes(file)) : null;
        }
    }

    /// <summary>Opens a folder whose files are in memory, for example embedded resources.</summary>
    /// <param name="files">content by file name; the weights are <see cref="Checkpoint.SingleFile"/></param>
    /// <param name="name">what messages call the folder</param>
    /// <exception cref="CheckpointException">config.json or the weights are missing, or anything is wrong with them</exception>
    public static HuggingFaceFolder Open(IReadOnlyDictionary<string, byte[]> files, string name) =>
        new(name, files.GetValueOrDefault, () => files.TryGetValue(Checkpoint.SingleFile, out byte[]? bytes)
            ? Checkpoint.Open(bytes, System.IO.Path.Combine(name, Checkpoint.SingleFile))
            : throw Missing(name, Checkpoint.SingleFile));

    /// <summary>A file's content, null where there is none.</summary>
    /// <exception cref="CheckpointException">it is there and cannot be read</exception>
    public byte[]? Find(string file) => find(file);

    /// <summary>The content of a file that must be there.</summary>
    /// <exception cref="CheckpointException">it is not, or it cannot be read</exception>
    public byte[] Require(string file) => find(file) ?? throw Missing(Path, file);

    /// <summary>Where a file of this name lies, or would lie.</summary>
    public string PathOf(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>The tokenizer's files that are there, by name, to write next to the weights of a model made from this one.</summary>
    public IReadOnlyDictionary<string, byte[]> ReadTokenizer()
    {
        Dictionary<string, byte[]> files = [];
        foreach (string name in TokenizerFiles)
            if (Find(name) is { } bytes) files.Add(name, bytes);
        return files;
    }

    /// <summary>The tokenizer's files that a folder has, by name; it needs no weights.</summary>
    /// <exception cref="CheckpointException">one of them cannot be read</exception>
    public static IReadOnlyDictionary<string, byte[]> ReadTokenizer(string folder)
    {
        IEnumerable<string> there = TokenizerFiles.Where(name => File.Exists(System.IO.Path.Combine(folder, name)));
        return there.ToDictionary(name => name, name =>
        {
            string file = System.IO.Path.Combine(folder, name);
            return CheckpointException.Restating(file, () => File.ReadAllBytes(file));
        });
    }

    /// <summary>Writes a folder next to its place and moves it there when it is whole.</summary>
    /// <param name="path">the folder: new or empty</param>
    /// <param name="config">the content of config.json</param>
    /// <param name="tensors">the weights</param>
    /// <param name="files">further files by name: the tokenizer's, a model card</param>
    /// <param name="replace">whether a folder that holds something may be replaced; without it that is refused</param>
    /// <exception cref="IOException">it cannot be written, or the place is taken; what was there before still is</exception>
    /// <exception cref="ArgumentException">
    /// see <see cref="SafetensorsWriter.Write(string, IEnumerable{NamedTensor}, IReadOnlyDictionary{string, string}?)"/>
    /// </exception>
    public static void Write(
        string path,
        JsonObject config,
        IEnumerable<NamedTensor> tensors,
        IReadOnlyDictionary<string, byte[]> files,
        bool replace = false) =>
        Atomic.WriteFolder(path, folder =>
        {
            Dictionary<string, string> metadata = new() { ["format"] = "pt" };
            File.WriteAllText(System.IO.Path.Combine(folder, ConfigFile), config.ToJsonString(JsonWriting.Foreign) + "\n");
            SafetensorsWriter.Write(System.IO.Path.Combine(folder, Checkpoint.SingleFile), tensors, metadata);
            foreach ((string name, byte[] content) in files) File.WriteAllBytes(System.IO.Path.Combine(folder, name), content);
        }, replace);

    /// <summary>Closes the weights.</summary>
    public void Dispose() => Weights.Dispose();

    static CheckpointException Missing(string folder, string file) =>
        new($"{folder}: expected a file {file}, found none. Copy it from where the model comes from.");
}
