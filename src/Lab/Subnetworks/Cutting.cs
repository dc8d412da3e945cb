using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Cutting: the model that a subnetwork is. What stands in for an ablated part is constant, so it is folded into a bias: of heads and
/// neurons what the matrix that reads them makes of it (bias + matrix · ablation), of a whole block the constant itself, after any norm
/// that stands between block and residual stream. Then the parts' weights are dropped, or, in a model of full size, set to zero. An
/// absent layer leaves both.
/// </summary>
public static class Cutting
{
    /// <summary>The smaller model: what ablated parts have for themselves is gone, and so is what only they share.</summary>
    /// <param name="model">the full model</param>
    /// <param name="kept">the parts that stay, of those in play</param>
    /// <param name="ablation">what stands in for what does not stay</param>
    /// <exception cref="KeyNotFoundException">the model has no such part</exception>
    /// <exception cref="NotSupportedException">no smaller model computes that: see <see cref="WhyNot"/></exception>
    public static IModel Cut(IModel model, IEnumerable<Part> kept, Ablation ablation)
    {
        CutPlan plan = new(model, kept, ablation);
        Dictionary<string, Func<Tensor, Tensor?>> changes = plan.Biases();
        // a tensor that holds several rows of heads loses all of an ablated head's runs at once; one that has nothing left goes
        foreach (var ((tensor, axis), positions) in plan.Gone())
            changes[tensor] = t => positions.Length == t.Shape[axis] ? null : Without(t, axis, positions, zeroed: false);
        foreach (string tensor in plan.GoneWhole()) changes[tensor] = _ => null;
        JsonArray headsPerLayer = [], neuronsPerLayer = [], groupsPerLayer = [];
        foreach (LayerPlan layer in plan.Layers)
        {
            headsPerLayer.Add((JsonNode)layer.Attention.Left);       // by itself it would need reflection
            neuronsPerLayer.Add((JsonNode)layer.Mlp.Left);
            IEnumerable<int> headsOfGroups = layer.Attention.GroupsLeft.Where(heads => heads > 0);
            groupsPerLayer.Add(new JsonArray([.. headsOfGroups.Select(heads => JsonValue.Create(heads))]));
        }
        IModel whole = plan.Whole;
        JsonObject config = (JsonObject)whole.Config.DeepClone();
        config[OwnKeys.HeadsPerLayer] = headsPerLayer;
        config[OwnKeys.NeuronsPerLayer] = neuronsPerLayer;
        if (whole.Layers.Any(shape => shape.Attention.Shared.Count > 0)) config[OwnKeys.HeadsPerKeyValueHead] = groupsPerLayer;
        return whole.With(config, Changed(whole, changes));
    }

    /// <summary>The size of the smaller model, without making it.</summary>
    /// <inheritdoc cref="Cut"/>
    public static CutSize SizeOfCut(IModel model, IEnumerable<Part> kept, Ablation ablation)
    {
        CutPlan plan = new(model, kept, ablation);
        Weights all = plan.Whole.Weights;
        HashSet<string> whole = [.. plan.GoneWhole()];
        long numbers = all.Count, bytes = all.StoredBytes;
        foreach (var ((tensor, axis), positions) in plan.Gone())
            if (!whole.Contains(tensor)) Leave(tensor, (long)positions.Length * all.All[tensor].Count / all.All[tensor].Shape[axis]);
        foreach (string tensor in whole) Leave(tensor, all.All[tensor].Count);
        return new(numbers, bytes, [.. plan.Layers.Select(layer => (layer.Attention.Left, layer.Mlp.Left))]);

        void Leave(string tensor, long count)
        {
            numbers -= count;
            bytes -= count * all.StoredAs(tensor).Size();
        }
    }

    /// <summary>Why no smaller model computes what these parts do, with the next move; null where <see cref="Cut"/> makes it.</summary>
    /// <inheritdoc cref="Cut"/>
    public static string? WhyNot(IModel model, IEnumerable<Part> kept, Ablation ablation) => CutPlan.WhyNot(model, kept, ablation);

    /// <summary>Why no other software would read a model of full size, with the next move; null where others read it.</summary>
    /// <param name="model">the full model</param>
    /// <param name="ablation">what stands in for ablated parts</param>
    public static string? WhyNoFullSize(IModel model, IAblation ablation)
    {
        if (ablation.IsZero || !ablation.IsConstant || model.WhyOnlyOurBiases is not { } why) return null;
        return $"There is no full-size folder: the means of ablated parts are folded into biases, and {why}. "
            + $"The cut model stays a {model.Family}, for Heartwood to read. For a full-size folder too, search with --ablation zero.";
    }

    /// <summary>
    /// A model of full size that computes the same: what reads ablated parts is zero, the biases hold what is left. Any software that runs
    /// the family runs it. Absent layers are left out here too.
    /// </summary>
    /// <inheritdoc cref="Cut"/>
    /// <exception cref="NotSupportedException">no other software would read it: see <see cref="WhyNoFullSize"/></exception>
    public static IModel FullSize(IModel model, IEnumerable<Part> kept, Ablation ablation)
    {
        if (WhyNoFullSize(model, ablation.How) is { } why) throw new NotSupportedException(why);
        CutPlan plan = new(model, kept, ablation);
        Dictionary<string, Func<Tensor, Tensor?>> changes = plan.Biases();
        foreach (BlockPlan block in plan.Layers.SelectMany(layer => (BlockPlan[])[layer.Attention, layer.Mlp]))
        {
            Series read = block.Shape.ReadBy;
            if (block.Ablated.Length == 0) continue;
            changes[read.Tensor] = t => Without(t, read.Axis, CutPlan.Positions(read, block.Ablated), zeroed: true);
        }
        return plan.Whole.With(plan.Whole.Config, Changed(plan.Whole, changes));
    }

    static Weights Changed(IModel model, Dictionary<string, Func<Tensor, Tensor?>> changes) =>
        model.Weights.Map((name, tensor) => changes.TryGetValue(name, out var change) ? change(tensor) : tensor.Detach());

    // a vector or matrix without some positions along an axis, or with zeros there
    static Tensor Without(Tensor t, int axis, int[] positions, bool zeroed)
    {
        int rows = axis == 0 ? 1 : t.Shape[0], length = t.Shape[axis], inner = t.Count / (rows * length);
        bool[] gone = new bool[length];
        foreach (int position in positions) gone[position] = true;
        int[] axes = t.Shape.Axes.ToArray();
        if (!zeroed) axes[axis] -= positions.Length;
        Tensor left = Tensor.Lasting(axes);
        Span<float> to = left.Change();
        for (int r = 0, at = 0; r < rows; r++)
            for (int p = 0; p < length; p++)
            {
                if (!gone[p]) t.Values.Slice((r * length + p) * inner, inner).CopyTo(to[at..]);
                if (!gone[p] || zeroed) at += inner;
            }
        return left;
    }
}

/// <summary>The size of a cut model.</summary>
/// <param name="Weights">number of weights</param>
/// <param name="Bytes">bytes of them as stored, in the dtypes that the full model was read in</param>
/// <param name="Layers">heads and neurons of each layer that is left</param>
public sealed record CutSize(long Weights, long Bytes, IReadOnlyList<(int Heads, int Neurons)> Layers);
