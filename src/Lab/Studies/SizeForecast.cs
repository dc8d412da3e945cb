using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>What a cut model would be at one sparsity, before anything is searched.</summary>
/// <param name="Sparsity">the fraction of the parts in play that are ablated</param>
/// <param name="Parts">how many parts are left</param>
/// <param name="Weights">weights left in the file, embeddings and all, where as many parts of each kind are ablated</param>
/// <param name="Fewest">the same where the heaviest parts are ablated</param>
/// <param name="Most">the same where the lightest parts are ablated</param>
/// <param name="Bytes">bytes of <paramref name="Weights"/> as stored, in the dtypes of the model's file</param>
/// <param name="SecondsPer1000Tokens">time, from layers that were run on this machine; null where it was not measured</param>
public sealed record SizeAt(
    double Sparsity, int Parts, long Weights, long Fewest, long Most, long Bytes, double? SecondsPer1000Tokens);

/// <summary>What sparsities mean in weights, bytes and time, of some kinds of part in play.</summary>
/// <param name="Kinds">names of the kinds</param>
/// <param name="Parts">how many parts there are</param>
/// <param name="SecondsPer1000Tokens">time of the full model; null where it was not measured</param>
/// <param name="Sizes">the sparsities at which something is left, ascending</param>
public sealed record SizeForecast(
    IReadOnlyList<string> Kinds, int Parts, double? SecondsPer1000Tokens, IReadOnlyList<SizeAt> Sizes)
{
    static readonly double[] sparsities = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    /// <summary>
    /// Counts exactly what cuts would hold; nothing is cut for it. Biases that constants in the place of ablated parts would need are not
    /// counted.
    /// </summary>
    /// <param name="model">the full model</param>
    /// <param name="universe">the parts in play</param>
    /// <param name="times">times of a layer; null for none</param>
    internal static SizeForecast Make(IModel model, Universe universe, TimeTable? times)
    {
        Ablation zero = Ablation.Zero(universe);
        Part[][] shuffled = [.. universe.Strata.Select(Shuffled)];   // what a lower sparsity ablates, a higher one does too
        Part[] heaviest = [.. universe.Places.OrderByDescending(place => Own(model, place)).Select(place => place.Part)];
        List<SizeAt> sizes = [];
        foreach (double sparsity in sparsities)
        {
            int kept = universe.KeptAt(sparsity);
            Part[] even = [.. shuffled.Zip(Shares(universe, kept), (parts, count) => parts[..count]).SelectMany(parts => parts).Order()];
            if (Cutting.WhyNot(model, even, zero) is not null) continue;
            CutSize size = Cutting.SizeOfCut(model, even, zero);
            long light = WeightsOf(heaviest[^kept..]) ?? size.Weights, heavy = WeightsOf(heaviest[..kept]) ?? size.Weights;
            sizes.Add(new(sparsity, kept, size.Weights, Math.Min(light, size.Weights), Math.Max(heavy, size.Weights), size.Bytes,
                times?.SecondsPer1000Tokens(size)));
        }
        CutSize full = Cutting.SizeOfCut(model, universe.Parts, zero);
        return new([.. universe.Kinds.Select(kind => kind.Name)], universe.Count, times?.SecondsPer1000Tokens(full), sizes);

        long? WeightsOf(Part[] left) =>
            Cutting.WhyNot(model, left, zero) is null ? Cutting.SizeOfCut(model, left, zero).Weights : null;
    }

    /// <summary>Numbers that only this part has: gone from the file when it is cut.</summary>
    internal static long Own(IModel model, Place place) => place.Own.Sum(own =>
    {
        Tensor tensor = model.Weights.All[own.Tensor];
        return (long)own.Length * tensor.Count / tensor.Shape[own.Axis];
    });

    static Part[] Shuffled(Stratum stratum, int number)
    {
        Part[] parts = [.. stratum.Parts];
        new Chance(1, "size forecast").At(number).Stream().Shuffle<Part>(parts);
        return parts;
    }

    // so many parts in all, of each stratum its share of them, what is left over to those with the largest remainders
    static int[] Shares(Universe universe, int kept)
    {
        double[] shares = [.. universe.Strata.Select(stratum => (double)kept * stratum.Parts.Count / universe.Count)];
        int[] counts = [.. shares.Select(share => (int)share)];
        int[] byRemainder = [.. Enumerable.Range(0, counts.Length).OrderByDescending(i => shares[i] - counts[i])];
        foreach (int i in byRemainder.Take(kept - counts.Sum())) counts[i]++;
        return counts;
    }
}
