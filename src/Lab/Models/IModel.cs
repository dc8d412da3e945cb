using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>A transformer that gives scores to labels. The pass comes in three steps so that a sweep can start again at any layer.</summary>
public interface IModel
{
    /// <summary>"bert"</summary>
    string Family { get; }

    /// <summary>Every layer's size, first layer first.</summary>
    IReadOnlyList<LayerShape> Layers { get; }

    /// <summary>Width of the residual stream.</summary>
    int Width { get; }

    /// <summary>Width of one head.</summary>
    int HeadWidth { get; }

    /// <summary>Longest sequence that the model takes, in tokens.</summary>
    int MostPositions { get; }

    /// <summary>Number of token types.</summary>
    int TokenTypes { get; }

    /// <summary>Number of token ids.</summary>
    int Vocabulary { get; }

    /// <summary>Names of the labels.</summary>
    IReadOnlyList<string> Labels { get; }

    /// <summary>The content of config.json.</summary>
    JsonObject Config { get; }

    /// <summary>The weights by checkpoint name.</summary>
    Weights Weights { get; }

    /// <summary>The same kind of model with other weights, of the shapes that <paramref name="config"/> says.</summary>
    IModel With(JsonObject config, Weights weights);

    /// <summary>The residual stream that enters layer 0, [token width].</summary>
    Tensor Embed(Batch batch, IProbe probe);

    /// <summary>The residual stream behind a layer, [token width].</summary>
    Tensor Layer(int layer, Tensor x, Batch batch, IProbe probe);

    /// <summary>Scores of the labels from the last layer's residual stream, [batch label].</summary>
    Tensor Classify(Tensor x, Batch batch, IProbe probe);
}

/// <summary>The size of one layer, and the names of the tensors that its removable parts live in.</summary>
/// <param name="Heads">number of heads, 0 where attention is cut</param>
/// <param name="Neurons">neurons of the MLP, 0 where it is cut</param>
/// <param name="HeadRows">tensors whose rows are the heads', one head after another: queries, keys and values, weights and biases</param>
/// <param name="HeadColumns">the output projection, [width heads·headWidth]: its columns are the heads'</param>
/// <param name="AttentionBias">bias of the output projection, [width]</param>
/// <param name="MlpInside">tensors of the MLP except its last bias</param>
/// <param name="MlpOutput">the MLP's last matrix, one of <paramref name="MlpInside"/>, [width neuron]</param>
/// <param name="MlpBias">the MLP's last bias, [width]</param>
public sealed record LayerShape(
    int Heads, int Neurons, IReadOnlyList<string> HeadRows, string HeadColumns, string AttentionBias,
    IReadOnlyList<string> MlpInside, string MlpOutput, string MlpBias);

/// <summary>The keys that Heartwood adds to config.json.</summary>
public static class OwnKeys
{
    /// <summary>of a cut model: how many heads each layer has left, one number per layer</summary>
    public const string HeadsPerLayer = "heartwood_heads_per_layer";

    /// <summary>of a cut model: how many neurons each layer's MLP has left, one number per layer</summary>
    public const string NeuronsPerLayer = "heartwood_neurons_per_layer";

    /// <summary>where token types come from: "sentence" or "overlap"; absent in models made elsewhere, which means "sentence"</summary>
    public const string TokenTypes = "heartwood_token_types";
}

/// <summary>What every model does with its three steps.</summary>
public static class ModelPasses
{
    /// <summary>A whole pass: scores of the labels, [batch label].</summary>
    public static Tensor Forward(this IModel model, Batch batch, IProbe probe) => model.ForwardFrom(0, model.Embed(batch, probe), batch, probe);

    /// <summary>The rest of a pass from the residual stream that enters <paramref name="layer"/>.</summary>
    public static Tensor ForwardFrom(this IModel model, int layer, Tensor x, Batch batch, IProbe probe)
    {
        for (Tensor given = x; layer < model.Layers.Count; layer++)
        {
            Tensor next = model.Layer(layer, x, batch, probe);
            x = x == given ? next : Scope.Replace(x, next);
        }
        return model.Classify(x, batch, probe);
    }

    /// <summary>The same model with weights that remember nothing of gradients (they share memory with this model's).</summary>
    public static IModel Frozen(this IModel model) => model.With(model.Config, model.Weights.Map((_, t) => t.Detach()));
}
