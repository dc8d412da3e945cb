using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Cutting: the model that a subnetwork is. What an absent part leaves behind is constant, so it is folded into a bias:
/// a head at the output projection (bias + projection · absence), an MLP block as its whole output. Then the part's
/// weights are dropped, or, in a model of full size, set to zero.
/// </summary>
public static class Cutting
{
    /// <summary>The smaller model: what absent heads have for themselves is gone, and so is what only they share; absent MLP blocks are a bias.</summary>
    /// <param name="model">the full model</param>
    /// <param name="kept">the parts that stay</param>
    /// <param name="absence">what the others leave behind</param>
    /// <exception cref="KeyNotFoundException">the model has no such part</exception>
    public static IModel Cut(IModel model, IEnumerable<Part> kept, Absence absence)
    {
        HashSet<Part> stay = Checked(model, kept);
        IModel whole = Foldable(model, absence);
        Dictionary<string, Func<Tensor, Tensor?>> changes = Biases(whole, stay, absence);
        JsonArray headsPerLayer = [], neuronsPerLayer = [], groupsPerLayer = [];
        for (int i = 0; i < whole.Layers.Count; i++)
        {
            LayerShape shape = whole.Layers[i];
            int[] absent = AbsentHeads(shape, i, stay), groups = GroupsLeft(shape, absent);
            bool mlp = stay.Contains(Part.Mlp(i));
            headsPerLayer.Add(shape.Heads - absent.Length);
            neuronsPerLayer.Add(mlp ? shape.Neurons : 0);
            groupsPerLayer.Add(new JsonArray([.. groups.Where(heads => heads > 0).Select(heads => JsonValue.Create(heads))]));
            Drop(changes, [.. shape.Own, shape.Projection], absent);
            Drop(changes, shape.KeyValues, [.. Enumerable.Range(0, groups.Length).Where(g => groups[g] == 0)]);
            if (absent.Length == shape.Heads) foreach (string name in shape.AttentionInside) changes[name] = _ => null;
            if (!mlp) foreach (string name in shape.MlpInside) changes[name] = _ => null;
        }
        JsonObject config = (JsonObject)whole.Config.DeepClone();
        config[OwnKeys.HeadsPerLayer] = headsPerLayer;
        config[OwnKeys.NeuronsPerLayer] = neuronsPerLayer;
        if (whole.Layers.Any(shape => shape.KeyValues.Count > 0)) config[OwnKeys.HeadsPerKeyValueHead] = groupsPerLayer;
        return whole.With(config, Changed(whole, changes));
    }

    /// <summary>Why no other software would read a model of full size, with the next move; null where others read it.</summary>
    /// <param name="model">the full model</param>
    /// <param name="absence">what absent parts leave behind, "mean" or "zero"</param>
    public static string? WhyNoFullSize(IModel model, string absence) => absence == "zero" || model.WhyOnlyOurBiases is not { } why ? null
        : $"There is no full-size folder: the means of absent parts are folded into biases, and {why}. "
            + "The cut model keeps its window. For a full-size folder too, search with --absence zero.";

    /// <summary>A model of full size that computes the same: absent heads' part of the output projection and absent MLPs' last matrix are zero, the biases hold what is left. Any software that runs the family runs it.</summary>
    /// <inheritdoc cref="Cut"/>
    /// <exception cref="NotSupportedException">no other software would read it: see <see cref="WhyNoFullSize"/></exception>
    public static IModel FullSize(IModel model, IEnumerable<Part> kept, Absence absence)
    {
        if (WhyNoFullSize(model, absence.Kind) is { } why) throw new NotSupportedException(why);
        HashSet<Part> stay = Checked(model, kept);
        IModel whole = Foldable(model, absence);
        Dictionary<string, Func<Tensor, Tensor?>> changes = Biases(whole, stay, absence);
        for (int i = 0; i < whole.Layers.Count; i++)
        {
            LayerShape shape = whole.Layers[i];
            int[] absent = AbsentHeads(shape, i, stay);
            if (absent.Length > 0) changes[shape.Projection.Tensor] = t => Without(t, shape.Projection.Axis, Places(shape.Projection, absent), zeroed: true);
            if (shape.Neurons > 0 && !stay.Contains(Part.Mlp(i))) changes[shape.MlpOutput] = t => Tensor.Lasting(t.Shape.Axes);
        }
        return whole.With(whole.Config, Changed(whole, changes));
    }

