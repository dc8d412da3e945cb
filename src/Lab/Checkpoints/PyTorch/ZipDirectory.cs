using System.Buffers.Binary;
using System.Text;

namespace Heartwood.Lab.Checkpoints.PyTorch;

/// <summary>
/// Where the entries of a zip file lie (PKWARE's APPNOTE 6.3, with its 64-bit records), for entries that are stored as they are, as
/// PyTorch writes them.
/// Every entry lies inside the file.
/// </summary>
internal sealed class ZipDirectory
{
    const uint Entry = 0x02014b50, Local = 0x04034b50, End = 0x06054b50, End64 = 0x06064b50, Locator64 = 0x07064b50;
    const int EndBytes = 22, Locator64Bytes = 20, End64Bytes = 56, EntryBytes = 46, LocalBytes = 30, MostComment = 0xFFFF;
    const long MostBytes = 200_000_000;

    readonly FileBytes file;
    readonly Dictionary<string, (long Begin, long Length)> entries = new(StringComparer.Ordinal);

    /// <summary>First byte and length of each entry's content, by name.</summary>
    public IReadOnlyDictionary<string, (long Begin, long Length)> Entries => entries;

    /// <summary>Reads the directory.</summary>
    /// <exception cref="CheckpointException">there is none, it is damaged, or an entry is compressed or encrypted</exception>
    public ZipDirectory(FileBytes file)
    {
        this.file = file;
        var (begin, length, count) = Find();
        if (length > MostBytes) throw Damaged($"a directory of at most {MostBytes:N0} bytes", $"{length:N0}");
        byte[] directory = file.Copy(begin, (int)length);
        int at = 0;
        for (long i = 0; i < count; i++) at += Add(directory.AsSpan(at), begin);
        if (at != directory.Length) throw Damaged($"a directory of {directory.Length} bytes", $"{count} entries of {at}");
    }

    (long Begin, long Length, long Count) Find()
    {
        long tail = Math.Min(file.Length, EndBytes + MostComment + Locator64Bytes);
        byte[] last = file.Copy(file.Length - tail, (int)tail);
        int at = last.Length - EndBytes;
        while (at >= 0 && !(Is(last, at, End) && at + EndBytes + Two(last, at + 20) == last.Length)) at--;
        if (at < 0) throw new CheckpointException($"{file.Path}: begins as a zip file, as torch.save writes it, and has no directory at " +
            "its end. It is cut off: copy or download it again.");
        long end = file.Length - last.Length + at, count = Two(last, at + 10), length = Four(last, at + 12), begin = Four(last, at + 16);
        if (at >= Locator64Bytes && Is(last, at - Locator64Bytes, Locator64)) (begin, length, count,
            end) = Find64(Eight(last, at - Locator64Bytes + 8), end - Locator64Bytes);
        if (begin < 0 || length < 0 || begin > end - length || count < 0
            || count > length / EntryBytes) throw Damaged("a directory before its end",
            $"one at byte {begin} of {length} bytes and {count} entries");
        return (begin, length, count);
    }

    (long Begin, long Length, long Count, long End) Find64(long at, long before)
    {
        if (at < 0 || at > before - End64Bytes) throw Damaged("the 64-bit end of the directory inside the file", $"byte {at}");
        byte[] end = file.Copy(at, End64Bytes);
        if (!Is(end, 0, End64)) throw Damaged("the 64-bit end of the directory", $"something else at byte {at}");
        return (Eight(end, 48), Eight(end, 40), Eight(end, 32), at);
    }

    // returns how many bytes the entry takes in the directory
    int Add(ReadOnlySpan<byte> entry, long before)
    {
        if (entry.Length < EntryBytes || !Is(entry, 0, Entry)) throw Damaged($"entry {entries.Count + 1} of the directory", "other bytes");
        int nameBytes = Two(entry, 28), extraBytes = Two(entry, 30), all = EntryBytes + nameBytes + extraBytes + Two(entry, 32);
        if (entry.Length < all) throw Damaged($"entry {entries.Count + 1} of the directory", "its end");
        string name = Encoding.UTF8.GetString(entry.Slice(EntryBytes, nameBytes));
        long packed = Four(entry, 20), length = Four(entry, 24), local = Four(entry, 42);
        Widen(entry.Slice(EntryBytes + nameBytes, extraBytes), ref length, ref packed, ref local);
        if ((Two(entry, 8) & 1) != 0) throw Refused(name, "encrypted");
        if (Two(entry, 10) != 0) throw Refused(name, "compressed");
        if (packed != length) throw Damaged($"as many bytes stored as '{name}' has, {length}", $"{packed}");
        if (!entries.TryAdd(name, (Content(name, nameBytes, local, length, before), length))) throw Damaged("names that occur once",
            $"'{name}' twice");
        return all;
    }

    // sizes and places of 4 GB and more stand in a field of their own, in this order, those only that did not fit
    static void Widen(ReadOnlySpan<byte> extra, ref long length, ref long packed, ref long local)
    {
        while (extra.Length >= 4)
        {
            int size = Math.Min(Two(extra, 2), extra.Length - 4);
            ReadOnlySpan<byte> field = extra.Slice(4, size);
            if (Two(extra, 0) == 1)
            {
                length = Wide(length, ref field);
                packed = Wide(packed, ref field);
                local = Wide(local, ref field);
            }
            extra = extra[(4 + size)..];
        }
    }

    static long Wide(long narrow, ref ReadOnlySpan<byte> field)
    {
        if (narrow != uint.MaxValue || field.Length < 8) return narrow;
        long wide = Eight(field, 0);
        field = field[8..];
        return wide;
    }

    long Content(string name, int nameBytes, long local, long length, long before)
    {
        if (local < 0 || local > before - LocalBytes
            || length < 0) throw Damaged($"the entry '{name}' inside the file", $"{length} bytes at {local}");
        byte[] head = file.Copy(local, LocalBytes);
        long begin = local + LocalBytes + nameBytes + Two(head, 28);
        if (!Is(head, 0, Local) || Two(head, 26) != nameBytes) throw Damaged($"the entry '{name}' at byte {local}", "other bytes");
        return begin <= before - length ? begin : throw Damaged($"{length} bytes of the entry '{name}' at byte {begin}",
            $"the directory at byte {before}");
    }

    CheckpointException Refused(string name, string how) =>
        new($"{file.Path}: the entry '{name}' is {how}, and torch.save stores entries as they are. Save the file again with torch.save, " +
            "or unpack it and pack it without compression (zip -0 -r).");

    CheckpointException Damaged(string expected, string found) => new($"{file.Path}: zip directory: expected {expected}, found {found}. " +
        "The file is damaged: copy or download it again.");

    static bool Is(ReadOnlySpan<byte> bytes, int at, uint signature) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) == signature;

    static int Two(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static long Four(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    static long Eight(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
