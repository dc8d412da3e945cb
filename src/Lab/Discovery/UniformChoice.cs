using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// Chooses parts by their scores so that every layer that stays keeps as many heads, key and value heads and neurons as any other: the
/// model that is left has sizes that one config.json can say. How many of each there are follows the ranking of all parts; which ones, the
/// ranking within each layer.
/// </summary>
public sealed class UniformChoice
{
    readonly IModel model;
    readonly Universe universe;
    readonly int layers, heads, neurons, shared;
    readonly int[] headCounts;
    readonly bool ofLayers, ofHeads, ofNeurons;

    /// <summary>Prepares choices among some parts.</summary>
    /// <param name="model">the full model</param>
    /// <param name="universe">the parts in play: heads, neurons and layers, or some of these kinds</param>
    /// <param name="allowed">whether a number of heads can be written; asked where fewer than all would stay</param>
    /// <exception cref="ArgumentException">parts are of another kind, or the model's own layers differ</exception>
    public UniformChoice(IModel model, Universe universe, Func<int, bool> allowed)
    {
        (this.model, this.universe, layers) = (model, universe, model.Layers.Count);
        LayerShape first = model.Layers[0];
        (heads, neurons, shared) = (first.Heads, first.Neurons, first.HeadsPerKeyValueHead.Count);
        if (Place(p => !IsLayer(p) && !IsWhole(p, shape => shape.Attention) && !IsWhole(p, shape => shape.Mlp)) is { } other)
            throw new ArgumentException($"--uniform chooses among heads, neurons and layers, of which every layer keeps as many as any "
                + $"other; {other.Part} is one of the {other.Kind.Many}, and a layer without it has a form of its own. "
                + "Search with --parts heads,neurons, or with layers,neurons.");
        if (model.Layers.Any(l => l.Heads != heads || l.Neurons != neurons
            || !l.HeadsPerKeyValueHead.SequenceEqual(first.HeadsPerKeyValueHead) || l.HeadsPerKeyValueHead.Distinct().Count() > 1))
            throw new ArgumentException("--uniform begins with a model whose layers are all alike; this one is a cut whose layers have "
                + "sizes of their own. Give the model that it was cut from.");
        ofLayers = Place(IsLayer) is not null;
        ofHeads = Place(p => p.Site.Point == Point.Heads) is not null;
        ofNeurons = Place(p => p.Site.Point == Point.Neurons) is not null;
        headCounts = [.. Enumerable.Range(1, heads).Where(count => count == heads || (allowed(count) && Groupings(count).Any()))];

        Place? Place(Func<Place, bool> wanted) => universe.Places.FirstOrDefault(wanted);
    }

    static bool IsLayer(Place place) => place.PassesOn;

    bool IsWhole(Place place, Func<LayerShape, LayerBlock> block) => block(model.Layers[place.Site.Layer]) is var b
        && place.Site.Point == b.Inside && place.Length == b.ItemWidth && place.Start % b.ItemWidth == 0;

    /// <summary>
    /// The parts to keep at a sparsity: as near to (1 − sparsity) · parts as equal numbers in every layer come, of each layer those of
    /// the highest scores.
    /// </summary>
    /// <param name="scores">one for each part in play</param>
    /// <param name="sparsity">the fraction of parts that are ablated, 0 to 1</param>
    /// <returns>the parts in address order; of a layer that goes, none</returns>
    public IReadOnlyList<Part> KeptAt(Scores scores, double sparsity)
    {
        Part[] ranked = [.. scores.Ranked(universe)];
        Dictionary<Part, int> rank = ranked.Index().ToDictionary(p => p.Item, p => p.Index);
        int kept = universe.KeptAt(sparsity), most = (ofLayers ? 1 : 0) + (ofHeads ? heads : 0) + (ofNeurons ? neurons : 0);
        Part[] top = ranked[..kept];
        HashSet<int> left = [.. Enumerable.Range(0, layers)];
        if (ofLayers)
        {
            int wanted = Math.Max(1, Math.Max(top.Count(p => IsLayer(PlaceOf(p))), (kept + most - 1) / most));
            left = [.. ranked.Where(p => IsLayer(PlaceOf(p))).Take(wanted).Select(p => p.Layer)];
        }
        double each = (double)kept / left.Count - (ofLayers ? 1 : 0);
        double share = !ofHeads ? 0 : !ofNeurons ? each : (double)top.Count(p => left.Contains(p.Layer) && IsHead(p)) / left.Count;
        int headsLeft = ofHeads ? Nearest(share, each) : 0;
        int neuronsLeft = ofNeurons ? Math.Clamp((int)Math.Floor(each - headsLeft + 0.5), 1, neurons) : 0;
        List<Part> chosen = [.. universe.Parts.Where(p => IsLayer(PlaceOf(p)) && left.Contains(p.Layer))];
        if (ofHeads) chosen.AddRange(HeadsOf(left, headsLeft, rank));
        foreach (int layer in ofNeurons ? [.. left] : (int[])[])
            chosen.AddRange(universe.Parts.Where(p => p.Layer == layer && PlaceOf(p).Site.Point == Point.Neurons)
                .OrderBy(p => rank[p]).Take(neuronsLeft));
        return [.. chosen.Order()];
    }

    // of the numbers of heads next to which there are neurons enough for the rest, the nearest to their share; of two as near the larger
    int Nearest(double share, double each)
    {
        int[] fitting = [.. headCounts.Where(count => !ofNeurons || (each - count < neurons + 0.5 && each - count > 0.5))];
        int[] from = fitting.Length > 0 ? fitting : headCounts;
        return from.OrderBy(count => Math.Abs(count - share)).ThenByDescending(count => count).First();
    }

    /// <summary>How many parts in all every possible choice keeps where only heads, or only neurons, are in play; null otherwise.</summary>
    public IReadOnlyList<int>? Possible => ofLayers || (ofHeads && ofNeurons) ? null
        : [.. (ofHeads ? headCounts : Enumerable.Range(1, neurons)).Select(count => count * layers)];

    // k key and value heads that serve m heads each; of the ways to so many heads the one whose heads rank highest together
    IEnumerable<Part> HeadsOf(IReadOnlySet<int> left, int count, Dictionary<Part, int> rank)
    {
        Part[][] byLayer = [.. left.Order().Select(layer => universe.Parts.Where(p => p.Layer == layer && IsHead(p)).ToArray())];
        if (shared == 0) return byLayer.SelectMany(all => all.OrderBy(p => rank[p]).Take(count));
        Part[][] ways = [.. Groupings(count).Select(way => byLayer.SelectMany(all => all.Chunk(heads / shared)
            .Select(group => group.OrderBy(p => rank[p]).Take(way.Serves).ToArray())
            .OrderBy(group => group.Sum(p => (long)rank[p])).Take(way.Groups).SelectMany(group => group)).ToArray())];
        return ways.OrderBy(way => way.Sum(p => (long)rank[p])).First();
    }

    // where nothing is shared, one way: any heads
    IEnumerable<(int Groups, int Serves)> Groupings(int count) => shared == 0 ? [(count, 1)]
        : Enumerable.Range(1, shared).Where(groups => count % groups == 0 && count / groups <= heads / shared)
            .Select(groups => (groups, count / groups)).Reverse();

    Place PlaceOf(Part part) => universe.Places[universe.PlaceOf(part)];

    bool IsHead(Part part) => PlaceOf(part).Site.Point == Point.Heads;
}
