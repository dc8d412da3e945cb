using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>
/// What graphs of encoders have in common. Padding stands on the right, as their tokenizers put it: positions are counted from the left and
/// the head reads the first token. Where a head reads one token, the last layer computes that one only.
/// </summary>
sealed class OnnxEncoder
{
    const string Ids = "input_ids", Kept = "attention_mask", Types = "token_type_ids";

    // added to scores of padding: finite, since rows of −∞ alone would become NaN
    const float Unseen = -1e9f;

    readonly OnnxLayers layers;
    readonly IModel model;
    readonly OnnxGraph graph;
    readonly string bias;

    /// <param name="layers">what is written to</param>
    /// <param name="types">whether tokens have types</param>
    internal OnnxEncoder(OnnxLayers layers, bool types)
    {
        (this.layers, model, graph) = (layers, layers.Model, layers.Graph);
        foreach (string input in (string[])[Ids, Kept, .. types ? (string[])[Types] : []])
            graph.Input(input, OnnxType.Int64, "batch_size", "sequence_length");
        string kept = graph.Add("Cast", [graph.Add("Unsqueeze", [Kept, graph.Wholes(1, 2)])], ("to", (long)OnnxType.Float));
        bias = layers.Times(graph.Add("Sub", [graph.Number(1), kept]), graph.Number(Unseen));
    }

    /// <summary>Rows of a table by the tokens' ids.</summary>
    internal string Words(string table) => layers.Rows(table, Ids);

    /// <summary>Rows of a table by the tokens' types.</summary>
    internal string OfTypes(string table) => layers.Rows(table, Types);

    /// <summary>The first rows of a table, one for each place: [sequence width].</summary>
    internal string Positions(string table) =>
        graph.Add("Slice", [layers.Weight(table), graph.Wholes(0), layers.Length(Ids, 1), graph.Wholes(0)]);

    /// <summary>
    /// Rows of a table by places that are counted after padding's id, over tokens that are not padding; padding has its id's.
    /// </summary>
    internal string PositionsAfter(string table, int padding)
    {
        string kept = graph.Add("Cast",
            [graph.Add("Not", [graph.Add("Equal", [Ids, graph.Whole(padding)])])], ("to", (long)OnnxType.Int64));
        string counted = layers.Times(graph.Add("CumSum", [kept, graph.Whole(1)]), kept);
        return layers.Rows(table, layers.Plus(counted, graph.Whole(padding)));
    }

    /// <summary>The stream after all layers: [batch sequence width], or of the first token only, [batch 1 width].</summary>
    /// <param name="x">the stream that enters</param>
    /// <param name="names">what the layers' tensors are called</param>
    /// <param name="epsilon">what norms add to variances</param>
    /// <param name="activation">the MLPs'</param>
    internal string Through(string x, EncoderNames names, float epsilon, Activation activation)
    {
        for (int i = 0; i < model.Layers.Count; i++)
        {
            LayerShape layer = model.Layers[i];
            string name = layer.Name, read = i == model.Layers.Count - 1 && model.Output == Output.Labels
                ? graph.Add("Slice", [x, graph.Wholes(0), graph.Wholes(1), graph.Wholes(1)]) : x;
            x = Norm(names.AttentionNorm, layer.Heads == 0 ? layers.PlusConstant(read, layer.Attention.Bias)
                : layers.Plus(read, layers.Linear(Attend(read, x), $"{name}.{names.Output}")));
            x = Norm(names.MlpNorm, layer.Neurons == 0 ? layers.PlusConstant(x, layer.Mlp.Bias)
                : layers.Plus(x, layers.Linear(
                    layers.Activate(layers.Linear(x, $"{name}.{names.Up}"), activation), $"{name}.{names.Down}")));

            string Norm(string norm, string of) => layers.Norm(of, $"{name}.{norm}", epsilon);

            string Attend(string queries, string all) => layers.Mix(
                Heads(queries, names.Query), Heads(all, names.Key), Heads(all, names.Value), bias,
                1 / MathF.Sqrt(model.HeadWidth), layer.Heads);

            string Heads(string of, string which) => layers.Split(layers.Linear(of, $"{name}.{which}"), layer.Heads);
        }
        return x;
    }

    /// <summary>The first token's: [batch width].</summary>
    internal string First(string x) => graph.Add("Gather", [x, graph.Whole(0)], ("axis", 1L));

    /// <summary>Declares what comes out: scores of labels or of the vocabulary, or the stream where the model has no head.</summary>
    internal void Declare(string x)
    {
        if (model.Output == Output.Labels) layers.Output(x, "logits", "batch_size", model.Labels.Count);
        else if (model.Output == Output.Vocabulary) layers.Output(x, "logits", "batch_size", "sequence_length", model.Vocabulary);
        else layers.Output(x, "last_hidden_state", "batch_size", "sequence_length", model.Width);
    }
}
