using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>Models as folders.</summary>
public static class ModelFolder
{
    /// <summary>The model of an open folder, whichever family its config names.</summary>
    /// <exception cref="CheckpointException">the family is not known, or config and weights do not fit</exception>
    public static IModel Load(HuggingFaceFolder folder) => folder.Config.Family switch
    {
        "bert" => Bert.From(folder.Config, Weights.Load(folder.Weights)),
        var other => throw new CheckpointException($"{folder.Config.Path}: model_type is '{other}'; Heartwood knows: bert."),
    };

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
        config["torch_dtype"] = dtype switch { Dtype.F16 => "float16", Dtype.BF16 => "bfloat16", _ => "float32" };
        HuggingFaceFolder.Write(path, config, model.Weights.Named(dtype), tokenizer, replace);
    }
}
