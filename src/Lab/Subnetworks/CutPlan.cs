using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// What a cut does to a model: which layers leave it, which heads and neurons of the others, and what stands in for them.
/// </summary>
sealed class CutPlan
{
    /// <param name="model">the full model</param>
    /// <param name="kept">the parts that stay, of those in play</param>
    /// <param name="ablation">what stands in for what does not stay</param>
    /// <exception cref="KeyNotFoundException">a part is not in play</exception>
    /// <exception cref="NotSupportedException">no smaller model computes that</exception>
    internal CutPlan(IModel model, IEnumerable<Part> kept, Ablation ablation)
    {
        Place[] ablated = AblatedPlaces(ablation.Universe, kept);
        if ((WhyNot(ablation) ?? WhyNot(model, ablated)) is { } why) throw new NotSupportedException(why);
        int[] layers = LayersLeft(model, ablated);
        // nothing is to be folded where zeros stand in for ablated parts
        IModel biased = ablation.How.IsZero ? model : model.WithBiases();
        Whole = biased.WithLayers(layers);
        ILookup<Site, Place> at = ablated.ToLookup(place => place.Site);
        Layers = [.. layers.Select((was, now) => new LayerPlan(
            Plan(was, Whole.Layers[now].Attention), Plan(was, Whole.Layers[now].Mlp)))];

        BlockPlan Plan(int was, LayerBlock block) =>
            new(block, [.. at[new(was, block.Inside)]], [.. at[new(was, block.Out)]], ablation);
    }

    /// <summary>The model without its absent layers, with a bias wherever a constant is to be folded in.</summary>
    internal IModel Whole { get; }

    /// <summary>The layers that stay.</summary>
    internal IReadOnlyList<LayerPlan> Layers { get; }

    /// <summary>Changes of biases: what stands in for ablated parts, summed in double.</summary>
    internal Dictionary<string, Func<Tensor, Tensor?>> Biases()
    {
        Dictionary<string, Func<Tensor, Tensor?>> changes = [];
        foreach (BlockPlan block in Layers.SelectMany(layer => (BlockPlan[])[layer.Attention, layer.Mlp]))
        {
            LayerBlock shape = block.Shape;
            if (block.Instead is { } constant)
            {
                // what stands after the block would change what enters it: nothing does
                if (shape.Bias is { } before) changes[before] = bias => Tensor.Zeros(bias.Shape.Axes).KeepForever();
                if (shape.Constant is { } whole) changes[whole] = bias => Tensor.From(constant, bias.Shape.Axes).KeepForever();
            }
            else if (shape.Bias is { } name && block.Ablated.Length > 0)
            {
                changes[name] = bias => block.Folded(bias, Whole.Weights.All[shape.ReadBy.Tensor]);
            }
        }
        return changes;
    }

    /// <summary>What leaves a tensor along an axis: the positions of all that goes with ablated heads and neurons.</summary>
    internal Dictionary<(string Tensor, int Axis), int[]> Gone()
    {
        Dictionary<(string, int), int[]> gone = [];
        foreach (BlockPlan block in Blocks)
        {
            LayerBlock shape = block.Shape;
            int[] groups = block.GroupsLeft;
            Leave([.. shape.Own, shape.ReadBy], block.Ablated);
            Leave(shape.Shared, [.. Enumerable.Range(0, groups.Length).Where(group => groups[group] == 0)]);
        }
        return gone;

        void Leave(IEnumerable<Series> owned, int[] items)
        {
            if (items.Length == 0) return;
            foreach (var tensor in owned.GroupBy(runs => (runs.Tensor, runs.Axis)))
                gone[tensor.Key] = [.. tensor.SelectMany(runs => Positions(runs, items))];
        }
    }

    /// <summary>Tensors that leave whole: with the last of what reads them, or after a block of which nothing is left.</summary>
    internal IEnumerable<string> GoneWhole()
    {
        foreach (BlockPlan block in Blocks.Where(block => block.Left == 0))
        {
            foreach (string name in block.Shape.Before) yield return name;
            if (block.Instead is null || block.Shape.After.Count == 0) continue;
            foreach (string name in block.Shape.After) yield return name;
            if (block.Shape.Bias is { } bias) yield return bias;
        }
    }

    /// <summary>Where runs of some things lie along their axis.</summary>
    internal static int[] Positions(Series runs, int[] items) =>
        [.. items.SelectMany(i => Enumerable.Range(runs.Start + i * runs.Length, runs.Length))];

    IEnumerable<BlockPlan> Blocks => Layers.SelectMany(layer => (BlockPlan[])[layer.Attention, layer.Mlp]);

    /// <summary>Why no smaller model computes what these parts do; null where one does.</summary>
    internal static string? WhyNot(IModel model, IEnumerable<Part> kept, Ablation ablation) =>
        WhyNot(ablation) ?? WhyNot(model, AblatedPlaces(ablation.Universe, kept));

