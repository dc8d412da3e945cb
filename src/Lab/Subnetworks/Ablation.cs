using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>The parts in play, and what stands in for those that are ablated.</summary>
public sealed class Ablation
{
    readonly HashSet<Site> wanted;

    /// <summary>Parts and what stands in for them; what of it is slow is done now (<see cref="IAblation.Prepare"/>).</summary>
    /// <param name="universe">the parts in play</param>
    /// <param name="how">what stands in</param>
    /// <param name="stop">ends the work</param>
    public Ablation(Universe universe, IAblation how, CancellationToken stop = default)
    {
        (Universe, How) = (universe, how);
        how.Prepare(stop);
        List<AblatedSite> sites = [];
        for (int start = 0; start < universe.Count; start += sites[^1].Count)
        {
            Place first = universe.Places[start];
            Place[] here = [.. universe.Places.Skip(start)
                .TakeWhile(place => place.Site == first.Site && place.Length == first.Length && place.Kind.Name == first.Kind.Name)];
            Tensor? constant = first.PassesOn || !how.IsConstant ? null : Table(here);
            sites.Add(new(first.Site, start, [.. here.Select(place => place.Start)], first.Length, first.PassesOn, constant));
        }
        Sites = sites;
        wanted = [.. sites.Where(site => !site.PassesOn).Select(site => site.Site)];
    }

    /// <summary>What stands in.</summary>
    public IAblation How { get; }

    /// <summary>As <c>--ablation</c> writes it.</summary>
    public string Name => How.Name;

    /// <summary>Whether one constant stands in for each part, so that subnetworks can be cut.</summary>
    public bool IsConstant => How.IsConstant;

    /// <summary>The parts in play.</summary>
    public Universe Universe { get; }

    /// <summary>The sites at which parts are removed, with what stands in for all parts of a site.</summary>
    internal IReadOnlyList<AblatedSite> Sites { get; }

    /// <summary>
    /// What stands in for a part whatever the input, as wide as its value;
    /// nothing for a part without which its layer's input passes on.
    /// </summary>
    /// <exception cref="InvalidOperationException">it depends on the input</exception>
    public ReadOnlySpan<float> ConstantOf(Place place) => place.PassesOn ? [] : How.Constant(place);

    /// <inheritdoc cref="ConstantOf(Place)"/>
    public ReadOnlySpan<float> ConstantOf(Part part) => ConstantOf(Universe.Places[Universe.PlaceOf(part)]);

    /// <summary>What stands in at the sites of one pass; null where it is the same for every pass.</summary>
    /// <param name="model">the full model</param>
    /// <param name="batch">the pass's input</param>
    /// <param name="last">which tokens the last layer computes</param>
    /// <param name="pairs">the rows' own pairs, one for each sequence; null where they have none</param>
    public IReadOnlyDictionary<Site, Tensor>? On(IModel model, Batch batch, Tokens last, Batch? pairs = null) =>
        IsConstant ? null : How.On(new(model, batch, pairs, last, wanted));

    /// <summary>A probe that ablates some parts and keeps the others.</summary>
    /// <exception cref="KeyNotFoundException">a part is not in play</exception>
    /// <exception cref="InvalidOperationException">what stands in depends on the input: make a <see cref="MaskProbe"/></exception>
    public IProbe Without(params IEnumerable<Part> parts) => new MaskProbe(MaskProbe.Without(Universe, parts), this);

    /// <summary>A probe that keeps some parts and ablates the others: a subnetwork.</summary>
    /// <inheritdoc cref="Without"/>
    public IProbe Only(params IEnumerable<Part> parts) => new MaskProbe(MaskProbe.Only(Universe, parts), this);

    /// <summary>Zero stands in.</summary>
    /// <param name="universe">the parts in play</param>
    public static Ablation Zero(Universe universe) => new(universe, new Zero());

    /// <summary>The mean over all tokens of these batches stands in.</summary>
    /// <param name="model">the model</param>
    /// <param name="universe">the parts in play</param>
    /// <param name="batches">the data</param>
    /// <param name="stop">ends the work</param>
    public static Ablation Mean(IModel model, Universe universe, IReadOnlyList<Batch> batches, CancellationToken stop = default) =>
        new(universe, new Mean(new(model, universe, [], () => batches), byPosition: false), stop);

    /// <summary>The means that a file holds stand in.</summary>
    /// <exception cref="CheckpointException">the file cannot be read, or belongs to another model or to other parts</exception>
    public static Ablation Load(string path, IModel model, Universe universe)
    {
        Mean means = new(AblationSource.Without(model, universe), byPosition: false);
        means.Restore(path);
        return new(universe, means);
    }

    /// <summary>Writes what a run keeps of it.</summary>
    public void Save(Stream stream) => How.Save(stream);

    Tensor Table(Place[] here)
    {
        using Scope scope = Scope.Open();
        float[] rows = new float[here.Length * here[0].Length];
        for (int p = 0; p < here.Length; p++) ConstantOf(here[p]).CopyTo(rows.AsSpan(p * here[0].Length));
        return Tensor.From(rows, here.Length, here[0].Length).KeepForever();
    }
}

/// <summary>Neighbours in a mask whose values pass one site, each as wide as the others.</summary>
/// <param name="Site">where the parts' values pass</param>
/// <param name="First">place of the first in a mask</param>
/// <param name="Starts">where the value of each starts along the site's width</param>
/// <param name="Width">how wide the value of each is</param>
/// <param name="PassesOn">whether what entered the layer stands in for them</param>
/// <param name="Constant">what stands in for them, [part partWidth], for every pass the same; null where it depends on the pass</param>
readonly record struct AblatedSite(Site Site, int First, int[] Starts, int Width, bool PassesOn, Tensor? Constant)
{
    /// <summary>How many parts.</summary>
    public int Count => Starts.Length;

    /// <summary>Whether they fill a site of this width, side by side.</summary>
    public bool Fills(int width)
    {
        for (int p = 0; p < Starts.Length; p++) if (Starts[p] != p * Width) return false;
        return Count * Width == width;
    }
}
