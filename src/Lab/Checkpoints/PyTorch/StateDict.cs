namespace Heartwood.Lab.Checkpoints.PyTorch;

/// <summary>The tensors by name that a pickle holds: its dict, or the dict among a trainer's notes.</summary>
internal sealed class StateDict
{
    const int Depth = 4;
    const string Root = ".";                                     // the pickle's own dict

    // as trainers call it; where one alone is there, the others (an average, a discriminator) are not meant
    static readonly string[] known = ["state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "weights",
        "params"];

    readonly string file;
    readonly List<(string Name, TorchTensor Tensor)> tensors = [];
    readonly List<string> leftOut = [];

    /// <summary>The tensors, in their order.</summary>
    public IReadOnlyList<(string Name, TorchTensor Tensor)> Tensors => tensors;

    /// <summary>What else the pickle holds, by name: plain values, an optimizer's state.</summary>
    public IReadOnlyList<string> LeftOut => leftOut;

    /// <summary>Finds the tensors.</summary>
    /// <param name="root">the pickle's value</param>
    /// <param name="entry">which dict to take, its keys joined by "/", or "." for the pickle's own; null to find it</param>
    /// <param name="file">the file's name, for messages</param>
    /// <exception cref="CheckpointException">there are none, or in several dicts</exception>
    public StateDict(object? root, string? entry, string file)
    {
        this.file = file;
        if (root is not PickleDict dict) throw new CheckpointException($"{file}: expected tensors by name (a state dict), found " +
            $"{Kind(root)}. Save them so, in PyTorch: torch.save(model.state_dict(), 'pytorch_model.bin').");
        List<(string Path, PickleDict Dict)> found = [];
        Collect(dict, Root, found, []);
        (string path, PickleDict chosen) = Choose(found, entry);
        foreach (var (key, value) in chosen.Items) Take(key, value);
        if (path != Root) leftOut.AddRange(dict.Items.Select(item => item.Key).OfType<string>().Where(key => key != path.Split('/')[0]));
    }

    // a dict is looked into once, however often it is there
    static void Collect(PickleDict dict, string path, List<(string, PickleDict)> found, HashSet<PickleDict> seen)
    {
        if (!seen.Add(dict)) return;
        if (dict.Items.Any(item => item is { Key: string, Value: TorchTensor })) found.Add((path, dict));
        if (path.Count(c => c == '/') < Depth)
            foreach (var (key, value) in dict.Items)
                if (key is string name && value is PickleDict inner) Collect(inner, path == Root ? name : $"{path}/{name}", found, seen);
    }

    (string Path, PickleDict Dict) Choose(List<(string Path, PickleDict Dict)> found, string? entry)
    {
        string listed = string.Join(", ", found.Take(20).Select(f =>
            $"'{f.Path}' ({f.Dict.Items.Count(i => i.Value is TorchTensor)} tensors)"));
        if (entry is not null)
        {
            return found.Find(f => f.Path == entry) is { Dict: not null } asked ? asked
                : throw new CheckpointException($"{file}: has no entry '{entry}' with tensors by name. It has: " +
                    $"{(listed == "" ? "none" : listed)}. Give one of these with --entry.");
        }
        if (found.Count == 0)
            throw new CheckpointException($"{file}: expected tensors by name (a state dict), found a dict without any. Give the model's " +
                "weights.");
        if (found.Count == 1) return found[0];
        List<(string Path, PickleDict Dict)> named = found.FindAll(f => known.Contains(Last(f.Path)));
        if (named.Count == 1) return named[0];
        string likely = named.Count > 0 ? named.MinBy(f => Array.IndexOf(known, Last(f.Path))).Path
            : found.MaxBy(f => f.Dict.Items.Count(i => i.Value is TorchTensor)).Path;
        throw new CheckpointException($"{file}: holds tensors in several dicts: {listed}. Take one: heartwood convert {file} " +
            $"--entry {likely} --out FILE.safetensors, probably, or another of these entries.");
    }

    static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];

    void Take(object? key, object? value)
    {
        if (value is TorchTensor tensor)
            tensors.Add(key is string name ? (name, tensor) : throw new CheckpointException($"{file}: expected a name for each tensor, " +
                $"found a tensor under {Kind(key)}. Save tensors by name: torch.save(model.state_dict(), 'pytorch_model.bin')."));
        else if (value is PickleList list && list.Exists(item => item is TorchTensor) || value is object?[] items
            && Array.Exists(items, item => item is TorchTensor))
            throw new CheckpointException($"{file}: '{key}' is {Kind(value)} of tensors; expected one tensor under each name. Save them " +
                "under names of their own.");
        else leftOut.Add($"{key}");
    }

    static string Kind(object? value) => value switch
    {
        null => "nothing",
        bool => "true or false",
        string => "a text",
        byte[] => "bytes",
        PickleList => "a list",
        PickleDict => "a dict",
        object?[] => "a tuple",
        TorchTensor => "one tensor without a name",
        TorchStorage => "a storage",
        PickleName name => $"'{name}'",
        _ => "a number",
    };
}
