using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Json;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Checkpoints;

/// <summary>What a conversion to safetensors wrote.</summary>
/// <param name="From">the folder or file that was read</param>
/// <param name="Into">the folder or file that was written</param>
/// <param name="Tensors">how many tensors were written</param>
/// <param name="Bytes">their size in bytes</param>
/// <param name="Dtypes">how many tensors are stored in each dtype, by its name</param>
/// <param name="Rounded">tensors of F64 that were rounded to F32; empty where that was not asked for</param>
/// <param name="Shared">groups of names that stand for the same numbers; each name has a copy of its own in the new file</param>
/// <param name="Copied">the model's other files that were copied</param>
/// <param name="LeftOut">files of the folder that were not copied</param>
/// <param name="Skipped">what the weights' file holds next to its tensors, by name</param>
public sealed record Conversion(string From, string Into, int Tensors, long Bytes, IReadOnlyDictionary<string, int> Dtypes,
    IReadOnlyList<string> Rounded, IReadOnlyList<IReadOnlyList<string>> Shared, IReadOnlyList<string> Copied,
        IReadOnlyList<string> LeftOut, IReadOnlyList<string> Skipped)
{
    const string Config = "config.json";

    static readonly string[] texts = [".json", ".txt", ".model", ".md", ".jinja", ".vocab", ".codes", ".tiktoken"];
    static readonly string[] titles = ["LICENSE", "LICENCE", "NOTICE", "README"];

    /// <summary>
    /// Writes the safetensors copy of a model's folder, or of one file of weights: tensors bit for bit, in their own dtype, under their own
    /// names, in one file.
    /// A folder's config.json, tokenizer and other text files are copied as they are.
    /// </summary>
    /// <param name="from">a folder, a file or an index, as <see cref="Checkpoint.Open(string, string?)"/> takes it</param>
    /// <param name="into">of a folder: a new or empty folder; of a file: a new file that ends with .safetensors</param>
    /// <param name="entry">as <see cref="Checkpoint.Open(string, string?)"/> takes it</param>
    /// <param name="toFloat32">whether tensors of F64 are rounded to F32; config.json says so then</param>
    /// <param name="progress">gets how many tensors are written, of how many</param>
    /// <param name="stop">ends the conversion; nothing is left then</param>
    /// <exception cref="CheckpointException">the weights cannot be read, or an F64 is beyond float32's largest number</exception>
    /// <exception cref="IOException">the place is taken, or it cannot be written</exception>
    /// <exception cref="ArgumentException"><paramref name="into"/> is a file's name for a folder, or the other way round</exception>
    public static Conversion Write(string from, string into, string? entry = null, bool toFloat32 = false,
        Action<int, int>? progress = null, CancellationToken stop = default)
    {
        bool folder = Directory.Exists(from), intoFile = into.EndsWith(".safetensors", StringComparison.Ordinal);
        if (folder == intoFile) throw new ArgumentException(folder
            ? $"{from} is a folder; expected a folder to write to, found '{into}'. Give a folder with --out FOLDER."
            : $"{from} is no folder; expected a file to write to that ends with .safetensors, found '{into}'. Give --out " +
                "FILE.safetensors, or the model's folder in place of its file.");
        if (!folder && Path.Exists(into)) throw new IOException($"{into} is there already. Give another name with --out, or remove it.");
        using Checkpoint weights = Checkpoint.Open(from, entry);
        string[] names = [.. weights.Names.OrderByDescending(name => weights.DtypeOf(name).Size())];      // so that all are aligned
        HashSet<string> rounded = [.. toFloat32 ? names.Where(name => weights.DtypeOf(name) == Dtype.F64) : []];
        long bytes = names.Sum(name => weights.Count(name) * (rounded.Contains(name) ? sizeof(float) : weights.DtypeOf(name).Size()));
        RequireRoom(into, bytes);
        (string[] copied, string[] left) = folder ? OtherFiles(from) : ([], []);
        if (!folder) WriteWeights(into);
        else Atomic.WriteFolder(into, place =>
        {
            foreach (string name in copied) CopyFile(name, Path.Combine(place, name));
            WriteWeights(Path.Combine(place, Checkpoint.SingleFile));
        });
        var dtypes = names.GroupBy(name => rounded.Contains(name) ? Dtype.F32 : weights.DtypeOf(name)).OrderBy(group => group.Key);
        return new(from, into, names.Length, bytes, dtypes.ToDictionary(group => $"{group.Key}", group => group.Count()), [.. rounded],
            weights.Shared(), copied, left, weights.LeftOut);

        void WriteWeights(string file) => SafetensorsWriter.Write(file,
            names.Select((name, i) => Told(i, rounded.Contains(name) ? Rounding(weights, name) : NamedTensor.Stored(weights, name))),
            new Dictionary<string, string> { ["format"] = "pt" });

        NamedTensor Told(int index, NamedTensor tensor) => tensor.After(() =>
        {
            progress?.Invoke(index + 1, names.Length);
            stop.ThrowIfCancellationRequested();
        });

        void CopyFile(string name, string to)
        {
            if (name == Config && rounded.Count > 0) File.WriteAllText(to, Float32(Path.Combine(from, name)));
            else File.Copy(Path.Combine(from, name), to);
        }
    }

    static (string[] Copied, string[] Left) OtherFiles(string folder)
    {
        string[] there = [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry))
            .Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];
        string[] files = [.. there.Where(name => File.Exists(Path.Combine(folder, name)))];
        string[] copied = [.. files.Where(name => !name.EndsWith(".index.json", StringComparison.Ordinal)
            && (texts.Any(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase)) || titles.Contains(name)))];
        return (copied, [.. files.Except(copied).Where(name => !IsRead(folder, name)), .. there.Except(files).Select(name => $"{name}/")]);
    }

    // the weights themselves, and their index
    static bool IsRead(string folder, string name)
    {
        string[] forms = [Checkpoint.SingleFile, Checkpoint.IndexFile, Checkpoint.PyTorchSingleFile, Checkpoint.PyTorchIndexFile];
        string form = forms.First(f => File.Exists(Path.Combine(folder, f)));
        return name == form || (form.EndsWith(".json", StringComparison.Ordinal)
            && Checkpoint.ReadIndex(File.ReadAllBytes(Path.Combine(folder, form)), form).ContainsValue(name));
    }

    static NamedTensor Rounding(Checkpoint weights, string name) => NamedTensor.Stored(weights, name).As(Dtype.F32, bytes =>
    {
        ReadOnlySpan<double> from = MemoryMarshal.Cast<byte, double>(bytes);
        float[] to = new float[from.Length];
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = (float)from[i];
            if (float.IsInfinity(to[i]) && double.IsFinite(from[i])) throw new CheckpointException($"{weights.Path}: tensor '{name}': " +
                $"its value {from[i]:R} is beyond float32's largest, {float.MaxValue:R}. Such weights are of no model that float32 can " +
                "compute; look at how they were made.");
        }
        return MemoryMarshal.AsBytes(to.AsSpan());
    });

    static string Float32(string config)
    {
        JsonObject json = JsonObject.Create(CheckpointException.Json(config).ObjectIn(File.ReadAllBytes(config)).Object.Clone())!;
        foreach (string key in (string[])["torch_dtype", "dtype"])
            if (json[key]?.GetValueKind() == JsonValueKind.String) json[key] = "float32";
        return json.ToJsonString(JsonWriting.Foreign) + "\n";
    }

    static void RequireRoom(string into, long bytes)
    {
        string? place = Path.GetDirectoryName(Path.GetFullPath(into));
        while (place is not null && !Directory.Exists(place)) place = Path.GetDirectoryName(place);
        if (place is not null) DiskSpace.Require(place, bytes);
    }
}
