using System.Buffers.Binary;
using System.Numerics;

namespace Heartwood.Lab.Checkpoints.PyTorch;

/// <summary>
/// Reads a pickle (Python's "pickletools" documents the protocol) of tensors, storages and plain values. It imports nothing and calls
/// nothing: a name outside <see cref="TorchNames"/> ends the reading at once. Values are null, bool, long, BigInteger, double, string,
/// byte[], object?[] (a tuple), <see cref="PickleList"/>, <see cref="PickleDict"/>, <see cref="PickleName"/>, <see cref="TorchStorage"/>
/// and <see cref="TorchTensor"/>.
/// </summary>
internal sealed class PickleMachine
{
    const int MostSteps = 5_000_000;                             // of 35 or so for each tensor
    const int HighestProtocol = 5;

    readonly PickleBytes bytes;
    readonly List<object?> stack = [];
    readonly List<int> marks = [];                               // the stack's heights at which they were set
    readonly Dictionary<ulong, object?> memo = [];
    readonly Dictionary<TorchStorage, TorchStorage> storages = [];

    PickleMachine(PickleBytes bytes) => this.bytes = bytes;

    /// <summary>The value of the pickle that begins here; the bytes stand after it then.</summary>
    /// <exception cref="CheckpointException">it holds anything else than tensors, storages and plain values, or it is damaged</exception>
    public static object? Read(PickleBytes bytes) => Read(bytes, out _);

    /// <summary>The same, with all storages that it names.</summary>
    public static object? Read(PickleBytes bytes, out IReadOnlyCollection<TorchStorage> storages)
    {
        PickleMachine machine = new(bytes);
        object? value = machine.Run();
        storages = machine.storages.Keys;
        return value;
    }

    object? Run()
    {
        for (int step = 0; step < MostSteps; step++)
        {
            byte code = bytes.Byte();
            if (code == '.') return Pop();
            Do(code);
        }
        throw bytes.Damaged($"a pickle of at most {MostSteps:N0} steps", "a longer one");
    }

