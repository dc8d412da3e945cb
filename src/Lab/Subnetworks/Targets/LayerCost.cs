using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks.Targets;

/// <summary>What one layer costs: as an inner one, and as the last of those that stay, which differ in time only.</summary>
sealed class LayerCost
{
    readonly double fixedInner, fixedLast;
    readonly BlockCost[] blocks;

    /// <param name="model">the model</param>
    /// <param name="shape">the layer</param>
    /// <param name="number">its number</param>
    /// <param name="at">the parts in play by where they stand</param>
    /// <param name="size">what a number of a tensor costs</param>
    /// <param name="table">where time is counted, the times; null where tensors are</param>
    internal LayerCost(
        IModel model, LayerShape shape, int number, ILookup<Site, (Place Place, int At)> at, Func<string, double> size, TimeTable? table)
    {
        Place = at[new(number, Point.LayerOut)].Where(p => p.Place.PassesOn).Select(p => p.At).FirstOrDefault(-1);
        blocks = [.. shape.Blocks.Select((block, i) => new BlockCost(model, block, number, at, size, i == 0
            ? (table?.Inner.AnyHead ?? 0, table?.Last.AnyHead ?? 0, table?.Inner.EachHead ?? 0, table?.Last.EachHead ?? 0)
            : (table?.Inner.AnyNeuron ?? 0, table?.Last.AnyNeuron ?? 0, table?.Inner.EachNeuron ?? 0, table?.Last.EachNeuron ?? 0)))];
        string start = $"{shape.Name}.";
        Whole = table is not null ? 0 : model.Weights.All.Where(t => t.Key.StartsWith(start, StringComparison.Ordinal))
            .Sum(t => t.Value.Count * size(t.Key));
        (fixedInner, fixedLast) = table is null ? (Whole - blocks.Sum(b => b.All), Whole - blocks.Sum(b => b.All))
            : (table.Inner.None, table.Last.None);
        Served = (Place < 0 ? 0 : 1) + blocks.Sum(b => b.Served);
    }

    /// <summary>The layer's own place in the universe; −1 where layers are not in play.</summary>
    internal int Place { get; }

    /// <summary>What all of its tensors cost.</summary>
    internal double Whole { get; }

    /// <summary>How many parts in play lie in it.</summary>
    internal int Served { get; }

    /// <summary>The place of the block that a part lies in; −1 where blocks are not in play.</summary>
    internal int BlockOf(int place) => blocks.FirstOrDefault(b => b.Holds(place))?.Place ?? -1;

    /// <summary>What it is expected to cost while it is there.</summary>
    internal (double Inner, double Last) Content(double[] present)
    {
        double inner = fixedInner, last = fixedLast;
        foreach (BlockCost block in blocks)
        {
            var (more, moreLast) = block.Content(present);
            (inner, last) = (inner + more, last + moreLast);
        }
        return (inner, last);
    }

    /// <summary>Adds how that moves with each part in it.</summary>
    /// <param name="present">the probability of each part</param>
    /// <param name="inner">what the cost as an inner layer counts</param>
    /// <param name="last">what the cost as the last layer counts</param>
    /// <param name="slopes">by part</param>
    internal void Slopes(double[] present, double inner, double last, double[] slopes)
    {
        foreach (BlockCost block in blocks) block.Slopes(present, inner, last, slopes);
    }
}

/// <summary>
/// What one block costs: each of its heads or neurons, what heads share, what is there with any of them, and with the block.
/// </summary>
sealed class BlockCost
{
    readonly int[] places;                                       // of each head or neuron; −1 where it is not in play
    readonly int[] groups;                                       // where each group ends, exclusive; none where nothing is shared
    readonly double each, eachLast, shared, any, anyLast, whole;

