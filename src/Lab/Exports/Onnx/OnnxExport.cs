using System.Globalization;
using Heartwood.Lab.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;

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

    /// <summary>Name of the file that holds the weights, as Optimum calls it, where the graph's cannot.</summary>
    public const string DataFile = "model.onnx_data";

    const float LargestHalf = 65504;

    // of float32: sums in another order
    const double Tolerance = 1e-4;

    /// <summary>Its name.</summary>
    public const string Called = "onnx";

    static readonly string[] stored = ["float32", "float16", "int8"];

    readonly OnnxWeights weights;

    // a message of protobuf holds 2 GB; beside the tensors there are nodes and names
    internal long MostInside { get; init; } = int.MaxValue - (64L << 20);

    internal long MostOfATensor { get; init; } = Array.MaxLength;

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
        return new OnnxExport((OnnxWeights)Array.IndexOf(stored, chosen)) { MostInside = MostInside, MostOfATensor = MostOfATensor };
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
        if (model.Weights.All.FirstOrDefault(w => Bytes(w.Value) > MostOfATensor) is { Key: { } one, Value: { } tensor })
            return string.Create(CultureInfo.InvariantCulture,
                $"'{one}' alone has {Bytes(tensor) / 1e9:0.0} GB, and onnx writes tensors of up to {MostOfATensor / 1e9:0.0}. ")
                + (weights != OnnxWeights.Float32 ? Otherwise
                    : "Write it with onnx,weights=float16, which takes half of that, or with the export hugging-face.");
        if (IsHalf && model.Weights.All.FirstOrDefault(w => TooLarge(w.Value.Values)) is { Key: { } large })
            return $"onnx,weights=float16 holds numbers up to {LargestHalf:0}, and '{large}' has a larger one. Write it with onnx.";
        return null;
    }

    long Bytes(Tensor tensor) => (long)tensor.Values.Length * BytesEach;

    int BytesEach => weights switch { OnnxWeights.Float16 => 2, OnnxWeights.Int8 => 1, _ => 4 };

    /// <inheritdoc/>
    public string? HowLoaded(IModel model) => model.Weights.Count * BytesEach <= MostInside ? null
        : $"load {ModelFile} by its path, not from memory: its weights stand next to it in {DataFile}";

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
        string about = $"{model.Family}, {model.Layers.Count} layers; heads: {string.Join(' ', model.Layers.Select(l => l.Heads))}; "
            + $"neurons: {string.Join(' ', model.Layers.Select(l => l.Neurons))}";
        Atomic.WriteFolder(path, folder =>
        {
            using FileStream? beside = layers.Graph.TensorBytes <= MostInside ? null : File.Create(Path.Combine(folder, DataFile));
            ProtoMessage whole = layers.Graph.Model(about, beside is null ? null : new(DataFile, beside));
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
