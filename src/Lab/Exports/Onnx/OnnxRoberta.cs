using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>
/// RoBERTa and XLM-RoBERTa as graphs (<see cref="Roberta"/> has the arithmetic): the one type's row is added to every token.
/// </summary>
static class OnnxRoberta
{
    /// <summary>What the list has of it.</summary>
    internal static OnnxFamily Described { get; } = new(["roberta", "xlm-roberta"], Emit) { Padding = 1 };

    static void Emit(OnnxLayers layers)
    {
        RobertaConfig config = RobertaConfig.Read(layers.Config, layers.Model.Labels.Count);
        OnnxEncoder encoder = new(layers, types: false);
        const string Embeddings = "roberta.embeddings", Types = $"{Embeddings}.token_type_embeddings.weight";
        string type = layers.Table($"{Types}.first", [config.Width], layers.Model.Weights.All[Types].Values[..config.Width]);
        string x = layers.Plus(
            layers.Plus(encoder.Words($"{Embeddings}.word_embeddings.weight"), type),
            encoder.PositionsAfter($"{Embeddings}.position_embeddings.weight", config.Padding));
        x = encoder.Through(
            layers.Norm(x, $"{Embeddings}.LayerNorm", config.Epsilon), Roberta.LayerNames, config.Epsilon, config.Activation);
        if (layers.Model.Output == Output.Labels)
        {
            string pooled = layers.Activate(layers.Linear(encoder.First(x), "classifier.dense"), Activation.Tanh);
            x = layers.Linear(pooled, "classifier.out_proj");
        }
        encoder.Declare(x);
    }
}
