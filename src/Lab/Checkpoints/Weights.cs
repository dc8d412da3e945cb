using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// A model's weights by their checkpoint names, in memory as float32. A path narrows the view: <c>weights["encoder.layer.0"]</c>.
/// <see cref="Map"/> is the one door for experiments on weights. They also say at which precision the model multiplies by them; whatever
/// is made of them keeps it.
/// </summary>
public sealed class Weights
{
    readonly IReadOnlyDictionary<string, Tensor> tensors;
    readonly HashSet<string> used;
    readonly string path, file;
    readonly IReadOnlyDictionary<string, Dtype> stored;
    Dtype? commonest;

    // of older checkpoints of GPT-2, GPT-NeoX and Llama
    static readonly string[] buffers =
        [".attn.bias", ".attn.masked_bias", ".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"];

    // of older checkpoints of BERT and RoBERTa, and of training
    static readonly string[] integerBuffers = ["position_ids", "token_type_ids", "num_batches_tracked"];

    Weights(IReadOnlyDictionary<string, Tensor> tensors, HashSet<string> used, string path, string file, Precision precision,
        IReadOnlyDictionary<string, Dtype> stored) =>
        (this.tensors, this.used, this.path, this.file, Precision, this.stored) = (tensors, used, path, file, precision, stored);

    /// <summary>Weights of these tensors, to be multiplied in float32.</summary>
    /// <param name="tensors">by full name</param>
    /// <param name="file">where they come from, for messages</param>
    public Weights(IReadOnlyDictionary<string, Tensor> tensors, string file)
        : this(tensors, [], "", file, Precision.Float32, new Dictionary<string, Dtype>()) { }

    /// <summary>How exactly products with these weights are computed while they are frozen.</summary>
    public Precision Precision { get; }

    /// <summary>The same weights at a precision: the values share their memory, what is packed for a precision is each one's own.</summary>
    /// <exception cref="NotSupportedException">the backend that HEARTWOOD_BACKEND names has not this precision</exception>
    public Weights At(Precision precision)
    {
        _ = Machine.BackendAt(precision);                        // refused before anything is computed
        return new(tensors.ToDictionary(t => t.Key, t => t.Value.Tracked ? t.Value : t.Value.Detach()), [], path, file, precision,
            stored);
    }

    /// <summary>All tensors by full name, in the checkpoint's order.</summary>
    public IReadOnlyDictionary<string, Tensor> All => tensors;

    /// <summary>Number of values in all tensors together.</summary>
    public long Count => tensors.Values.Sum(t => (long)t.Count);

    /// <summary>
    /// Reads every tensor of a checkpoint, whatever its dtype; what is stored next to the weights and was never learned is left out:
    /// position ids of older checkpoints, which tokens see which, frequencies of rotary positions.
    /// </summary>
    /// <exception cref="CheckpointException">the file cannot be read, a number is no float32, or the weights are quantized</exception>
    public static Weights Load(Checkpoint checkpoint)
    {
        Quantization.Refuse(checkpoint);
        Dictionary<string, Tensor> tensors = [];
        Dictionary<string, Dtype> stored = [];
        foreach (string name in checkpoint.Names)
        {
            if (buffers.Any(end => name.EndsWith(end, StringComparison.Ordinal))) continue;
            if (checkpoint.DtypeOf(name).IsInteger() && integerBuffers.Any(end => name.EndsWith(end, StringComparison.Ordinal))) continue;
            Tensor tensor = Tensor.Lasting([.. checkpoint.ShapeOf(name)]);
            checkpoint.Read(name, tensor.Change());
            tensors.Add(name, tensor);
            stored.Add(name, checkpoint.DtypeOf(name) is var dtype && dtype.IsFloat32Readable() ? dtype : Dtype.F32);
        }
        return new(tensors, [], "", checkpoint.Path, Precision.Float32, stored);
    }

    /// <summary>The weights below a name.</summary>
    public Weights this[string name] => new(tensors, used, Full(name), file, Precision, stored);

    /// <summary>Whether there is such a tensor.</summary>
    public bool Has(string name) => tensors.ContainsKey(Full(name));

    /// <summary>A tensor that must be there with this shape.</summary>
    /// <exception cref="CheckpointException">
    /// it is missing or has another shape; the message names it, the file and what was found
    /// </exception>
    public Tensor Get(string name, params ReadOnlySpan<int> axes)
    {
        string full = Full(name);
        const string next = "The weights must belong to the config.json next to them.";
        if (!tensors.TryGetValue(full, out Tensor? found))
            throw new CheckpointException($"{file}: no tensor '{full}'.{Nearest.DidYouMean(full, tensors.Keys)} {next}");
        Shape shape = new(axes);
        if (found.Shape != shape)
            throw new CheckpointException($"{file}: '{full}' should be {shape} by config.json, the file has {found.Shape}. {next}");
        used.Add(full);
        return found;
    }

    /// <summary>A tensor under its name or an older one.</summary>
    /// <inheritdoc cref="Get"/>
    public Tensor GetEither(string name, string older, params ReadOnlySpan<int> axes) => Get(Has(name) || !Has(older) ? name : older, axes);

