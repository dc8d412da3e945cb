using Heartwood.Lab.Checkpoints.PyTorch;
using static Heartwood.Tests.Lab.Checkpoints.Pickles;

namespace Heartwood.Tests.Lab.Checkpoints;

/// <summary>Mutated files of torch.save: tensors that lie within the file, or a refusal; and no more memory than such files need.</summary>
public sealed class PyTorchFuzzTests
{
    const long MostBytes = 64_000_000;

    static readonly byte[] numbers = Floats(1, 2, 3, 4, 5, 6);

    static object[] Tensors(string second) => Dict(
        ("epoch", [3]), ("notes", [']', '(', "a", 'N', (byte)0x88, 'G', new byte[8], 'e']), ("optimizer", Dict(("lr", ['G', new byte[8]]))),
        ("state_dict", Dict(("w", Tensor(Storage("0", 6), 0, [3, 2], [1, 3])),
            ("v", Tensor(Storage(second, 2, "LongStorage"), 1, [1], [1])),
            ("p", [new Name("torch._utils", "_rebuild_parameter"), Tensor(Storage("0", 6), 2, [], []), (byte)0x88, ')', (byte)0x87,
            'R']))));

    const byte Kept = 0x94;

    static byte[] Short(string text) => [0x8c, (byte)text.Length, .. System.Text.Encoding.ASCII.GetBytes(text)];

    static readonly byte[] pickle = Whole(Tensors("1")), protocol4 =
    [
        0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, .. Of('}', Kept, Short("w"), Kept, Short("torch._utils"), Kept, Short("_rebuild_tensor_v2"),
            Kept, (byte)0x93, '(', Storage("0", 6), 0,
            Tuple([3, 2]), Kept, Tuple([1, 3]), Kept, (byte)0x89, '}', 't', 'R', Kept, 's'), (byte)'.',
    ];

    /// <summary>Kinds of file, with how many mutations of each.</summary>
    public static TheoryData<string, int> Kinds =>
        new() { { "zip", 15_000 }, { "zip of protocol 4", 10_000 }, { "pickle in a zip", 15_000 }, { "stream", 15_000 },
        { "zip with 64-bit records", 5_000 } };

    [Theory, MemberData(nameof(Kinds))]
    public void Mutated_files_of_PyTorch_are_read_within_their_bytes_or_refused(string kind, int count)
    {
        byte[] longs = new byte[16];
        (string, byte[])[] wide = [("m/data.pkl", pickle), ("m/byteorder", "big"u8.ToArray()), ("m/data/0", numbers), ("m/data/1", longs)];
        byte[] valid = kind switch
        {
            "zip" => Saved(pickle, ("0", numbers), ("1", longs)),
            "zip of protocol 4" => Saved(protocol4, ("0", numbers)),
            "pickle in a zip" => pickle,
            "stream" => Stream(pickle, ("0", 6, numbers), ("1", 2, longs)),
            _ => Zip(wide, wide: true),
        };
        long before = GC.GetAllocatedBytesForCurrentThread(), most = 0;
        FuzzTests.Fuzz(count, valid, bytes =>
        {
            byte[] whole = kind == "pickle in a zip" ? Saved(bytes, ("0", numbers), ("1", longs)) : bytes;
            long begin = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Assert.Equal(ReadBetween(0x00, whole), ReadBetween(0xFF, whole));
            }
            finally
            {
                most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - begin);
            }
        }, $"PyTorch {kind}");
        Assert.InRange(most, 1, MostBytes);
    }

    /// <summary>All bytes of all tensors of a file that lies between two walls: what changes with the walls was read outside.</summary>
    static List<byte> ReadBetween(byte wall, byte[] bytes)
    {
        byte[] walls = [.. Enumerable.Repeat(wall, 64)], walled = [.. walls, .. bytes, .. walls];
        using PyTorchFile file = PyTorchFile.Open(walled.AsMemory(64, bytes.Length), "fuzz.bin");
        List<byte> read = [];
        foreach (string name in file.Names)
        {
            if (file.Count(name) > 100_000) continue;             // an expanded one: few numbers, shown many times
            file.ReadBytes(name, run => read.AddRange(run));
        }
        return read;
    }
}
