using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>DistilBERT as a graph (<see cref="DistilBert"/> has the arithmetic).</summary>
static class OnnxDistilBert
{
    /// <summary>What the list has of it.</summary>
    internal static OnnxFamily Described { get; } = new(["distilbert"], Emit);

    static void Emit(OnnxLayers layers)
    {
        DistilBertConfig config = DistilBertConfig.Read(layers.Config, layers.Model.Labels.Count);
        OnnxEncoder encoder = new(layers, types: false);
        const string Embeddings = "distilbert.embeddings";
        string x = layers.Plus(
            encoder.Words($"{Embeddings}.word_embeddings.weight"), encoder.Positions($"{Embeddings}.position_embeddings.weight"));
        x = layers.Norm(x, $"{Embeddings}.LayerNorm", DistilBertConfig.Epsilon);
        x = encoder.Through(x, DistilBert.LayerNames, DistilBertConfig.Epsilon, config.Activation);
        if (layers.Model.Output == Output.Labels)
        {
            string made = layers.Activate(layers.Linear(encoder.First(x), "pre_classifier"), Activation.Relu);
            x = layers.Linear(made, "classifier");
        }
        encoder.Declare(x);
    }
}
