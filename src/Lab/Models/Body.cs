using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>A model without its head: its layers can be run and read, but it gives scores to nothing (<see cref="Output.None"/>).</summary>
sealed class Body : IModel
{
    readonly ModelFamily family;
    readonly ModelConfig config;
    readonly IModel inner;

    Body(ModelFamily family, ModelConfig config, Weights weights, IModel inner) =>
        (this.family, this.config, Weights, this.inner) = (family, config, weights, inner);

    /// <summary>The body of these weights, which have the family's usual names.</summary>
    internal static Body WithoutHead(ModelFamily family, ModelConfig config, Weights weights)
    {
        IModel whole = family.WithNewHead(config, weights, ["0", "1"], 0);        // families' models have a head: this one's is never asked
        return new(family, config, whole.Weights.Map((name, t) => weights.Has(name) ? t : null), whole);
    }

    /// <inheritdoc/>
    public Weights Weights { get; }

    /// <inheritdoc/>
    public JsonObject Config => config.ToJson();

    /// <inheritdoc/>
    public Output Output => Output.None;

    /// <inheritdoc/>
    public IReadOnlyList<string> Labels => [];

    /// <inheritdoc/>
    public string Family => inner.Family;

    /// <inheritdoc/>
    public bool Causal => inner.Causal;

    /// <inheritdoc/>
    public IReadOnlyList<LayerShape> Layers => inner.Layers;

    /// <inheritdoc/>
    public int Width => inner.Width;

    /// <inheritdoc/>
    public int HeadWidth => inner.HeadWidth;

    /// <inheritdoc/>
    public int MostPositions => inner.MostPositions;

    /// <inheritdoc/>
    public int TokenTypes => inner.TokenTypes;

    /// <inheritdoc/>
    public int Vocabulary => inner.Vocabulary;

    /// <inheritdoc/>
    public IModel With(JsonObject config, Weights weights) => WithoutHead(family, NewHead.ToConfig(config, "the model's config"), weights);

    /// <inheritdoc/>
    public IModel WithLayers(IReadOnlyList<int> kept)
    {
        IModel shorter = inner.WithLayers(kept);
        string[] head = [.. inner.Weights.All.Keys.Where(name => !Weights.Has(name))];
        return With(shorter.Config, shorter.Weights.Map((name, t) => head.Contains(name) ? null : t));
    }

    /// <inheritdoc/>
    public Tensor Embed(Batch batch, IProbe probe) => inner.Embed(batch, probe);

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor x, Batch batch, Tokens tokens, IProbe probe) => inner.Attend(layer, x, batch, tokens, probe);

    /// <inheritdoc/>
    public Tensor Finish(int layer, Tensor x, Tensor mixes, Batch batch, Tokens tokens, IProbe probe) =>
        inner.Finish(layer, x, mixes, batch, tokens, probe);

    /// <inheritdoc/>
    public Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe) =>
        throw new InvalidOperationException("The model is a body without a head and gives scores to nothing. "
            + "Read its stream (LoadedModel.Record, ModelPasses.Stream), or load it with a head (ModelFolder.LoadWithNewHead).");
}
