using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Models;

/// <summary>Model folders in memory, under whatever names.</summary>
static class Named
{
    /// <summary>What the families call their bodies.</summary>
    public static string Prefix(string family) => FamilyRow.For(family).Prefix;

    /// <summary>What the families call their word embeddings.</summary>
    public static string Words(string family) => FamilyRow.For(family).Words;

    /// <summary>What the classes of the families begin with.</summary>
    public static string Class(string family) => FamilyRow.For(family).Class;

    /// <summary>What the families' language models call their output.</summary>
    public static string Output(string family) => FamilyRow.For(family).Output;

    /// <summary>How the classes of the families' language models end.</summary>
    public static string Language(string family) => FamilyRow.For(family).Language!;

    public static bool IsBody(string family, string name) => name.StartsWith(Prefix(family), StringComparison.Ordinal);

    /// <summary>A classifier of a family, as it is written.</summary>
    public static (JsonObject Config, Dictionary<string, Tensor> Tensors) Classifier(string family, int labels = 2)
    {
        IModel model = Small.Model(labels: labels, family: family);
        return ((JsonObject)model.Config.DeepClone(), model.Weights.All.ToDictionary());
    }

    /// <summary>Its body, with the architecture of one.</summary>
    public static (JsonObject Config, Dictionary<string, Tensor> Tensors) Body(string family)
    {
        var (config, tensors) = Classifier(family);
        config["architectures"] = new JsonArray($"{Class(family)}Model");
        foreach (string key in new[] { "id2label", "label2id" }) config.Remove(key);
        return (config, tensors.Where(t => IsBody(family, t.Key)).ToDictionary());
    }

    /// <summary>The same body under a language model's output, which is another matrix than the word embeddings.</summary>
    public static (JsonObject Config, Dictionary<string, Tensor> Tensors) Speaker(string family)
    {
        var (config, tensors) = Body(family);
        config["architectures"] = new JsonArray(Class(family) + Language(family));
        tensors[Output(family)] = Other(tensors[Words(family)]);
        return (config, tensors);
    }

    /// <summary>Other numbers of the same shape.</summary>
    public static Tensor Other(Tensor t) => Tensor.Normal(new(9, "other"), 0.5f, t.Shape.Axes).KeepForever();

    /// <summary>A tensor of one axis.</summary>
    public static Tensor Row(int length) => Tensor.Lasting(length);

    public static Dictionary<string, Tensor> Renamed(this IReadOnlyDictionary<string, Tensor> tensors, Func<string, string> name) =>
        tensors.ToDictionary(t => name(t.Key), t => t.Value);

    /// <summary>The same and one more.</summary>
    public static Dictionary<string, Tensor> With(this IReadOnlyDictionary<string, Tensor> tensors, string name, Tensor tensor) =>
        new(tensors) { [name] = tensor };

    /// <summary>The same but for one.</summary>
    public static Dictionary<string, Tensor> Without(this IReadOnlyDictionary<string, Tensor> tensors, string name) =>
        tensors.Where(t => t.Key != name).ToDictionary();

    /// <summary>A folder in memory.</summary>
    public static HuggingFaceFolder Folder(
        JsonObject config, IReadOnlyDictionary<string, Tensor> tensors, Dictionary<string, string>? metadata = null)
    {
        using MemoryStream file = new();
        SafetensorsWriter.Write(file, new Weights(tensors, "folder").Named(Dtype.F32), metadata);
        byte[] json = Encoding.UTF8.GetBytes(config.ToJsonString());
        Dictionary<string, byte[]> files = new() { ["config.json"] = json, ["model.safetensors"] = file.ToArray() };
        return HuggingFaceFolder.Open(files, "folder");
    }

    /// <summary>Loads what is in memory, with what was said.</summary>
    public static (IModel Model, string Notes) Load(
        JsonObject config, IReadOnlyDictionary<string, Tensor> tensors, Dictionary<string, string>? metadata = null)
    {
        using HuggingFaceFolder folder = Folder(config, tensors, metadata);
        List<string> notes = [];
        return (ModelFolder.Load(folder, notes.Add), string.Join('\n', notes));
    }

    /// <summary>The same for a fresh head.</summary>
    public static (IModel Model, string Notes) WithNewHead(
        JsonObject config, IReadOnlyDictionary<string, Tensor> tensors, Dictionary<string, string>? metadata = null)
    {
        using HuggingFaceFolder folder = Folder(config, tensors, metadata);
        List<string> notes = [];
        return (ModelFolder.LoadWithNewHead(folder, ["yes", "no"], 3, notes.Add), string.Join('\n', notes));
    }

    /// <summary>What a folder is refused for.</summary>
    public static string Refusal(
        JsonObject config, IReadOnlyDictionary<string, Tensor> tensors, Dictionary<string, string>? metadata = null) =>
        Assert.Throws<CheckpointException>(() => Load(config, tensors, metadata)).Message;
}