    /// <summary>Refuses tensors that no part of the model asked for.</summary>
    /// <param name="harmless">says which may be left over</param>
    /// <exception cref="CheckpointException">others are; the message names the first</exception>
    public void RefuseUnused(Predicate<string> harmless)
    {
        if (tensors.Keys.FirstOrDefault(n => !used.Contains(n) && !harmless(n)) is { } left)
            throw new CheckpointException($"{file}: the tensor '{left}' {tensors[left].Shape} belongs to no part of the model that "
                + "config.json describes. Use the config.json that belongs to the weights.");
    }

    /// <summary>The same weights with each tensor replaced by what <paramref name="change"/> makes of it; null leaves it out.</summary>
    public Weights Map(Func<string, Tensor, Tensor?> change)
    {
        Dictionary<string, Tensor> mapped = [];
        foreach (var (name, tensor) in tensors)
            if (change(name, tensor) is { } kept) mapped.Add(name, kept);
        return Alike(mapped);
    }

    /// <summary>The same tensors under other names, in the order of these; a tensor may have several names or none.</summary>
    /// <param name="sources">the name of today for each new one; names that no tensor has are passed over</param>
    public Weights Renamed(IEnumerable<KeyValuePair<string, string>> sources)
    {
        KeyValuePair<string, string>[] there = [.. sources.Where(s => tensors.ContainsKey(s.Value))];
        return new(there.ToDictionary(s => s.Key, s => tensors[s.Value]), [], path, file, Precision,
            there.ToDictionary(s => s.Key, s => StoredAs(s.Value)));
    }

    /// <summary>The same weights and more: tensors of names that there are already take their place.</summary>
    public Weights With(IEnumerable<KeyValuePair<string, Tensor>> more)
    {
        Dictionary<string, Tensor> all = tensors.ToDictionary();
        foreach (var (name, tensor) in more) all[name] = tensor;
        return Alike(all);
    }

    /// <summary>The tensors as a file's entries.</summary>
    /// <param name="dtype">how the values are stored; null for each as it was read</param>
    public IEnumerable<NamedTensor> Named(Dtype? dtype) => tensors.Select(t =>
        new NamedTensor(t.Key, t.Value.Shape.Axes.ToArray(), dtype ?? StoredAs(t.Key), () => t.Value.Values));

    /// <summary>
    /// How a tensor is stored that is written as it was read: F32, F16 or BF16. What was read as anything else is F32, a tensor that was
    /// not read is as most numbers are.
    /// </summary>
    /// <param name="name">its full name</param>
    public Dtype StoredAs(string name) => stored.TryGetValue(name, out Dtype dtype) ? dtype : Commonest;

    /// <summary>How most numbers are stored where they are written as they were read; F32 where none was read.</summary>
    public Dtype Commonest => commonest ??= stored.Count == 0 ? Dtype.F32
        : stored.Where(s => tensors.ContainsKey(s.Key)).GroupBy(s => s.Value, s => (long)tensors[s.Key].Count)
            .OrderByDescending(dtype => dtype.Sum()).Select(dtype => dtype.Key).DefaultIfEmpty(Dtype.F32).First();

    /// <summary>Bytes of all numbers where they are stored as they were read; a file has its header besides.</summary>
    public long StoredBytes => tensors.Sum(t => (long)t.Value.Count * StoredAs(t.Key).Size());

    /// <summary>
    /// The weights as a file holds them that stores each tensor as it was read: rounded where that is F16 or BF16; these same weights
    /// where no number changes.
    /// </summary>
    /// <exception cref="CheckpointException">a number is too large for its dtype</exception>
    public Weights Rounded()
    {
        Dictionary<string, Tensor> changed = [];
        foreach (var (name, tensor) in tensors)
            if (StoredAs(name) is not Dtype.F32 and var dtype && Rounded(name, tensor, dtype) is { } other) changed[name] = other;
        return changed.Count == 0 ? this : With(changed);
    }

    Tensor? Rounded(string name, Tensor tensor, Dtype dtype)
    {
        Tensor rounded = Tensor.Lasting(tensor.Shape.Axes);
        byte[] bytes = new byte[tensor.Count * dtype.Size()];
        dtype.FromFloats(tensor.Values, bytes);
        dtype.ToFloats(bytes, rounded.Change());
        if (rounded.Values.SequenceEqual(tensor.Values)) return null;
        for (int i = 0; i < tensor.Count; i++)
            if (float.IsFinite(tensor.Values[i]) && !float.IsFinite(rounded.Values[i]))
                throw new CheckpointException($"{file}: '{name}' would hold {tensor.Values[i]:R}, which {dtype}, the dtype of the file "
                    + "that the model was read from, cannot store. Convert that file to float32 first, or search with --ablation zero, "
                    + "which folds nothing into biases.");
        return rounded;
    }

    // other tensors, of the same origin and precision
    Weights Alike(IReadOnlyDictionary<string, Tensor> others) => new(others, [], "", file, Precision, stored);

    string Full(string name) => path == "" ? name : $"{path}.{name}";
}