    internal BlockCost(IModel model, LayerBlock block, int layer, ILookup<Site, (Place Place, int At)> at, Func<string, double> size,
        (double Any, double AnyLast, double Each, double EachLast) time)
    {
        IReadOnlyDictionary<string, Tensor> tensors = model.Weights.All;
        double Numbers(Series runs) =>
            (double)runs.Length * tensors[runs.Tensor].Count / tensors[runs.Tensor].Shape[runs.Axis] * size(runs.Tensor);
        double Tensors(IEnumerable<string> names) => names.Where(tensors.ContainsKey).Sum(name => tensors[name].Count * size(name));
        Place = at[new(layer, block.Out)].Where(p => !p.Place.PassesOn).Select(p => p.At).FirstOrDefault(-1);
        places = new int[block.Count];
        Array.Fill(places, -1);
        foreach (var (place, number) in at[new(layer, block.Inside)])
            if (place.Length == block.ItemWidth && place.Start % block.ItemWidth == 0) places[place.Start / block.ItemWidth] = number;
        Served = (Place < 0 ? 0 : 1) + places.Count(p => p >= 0);
        double own = block.Count == 0 ? 0 : block.Own.Append(block.ReadBy).Sum(Numbers);
        (each, eachLast) = (own + time.Each, own + time.EachLast);
        groups = [.. block.Groups.Select((_, g) => block.Groups.Take(g + 1).Sum())];
        shared = groups.Length == 0 ? 0 : block.Shared.Sum(Numbers);
        double before = block.Count == 0 ? 0 : Tensors(block.Before);
        (any, anyLast) = (before + time.Any, before + time.AnyLast);
        whole = block.After.Count == 0 || block.Count == 0 ? 0
            : Tensors([.. block.After, .. block.Bias is { } bias ? (string[])[bias] : []]);
        All = own * block.Count + shared * groups.Length + before + whole;
    }

    /// <summary>The block's own place in the universe; −1 where such blocks are not in play.</summary>
    internal int Place { get; }

    internal int Served { get; }

    /// <summary>What all of it costs in tensors.</summary>
    internal double All { get; }

    internal bool Holds(int place) => Place == place || Array.IndexOf(places, place) >= 0;

    static double At(int place, double[] present) => place < 0 ? 1 : present[place];

    internal (double Inner, double Last) Content(double[] present)
    {
        double block = At(Place, present);
        if (block == 0 || places.Length == 0) return (0, 0);
        double sum = 0, none = 1, groupsThere = 0;
        for (int i = 0, g = 0; i < places.Length; g++)
        {
            double noneHere = 1;
            for (int end = groups.Length == 0 ? places.Length : groups[g]; i < end; i++)
            {
                double p = At(places[i], present);
                sum += p;
                noneHere *= 1 - p;
            }
            groupsThere += 1 - noneHere;
            none *= noneHere;
        }
        double common = whole + shared * groupsThere;
        return (block * (common + any * (1 - none) + each * sum), block * (common + anyLast * (1 - none) + eachLast * sum));
    }

    internal void Slopes(double[] present, double inner, double last, double[] slopes)
    {
        if (places.Length == 0) return;
        double block = At(Place, present);
        if (Place >= 0)
        {
            double kept = present[Place];
            present[Place] = 1;
            var (asInner, asLast) = Content(present);
            present[Place] = kept;
            slopes[Place] += inner * asInner + last * asLast;
        }
        double[] absent = [.. places.Select(p => 1 - At(p, present))];
        double[] others = Others(absent, 0, absent.Length), ofGroup = others;
        if (groups.Length > 0)
        {
            ofGroup = new double[absent.Length];
            for (int g = 0, from = 0; g < groups.Length; from = groups[g++])
                Others(absent, from, groups[g]).CopyTo(ofGroup, from);
        }
        for (int i = 0; i < places.Length; i++)
        {
            if (places[i] < 0) continue;
            double common = shared * (groups.Length == 0 ? 0 : ofGroup[i]);
            slopes[places[i]] += block * (inner * (each + any * others[i] + common) + last * (eachLast + anyLast * others[i] + common));
        }
    }

    // of each of some numbers, the product of all the others
    static double[] Others(double[] numbers, int from, int end)
    {
        double[] products = new double[end - from];
        double before = 1, after = 1;
        for (int i = from; i < end; before *= numbers[i++]) products[i - from] = before;
        for (int i = end - 1; i >= from; after *= numbers[i--]) products[i - from] *= after;
        return products;
    }
}
