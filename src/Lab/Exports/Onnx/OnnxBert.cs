using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>
/// BERT as a graph: a classifier, one that guesses masked words, or the encoder alone (<see cref="Bert"/> has the arithmetic).
/// </summary>
static class OnnxBert
{
    /// <summary>What the list has of it.</summary>
    internal static OnnxFamily Described { get; } = new(["bert"], Emit);

    static void Emit(OnnxLayers layers)
    {
        IModel model = layers.Model;
        BertConfig config = BertConfig.Read(layers.Config, model.Labels.Count);
        OnnxEncoder encoder = new(layers, types: true);
        const string Embeddings = "bert.embeddings", Words = $"{Embeddings}.word_embeddings.weight";
        string x = layers.Plus(
            layers.Plus(encoder.Words(Words), encoder.OfTypes($"{Embeddings}.token_type_embeddings.weight")),
            encoder.Positions($"{Embeddings}.position_embeddings.weight"));
        x = encoder.Through(layers.Norm(x, $"{Embeddings}.LayerNorm", config.Epsilon), Bert.LayerNames, config.Epsilon, config.Activation);
        if (model.Output == Output.Labels)
        {
            string pooled = layers.Activate(layers.Linear(encoder.First(x), "bert.pooler.dense"), Activation.Tanh);
            x = layers.Linear(pooled, "classifier");
        }
        else if (model.Output == Output.Vocabulary)
        {
            const string Head = "cls.predictions";
            string made = layers.Activate(layers.Linear(x, $"{Head}.transform.dense"), config.Activation);
            string normed = layers.Norm(made, $"{Head}.transform.LayerNorm", config.Epsilon);
            x = layers.PlusConstant(layers.Product(normed, config.Tied ? Words : BertWordHead.Output), $"{Head}.bias");
        }
        encoder.Declare(x);
    }
}