    // nothing is to be folded where absent parts leave zeros
    static IModel Foldable(IModel model, Absence absence) => absence.Kind == "zero" ? model : model.WithBiases();

    static int[] AbsentHeads(LayerShape shape, int layer, HashSet<Part> stay) => [.. Enumerable.Range(0, shape.Heads).Where(h => !stay.Contains(Part.Head(layer, h)))];

    // how many heads each key and value head still serves
    static int[] GroupsLeft(LayerShape shape, int[] absent)
    {
        int[] left = [.. shape.HeadsPerKeyValueHead], owners = [.. left.SelectMany((heads, group) => Enumerable.Repeat(group, heads))];
        foreach (int head in owners.Length == 0 ? [] : absent) left[owners[head]]--;
        return left;
    }

    static int[] Places(HeadRuns runs, int[] heads) => [.. heads.SelectMany(h => Enumerable.Range(runs.Start + h * runs.Length, runs.Length))];

    // a tensor that holds several rows of heads loses all of an absent head's runs at once; one that has nothing left goes
    static void Drop(Dictionary<string, Func<Tensor, Tensor?>> changes, IEnumerable<HeadRuns> owned, int[] heads)
    {
        if (heads.Length == 0) return;
        foreach (var tensor in owned.GroupBy(runs => (runs.Tensor, runs.Axis)))
        {
            int[] places = [.. tensor.SelectMany(runs => Places(runs, heads))];
            changes[tensor.Key.Tensor] = t => places.Length == t.Shape[tensor.Key.Axis] ? null : Without(t, tensor.Key.Axis, places, zeroed: false);
        }
    }

    static HashSet<Part> Checked(IModel model, IEnumerable<Part> kept)
    {
        Universe universe = model.Universe();
        HashSet<Part> stay = [.. kept];
        foreach (Part part in stay) universe.PlaceOf(part);
        return stay;
    }

    // what absent parts leave behind, in the biases: summed in double
    static Dictionary<string, Func<Tensor, Tensor?>> Biases(IModel model, HashSet<Part> stay, Absence absence)
    {
        Dictionary<string, Func<Tensor, Tensor?>> changes = [];
        for (int i = 0; i < model.Layers.Count; i++)
        {
            LayerShape shape = model.Layers[i];
            Part mlp = Part.Mlp(i);
            Part[] absent = [.. AbsentHeads(shape, i, stay).Select(head => Part.Head(mlp.Layer, head))];
            if (absent.Length > 0 && shape.AttentionBias is { } attentionBias) changes[attentionBias] = bias => Folded(bias, model.Weights.All[shape.Projection.Tensor], shape.Projection, absent, absence);
            if (shape.Neurons > 0 && shape.MlpBias is { } mlpBias && !stay.Contains(mlp)) changes[mlpBias] = bias => Tensor.From(absence.Of(mlp), bias.Shape.Axes).KeepForever();
        }
        return changes;
    }

    static Tensor Folded(Tensor bias, Tensor projection, HeadRuns runs, Part[] absent, Absence absence)
    {
        int stepOut = runs.Axis == 0 ? 1 : projection.Shape[1], stepHead = runs.Axis == 0 ? projection.Shape[1] : 1;
        float[] folded = new float[bias.Count];
        for (int o = 0; o < folded.Length; o++)
        {
            double sum = bias.Values[o];
            foreach (Part part in absent)
                for (int d = 0; d < runs.Length; d++) sum += (double)projection.Values[o * stepOut + (runs.Start + part.Index * runs.Length + d) * stepHead] * absence.Of(part)[d];
            folded[o] = (float)sum;
        }
        return Tensor.From(folded, folded.Length).KeepForever();
    }

    static Weights Changed(IModel model, Dictionary<string, Func<Tensor, Tensor?>> changes) =>
        model.Weights.Map((name, tensor) => changes.TryGetValue(name, out var change) ? change(tensor) : tensor.Detach());

    // a vector or matrix without some places along an axis, or with zeros there
    static Tensor Without(Tensor t, int axis, int[] places, bool zeroed)
    {
        int rows = axis == 0 ? 1 : t.Shape[0], length = t.Shape[axis], inner = t.Count / (rows * length);
        bool[] gone = new bool[length];
        foreach (int place in places) gone[place] = true;
        int[] axes = t.Shape.Axes.ToArray();
        if (!zeroed) axes[axis] -= places.Length;
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