    static string? WhyNot(Ablation ablation) => ablation.IsConstant ? null
        : $"The ablation {ablation.Name} depends on the input, so no smaller model computes what is left: a file holds constants. "
            + "Measure it masked (heartwood evaluate), or search with --ablation mean or --ablation zero.";

    static string? WhyNot(IModel model, IReadOnlyList<Place> ablated)
    {
        if (LayersLeft(model, ablated).Length == 0)
            return "All layers are ablated: nothing of the model is left that could be a smaller one. Keep one layer at least.";
        foreach (Place place in ablated)
        {
            LayerShape shape = model.Layers[place.Site.Layer];
            bool fits = place.PassesOn
                || shape.Blocks.Any(block => place.Site.Point == block.Out && place.Start == 0 && place.Length == model.Width)
                || shape.Blocks.Any(block => place.Site.Point == block.Inside
                    && place.Start % block.ItemWidth == 0 && place.Length % block.ItemWidth == 0);
            if (!fits)
                return $"{place.Part} is a stretch of {place.Length} from {place.Start} at {place.Site}: "
                    + "no whole head, neuron, block or layer, which alone can be cut from a file. Measure such parts masked.";
        }
        return null;
    }

    static Place[] AblatedPlaces(Universe universe, IEnumerable<Part> kept)
    {
        bool[] stays = new bool[universe.Count];
        foreach (Part part in kept) stays[universe.PlaceOf(part)] = true;
        return [.. universe.Places.Where((_, i) => !stays[i])];
    }

    static int[] LayersLeft(IModel model, IReadOnlyList<Place> ablated)
    {
        HashSet<int> gone = [.. ablated.Where(place => place.PassesOn).Select(place => place.Site.Layer)];
        return [.. Enumerable.Range(0, model.Layers.Count).Where(layer => !gone.Contains(layer))];
    }
}

/// <summary>What becomes of a layer.</summary>
/// <param name="Attention">its attention</param>
/// <param name="Mlp">its MLP</param>
sealed record LayerPlan(BlockPlan Attention, BlockPlan Mlp);

/// <summary>What becomes of a block.</summary>
sealed class BlockPlan
{
    readonly bool[] gone;
    readonly float[] values;                                     // [item itemWidth]: what stands in for what is gone

    /// <param name="shape">the block, as it is in the model</param>
    /// <param name="inside">ablated parts among what stands side by side in it</param>
    /// <param name="whole">ablated parts that are all that it adds to the residual stream</param>
    /// <param name="ablation">what stands in for what does not stay</param>
    internal BlockPlan(LayerBlock shape, Place[] inside, Place[] whole, Ablation ablation)
    {
        Shape = shape;
        (gone, values) = (new bool[shape.Count], new float[shape.Count * shape.ItemWidth]);
        foreach (Place place in inside)
        {
            ablation.ConstantOf(place).CopyTo(values.AsSpan(place.Start, place.Length));
            gone.AsSpan(place.Start / shape.ItemWidth, place.Length / shape.ItemWidth).Fill(true);
        }
        foreach (Place place in whole) Instead = ablation.ConstantOf(place).ToArray();
        if (Instead is not null) gone.AsSpan().Fill(true);
        Ablated = [.. Enumerable.Range(0, gone.Length).Where(i => gone[i])];
    }

    /// <summary>The block, as it is in the model.</summary>
    internal LayerBlock Shape { get; }

    /// <summary>Numbers of the heads or neurons that leave it.</summary>
    internal int[] Ablated { get; }

    /// <summary>How many stay.</summary>
    internal int Left => Shape.Count - Ablated.Length;

    /// <summary>What the block adds to the residual stream where all of it is ablated; null where it is not.</summary>
    internal float[]? Instead { get; }

    /// <summary>How many heads each key and value head still serves.</summary>
    internal int[] GroupsLeft
    {
        get
        {
            int[] left = [.. Shape.Groups];
            foreach (int item in left.Length == 0 ? [] : Ablated) left[Shape.GroupAt(item)]--;
            return left;
        }
    }

    /// <summary>The block's bias with what its matrix makes of the constants.</summary>
    internal Tensor Folded(Tensor bias, Tensor matrix)
    {
        Series runs = Shape.ReadBy;
        int stepOut = runs.Axis == 0 ? 1 : matrix.Shape[1], stepIn = runs.Axis == 0 ? matrix.Shape[1] : 1;
        float[] folded = new float[bias.Count];
        ReadOnlySpan<float> weights = matrix.Values;
        for (int o = 0; o < folded.Length; o++)
        {
            double sum = bias.Values[o];
            foreach (int item in Ablated)
                for (int d = 0; d < runs.Length; d++)
                    sum += (double)weights[o * stepOut + (runs.Start + item * runs.Length + d) * stepIn] * values[item * runs.Length + d];
            folded[o] = (float)sum;
        }
        return Tensor.From(folded, folded.Length).KeepForever();
    }
}
