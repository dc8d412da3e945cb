using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Checkpoints.PyTorch;
using static Heartwood.Tests.Lab.Checkpoints.Pickles;

namespace Heartwood.Tests.Lab.Checkpoints;

/// <summary>Files of torch.save that no PyTorch needs to be there for.</summary>
public sealed class PyTorchFileTests
{
    static readonly byte[] Six = Floats(1, 2, 3, 4, 5, 6);

    static PyTorchFile Open(byte[] bytes, string? entry = null) => PyTorchFile.Open(bytes, "x.bin", entry);

    static string Refused(byte[] bytes, string? entry = null) => Assert.Throws<CheckpointException>(() => Open(bytes, entry)).Message;

    static float[] Read(TensorFile file, string name)
    {
        float[] values = new float[file.Count(name)];
        file.Read(name, values);
        return values;
    }

    static byte[] One(int offset, int[] sizes, int[] strides, int count = 6, string kind = "FloatStorage") =>
        Whole(Dict(("w", Tensor(Storage("0", count, kind), offset, sizes, strides))));

    [Fact]
    public void Views_of_one_storage_are_read_as_they_look_into_it()
    {
        using PyTorchFile file = Open(Saved(Whole(Dict(
            ("whole", Tensor(Storage("0", 6), 0, [2, 3], [3, 1])), ("turned", Tensor(Storage("0", 6), 0, [3, 2], [1, 3])),
                ("column", Tensor(Storage("0", 6), 1, [2], [3])),
            ("spread", Tensor(Storage("0", 6), 5, [2, 2], [0, 0])), ("scalar", Tensor(Storage("0", 6), 2, [], [])),
                ("empty", Tensor(Storage("0", 6), 6, [0, 7], [7, 1])),
            ("line", Tensor(Storage("0", 6), 3, [1, 3], [99, 1])))), ("0", Six)));
        Assert.Equal(["whole", "turned", "column", "spread", "scalar", "empty", "line"], file.Names);
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(file, "whole"));
        Assert.Equal([1, 4, 2, 5, 3, 6], Read(file, "turned"));
        Assert.Equal([3, 2], file.ShapeOf("turned"));
        Assert.Equal([2, 5], Read(file, "column"));
        Assert.Equal([6, 6, 6, 6], Read(file, "spread"));
        Assert.Equal([3], Read(file, "scalar"));
        Assert.Empty(file.ShapeOf("scalar"));
        Assert.Equal([0, 7], file.ShapeOf("empty"));
        Assert.Empty(Read(file, "empty"));
        Assert.Equal([4, 5, 6], Read(file, "line"));
    }

    [Fact]
    public void A_large_turned_matrix_is_read_in_runs()
    {
        const int rows = 300, columns = 200;
        float[] values = [.. Enumerable.Range(0, rows * columns).Select(i => (float)i)];
        using PyTorchFile file = Open(Saved(One(0, [columns, rows], [1, columns], rows * columns), ("0", Floats(values))));
        Assert.Equal(Enumerable.Range(0, rows * columns).Select(i => values[i % rows * columns + i / rows]), Read(file, "w"));
    }

    [Theory, InlineData("big"), InlineData("little")]
    public void The_order_of_bytes_is_what_the_file_says(string order)
    {
        byte[] Entry(byte[] numbers, int size) => order == "big" ? Reversed(numbers, size) : numbers;
        byte[] pickle = Whole(Dict(("w", Tensor(Storage("0", 6), 0, [3, 2], [1, 3])),
            ("i", Tensor(Storage("1", 2, "LongStorage"), 0, [2], [1])), ("b", Tensor(Storage("2", 2, "BoolStorage"), 0, [2], [1]))));
        byte[] longs = [.. BitConverter.GetBytes(7L), .. BitConverter.GetBytes(-9L)];
        using PyTorchFile file = Open(Zip([("m/data.pkl", pickle), ("m/byteorder", System.Text.Encoding.ASCII.GetBytes(order)),
            ("m/data/0", Entry(Six, 4)), ("m/data/1", Entry(longs, 8)), ("m/data/2", [1, 0])]));
        Assert.Equal([1, 4, 2, 5, 3, 6], Read(file, "w"));
        Assert.Equal([7, -9], Read(file, "i"));
        Assert.Equal([1, 0], Read(file, "b"));
        Assert.Contains("should be little or big, it is 'middle'",
            Refused(Zip([("m/data.pkl", pickle), ("m/byteorder", "middle"u8.ToArray())])));
    }

    [Fact]
    public void A_zip_with_64_bit_records_is_read()
    {
        using PyTorchFile file = Open(Zip([("m/data.pkl", One(0, [6], [1])), ("m/data/0", Six)], wide: true));
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(file, "w"));
    }

    [Fact]
    public void Compressed_and_encrypted_entries_are_refused_by_name()
    {
        Assert.Contains("the entry 'm/data.pkl' is compressed", Refused(Zip([("m/data.pkl", One(0, [6], [1]))], method: 8)));
        Assert.Contains("the entry 'm/data.pkl' is encrypted", Refused(Zip([("m/data.pkl", One(0, [6], [1]))], flags: 1)));
    }

    [Fact]
    public void Other_archives_and_files_are_refused_as_what_they_are()
    {
        Assert.Contains("a zip with no data.pkl. If it is an archive of a model's folder, unpack it.", Refused(Zip([("config.json", [])])));
        Assert.Contains("a TorchScript program", Refused(Zip([("m/data.pkl", Whole('}')), ("m/constants.pkl", [])])));
        Assert.Contains("found safetensors. Give it the name", Refused(Files.SmallSafetensors()));
        Assert.Contains("found HDF5", Refused([0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10]));
        Assert.Contains("found GGUF", Refused("GGUF\x03\0\0\0"u8.ToArray()));
        Assert.Contains("found another pickle", Refused(Whole(5)));
        Assert.Contains("found nothing", Refused([]));
        Assert.Contains("begins as a zip file", Refused("PK\x03\x04"u8.ToArray()));
    }

    [Theory]
    [InlineData("posix", "system"), InlineData("builtins", "eval"), InlineData("__builtin__", "getattr"), InlineData("torch", "load")]
    [InlineData("torch.nn.modules.linear", "Linear")]
    [InlineData("torch.storage", "_load_from_bytes"), InlineData("collections", "Counter"), InlineData("torch._utils", "_rebuild_qtensor")]
    [InlineData("torch", "ComplexFloatStorage")]
    [InlineData("numpy.core.multiarray", "_reconstruct"), InlineData("argparse", "Namespace")]
    [InlineData("torch._utils", "_rebuild_tensor_v2.__globals__"), InlineData("posix.system#torch", "FloatStorage")]
    public void Every_name_that_tensors_do_not_need_is_refused_before_anything_is_built(string module, string member)
    {
        byte[] shortened = [0x80, 4, 0x8c, (byte)module.Length, .. System.Text.Encoding.ASCII.GetBytes(module), 0x8c, (byte)member.Length,
            .. System.Text.Encoding.ASCII.GetBytes(member), 0x93, (byte)'.'];
        foreach (byte[] pickle in (byte[][])[Whole(new Name(module, member), '(', "touch ran-code", 't', 'R'), shortened,
            Whole('(', 'i', System.Text.Encoding.ASCII.GetBytes($"{module}\n{member}\n"))])
        {
            Assert.Contains($"calls for '{module}.{member}'", Refused(Saved(pickle)));
            Assert.Contains($"calls for '{module}.{member}'", Refused(Stream(pickle)));
        }
    }

    [Fact]
    public void Names_are_read_only_where_they_stand_for_a_tensor()
    {
        Name storage = new("torch", "FloatStorage"), tensor = new("torch._utils", "_rebuild_tensor_v2");
        Assert.Contains("expected a storage's or dtype's name, found a call of 'torch.FloatStorage'",
            Refused(Saved(Whole(storage, 5, (byte)0x85, 'R'))));
        Assert.Contains("what 'torch._utils._rebuild_tensor_v2' takes", Refused(Saved(Whole(tensor, ')', 'R'))));
        Assert.Contains("attributes of an OrderedDict", Refused(Saved(Whole(storage, '}', 'b'))));
        Assert.Contains("an instruction for tensors, storages and plain values, found 0x81",
            Refused(Saved(Whole(new Name("collections", "OrderedDict"), ')', (byte)0x81))));
        Assert.Contains("a module with its source code", Refused(Saved(Whole('(', "module", storage, "a.py", "import os", 't', 'Q'))));
        Assert.Contains("expected tensors by name (a state dict), found 'torch.FloatStorage'", Refused(Saved(Whole(storage))));
    }

    [Theory]
    [InlineData("")]                                             // nothing at all
    [InlineData("80")]                                           // cut inside an instruction
    [InlineData("80067d2e")]                                     // a protocol of tomorrow
    [InlineData("80027d")]                                       // no end
    [InlineData("80022e")]                                       // an end without a value
    [InlineData("8002752e")]                                     // items without a mark
    [InlineData("800228752e")]                                   // items for no dict
    [InlineData("80027d284e752e")]                               // a key without a value
    [InlineData("80025d4e4e732e")]                               // items of a list
    [InlineData("80027d4e612e")]                                 // a dict appended to
    [InlineData("800268002e")]                                   // a value that was never kept
    [InlineData("80027101")]                                     // nothing to keep
    [InlineData("8002852e")]                                     // a tuple of nothing
    [InlineData("80027d2881")]                                   // a value below the mark
    [InlineData("8002580000008061")]                             // a text of 2 GB
    [InlineData("80048dffffffffffffffff61")]                     // a text of 2^64 bytes
    [InlineData("80058effffffffffffff7f61")]                     // bytes without end
    [InlineData("800596ffffffffffffff7f61")]                     // the same, writable
    [InlineData("80028bffffff7f")]                               // an integer of 2 GB
    [InlineData("80025802000000c3282e")]                         // a text that is no UTF-8
    [InlineData("80025d512e")]                                   // a storage that is a list
    [InlineData("800293")]                                       // a name of nothing
    [InlineData("8002827f")]                                     // a registered extension
    [InlineData("80055d97")]                                     // a buffer from elsewhere
    [InlineData("8002505d2e")]                                   // a place of protocol 0
    public void A_damaged_pickle_is_refused_with_its_place(string hex)
    {
        string message = Refused(Saved(Convert.FromHexString(hex)));
        Assert.StartsWith("x.bin, m/data.pkl: ", message);
        Assert.Matches("byte [0-9]+ of the pickle|protocol 2 to 5", message);
    }

    [Theory]
    [InlineData(new[] { 7 }, new[] { 1 }, 0, "reach to number 7 of the storage '0', which has 6")]
    [InlineData(new[] { 6 }, new[] { 1 }, 1, "reach to number 7")]
    [InlineData(new[] { 2, 3 }, new[] { 4, 1 }, 0, "reach to number 7")]
    [InlineData(new[] { 1 }, new[] { 1 }, -1, "lengths and strides from 0")]
    [InlineData(new[] { -1 }, new[] { 1 }, 0, "lengths and strides from 0")]
    [InlineData(new[] { 2 }, new[] { -1 }, 1, "lengths and strides from 0")]
    [InlineData(new[] { 2, 2 }, new[] { 1 }, 0, "lengths and strides from 0")]
    [InlineData(new[] { 2147483647, 2147483647 }, new[] { 2147483647, 2147483647 }, 2147483647, "reach to number")]
    [InlineData(new[] { 2147483647, 2147483647, 2147483647, 2147483647 }, new[] { 0, 0, 0, 0 }, 0, "too many numbers")]
    public void A_tensor_that_leaves_its_storage_is_refused_by_its_name(int[] sizes, int[] strides, int offset, string gist)
    {
        foreach (byte[] file in (byte[][])[Saved(One(offset, sizes, strides), ("0", Six)),
            Stream(One(offset, sizes, strides), ("0", 6, Six))])
        {
            string message = Refused(file);
            Assert.StartsWith("x.bin: tensor 'w': ", message);
            Assert.Contains(gist, message);
        }
    }

    [Fact]
    public void A_storage_has_as_many_bytes_as_the_pickle_says()
    {
        Assert.Contains("tensor 'w': its storage '0' should have 6 numbers of 4 bytes, it has 20 bytes",
            Refused(Saved(One(0, [5], [1]), ("0", Six[..20]))));
        Assert.Contains("should have 6 numbers of 8 bytes", Refused(Saved(One(0, [5], [1], kind: "DoubleStorage"), ("0", Six))));
        Assert.Contains("tensor 'w': its storage, the entry 'm/data/0', is not in the file", Refused(Saved(One(0, [5], [1]))));
    }

    [Fact]
    public void A_few_numbers_that_stand_for_very_many_are_refused() =>
        Assert.Contains("few numbers stand for very many", Refused(Saved(One(0, [50_000, 50_000], [0, 0]), ("0", Six))));

    [Fact]
    public void A_value_that_holds_itself_many_times_over_is_read_in_no_time()
    {
        object[] doubled = ['}', 'q', (byte)0, "w", Tensor(Storage("0", 6), 0, [6], [1]), 's'];
        for (byte i = 1; i < 60; i++) doubled = [.. doubled, '0', '}', 'q', i, '(', "a", 'h', (byte)(i - 1), "b", 'h', (byte)(i - 1), 'u'];
        Assert.Contains("without any", Refused(Saved(Whole([.. doubled]), ("0", Six))));
        Assert.Contains("without any", Refused(Saved(Whole('}', 'q', (byte)0, "self", 'h', (byte)0, 's'))));
        Assert.Contains("found a list", Refused(Saved(Whole(']', 'q', (byte)0, 'h', (byte)0, 'a'))));
    }

    [Theory, InlineData('}'), InlineData(']'), InlineData(')'), InlineData('('), InlineData('N')]
    public void A_pickle_of_very_many_values_takes_no_more_memory_than_they_are_worth(char code)
    {
        byte[] many = [0x80, 2, .. Enumerable.Repeat((byte)code, 2_000_000)];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("expected more of it", Refused(Saved(many)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 200_000_000);
        Assert.Contains("at most 5,000,000 steps", Refused(Saved([0x80, 2, .. Enumerable.Repeat((byte)'N', 5_000_001)])));
    }

    [Fact]
    public void A_tensor_of_a_newer_dtype_is_read_from_bytes_without_a_type()
    {
        object[] bytes = ['(', "storage", new Name("torch.storage", "UntypedStorage"), "0", "cpu", 4, 't', 'Q'];
        object[] Of(string dtype, int offset, int count) =>
            [new Name("torch._utils", "_rebuild_tensor_v3"), '(', bytes, offset, Tuple([count]), Tuple([1]), (byte)0x89, '}',
            new Name("torch", dtype), 't', 'R'];
        using PyTorchFile file = Open(Saved(Whole(Dict(("f8", Of("float8_e4m3fn", 1, 2)), ("u16", Of("uint16", 1, 1)))),
            ("0", [0, 0x38, 0xC4, 1])));
        Assert.Equal((Dtype.F8_E4M3, Dtype.U16), (file.DtypeOf("f8"), file.DtypeOf("u16")));
        Assert.Equal([1, -3], Read(file, "f8"));
        Assert.Equal([0x1C4], Read(file, "u16"));
    }

    [Fact]
    public void Names_of_Python_2_and_values_next_to_tensors_are_read_or_left_out()
    {
        object[] tensor = Tensor(Storage("0", 6), 0, [6], [1]);
        object[] notes = [']', 'G', new byte[8], 'a'], large = [(byte)0x8a, (byte)9, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 1 }],
            raw = ['C', (byte)2, new byte[2]];
        using PyTorchFile file = Open(Saved(Whole('}',
            '(', 'U', (byte)2, "w\u00e9"u8[..2].ToArray(), tensor, "epoch", 3, "notes", notes, "large", large, "raw", raw, "none", 'N',
            'u'), ("0", Six)));
        Assert.Equal(["w\u00c3"], file.Names);                      // half of an é is text in Latin-1
        Assert.Equal(["epoch", "notes", "large", "raw", "none"], file.LeftOut);
    }

    [Fact]
    public void Whole_numbers_of_every_form_say_how_long_a_tensor_is()
    {
        foreach (object[] three in (object[][])[['K', (byte)3], ['M', (byte)3, (byte)0], [3], [(byte)0x8a, (byte)1, (byte)3],
            [(byte)0x8b, new byte[] { 8, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0 }]])
        {
            object[] storage = ['(', "storage", new Name("torch", "FloatStorage"), "0", "cpu", three, 't', 'Q'];
            object[] tensor = [new Name("torch._utils", "_rebuild_tensor_v2"),
                '(', storage, 0, three, (byte)0x85, 1, (byte)0x85, (byte)0x89, '}', 't', 'R'];
            using PyTorchFile file = Open(Saved(Whole(Dict(("w", tensor))), ("0", Six[..12])));
            Assert.Equal([1, 2, 3], Read(file, "w"));
        }
    }

    [Fact]
    public void An_older_stream_with_a_view_of_a_storage_is_read()
    {
        object[] view = ['(', "storage", new Name("torch.cuda", "FloatStorage"), "9", "cuda:0", 6, '(', "8", 2, 3, 't', 't', 'Q'];
        using PyTorchFile file = Open(Stream(Whole(Dict(("w", Tensor(view, 1, [2], [1])))), ("9", 6, Six)));
        Assert.Equal([4, 5], Read(file, "w"));
        Assert.Contains("reach to number 4 of the storage '9', which has 3",
            Refused(Stream(Whole(Dict(("w", Tensor(view, 2, [2], [1])))), ("9", 6, Six))));
    }

    [Fact]
    public void An_older_stream_whose_storages_do_not_fit_is_refused()
    {
        byte[] pickle = One(0, [6], [1]);
        Assert.Contains("its storage '0' is not in the file", Refused(Stream(pickle)));
        Assert.Contains("found '0' twice", Refused(Stream(pickle, ("0", 6, Six), ("0", 6, Six))));
        Assert.Contains("found '1' of no tensor", Refused(Stream(pickle, ("0", 6, Six), ("1", 6, Six))));
        Assert.Contains("should have 6 numbers, at byte", Refused(Stream(pickle, ("0", 5, Six))));
        Assert.Contains("It is cut off", Refused(Stream(pickle, ("0", 6, Six))[..^1]));
        Assert.Contains("It is cut off", Refused(Stream(One(0, [1], [1], 2147483647), ("0", int.MaxValue, Six))));
    }

    [Fact]
    public void Of_a_trainer_s_checkpoint_the_state_dict_is_read_and_where_it_is_not_clear_the_entries_are_named()
    {
        object[] w = Dict(("w", Tensor(Storage("0", 6), 0, [6], [1]))), v = Dict(("v", Tensor(Storage("0", 6), 1, [1], [1])));
        using PyTorchFile known = Open(Saved(Whole(Dict(("epoch", [3]), ("ema", v), ("model_state_dict", w))), ("0", Six)));
        Assert.Equal(["w"], known.Names);
        Assert.Equal(["epoch", "ema"], known.LeftOut);
        using PyTorchFile inner = Open(Saved(Whole(Dict(("run", Dict(("anything", v))))), ("0", Six)));
        Assert.Equal(["v"], inner.Names);
        byte[] unclear = Saved(Whole(Dict(("student", v), ("teacher", w), ("nested", Dict(("more", w))))), ("0", Six));
        string message = Refused(unclear);
        Assert.Contains("holds tensors in several dicts: 'student' (1 tensors), 'teacher' (1 tensors), 'nested/more' (1 tensors)", message);
        Assert.Contains("--entry student", message);
        byte[] mixed = Saved(Whole(Dict(("g", w), ("own", Tensor(Storage("0", 6), 1, [1], [1])))), ("0", Six));
        Assert.Contains("'.' (1 tensors), 'g' (1 tensors)", Refused(mixed));
        using PyTorchFile own = Open(mixed, ".");
        Assert.Equal(["own"], own.Names);
        using PyTorchFile asked = Open(unclear, "nested/more");
        Assert.Equal(["w"], asked.Names);
        Assert.Contains("has no entry 'techer'", Refused(unclear, "techer"));
        Assert.Contains("found a dict without any", Refused(Saved(Whole(Dict(("epoch", [3]))))));
        Assert.Contains("'w' is a list of tensors",
            Refused(Saved(Whole(Dict(("a", Tensor(Storage("0", 6), 0, [6], [1])),
            ("w", [']', Tensor(Storage("0", 6), 0, [6], [1]), 'a']))), ("0", Six))));
    }
}
