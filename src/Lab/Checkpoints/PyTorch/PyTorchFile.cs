using System.Numerics;

namespace Heartwood.Lab.Checkpoints.PyTorch;

/// <summary>
/// One file of <c>torch.save</c> that holds tensors by name: the zip form (since PyTorch 1.6) or the older stream of pickles. Nothing of it
/// is run: its pickle is read by <see cref="PickleMachine"/>, the numbers are mapped and read when they are asked for.
/// </summary>
public sealed class PyTorchFile : TensorFile
{
    const string Again = "The file is damaged: copy or download it again.";
    const int MostAxes = 64;                                     // as PyTorch has it
    const long MostRepeated = 64, MostAnyway = 1 << 28;          // bytes of tensors: for each byte of the file, and in any file

    static readonly BigInteger magic = BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    PyTorchFile(FileBytes bytes, IReadOnlyList<string> names, IReadOnlyDictionary<string, TensorEntry> tensors)
        : base(bytes, names, tensors, new Dictionary<string, string>(), 0) { }

    /// <summary>Opens a file by memory map.</summary>
    /// <param name="path">the file: pytorch_model.bin, a .pt, .pth or .ckpt</param>
    /// <param name="entry">which of several dicts of tensors to take, its keys joined by "/"; null to take the one that is there</param>
    /// <exception cref="CheckpointException">
    /// it cannot be read, it asks for anything else than tensors and plain values (named, and nothing of it is run), or it is damaged
    /// </exception>
    public static PyTorchFile Open(string path, string? entry = null) => FileBytes.Open(path, bytes => Checked(bytes, entry));

    /// <summary>Opens a file that is already in memory.</summary>
    /// <param name="bytes">the whole file</param>
    /// <param name="name">what messages call it</param>
    /// <param name="entry">as for a path</param>
    /// <exception cref="CheckpointException">as for a path</exception>
    public static PyTorchFile Open(ReadOnlyMemory<byte> bytes, string name, string? entry = null) => Checked(new(bytes, name), entry);

    /// <summary>Whether a file begins as one of PyTorch's.</summary>
    internal static bool Begins(ReadOnlySpan<byte> bytes) => bytes is [(byte)'P', (byte)'K', 3, 4, ..] or [0x80, >= 2 and <= 5, ..];

    static PyTorchFile Checked(FileBytes bytes, string? entry)
    {
        byte[] begin = bytes.Beginning(300);
        return begin switch
        {
            [(byte)'P', (byte)'K', ..] => Zip(bytes, entry),
            [0x80, ..] => Stream(bytes, entry),
            [_, _, _, _, _, _, _, _, (byte)'{', ..] => throw Other(bytes, "safetensors", "Give it the name model.safetensors"),
            [0x89, (byte)'H', (byte)'D', (byte)'F', ..] =>
                throw Other(bytes, "HDF5, as TensorFlow and Keras write it",
                "Take the model.safetensors or pytorch_model.bin of the same model"),
            [(byte)'G', (byte)'G', (byte)'U', (byte)'F', ..] => throw Other(bytes, "GGUF", "Take the model.safetensors or " +
                "pytorch_model.bin that it was made from"),
            _ when begin.AsSpan().IndexOf("ustar"u8) == 257 => throw Other(bytes, "a tar archive", "Unpack it; files of PyTorch before " +
                "0.1.10 must be saved again by a newer one"),
            _ => throw Other(bytes, begin.Length == 0 ? "nothing" : "bytes that begin with " +
                $"0x{Convert.ToHexString(begin.AsSpan(0, Math.Min(4, begin.Length)))}", "Give the model's weights"),
        };
    }

    static CheckpointException Other(FileBytes bytes, string found, string move) =>
        new($"{bytes.Path}: expected a file of torch.save (a zip, or a stream of pickles), found {found}. {move}.");

