namespace Heartwood.Lab.Checkpoints.PyTorch;

/// <summary>
/// The names that a pickle of tensors needs, and no others: what puts tensors together, the kinds of storage, the dtypes, OrderedDict.
/// None of them is a class or a function here; each says what the few values that follow it in the pickle mean.
/// </summary>
internal static class TorchNames
{
    public const string OrderedDict = "collections.OrderedDict", Tensor = "torch._utils._rebuild_tensor_v2",
        TypedTensor = "torch._utils._rebuild_tensor_v3",
        Parameter = "torch._utils._rebuild_parameter";

    static readonly Dictionary<string, Dtype> storages = new(StringComparer.Ordinal)
    {
        ["DoubleStorage"] = Dtype.F64,
        ["FloatStorage"] = Dtype.F32,
        ["HalfStorage"] = Dtype.F16,
        ["BFloat16Storage"] = Dtype.BF16,
        ["LongStorage"] = Dtype.I64,
        ["IntStorage"] = Dtype.I32,
        ["ShortStorage"] = Dtype.I16,
        ["CharStorage"] = Dtype.I8,
        ["ByteStorage"] = Dtype.U8,
        ["BoolStorage"] = Dtype.BOOL,
        ["UntypedStorage"] = Dtype.U8,
    };

    static readonly Dictionary<string, Dtype> dtypes = new(StringComparer.Ordinal)
    {
        ["float64"] = Dtype.F64,
        ["float32"] = Dtype.F32,
        ["float16"] = Dtype.F16,
        ["bfloat16"] = Dtype.BF16,
        ["float8_e4m3fn"] = Dtype.F8_E4M3,
        ["float8_e5m2"] = Dtype.F8_E5M2,
        ["int64"] = Dtype.I64,
        ["int32"] = Dtype.I32,
        ["int16"] = Dtype.I16,
        ["int8"] = Dtype.I8,
        ["uint64"] = Dtype.U64,
        ["uint32"] = Dtype.U32,
        ["uint16"] = Dtype.U16,
        ["uint8"] = Dtype.U8,
        ["bool"] = Dtype.BOOL,
    };

    /// <summary>The name, if it is one of these.</summary>
    /// <exception cref="CheckpointException">it is another</exception>
    public static PickleName Find(string module, string member, PickleBytes bytes)
    {
        PickleName name = new(module, member);
        if (name.ToString() is OrderedDict or Tensor or TypedTensor or Parameter || StorageOf(name) is not null
            || DtypeOf(name) is not null) return name;
        string shown = name.ToString() is { Length: > 200 } longer ? longer[..200] + "…" : name.ToString();
        if (module.StartsWith("torch", StringComparison.Ordinal)
            && (member.EndsWith("Storage", StringComparison.Ordinal) || member.StartsWith("_rebuild", StringComparison.Ordinal)))
            throw new CheckpointException($"{bytes.Where}: byte {bytes.Read} of the pickle calls for '{shown}': a kind of tensor that " +
                $"Heartwood does not read. It reads dense tensors of {string.Join(", ", dtypes.Keys)}. Convert the tensors to one of " +
                "these in PyTorch, or take the model's model.safetensors.");
        throw new CheckpointException($"{bytes.Where}: byte {bytes.Read} of the pickle calls for '{shown}', which is no tensor, storage " +
            "or plain value: loading it may run its code. Heartwood runs none and reads nothing of such a file. If you trust where " +
            "it comes from, save the weights alone, in PyTorch: torch.save(model.state_dict(), 'pytorch_model.bin'); or take the " +
            "model's model.safetensors.");
    }

    /// <summary>The dtype that a storage's name says; null for other names.</summary>
    public static Dtype? StorageOf(PickleName name) =>
        name.Module is "torch" or "torch.cuda" or "torch.storage" && storages.TryGetValue(name.Member, out Dtype dtype) ? dtype : null;

    /// <summary>Whether a storage's name says that its bytes have no type.</summary>
    public static bool IsUntyped(PickleName name) => name.Member == "UntypedStorage";

    /// <summary>The dtype of this name; null for other names.</summary>
    public static Dtype? DtypeOf(PickleName name) => name.Module == "torch"
        && dtypes.TryGetValue(name.Member, out Dtype dtype) ? dtype : null;
}
