using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes that every family's config says, whatever its keys are called.</summary>
interface IFamilySizes
{
    /// <summary>number of token ids</summary>
    int Vocabulary { get; }

    /// <summary>width of the residual stream</summary>
    int Width { get; }

    /// <summary>width of one head</summary>
    int HeadWidth { get; }

    /// <summary>number of layers</summary>
    int Layers { get; }

    /// <summary>longest input in tokens</summary>
    int Positions { get; }

    /// <summary>the MLP's activation</summary>
    Activation Activation { get; }

    /// <summary>neurons of each layer; 0 where its MLP is cut</summary>
    IReadOnlyList<int> NeuronsPerLayer { get; }

    /// <summary>names of the labels; none of a model that gives scores to the vocabulary</summary>
    IReadOnlyList<string> Labels { get; }
}

/// <summary>One layer of a family, as a pass goes through it.</summary>
interface ILayer
{
    /// <summary>What each head mixes of the stream that enters, [token heads·headWidth] of the tokens that are wanted.</summary>
    Tensor Attend(Tensor x, Batch batch, Tokens tokens, IProbe probe);

    /// <summary>The stream after the layer.</summary>
    /// <param name="x">the residual stream that enters the layer, [token width] of the tokens that are wanted</param>
    /// <param name="mixes">their heads' mixes</param>
    /// <param name="probe">sees every site from the heads on</param>
    Tensor Finish(Tensor x, Tensor mixes, IProbe probe);
}

/// <summary>
/// What the models of all families say in the same way: sizes, and how a pass goes from layer to layer. What is computed, and under which
/// names, is in the family's own file.
/// </summary>
public abstract class FamilyModel : IModel
{
    readonly Func<ModelConfig, Weights, IModel> load;
    readonly IFamilySizes sizes;

    private protected FamilyModel(
        string family, bool causal, Func<ModelConfig, Weights, IModel> load, IFamilySizes sizes, JsonObject config, Weights weights) =>
        (Family, Causal, this.load, this.sizes, Config, Weights) = (family, causal, load, sizes, config, weights);

    /// <summary>The layers, first layer first.</summary>
    private protected IReadOnlyList<ILayer> Stack { get; init; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<LayerShape> Layers { get; private protected init; } = [];

    /// <summary>One of something for each layer.</summary>
    private protected T[] Each<T>(Func<int, T> make) => [.. Enumerable.Range(0, sizes.Layers).Select(make)];

    /// <inheritdoc/>
    public JsonObject Config { get; }

    /// <inheritdoc/>
    public Weights Weights { get; }

    /// <inheritdoc/>
    public string Family { get; }

    /// <inheritdoc/>
    public bool Causal { get; }

    /// <inheritdoc/>
    public Output Output => sizes.Labels.Count > 0 ? Output.Labels : Output.Vocabulary;

    /// <inheritdoc/>
    public int Width => sizes.Width;

    /// <inheritdoc/>
    public int HeadWidth => sizes.HeadWidth;

    /// <inheritdoc/>
    public int MostPositions => sizes.Positions;

    /// <inheritdoc/>
    public virtual int TokenTypes => 1;

    /// <inheritdoc/>
    public int Vocabulary => sizes.Vocabulary;

    /// <inheritdoc/>
    public IReadOnlyList<string> Labels => sizes.Labels;

    /// <inheritdoc/>
    public IModel With(JsonObject config, Weights weights) => load(NewHead.ToConfig(config, "the model's config"), weights);

    /// <inheritdoc/>
    public virtual IModel WithBiases() => this;

    /// <inheritdoc/>
    public virtual IModel WithLayers(IReadOnlyList<int> kept) => LayersLeft.Keep(this, kept);

    /// <inheritdoc/>
    public virtual string? WhyOnlyOurBiases => null;

    /// <inheritdoc/>
    public abstract Tensor Embed(Batch batch, IProbe probe);

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor x, Batch batch, Tokens tokens, IProbe probe) => Stack[layer].Attend(x, batch, tokens, probe);

    /// <inheritdoc/>
    public Tensor Finish(int layer, Tensor x, Tensor mixes, Batch batch, Tokens tokens, IProbe probe) =>
        Stack[layer].Finish(probe.At(new(layer, Point.LayerIn), Chosen(x, batch, tokens)), mixes, probe);

    /// <inheritdoc/>
    public abstract Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe);

    /// <summary>Where what the scores are computed from passes, and where they do.</summary>
    private protected (Site BeforeScores, Site Logits) AtEnd =>
        (new(Stack.Count - 1, Point.BeforeScores), new(Stack.Count - 1, Point.Logits));

    /// <summary>The rows that the head reads: of labels one for each sequence, also where the stream has all tokens.</summary>
    private protected Tensor ReadByHead(Tensor x, Batch batch, Tokens tokens) =>
        tokens == Tokens.All && Output == Output.Labels ? Chosen(x, batch, Tokens.Read) : x;

    Tensor Chosen(Tensor x, Batch batch, Tokens tokens) => Causal ? x.LastRead(batch, tokens) : x.FirstRead(batch, tokens);

    /// <summary>Refuses a batch that has more positions than the model, of families without a table of them.</summary>
    /// <exception cref="ArgumentException">a sequence is too long</exception>
    private protected void RefuseLonger(Batch batch)
    {
        if (batch.Positions.Max() is var last && last >= MostPositions)
            throw new ArgumentException($"A sequence has {last + 1} tokens, the model takes {MostPositions}. Shorten it.", nameof(batch));
    }
}
