using System.Security.Cryptography;

namespace Heartwood.Lab.Checkpoints;

/// <summary>Where one tensor of a file lies, checked.</summary>
/// <param name="Dtype">how the numbers are stored</param>
/// <param name="Shape">the axes' lengths</param>
/// <param name="Count">how many numbers</param>
/// <param name="Begin">first byte, from where the file's data begin</param>
internal record TensorEntry(Dtype Dtype, int[] Shape, long Count, long Begin)
{
    public long End => Begin + Count * Dtype.Size();
}

/// <summary>
/// One file of named tensors, whatever its form. It was checked whole when it was opened; numbers are read when they are asked for.
/// </summary>
public abstract class TensorFile : IDisposable
{
    readonly FileBytes bytes;
    readonly IReadOnlyDictionary<string, TensorEntry> tensors;
    readonly long dataStart;

    /// <summary>The file's path, or the name given for bytes in memory.</summary>
    public string Path => bytes.Path;

    /// <summary>The tensors' names, in the file's order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What the writer noted, for example "format": "pt".</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>What stands next to the tensors and is not read, by name; empty for most files.</summary>
    public IReadOnlyList<string> LeftOut { get; private protected init; } = [];

    private protected TensorFile(FileBytes bytes, IReadOnlyList<string> names, IReadOnlyDictionary<string, TensorEntry> tensors,
        IReadOnlyDictionary<string, string> metadata, long dataStart) =>
        (this.bytes, Names, this.tensors, Metadata, this.dataStart) = (bytes, names, tensors, metadata, dataStart);

    /// <summary>True if the file holds a tensor of this name.</summary>
    public bool Contains(string name) => tensors.ContainsKey(name);

    /// <summary>The lengths of a tensor's axes; empty for a single number.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public IReadOnlyList<int> ShapeOf(string name) => Entry(name).Shape;

    /// <summary>How a tensor's numbers are stored.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public Dtype DtypeOf(string name) => Entry(name).Dtype;

    /// <summary>How many numbers a tensor has.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public long Count(string name) => Entry(name).Count;

    /// <summary>Reads a tensor's numbers, last axis fastest, as float32: exactly, whatever their dtype.</summary>
    /// <param name="name">the tensor's name</param>
    /// <param name="into">room for exactly <see cref="Count"/> numbers</param>
    /// <exception cref="CheckpointException">
    /// there is no such tensor, one of its numbers is no float32 (an F64 with more digits, an integer beyond 2^24),
    /// or the file has become shorter since it was opened
    /// </exception>
    /// <exception cref="ArgumentException"><paramref name="into"/> has another length</exception>
    /// <exception cref="ObjectDisposedException">the file is closed</exception>
    public unsafe void Read(string name, Span<float> into)
    {
        bytes.RefuseShorter();
        TensorEntry entry = Entry(name);
        if (into.Length != entry.Count) throw new ArgumentException($"'{nameof(into)}' should have {entry.Count} numbers for tensor " +
            $"'{name}' of {Path}, it has {into.Length}.", nameof(into));
        int size = entry.Dtype.Size();
        fixed (float* to = into)
        {
            float* at = to;
            Visit(entry, (run, done) =>
            {
                int wrong = entry.Dtype.ToFloats(run, new(at + done / size, run.Length / size));
                if (wrong >= 0) throw NoFloat(name, entry.Dtype, run.Slice(wrong * size, size));
            });
        }
    }

    /// <summary>Shows a tensor's numbers as they are stored: little-endian, last axis fastest, in runs of whole numbers.</summary>
    /// <param name="name">the tensor's name</param>
    /// <param name="visit">is shown run after run</param>
    /// <exception cref="CheckpointException">there is no such tensor, or the file has become shorter since it was opened</exception>
    /// <exception cref="ObjectDisposedException">the file is closed</exception>
    public void ReadBytes(string name, Action<ReadOnlySpan<byte>> visit)
    {
        bytes.RefuseShorter();
        Visit(Entry(name), (run, _) => visit(run));
    }

    /// <summary>Groups of names that stand for the same numbers of the file, as tied weights do in PyTorch's files.</summary>
    internal IEnumerable<IReadOnlyList<string>> Shared() => Names.Where(name => Entry(name).Count > 0)
        .GroupBy(Place).Where(group => group.Count() > 1).Select(group => group.ToArray());

    /// <summary>Adds all bytes of the file to a hash.</summary>
    internal void AppendTo(IncrementalHash hash) => bytes.AppendTo(hash);

    /// <summary>Closes the file.</summary>
    public void Dispose() => bytes.Dispose();

    void Visit(TensorEntry entry, FileBytes.Visitor visit)
    {
        if (entry is StridedEntry strided) strided.Visit(bytes, visit);
        else bytes.Visit(dataStart + entry.Begin, entry.Count * entry.Dtype.Size(), visit);
    }

    (long, Dtype, string, string) Place(string name) =>
        (Entry(name).Begin, Entry(name).Dtype, string.Join(' ', Entry(name).Shape),
            string.Join(' ', (Entry(name) as StridedEntry)?.Strides ?? []));

    TensorEntry Entry(string name) => tensors.TryGetValue(name, out TensorEntry? entry) ? entry
        : throw CheckpointException.NoTensor(name, Path, Names);

    CheckpointException NoFloat(string name, Dtype dtype, ReadOnlySpan<byte> number)
    {
        string folder = System.IO.Path.GetDirectoryName(Path) ?? "", from = File.Exists(System.IO.Path.Combine(folder, "config.json"))
            ? folder : Path;
        string move = dtype == Dtype.F64
            ? $"Round it once: heartwood convert {from} --float32 --out {(from == folder ? "FOLDER" : "FILE.safetensors")}, and give " +
                "what that wrote."
            : "Take the file in which the weights are floating-point numbers.";
        return new($"{Path}: tensor '{name}' is stored as {dtype}, and its value {dtype.InWords(number)} has no float32, in which " +
            $"Heartwood computes. {move}");
    }
}
