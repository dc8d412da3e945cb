using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>What absent parts leave behind: one constant vector per part, zero or the part's mean over a data set.</summary>
public sealed class Ablation
{
    readonly IReadOnlyDictionary<Site, float[]> left;

    Ablation(string kind, Universe universe, IReadOnlyDictionary<Site, float[]> left)
    {
        (Kind, Universe, this.left) = (kind, universe, left);
        List<AblatedSite> sites = [];
        for (int start = 0; start < universe.Count; start += sites[^1].Count)
        {
            Place first = universe.Places[start];
            Place[] here = [.. universe.Places.Skip(start)
                .TakeWhile(place => place.Site == first.Site && place.Length == first.Length && place.Kind.Name == first.Kind.Name)];
            sites.Add(new(first.Site, start, [.. here.Select(place => place.Start)], first.Length, first.PassesOn ? null : Table(here)));
        }
        Sites = sites;
    }

    /// <summary>"zero" or "mean"</summary>
    public string Kind { get; }

    /// <summary>The parts in play.</summary>
    public Universe Universe { get; }

    /// <summary>The sites at which parts are removed, with what all parts of a site leave behind.</summary>
    internal IReadOnlyList<AblatedSite> Sites { get; }

    /// <summary>What a part leaves behind, as wide as its value; nothing of a part without which its layer's input passes on.</summary>
    public ReadOnlySpan<float> Of(Place place) =>
        place.PassesOn ? [] : left.TryGetValue(place.Site, out float[]? values) ? values.AsSpan(place.Start, place.Length) : new float[place.Length];

    /// <inheritdoc cref="Of(Place)"/>
    public ReadOnlySpan<float> Of(Part part) => Of(Universe.Places[Universe.PlaceOf(part)]);

    /// <summary>Absent parts contribute nothing.</summary>
    /// <param name="universe">the parts in play</param>
    public static Ablation Zero(Universe universe) => new("zero", universe, new Dictionary<Site, float[]>());

    /// <summary>Absent parts contribute their mean over the tokens of these batches.</summary>
    /// <param name="model">the model</param>
    /// <param name="universe">the parts in play</param>
    /// <param name="batches">the data</param>
    /// <param name="stop">ends the work</param>
    public static Ablation Mean(IModel model, Universe universe, IReadOnlyList<Batch> batches, CancellationToken stop = default)
    {
        Site[] sites = SitesOf(universe);
        double[][][] perBatch = new double[batches.Count][][];
        Parallelism.For(batches.Count, i =>
        {
            stop.ThrowIfCancellationRequested();
            using Scope pass = Scope.Open();
            Recorder recorder = new(sites.Contains);
            model.Stream(batches[i], recorder, Tokens.All);                      // what comes after the last layer is no part
            perBatch[i] = [.. sites.Select(site => SumOverTokens(recorder.Seen[site]))];
        });
        long tokens = batches.Sum(b => (long)b.Tokens);
        Dictionary<Site, float[]> means = [];
        for (int s = 0; s < sites.Length; s++)
        {
            double[] sum = new double[perBatch[0][s].Length];
            foreach (double[][] batch in perBatch)               // in the order of the batches, so that the sum does not depend on the threads
                for (int d = 0; d < sum.Length; d++) sum[d] += batch[s][d];
            means[sites[s]] = Array.ConvertAll(sum, total => (float)(total / tokens));
        }
        return new("mean", universe, means);
    }

    static Site[] SitesOf(Universe universe) => [.. universe.Places.Where(place => !place.PassesOn).Select(place => place.Site).Distinct()];

    static double[] SumOverTokens(Tensor value)
    {
        var (tokens, width) = value.AsTokens();
        double[] sum = new double[width];
        ReadOnlySpan<float> values = value.Values;
        for (int t = 0; t < tokens; t++)
            for (int d = 0; d < width; d++) sum[d] += values[t * width + d];
        return sum;
    }

    Tensor Table(Place[] here)
    {
        using Scope scope = Scope.Open();
        float[] rows = new float[here.Length * here[0].Length];
        for (int p = 0; p < here.Length; p++) Of(here[p]).CopyTo(rows.AsSpan(p * here[0].Length));
        return Tensor.From(rows, here.Length, here[0].Length).KeepForever();
    }

    /// <summary>Writes the vectors, one tensor per site.</summary>
    public void Save(Stream stream) => SafetensorsWriter.Write(stream,
        left.Select(site => new NamedTensor($"{site.Key}", [site.Value.Length], Dtype.F32, site.Value.AsMemory())),
        new Dictionary<string, string> { ["ablation"] = Kind });

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">the file cannot be read, or belongs to another model or to other parts</exception>
    public static Ablation Load(string path, Universe universe)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        string kind = file.Metadata.GetValueOrDefault("ablation", "mean");
        if (kind == "zero") return Zero(universe);
        Dictionary<Site, float[]> left = [];
        foreach (Site site in SitesOf(universe))
        {
            int width = universe.Places.Where(place => place.Site == site).Max(place => place.Start + place.Length);
            string name = $"{site}";
            if (!file.Contains(name) || file.Count(name) != width)
                throw new CheckpointException($"{path}: expected a vector of {width} for {name}, "
                    + $"found {(file.Contains(name) ? $"one of {file.Count(name)}" : "none")}. The file belongs to another model, or to other parts.");
            file.Read(name, left[site] = new float[width]);
        }
        return new(kind, universe, left);
    }
}

/// <summary>Neighbours in a mask whose values pass one site, each as wide as the others.</summary>
/// <param name="Site">where the parts' values pass</param>
/// <param name="First">place of the first in a mask</param>
/// <param name="Starts">where the value of each starts along the site's width</param>
/// <param name="Width">how wide the value of each is</param>
/// <param name="Left">what they leave behind, [part partWidth], for every pass the same; null where what enters the layer passes on</param>
readonly record struct AblatedSite(Site Site, int First, int[] Starts, int Width, Tensor? Left)
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
