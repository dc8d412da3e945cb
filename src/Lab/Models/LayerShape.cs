namespace Heartwood.Lab.Models;

/// <summary>Where the heads of a layer live in a tensor: along one axis, one head after another, each a run of the same length.</summary>
/// <param name="Tensor">the tensor's name</param>
/// <param name="Axis">the axis, from 0</param>
/// <param name="Start">where the first head's run starts; one tensor may hold several such rows of heads (queries, keys and values in one matrix)</param>
/// <param name="Length">length of one head's run</param>
public sealed record HeadRuns(string Tensor, int Axis, int Start, int Length);

/// <summary>The size of one layer, and where in its tensors the removable parts live.</summary>
public sealed record LayerShape
{
    /// <summary>Number of heads, 0 where attention is cut.</summary>
    public required int Heads { get; init; }

    /// <summary>Neurons of the MLP, 0 where it is cut.</summary>
    public required int Neurons { get; init; }

    /// <summary>What each head has for itself before the output projection: its queries, and its keys and values unless heads share them; weights and biases.</summary>
    public required IReadOnlyList<HeadRuns> Own { get; init; }

    /// <summary>Each head's part of the output projection, a matrix whose other axis is the residual stream's width.</summary>
    public required HeadRuns Projection { get; init; }

    /// <summary>How many heads each key and value head serves, in the order of the heads, where heads share keys and values; empty where they do not. A key and value head goes with the last head that it serves.</summary>
    public IReadOnlyList<int> HeadsPerKeyValueHead { get; init; } = [];

    /// <summary>
    /// How many tokens its attention sees at most: the one that looks and those just before it (a sliding window); null where it sees all
    /// that the model lets it see.
    /// </summary>
    public int? Window { get; init; }

    /// <summary>What each key and value head of <see cref="HeadsPerKeyValueHead"/> has.</summary>
    public IReadOnlyList<HeadRuns> KeyValues { get; init; } = [];

    /// <summary>Tensors that nothing but the heads reads, gone with the last of them: the norm before attention, say.</summary>
    public IReadOnlyList<string> AttentionInside { get; init; } = [];

    /// <summary>Bias of the output projection, [width]; null where the checkpoint has none (see <see cref="IModel.WithBiases"/>).</summary>
    public required string? AttentionBias { get; init; }

    /// <summary>Tensors that nothing but the MLP's neurons read, gone with it: its matrices and biases except the last bias, the norm before it.</summary>
    public required IReadOnlyList<string> MlpInside { get; init; }

    /// <summary>The MLP's last matrix, one of <see cref="MlpInside"/>.</summary>
    public required string MlpOutput { get; init; }

    /// <summary>The MLP's last bias, [width]; null where the checkpoint has none (see <see cref="IModel.WithBiases"/>).</summary>
    public required string? MlpBias { get; init; }
}
