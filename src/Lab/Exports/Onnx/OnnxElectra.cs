using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>ELECTRA's discriminator as a graph (<see cref="Electra"/> has the arithmetic).</summary>
static class OnnxElectra
{
    /// <summary>What the list has of it.</summary>
    internal static OnnxFamily Described { get; } = new(["electra"], Emit);

    static void Emit(OnnxLayers layers)
    {
        ElectraConfig config = ElectraConfig.Read(layers.Config, layers.Model.Labels.Count);
        OnnxEncoder encoder = new(layers, types: true);
        const string Embeddings = "electra.embeddings";
        string x = layers.Plus(
            layers.Plus(
                encoder.Words($"{Embeddings}.word_embeddings.weight"), encoder.OfTypes($"{Embeddings}.token_type_embeddings.weight")),
            encoder.Positions($"{Embeddings}.position_embeddings.weight"));
        x = layers.Norm(x, $"{Embeddings}.LayerNorm", config.Epsilon);
        if (config.Projects) x = layers.Linear(x, "electra.embeddings_project");
        x = encoder.Through(x, Electra.LayerNames, config.Epsilon, config.Activation);
        if (layers.Model.Output == Output.Labels)
        {
            string made = layers.Activate(layers.Linear(encoder.First(x), "classifier.dense"), Activation.GeluErf);
            x = layers.Linear(made, "classifier.out_proj");
        }
        encoder.Declare(x);
    }
}
