using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>Which tokens a step of a pass computes.</summary>
public enum Tokens
{
    /// <summary>all: values are [token …]</summary>
    All,

    /// <summary>
    /// the one of each sequence whose scores are wanted: the one that a classification head reads, a language model's last; values are
    /// [batch …]
    /// </summary>
    Read,
}

/// <summary>What a model gives scores to.</summary>
public enum Output
{
    /// <summary>the labels of a classification head, one row of scores per sequence</summary>
    Labels,

    /// <summary>
    /// tokens of the vocabulary, one row of scores per token: the one that comes next in a language model (<see cref="IModel.Causal"/>),
    /// the one that stands there in an encoder, which guesses masked words
    /// </summary>
    Vocabulary,

    /// <summary>nothing: a body without a head, see <see cref="ModelFolder.LoadBody"/></summary>
    None,
}

/// <summary>
/// A transformer that gives scores to labels or to tokens of the vocabulary. The pass comes in steps, so that a sweep can start again
/// at any layer or after its heads. What only other tokens than those that are read would need is left out of the last layer of an
/// ordinary pass (<see cref="ModelPasses"/>). An encoder's head reads the first token of each sequence, a decoder's the last.
/// </summary>
public interface IModel
{
    /// <summary>As config.json calls it, for example "bert".</summary>
    string Family { get; }

    /// <summary>What it gives scores to.</summary>
    Output Output { get; }

    /// <summary>Whether a token sees only itself and the tokens before it, as in a decoder; else it sees all of its sequence.</summary>
    bool Causal { get; }

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

    /// <summary>Names of the labels; none of a language model or a body without a head.</summary>
    IReadOnlyList<string> Labels { get; }

    /// <summary>The content of config.json.</summary>
    JsonObject Config { get; }

    /// <summary>The weights by checkpoint name, with the precision at which the model multiplies by them.</summary>
    Weights Weights { get; }

    /// <summary>The same kind of model with other weights, of the shapes that <paramref name="config"/> says.</summary>
    IModel With(JsonObject config, Weights weights);

    /// <summary>
    /// The same function with a bias, zero, wherever an output projection or an MLP's last matrix has none: constants can be folded into
    /// it. Families whose checkpoints may lack them say how their config tells.
    /// </summary>
    IModel WithBiases() => this;

    /// <summary>
    /// The same model with only some of its layers, which close up: their names and the config's lists by layer are those of a shallower
    /// model. Families in which a layer's number matters keep what it means.
    /// </summary>
    /// <param name="kept">numbers of the layers that stay, ascending, at least one</param>
    /// <exception cref="ArgumentException">no layer stays</exception>
    IModel WithLayers(IReadOnlyList<int> kept) => LayersLeft.Keep(this, kept);

    /// <summary>
    /// Why the form that <see cref="WithBiases"/> gives is Heartwood's own, which no other software reads; null where others read it.
    /// </summary>
    string? WhyOnlyOurBiases => null;

    /// <summary>The residual stream that enters layer 0, [token width].</summary>
    Tensor Embed(Batch batch, IProbe probe);

    /// <summary>
    /// What each head of a layer mixes from the stream that enters it, before anything sees it at <see cref="Point.Heads"/>.
    /// </summary>
    /// <param name="layer">the layer</param>
    /// <param name="x">the residual stream that enters it, [token width]</param>
    /// <param name="batch">where the sequences start</param>
    /// <param name="tokens">whose mix is wanted</param>
    /// <param name="probe">sees queries, keys and values; keys and values are those of all tokens</param>
    /// <returns>[token heads·headWidth] or [batch heads·headWidth]; without values where the layer has no head</returns>
    Tensor Attend(int layer, Tensor x, Batch batch, Tokens tokens, IProbe probe);

    /// <summary>The residual stream after a layer, from its heads' mixes on.</summary>
    /// <param name="layer">the layer</param>
    /// <param name="x">the residual stream that enters it, [token width]</param>
    /// <param name="mixes">what <see cref="Attend"/> gave for the same tokens</param>
    /// <param name="batch">where the sequences start</param>
    /// <param name="tokens">whose stream is wanted</param>
    /// <param name="probe">sees every other site of the layer</param>
    /// <returns>[token width] or [batch width]</returns>
    Tensor Finish(int layer, Tensor x, Tensor mixes, Batch batch, Tokens tokens, IProbe probe);

    /// <summary>
    /// Scores of the labels, [batch label], or of the vocabulary: [token vocabulary], of each sequence's last token only ([batch
    /// vocabulary]) where only that was computed.
    /// </summary>
    /// <param name="x">the residual stream after the last layer</param>
    /// <param name="batch">where the sequences start</param>
    /// <param name="tokens">whose stream <paramref name="x"/> is</param>
    /// <param name="probe">sees what the scores are computed from, and the scores</param>
    Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe);
}

