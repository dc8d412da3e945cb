using System.Text;

namespace Heartwood.Lab.Checkpoints.PyTorch;

/// <summary>
/// The bytes of one pickle, read from its first to its last; no length that the pickle announces is believed before as many bytes are
/// there.
/// </summary>
internal sealed class PickleBytes
{
    /// <summary>The longest pickle that is read: names and sizes of some 200,000 tensors.</summary>
    const long MostBytes = 100_000_000;

    const int Most = 1 << 16;

    readonly FileBytes file;
    readonly long start, end;
    byte[] buffer = [];
    int at;
    long next;                                                   // byte of the file after the buffer

    /// <summary>What messages call it: the file, and the entry of the zip.</summary>
    public string Where { get; }

    /// <summary>The byte of the file that is read next.</summary>
    public long Position => next - (buffer.Length - at);

    /// <summary>How many bytes were read.</summary>
    public long Read => Position - start;

    /// <summary>The bytes from one byte of a file up to another.</summary>
    public PickleBytes(FileBytes file, long start, long end, string where) =>
        (this.file, this.start, this.end, next, Where) = (file, start, Math.Min(end, start + MostBytes), start, where);

    /// <summary>The next byte.</summary>
    /// <exception cref="CheckpointException">there is none</exception>
    public byte Byte()
    {
        if (at == buffer.Length) Fill();
        return buffer[at++];
    }

    /// <summary>The next bytes.</summary>
    /// <exception cref="CheckpointException">fewer are left</exception>
    public byte[] Bytes(ulong count)
    {
        if (count > (ulong)(end - Position)) throw Cut($"{count} bytes more", $"{end - Position}");
        byte[] bytes = new byte[count];
        for (int done = 0; done < bytes.Length;)
        {
            if (at == buffer.Length) Fill();
            int run = Math.Min(bytes.Length - done, buffer.Length - at);
            buffer.AsSpan(at, run).CopyTo(bytes.AsSpan(done));
            (done, at) = (done + run, at + run);
        }
        return bytes;
    }

    /// <summary>The next 1, 2, 4 or 8 bytes as a number, the lowest byte first.</summary>
    public ulong Number(int size)
    {
        ulong number = 0;
        for (int i = 0; i < size; i++) number |= (ulong)Byte() << (8 * i);
        return number;
    }

    /// <summary>The text up to the end of the line, as protocols 0 to 3 write names.</summary>
    public string Line()
    {
        List<byte> line = [];
        for (byte b = Byte(); b != '\n'; b = Byte())
        {
            line.Add(b);
            if (line.Count > 1000) throw Damaged("a name of at most 1000 bytes", "a longer one");
        }
        return Encoding.Latin1.GetString([.. line]);
    }

    /// <summary>The next bytes as text.</summary>
    /// <param name="count">how many bytes</param>
    /// <param name="ofPython2">whether they may be text of Python 2, which says no encoding</param>
    public string Text(ulong count, bool ofPython2 = false)
    {
        byte[] bytes = Bytes(count);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (ArgumentException)
        {
            return ofPython2 ? Encoding.Latin1.GetString(bytes) : throw Damaged("a text in UTF-8", "other bytes");
        }
    }

    /// <summary>Says what is wrong at this place.</summary>
    public CheckpointException Damaged(string expected, string found) =>
        new($"{Where}: byte {Read} of the pickle: expected {expected}, found {found}. The file is damaged: copy or download it again.");

    void Fill()
    {
        if (next >= end) throw Cut("more of it", "its end");
        buffer = file.Copy(next, (int)Math.Min(Most, end - next));
        (at, next) = (0, next + buffer.Length);
    }

    CheckpointException Cut(string expected, string found) =>
        new(end - start == MostBytes
            ? $"{Where}: expected a pickle of at most {MostBytes:N0} bytes, found a longer one. It is not the state dict of a model: " +
                "give the model's weights."
            : $"{Where}: byte {Read} of the pickle: expected {expected}, found {found}. The file is cut off: copy or download it again.");
}