    static PyTorchFile Zip(FileBytes bytes, string? entry)
    {
        IReadOnlyDictionary<string, (long Begin, long Length)> entries = new ZipDirectory(bytes).Entries;
        string[] pickles = [.. entries.Keys.Where(name => name == "data.pkl"
            || (name.EndsWith("/data.pkl", StringComparison.Ordinal) && name.Count(c => c == '/') == 1))];
        if (pickles is not [string pickle]) throw Other(bytes, $"a zip with {(pickles.Length == 0 ? "no" : "more than one")} data.pkl",
            "If it is an archive of a model's folder, unpack it");
        string folder = pickle[..^"data.pkl".Length];
        if (entries.ContainsKey($"{folder}constants.pkl")) throw Other(bytes, "a TorchScript program", "Save the weights alone, in " +
            "PyTorch: torch.save(torch.jit.load(FILE).state_dict(), 'pytorch_model.bin')");
        bool bigEndian = IsBigEndian(bytes, entries, $"{folder}byteorder");
        var (begin, length) = entries[pickle];
        PickleBytes source = new(bytes, begin, begin + length, $"{bytes.Path}, {pickle}");
        StateDict state = new(PickleMachine.Read(source), entry, bytes.Path);
        return Placed(bytes, state, bigEndian, storage => entries.TryGetValue($"{folder}data/{storage.Key}", out var place) ? place
            : throw new CheckpointException($"its storage, the entry '{folder}data/{storage.Key}', is not in the file"));
    }

    static bool IsBigEndian(FileBytes bytes, IReadOnlyDictionary<string, (long Begin, long Length)> entries, string name)
    {
        if (!entries.TryGetValue(name, out var place)) return false;
        string order = System.Text.Encoding.Latin1.GetString(bytes.Copy(place.Begin, (int)Math.Min(place.Length, 20))).Trim();
        return order == "big" || (order == "little" ? false
            : throw new CheckpointException($"{bytes.Path}: the entry '{name}' should be little or big, it is '{order}'. {Again}"));
    }

    // four pickles (a magic number, the protocol, facts about the system, the object), then the storages' names,
    // then each storage: its length and its numbers, lowest byte first
    static PyTorchFile Stream(FileBytes bytes, string? entry)
    {
        long at = 0;
        if (Next() is not BigInteger number || number != magic) throw Other(bytes, "another pickle", "Save the weights so, in PyTorch: " +
            "torch.save(model.state_dict(), 'pytorch_model.bin')");
        if (Next() is not 1001L) throw Other(bytes, "a stream of another version than 1001", "Save the file again with a newer PyTorch");
        Next();
        PickleBytes source = new(bytes, at, bytes.Length, bytes.Path);
        StateDict state = new(PickleMachine.Read(source, out IReadOnlyCollection<TorchStorage> storages), entry, bytes.Path);
        at = source.Position;
        if (Next() is not PickleList keys || keys.Exists(key => key is not string))
            throw new CheckpointException($"{bytes.Path}: expected the storages' names after the tensors, found other values. {Again}");
        Dictionary<string, (long, long)> places = [];
        ILookup<string, TorchStorage> known = storages.ToLookup(storage => storage.Key);
        foreach (string key in keys.Cast<string>()) places.Add(key, After(bytes, key, known[key], places.ContainsKey(key), ref at));
        return Placed(bytes, state, false, storage => places.TryGetValue(storage.Key, out var place) ? place
            : throw new CheckpointException($"its storage '{storage.Key}' is not in the file"));

        object? Next()
        {
            PickleBytes next = new(bytes, at, bytes.Length, bytes.Path);
            object? value = PickleMachine.Read(next);
            at = next.Position;
            return value;
        }
    }

    static (long, long) After(FileBytes bytes, string key, IEnumerable<TorchStorage> storages, bool again, ref long at)
    {
        TorchStorage? storage = storages.FirstOrDefault();
        if (again || storage is null || storages.Any(other => other.Dtype != storage.Dtype || other.All != storage.All))
        {
            string found = again ? "twice" : storage is null ? "of no tensor" : "of several kinds";
            throw new CheckpointException($"{bytes.Path}: expected each storage once and of one kind, found '{key}' {found}. {Again}");
        }
        if (at > bytes.Length - 8 || storage.All > (bytes.Length - 8 - at) / storage.Dtype.Size())
            throw new CheckpointException($"{bytes.Path}: expected the {storage.All} numbers of the storage '{key}' at byte {at}, found " +
                $"the file's end at {bytes.Length}. It is cut off: copy or download it again.");
        long count = BitConverter.ToInt64(bytes.Copy(at, 8)), begin = at + 8, length = storage.All * storage.Dtype.Size();
        if (count != storage.All)
            throw new CheckpointException($"{bytes.Path}: the storage '{key}' should have {storage.All} numbers, at byte {at} " +
                $"it has {count}. {Again}");
        at = begin + length;
        return (begin, length);
    }