    void Do(byte code)
    {
        switch (code)
        {
            case 0x80: Protocol(bytes.Byte()); break;
            case 0x95: bytes.Number(8); break;                   // a frame: how the pickle was written, not what
            case (byte)'(': marks.Add(stack.Count); break;
            case (byte)'0': Discard(); break;
            case (byte)'1': Marked(); break;
            case (byte)'2': Push(Top()); break;

            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'K': Push((long)bytes.Byte()); break;
            case (byte)'M': Push((long)bytes.Number(2)); break;
            case (byte)'J': Push((long)(int)bytes.Number(4)); break;
            case 0x8a: Push(Integer(bytes.Bytes(bytes.Byte()))); break;
            case 0x8b: Push(Integer(bytes.Bytes(bytes.Number(4) is <= 1000 and var length ? length
                : throw bytes.Damaged("an integer of at most 1000 bytes", "a longer one")))); break;
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(bytes.Bytes(8))); break;

            case 0x8c: Push(bytes.Text(bytes.Byte())); break;
            case (byte)'X': Push(bytes.Text(bytes.Number(4))); break;
            case 0x8d: Push(bytes.Text(bytes.Number(8))); break;
            case (byte)'U': Push(bytes.Text(bytes.Byte(), ofPython2: true)); break;
            case (byte)'T': Push(bytes.Text(bytes.Number(4), ofPython2: true)); break;
            case (byte)'C': Push(bytes.Bytes(bytes.Byte())); break;
            case (byte)'B': Push(bytes.Bytes(bytes.Number(4))); break;
            case 0x8e or 0x96: Push(bytes.Bytes(bytes.Number(8))); break;

            case (byte)')': Push(Array.Empty<object?>()); break;
            case 0x85 or 0x86 or 0x87: Push(Last(code - 0x84)); break;
            case (byte)'t': Push(Marked()); break;
            case (byte)']' or 0x8f: Push(new PickleList()); break;
            case (byte)'l': Push(ListOf(Marked())); break;
            case 0x91: Push(ListOf(Marked())); break;
            case (byte)'a': Append(Last(1)); break;
            case (byte)'e' or 0x90: Append(Marked()); break;
            case (byte)'}': Push(new PickleDict()); break;
            case (byte)'d': Push(SetItems(new(), Marked())); break;
            case (byte)'s': SetItems(Last(2)); break;
            case (byte)'u': SetItems(Marked()); break;

            case (byte)'q': memo[bytes.Byte()] = Top(); break;
            case (byte)'r': memo[bytes.Number(4)] = Top(); break;
            case 0x94: memo[(ulong)memo.Count] = Top(); break;
            case (byte)'h': Push(Remembered(bytes.Byte())); break;
            case (byte)'j': Push(Remembered(bytes.Number(4))); break;

            case (byte)'c': Push(TorchNames.Find(bytes.Line(), bytes.Line(), bytes)); break;
            case (byte)'i': TorchNames.Find(bytes.Line(), bytes.Line(), bytes); throw Unknown(code);
            case 0x93: Push(Last(2) is [string module, string member] ? TorchNames.Find(module, member, bytes)
                : throw bytes.Damaged("a module and a name as texts", "other values")); break;
            case (byte)'Q': Push(Storage(Pop())); break;
            case (byte)'R': Push(Last(2) is [PickleName name, object?[] values] ? Made(name, values)
                : throw bytes.Damaged("a name and its values", "other values")); break;
            case (byte)'b': TakeAttributes(); break;
            default: throw Unknown(code);
        }
    }

    void Protocol(byte protocol)
    {
        if (protocol is < 2 or > HighestProtocol) throw new CheckpointException($"{bytes.Where}: expected a pickle of protocol 2 to " +
            $"{HighestProtocol}, found {protocol}. Save it again: torch.save writes protocol 2.");
    }

    CheckpointException Unknown(byte code) => bytes.Damaged("an instruction for tensors, storages and plain values", code is > 32 and < 127
        ? $"'{(char)code}'" : $"0x{code:X2}");

    // ── the stack ──

    void Push(object? value) => stack.Add(value);

    int Floor => marks.Count > 0 ? marks[^1] : 0;

    object? Top() => stack.Count > Floor ? stack[^1] : throw bytes.Damaged("a value to work on", "none");

    object? Pop()
    {
        object? top = Top();
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    void Discard()
    {
        if (stack.Count == Floor && marks.Count > 0) marks.RemoveAt(marks.Count - 1);
        else Pop();
    }

    object?[] Last(int count)
    {
        if (stack.Count - count < Floor) throw bytes.Damaged($"{count} values to work on", $"{stack.Count - Floor}");
        return From(stack.Count - count);
    }

    object?[] Marked()
    {
        if (marks.Count == 0) throw bytes.Damaged("a mark before the values", "none");
        object?[] values = From(marks[^1]);
        marks.RemoveAt(marks.Count - 1);
        return values;
    }

    object?[] From(int height)
    {
        object?[] values = [.. stack[height..]];
        stack.RemoveRange(height, stack.Count - height);
        return values;
    }

    object? Remembered(ulong place) => memo.TryGetValue(place, out object? value) ? value
        : throw bytes.Damaged("a value that was kept", $"none at {place}");

    // ── plain values ──

    static object Integer(byte[] littleEndian)
    {
        BigInteger value = new(littleEndian);
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    static PickleList ListOf(object?[] values) => [.. values];

    void Append(object?[] values)
    {
        if (Top() is not PickleList list) throw bytes.Damaged("a list to add to", "another value");
        list.AddRange(values);
    }

    void SetItems(object?[] values) => SetItems(Top() as PickleDict ?? throw bytes.Damaged("a dict to fill", "another value"), values);

    PickleDict SetItems(PickleDict dict, object?[] values)
    {
        if (values.Length % 2 != 0) throw bytes.Damaged("a value for each key", "a key without");
        for (int i = 0; i < values.Length; i += 2) dict.Set(values[i], values[i + 1]);
        return dict;
    }

    // a state dict carries _metadata (versions of modules) as an attribute
    void TakeAttributes()
    {
        Pop();
        if (Top() is not PickleDict) throw bytes.Damaged("attributes of an OrderedDict", "those of another value");
    }

    // ── tensors ──

    TorchStorage Storage(object? id)
    {
        if (id is not object?[] { Length: 5 or 6 } said || said is not ["storage", PickleName kind, string key, string, long all, ..]
            || TorchNames.StorageOf(kind) is not { } dtype || all < 0)
            throw bytes.Damaged("a storage: its kind, key, place and length", (id as object?[]) is ["module", ..]
                ? "a module with its source code" : "other values");
        long skip = 0, count = all;
        if (said is [.., object?[] view])
        {
            if (view is not [_, long from, long many] || from < 0 || many < 0
                || many > all - from) throw bytes.Damaged($"a stretch of the storage '{key}' of {all}", "one beyond it");
            (skip, count) = (from, many);
        }
        else if (said is [_, _, _, _, _, not null]) throw bytes.Damaged("a stretch of a storage", "another value");
        TorchStorage storage = new(dtype, !TorchNames.IsUntyped(kind), key, all, skip, count);
        if (storages.TryGetValue(storage, out TorchStorage? known)) return known;
        storages.Add(storage, storage);
        return storage;
    }

    object Made(PickleName name, object?[] values) => name.ToString() switch
    {
        TorchNames.OrderedDict => Ordered(values),
        TorchNames.Parameter => values is [TorchTensor tensor, _, _] ? tensor : throw Wrong(name),
        TorchNames.Tensor => values is { Length: 6 or 7 } && (values.Length == 6 || IsEmpty(values[6]))
            && values[0] is TorchStorage { Typed: true } storage ? Tensor(name, storage, storage.Dtype, values) : throw Wrong(name),
        TorchNames.TypedTensor => values is { Length: 7 or 8 } && (values.Length == 7 || IsEmpty(values[7]))
            && values[0] is TorchStorage { Typed: false } untyped
            && values[6] is PickleName said && TorchNames.DtypeOf(said) is { } dtype ? Tensor(name, untyped, dtype, values)
                : throw Wrong(name),
        _ => throw bytes.Damaged("a storage's or dtype's name", $"a call of '{name}'"),
    };

    // what would change the values (their signs, their conjugates) is in a dict at the end
    static bool IsEmpty(object? value) => value is null or PickleDict { Items.Count: 0 };

    TorchTensor Tensor(PickleName name, TorchStorage storage, Dtype dtype, object?[] values) =>
        values[1] is long offset && Longs(values[2]) is { } sizes
            && Longs(values[3]) is { } strides ? new(storage, dtype, offset, sizes, strides) : throw Wrong(name);

    static long[]? Longs(object? value) => value is object?[] items
        && Array.TrueForAll(items, item => item is long) ? [.. items.Cast<long>()] : null;

    PickleDict Ordered(object?[] values)
    {
        PickleDict dict = new();
        if (values.Length == 0) return dict;
        if (values is not [PickleList pairs]) throw Wrong(new("collections", "OrderedDict"));
        foreach (object? pair in pairs)
            if ((pair is PickleList list ? [.. list] : pair as object?[]) is [var key, var value]) dict.Set(key, value);
            else throw Wrong(new("collections", "OrderedDict"));
        return dict;
    }

    CheckpointException Wrong(PickleName name) => bytes.Damaged($"what '{name}' takes", "other values");
}
