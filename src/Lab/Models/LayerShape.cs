using Heartwood.Lab.Probes;

namespace Heartwood.Lab.Models;

/// <summary>Where things of one kind lie in a tensor: along one axis, one after another, each a run of the same length.</summary>
/// <param name="Tensor">the tensor's name</param>
/// <param name="Axis">the axis, from 0</param>
/// <param name="Start">where the first one's run starts; a tensor may hold several rows of them (queries, keys and values in one
/// matrix)</param>
/// <param name="Length">length of one's run</param>
public sealed record Series(string Tensor, int Axis, int Start, int Length)
{
    /// <summary>The run of one of them.</summary>
    public Stretch At(int index) => new(Tensor, Axis, Start + index * Length, Length);

    /// <summary>Rows of a matrix stored [out in], and entries of its bias where it has one.</summary>
    internal static Series[] Rows(string matrix, int length, bool biased = true) =>
        biased ? [new($"{matrix}.weight", 0, 0, length), new($"{matrix}.bias", 0, 0, length)] : [new($"{matrix}.weight", 0, 0, length)];
}

/// <summary>
/// One block of a layer, attention or MLP: things stand side by side in it (heads, neurons), one matrix reads them all and what it makes
/// of them is added to the residual stream.
/// </summary>
public sealed record LayerBlock
{
    /// <summary>How many heads or neurons; 0 where the block is cut.</summary>
    public required int Count { get; init; }

    /// <summary>How wide the value of one is.</summary>
    public required int ItemWidth { get; init; }

    /// <summary>Where their values pass, side by side.</summary>
    public required Point Inside { get; init; }

    /// <summary>Where passes what the block adds to the residual stream.</summary>
    public required Point Out { get; init; }

    /// <summary>
    /// What each has for itself: a head its queries, and its keys and values unless heads share them; a neuron what it reads.
    /// </summary>
    public required IReadOnlyList<Series> Own { get; init; }

    /// <summary>Each one's part of the matrix that reads them; its other axis is the residual stream's width.</summary>
    public required Series ReadBy { get; init; }

    /// <summary>
    /// That matrix's bias, [width], into which constants fold; null where the checkpoint has none (see <see cref="IModel.WithBiases"/>).
    /// </summary>
    public required string? Bias { get; init; }

    /// <summary>Tensors that nothing but these reads, gone with the last of them: the norm before the block, say.</summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>
    /// What the norm before the block, the first of <see cref="Before"/>, adds to its weights before it multiplies by them.
    /// </summary>
    public float NormAdds { get; init; }

    /// <summary>
    /// Tensors of what stands between the matrix and the residual stream, where something does: a norm after the block. What passes at
    /// <see cref="Out"/> has been through it, so that it belongs to the whole block and is gone with it; heads and neurons alone leave it.
    /// </summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>
    /// The tensor, [width], that a constant in the whole block's stead becomes: the matrix's bias or, where something stands after the
    /// block, what is added after that; null where the checkpoint has none (see <see cref="IModel.WithBiases"/>).
    /// </summary>
    public string? Constant
    {
        get => After.Count == 0 ? Bias : field;
        init;
    }

    /// <summary>
    /// How many of them each thing serves that neighbours share (key and value heads), in their order; empty where nothing is shared. What
    /// is shared goes with the last that it serves.
    /// </summary>
    public IReadOnlyList<int> Groups { get; init; } = [];

    /// <summary>What each of <see cref="Groups"/> has.</summary>
    public IReadOnlyList<Series> Shared { get; init; } = [];

    /// <summary>Attention with these heads.</summary>
    internal static LayerBlock OfHeads(int count, int headWidth, IReadOnlyList<Series> own, Series readBy, string? bias) => new()
    {
        Count = count,
        ItemWidth = headWidth,
        Inside = Point.Heads,
        Out = Point.AttentionOut,
        Own = own,
        ReadBy = readBy,
        Bias = bias,
    };

    /// <summary>An MLP with these neurons.</summary>
    internal static LayerBlock OfNeurons(int count, IReadOnlyList<Series> own, Series readBy, string? bias) => new()
    {
        Count = count,
        ItemWidth = 1,
        Inside = Point.Neurons,
        Out = Point.MlpOut,
        Own = own,
        ReadBy = readBy,
        Bias = bias,
    };

    /// <summary>The group that one of them belongs to.</summary>
    internal int GroupAt(int index)
    {
        int group = 0;
        for (int end = Groups[0]; end <= index; end += Groups[group]) group++;
        return group;
    }
}

/// <summary>One layer: its blocks, and where its tensors are.</summary>
public sealed record LayerShape
{
    /// <summary>What the names of all its tensors begin with, without the dot.</summary>
    public required string Name { get; init; }

    /// <summary>Attention, whose heads' mixes of values the output projection reads.</summary>
    public required LayerBlock Attention { get; init; }

    /// <summary>The MLP, whose neurons its last matrix reads.</summary>
    public required LayerBlock Mlp { get; init; }

    /// <summary>
    /// How many tokens its attention sees at most: the one that looks and those just before it (a sliding window); null where it sees all
    /// that the model lets it see.
    /// </summary>
    public int? Window { get; init; }

    /// <summary>
    /// The size that no attention score reaches, where scores have a soft cap: cap · tanh(score / cap) takes the place of q·k / √headWidth;
    /// null where they have none.
    /// </summary>
    public float? ScoreCap { get; init; }

    /// <summary>
    /// Whether attention and MLP stand side by side, both reading what enters the layer (a parallel residual): then there is no residual
    /// stream between them, and nothing passes at <see cref="Point.Middle"/>.
    /// </summary>
    public bool Parallel { get; init; }

    /// <summary>Number of heads, 0 where attention is cut.</summary>
    public int Heads => Attention.Count;

    /// <summary>Neurons of the MLP, 0 where it is cut.</summary>
    public int Neurons => Mlp.Count;

    /// <summary>
    /// How many heads each key and value head serves, in the order of the heads, where heads share keys and values; empty where they do
    /// not.
    /// </summary>
    public IReadOnlyList<int> HeadsPerKeyValueHead => Attention.Groups;

    /// <summary>Both blocks.</summary>
    public IReadOnlyList<LayerBlock> Blocks => [Attention, Mlp];
}
