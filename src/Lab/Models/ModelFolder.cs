using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>Models as folders.</summary>
public static class ModelFolder
{
    static readonly Dictionary<string, ModelFamily> families = new(StringComparer.Ordinal)
    {
        ["bert"] = Bert.Described,
        ["roberta"] = Roberta.Described,
        ["xlm-roberta"] = Roberta.Described,
        ["gpt2"] = Gpt2.Described,
        ["llama"] = Llama.Described,
        ["mistral"] = Llama.Described,
        ["qwen2"] = Llama.Described,
    };

    /// <summary>The families that can be read and made from nothing, as config.json calls them.</summary>
    public static IReadOnlyCollection<string> Families => families.Keys;

    /// <summary>What a family's file says of it.</summary>
    /// <exception cref="CheckpointException">the family is not known</exception>
    internal static ModelFamily FamilyOf(string name, string path) => families.TryGetValue(name, out ModelFamily? family) ? family
        : throw new CheckpointException($"{path}: model_type is '{name}'; Heartwood knows: {string.Join(", ", families.Keys)}.");

    /// <summary>The model of an open folder, whichever family its config names.</summary>
    /// <exception cref="CheckpointException">the family is not known, or config and weights do not fit</exception>
    public static IModel Load(HuggingFaceFolder folder) => FamilyOf(folder.Config.Family, folder.Config.Path).Load(folder.Config, Weights.Load(folder.Weights));

    /// <summary>Whether the folder's weights hold a classification head.</summary>
    /// <exception cref="CheckpointException">the family is not known</exception>
    public static bool HasHead(HuggingFaceFolder folder) => folder.Weights.Contains(FamilyOf(folder.Config.Family, folder.Config.Path).Head);

    /// <summary>The model of an open folder with a fresh classification head in place of any that it has, to be trained.</summary>
    /// <param name="folder">the folder, of a model with or without a head</param>
    /// <param name="labels">names of the labels, at least two</param>
    /// <param name="seed">seed of the head's weights</param>
    /// <exception cref="CheckpointException">the family is not known, or config and weights do not fit</exception>
    /// <exception cref="InvalidDataException">there are fewer than two labels</exception>
    public static IModel LoadWithNewHead(HuggingFaceFolder folder, IReadOnlyList<string> labels, ulong seed)
    {
        if (labels.Count < 2) throw new InvalidDataException($"A classifier needs two or more labels; there {(labels.Count == 0 ? "is none" : $"is only '{labels[0]}'")}. Look at the data's label column.");
        return FamilyOf(folder.Config.Family, folder.Config.Path).WithNewHead(folder.Config, Weights.Load(folder.Weights), labels, seed);
    }

    /// <summary>Writes a model as a folder that loads again.</summary>
    /// <param name="model">the model</param>
    /// <param name="path">the folder: new or empty, unless <paramref name="replace"/></param>
    /// <param name="tokenizer">the tokenizer's files by name</param>
    /// <param name="dtype">how the weights are stored</param>
    /// <param name="replace">whether a folder that holds something may be replaced</param>
    /// <exception cref="IOException">it cannot be written</exception>
    public static void Save(IModel model, string path, IReadOnlyDictionary<string, byte[]> tokenizer, Dtype dtype = Dtype.F32, bool replace = false)
    {
        JsonObject config = (JsonObject)model.Config.DeepClone();
        // newer files say dtype, older ones torch_dtype, and readers take either: every one that is there says what is stored
        string stored = dtype switch { Dtype.F16 => "float16", Dtype.BF16 => "bfloat16", _ => "float32" };
        foreach (string key in (string[])["dtype", "torch_dtype"])
            if (config.ContainsKey(key)) config[key] = stored;
        if (!config.ContainsKey("dtype")) config["torch_dtype"] = stored;
        HuggingFaceFolder.Write(path, config, model.Weights.Named(dtype), tokenizer, replace);
    }
}
