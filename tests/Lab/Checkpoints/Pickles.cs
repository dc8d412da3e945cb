using System.Text;

namespace Heartwood.Tests.Lab.Checkpoints;

/// <summary>Pickles, zip files and older streams of torch.save, written byte by byte.</summary>
static class Pickles
{
    /// <summary>The name c MODULE NAME, as protocol 2 writes it.</summary>
    public sealed record Name(string Module, string Member);

    /// <summary>
    /// Instructions: a char or byte is itself, an int is BININT, a text BINUNICODE, a <see cref="Name"/> GLOBAL, bytes are themselves.
    /// </summary>
    public static byte[] Of(params IEnumerable<object> parts) => [.. parts.SelectMany(part => part switch
    {
        char c => [(byte)c],
        byte b => [b],
        int i => [(byte)'J', .. BitConverter.GetBytes(i)],
        string s => [(byte)'X', .. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(s)), .. Encoding.UTF8.GetBytes(s)],
        Name n => Encoding.UTF8.GetBytes($"c{n.Module}\n{n.Member}\n"),
        byte[] raw => raw,
        object[] inner => Of(inner),
        _ => throw new ArgumentException($"no instruction for {part}"),
    })];

    /// <summary>A whole pickle of protocol 2.</summary>
    public static byte[] Whole(params IEnumerable<object> parts) => Of([(byte)0x80, (byte)2, .. parts, '.']);

    /// <summary>A dict of names and what makes their values.</summary>
    public static object[] Dict(params IEnumerable<(string Name, object[] Value)> items) => ['}',
        '(', .. items.SelectMany(item => (object[])[item.Name, item.Value]), 'u'];

    /// <summary>A storage's persistent id.</summary>
    public static object[] Storage(string key, int count, string kind = "FloatStorage") =>
        ['(', "storage", new Name("torch", kind), key, "cpu", count, 't', 'Q'];

    /// <summary>A tensor on a storage.</summary>
    public static object[] Tensor(object[] storage, int offset, int[] sizes, int[] strides) =>
        [new Name("torch._utils", "_rebuild_tensor_v2"),
            '(', storage, offset, Tuple(sizes), Tuple(strides), (byte)0x89, new Name("collections", "OrderedDict"), ')', 'R', 't', 'R'];

    public static object[] Tuple(int[] numbers) => ['(', .. numbers.Cast<object>(), 't'];

    /// <summary>Little-endian floats.</summary>
    public static byte[] Floats(params IEnumerable<float> values) => [.. values.SelectMany(BitConverter.GetBytes)];

    /// <summary>A zip of torch.save: this pickle and these storages.</summary>
    public static byte[] Saved(byte[] pickle, params IEnumerable<(string Key, byte[] Bytes)> storages) =>
        Zip([("m/data.pkl", pickle), ("m/byteorder", "little"u8.ToArray()), .. storages.Select(s => ($"m/data/{s.Key}", s.Bytes)),
            ("m/version", "3\n"u8.ToArray())]);

    /// <summary>A zip file; with 64-bit records where asked for, whatever the sizes.</summary>
    public static byte[] Zip(IEnumerable<(string Name, byte[] Content)> entries, bool wide = false, short method = 0, short flags = 0)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        List<byte> directory = [];
        int count = 0;
        foreach (var (name, content) in entries)
        {
            byte[] text = Encoding.UTF8.GetBytes(name), padding = new byte[64 - ((stream.Position + 30 + text.Length + 4) % 64)];
            long local = stream.Position;
            writer.Write(Head(0x04034b50, [], text.Length, 4 + padding.Length, flags, method, content.Length, content.Length));
            writer.Write([.. text, (byte)'F', (byte)'B', .. BitConverter.GetBytes((short)padding.Length), .. padding, .. content]);
            byte[] extra = wide ? [1, 0, 24, 0, .. BitConverter.GetBytes((long)content.Length),
                .. BitConverter.GetBytes((long)content.Length), .. BitConverter.GetBytes(local)] : [];
            uint size = wide ? uint.MaxValue : (uint)content.Length, at = wide ? uint.MaxValue : (uint)local;
            directory.AddRange(Head(0x02014b50, [0, 0], text.Length, extra.Length, flags, method, size, size));
            directory.AddRange([.. new byte[10], .. BitConverter.GetBytes(at), .. text, .. extra]);
            count++;
        }
        long begin = stream.Position;
        writer.Write([.. directory]);
        if (wide)
        {
            long end = stream.Position;
            writer.Write([.. BitConverter.GetBytes(0x06064b50), .. BitConverter.GetBytes(44L), 45, 0, 45, 0, .. new byte[8]]);
            foreach (long number in (long[])[count, count, directory.Count, begin]) writer.Write(number);
            writer.Write([.. BitConverter.GetBytes(0x07064b50), .. new byte[4], .. BitConverter.GetBytes(end), 1, 0, 0, 0]);
        }
        writer.Write([.. BitConverter.GetBytes(0x06054b50), .. new byte[4]]);
        foreach (ushort number in (ushort[])[wide ? ushort.MaxValue : (ushort)count, wide ? ushort.MaxValue
            : (ushort)count]) writer.Write(number);
        foreach (uint number in (uint[])[wide ? uint.MaxValue : (uint)directory.Count, wide ? uint.MaxValue
            : (uint)begin]) writer.Write(number);
        writer.Write((short)0);
        return stream.ToArray();
    }

    // what local head and directory share, from the signature to the lengths of name and extra
    static byte[] Head(int signature, byte[] madeBy, int name, int extra, short flags, short method, long packed, long size) =>
    [
        .. BitConverter.GetBytes(signature), .. madeBy, 0, 0, .. BitConverter.GetBytes(flags), .. BitConverter.GetBytes(method),
            .. new byte[8],
        .. BitConverter.GetBytes((uint)packed), .. BitConverter.GetBytes((uint)size), .. BitConverter.GetBytes((short)name),
            .. BitConverter.GetBytes((short)extra),
    ];

    /// <summary>The stream before PyTorch 1.6.</summary>
    public static byte[] Stream(byte[] pickle, params (string Key, long Count, byte[] Bytes)[] storages) =>
    [
        .. Whole((byte)0x8a, (byte)10, new byte[] { 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19 }), .. Whole(1001),
            .. Whole('}', "little_endian", (byte)0x88, 's'), .. pickle,
        .. Whole([']', '(', .. storages.Select(s => (object)s.Key), 'e']),
            .. storages.SelectMany(s => (byte[])[.. BitConverter.GetBytes(s.Count), .. s.Bytes]),
    ];

    /// <summary>The same numbers of <paramref name="size"/> bytes with the highest byte first.</summary>
    public static byte[] Reversed(byte[] numbers, int size) => [.. numbers.Chunk(size).SelectMany(number => number.Reverse())];
}