    static PyTorchFile Placed(FileBytes bytes, StateDict state, bool bigEndian, Func<TorchStorage, (long Begin, long Length)> placeOf)
    {
        List<string> names = [];
        Dictionary<string, TensorEntry> tensors = [];
        UInt128 all = 0;
        foreach (var (name, tensor) in state.Tensors)
        {
            try
            {
                tensors.Add(name, Placed(tensor, bigEndian, placeOf(tensor.Storage)));
            }
            catch (CheckpointException e)
            {
                throw new CheckpointException($"{bytes.Path}: tensor '{name}': {e.Message}. {Again}");
            }
            names.Add(name);
            all += (UInt128)tensors[name].Count * (UInt128)tensor.Dtype.Size();
        }
        if (all > (UInt128)MostAnyway + (UInt128)bytes.Length * (UInt128)MostRepeated)
            throw new CheckpointException($"{bytes.Path}: its tensors would have {all} bytes together, more than {MostRepeated} times " +
                $"the file's {bytes.Length}: few numbers stand for very many. Save them as they are used: torch.save({{name: t.clone() " +
                $"for name, t in model.state_dict().items()}}, 'pytorch_model.bin').");
        return new(bytes, names, tensors) { LeftOut = state.LeftOut };
    }

    static TensorEntry Placed(TorchTensor tensor, bool bigEndian, (long Begin, long Length) place)
    {
        TorchStorage storage = tensor.Storage;
        if ((UInt128)storage.All * (UInt128)storage.Dtype.Size() != (UInt128)place.Length)
            throw new CheckpointException($"its storage '{storage.Key}' should have {storage.All} numbers of {storage.Dtype.Size()} " +
                $"bytes, it has {place.Length} bytes");
        var (sizes, strides, size) = (tensor.Sizes, tensor.Strides, tensor.Dtype.Size());
        if (sizes.Length > MostAxes || strides.Length != sizes.Length || tensor.Offset < 0
            || Array.Exists(sizes, length => length is < 0 or > int.MaxValue) || Array.Exists(strides, stride => stride < 0))
            throw new CheckpointException($"expected at most {MostAxes} axes with lengths and strides from 0, found lengths " +
                $"[{Shown(sizes)}], strides [{Shown(strides)}] from {tensor.Offset}");
        UInt128 count = 1, last = (UInt128)tensor.Offset;
        long room = storage.Count * storage.Dtype.Size() / size;
        foreach (var (length, stride) in sizes.Zip(strides))
        {
            count = length == 0 ? 0 : count > long.MaxValue ? count : count * (UInt128)length;
            last += length == 0 ? 0 : (UInt128)(length - 1) * (UInt128)stride;
        }
        if (sizes.Contains(0)) count = 0;
        if (count > 0 && last >= (UInt128)room) throw new CheckpointException($"its lengths [{Shown(sizes)}] with strides " +
            $"[{Shown(strides)}] from {tensor.Offset} reach to number {last + 1} of the storage '{storage.Key}', which has {room}");
        if (count > long.MaxValue / 8) throw new CheckpointException($"its lengths [{Shown(sizes)}] make too many numbers");
        int[] shape = [.. sizes.Select(length => (int)length)];
        long begin = count == 0 ? place.Begin : place.Begin + storage.Skip * storage.Dtype.Size() + tensor.Offset * size;
        return bigEndian && size > 1 || !StridedEntry.Contiguous(shape, strides)
            ? new StridedEntry(tensor.Dtype, shape, (long)count, begin, strides, bigEndian)
            : new TensorEntry(tensor.Dtype, shape, (long)count, begin);
    }

    static string Shown(long[] numbers) => string.Join(' ', numbers.Take(MostAxes));
}
