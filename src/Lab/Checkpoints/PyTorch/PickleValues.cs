namespace Heartwood.Lab.Checkpoints.PyTorch;

/// <summary>A name that a pickle refers to, one of those in <see cref="TorchNames"/>.</summary>
internal sealed record PickleName(string Module, string Member)
{
    public override string ToString() => $"{Module}.{Member}";
}

/// <summary>A dict or OrderedDict of a pickle, in its order.</summary>
internal sealed class PickleDict
{
    // a byte makes a dict: one without keys holds nothing
    Dictionary<string, int>? places;
    List<(object? Key, object? Value)>? items;

    /// <summary>Keys and values; of text keys the last value.</summary>
    public IReadOnlyList<(object? Key, object? Value)> Items => items ?? (IReadOnlyList<(object?, object?)>)[];

    public void Set(object? key, object? value)
    {
        items ??= [];
        if (key is string name)
        {
            places ??= [];
            if (places.TryGetValue(name, out int place))
            {
                items[place] = (name, value);
                return;
            }
            places.Add(name, items.Count);
        }
        items.Add((key, value));
    }
}

/// <summary>A list or set of a pickle.</summary>
internal sealed class PickleList : List<object?>;

/// <summary>A storage that tensors look into: numbers in a row, which lie elsewhere in the file.</summary>
/// <param name="Dtype">how they are stored; U8 for bytes without a type</param>
/// <param name="Typed">false for bytes without a type</param>
/// <param name="Key">its name in the file</param>
/// <param name="All">how many numbers the file holds under that name</param>
/// <param name="Skip">how many of these stand before its first number (storages of PyTorch before 0.4 may look into others)</param>
/// <param name="Count">how many numbers it has</param>
internal sealed record TorchStorage(Dtype Dtype, bool Typed, string Key, long All, long Skip, long Count);

/// <summary>A tensor as the pickle describes it: a view of a storage, not checked yet.</summary>
/// <param name="Storage">the storage</param>
/// <param name="Dtype">how its numbers are stored</param>
/// <param name="Offset">which number of the storage is its first</param>
/// <param name="Sizes">the axes' lengths</param>
/// <param name="Strides">how many numbers lie from one to the next, along each axis</param>
internal sealed record TorchTensor(TorchStorage Storage, Dtype Dtype, long Offset, long[] Sizes, long[] Strides);