/// <summary>
/// What every model does with its steps. The last layer of an ordinary pass computes only the tokens that are read
/// (<see cref="Tokens.Read"/>): their scores are the same to the bit, and sites of that layer show [batch …]. A caller that needs the sites
/// of all tokens asks for <see cref="Tokens.All"/>.
/// </summary>
public static class ModelPasses
{
    /// <summary>
    /// A whole pass: scores of the labels, [batch label], or of the token that comes next, [batch vocabulary] or, for all tokens, [token
    /// vocabulary].
    /// </summary>
    /// <param name="model">the model</param>
    /// <param name="batch">its input</param>
    /// <param name="probe">sees every site</param>
    /// <param name="last">which tokens the last layer computes</param>
    /// <exception cref="ArgumentException">the probe names a site that the model has not (<see cref="ModelSites"/>)</exception>
    public static Tensor Forward(this IModel model, Batch batch, IProbe probe, Tokens last = Tokens.Read) =>
        model.Score(model.Stream(batch, probe, last), batch, last, probe);

    /// <summary>
    /// A whole pass but for the scores: the residual stream after the last layer, from which <see cref="IModel.Score"/> continues.
    /// </summary>
    /// <exception cref="ArgumentException">the probe names a site that the model has not</exception>
    public static Tensor Stream(this IModel model, Batch batch, IProbe probe, Tokens last)
    {
        model.RefuseUnknownSites(probe);
        return model.Rest(0, model.Embed(batch, probe), batch, probe, last);
    }

    /// <summary>The rest of a pass from after the heads of a layer.</summary>
    /// <param name="model">the model</param>
    /// <param name="layer">the layer</param>
    /// <param name="x">the residual stream that enters it, [token width]</param>
    /// <param name="mixes">what <see cref="IModel.Attend"/> gave for <see cref="TokensOf"/> the layer</param>
    /// <param name="batch">the input</param>
    /// <param name="probe">sees every site from <see cref="Point.Heads"/> of the layer on</param>
    /// <param name="last">which tokens the last layer computes</param>
    public static Tensor ForwardFrom(
        this IModel model, int layer, Tensor x, Tensor mixes, Batch batch, IProbe probe, Tokens last = Tokens.Read) =>
        model.Score(model.StreamFrom(layer, x, mixes, batch, probe, last), batch, last, probe);

    /// <summary>The same but for the scores.</summary>
    public static Tensor StreamFrom(this IModel model, int layer, Tensor x, Tensor mixes, Batch batch, IProbe probe, Tokens last) =>
        model.Rest(layer + 1, model.Finish(layer, x, mixes, batch, model.TokensOf(layer, last), probe), batch, probe, last);

    // from a stream that nobody else reads
    static Tensor Rest(this IModel model, int layer, Tensor x, Batch batch, IProbe probe, Tokens last)
    {
        for (; layer < model.Layers.Count; layer++)
        {
            Tokens tokens = model.TokensOf(layer, last);
            Tensor entering = x;
            x = Scope.Replace(x, Scope.Within(() =>
                model.Finish(layer, entering, model.Attend(layer, entering, batch, tokens, probe), batch, tokens, probe)));
        }
        return x;
    }

    /// <summary>Which tokens a layer computes when the last one computes these: all, but for the last.</summary>
    public static Tokens TokensOf(this IModel model, int layer, Tokens last = Tokens.Read) =>
        layer == model.Layers.Count - 1 ? last : Tokens.All;

    /// <summary>
    /// The token of each sequence whose scores are wanted where one is (<see cref="Tokens.Read"/>), [batch]: an encoder's first, a
    /// decoder's last.
    /// </summary>
    public static int[] TokensRead(this IModel model, Batch batch) => model.Causal ? batch.Last : batch.First;

    /// <summary>How many scores a token or sequence gets.</summary>
    public static int Scores(this IModel model) =>
        model.Output switch { Output.Labels => model.Labels.Count, Output.Vocabulary => model.Vocabulary, _ => 0 };

    /// <summary>Whether it is an encoder that gives scores to the vocabulary: to the word that stands where one is hidden.</summary>
    public static bool GuessesMaskedWords(this IModel model) => model is { Output: Output.Vocabulary, Causal: false };

    /// <summary>Whether its head gives one number, a score, and not a choice among labels.</summary>
    public static bool GivesOneNumber(this IModel model) => model.Output == Output.Labels && model.Labels.Count == 1;

    /// <summary>
    /// The same model at a precision, which everything made of it keeps: the model with other weights, the cut one, the frozen one.
    /// </summary>
    /// <exception cref="NotSupportedException">the backend that HEARTWOOD_BACKEND names has not this precision</exception>
    public static IModel At(this IModel model, Precision precision) =>
        model.Weights.Precision == precision ? model : model.With(model.Config, model.Weights.At(precision));

    /// <summary>
    /// The model that a file holds which stores every tensor as it was read (<see cref="Weights.StoredAs"/>): this same model where that
    /// rounds nothing.
    /// </summary>
    /// <exception cref="CheckpointException">a number is too large for its dtype</exception>
    public static IModel AsStored(this IModel model) =>
        model.Weights.Rounded() is var rounded && rounded != model.Weights ? model.With(model.Config, rounded) : model;

    /// <summary>The same model with weights that remember nothing of gradients (they share memory with this model's).</summary>
    public static IModel Frozen(this IModel model) => model.With(model.Config, model.Weights.Map((_, t) => t.Detach()));
}
