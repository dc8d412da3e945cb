using System.Globalization;
using Heartwood.Lab.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>
/// A folder with the model as a graph of ONNX's own operators (opset 17), model.onnx, beside its config.json and the tokenizer's files:
/// names of inputs and outputs are those of Hugging Face's Optimum, batch and length are free, layers may have any number of heads and
/// neurons.
/// </summary>
public sealed class OnnxExport : IExport
{
    /// <summary>Name of the graph's file in the folder.</summary>
    public const string ModelFile = "model.onnx";

    // protobuf cannot hold more; beside the weights there is little: shapes, rotary tables
    const long MostBytes = int.MaxValue, Beside = 64L << 20;

    const float LargestHalf = 65504;

    // of float32: sums in another order
    const double Tolerance = 1e-4;

    /// <summary>Its name.</summary>
    public const string Called = "onnx";

    static readonly string[] stored = ["float32", "float16", "int8"];

    readonly OnnxWeights weights;

    /// <summary>The export with float32 weights.</summary>
    public OnnxExport() { }

    OnnxExport(OnnxWeights weights) => this.weights = weights;

    bool IsHalf => weights == OnnxWeights.Float16;

    /// <inheritdoc/>
    public string Name => Called;

    /// <inheritdoc/>
    public string InWords => $"a folder with model.onnx for ONNX Runtime (weights={string.Join('|', stored)})";

    /// <inheritdoc/>
    public IExport With(TenantSpec options)
    {
        string chosen = options.Choice("weights", stored);
        options.RefuseUnread();
        return new OnnxExport((OnnxWeights)Array.IndexOf(stored, chosen));
    }

    /// <inheritdoc/>
    public string? WhyNot(IModel model)
    {
        const string Otherwise = "Write it with the export hugging-face.";
        if (OnnxFamily.For(model.Family) is null)
            return $"onnx writes no {model.Family} yet; it writes {string.Join(", ", OnnxFamily.All.SelectMany(f => f.Names))}. "
                + Otherwise;
        if (model is { Output: Output.None, Causal: true })
            return $"onnx writes a {model.Family} with a head only, and this is a body. {Otherwise}";
        long bytes = model.Weights.Count * weights switch { OnnxWeights.Float16 => 2, OnnxWeights.Int8 => 1, _ => 4 };
        if (bytes + Beside > MostBytes)
            return string.Create(CultureInfo.InvariantCulture,
                $"model.onnx would have {bytes / 1e9:0.0} GB of weights, and a file of this format holds 2. ")
                + (weights != OnnxWeights.Float32 ? Otherwise : "Write it with onnx,weights=float16, which takes half of that, or with the export hugging-face.");
        if (IsHalf && model.Weights.All.FirstOrDefault(w => TooLarge(w.Value.Values)) is { Key: { } large })
            return $"onnx,weights=float16 holds numbers up to {LargestHalf:0}, and '{large}' has a larger one. Write it with onnx.";
        return null;
    }

    static bool TooLarge(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            if (!(MathF.Abs(value) <= LargestHalf)) return true;
        return false;
    }

    /// <inheritdoc/>
    public string Write(IModel model, IReadOnlyDictionary<string, byte[]> tokenizer, string path, bool replace)
    {
        if (WhyNot(model) is { } why) throw new NotSupportedException(why);
        OnnxLayers layers = new(model, weights);
        OnnxFamily.For(model.Family)!.Emit(layers);
        ProtoMessage whole = layers.Graph.Model($"{model.Family}, {model.Layers.Count} layers; heads: "
            + $"{string.Join(' ', model.Layers.Select(l => l.Heads))}; neurons: {string.Join(' ', model.Layers.Select(l => l.Neurons))}");
        Atomic.WriteFolder(path, folder =>
        {
            using (FileStream file = File.Create(Path.Combine(folder, ModelFile))) whole.WriteTo(file);
            File.WriteAllText(Path.Combine(folder, "config.json"), model.Config.ToJsonString(JsonWriting.Foreign) + "\n");
            foreach ((string name, byte[] content) in tokenizer) File.WriteAllBytes(Path.Combine(folder, name), content);
        }, replace);
        return path;
    }

    /// <inheritdoc/>
    public IExport Exact => weights == OnnxWeights.Float32 ? this : new OnnxExport();

    /// <inheritdoc/>
    public ExportCheck Check(ExportQuestion asked, CancellationToken stop) =>
        OnnxCheck.Run(asked, ChecksProgram.Find(), stop) with { Tolerance = weights == OnnxWeights.Float32 ? Tolerance : null };
}
