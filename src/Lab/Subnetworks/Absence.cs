using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>What an absent part leaves behind: one constant vector per part, zero or the part's mean over a data set.</summary>
public sealed class Absence
{
    readonly Universe universe;
    readonly IReadOnlyDictionary<Part, float[]> left;

    Absence(string kind, Universe universe, IReadOnlyDictionary<Part, float[]> left)
    {
        (Kind, this.universe, this.left) = (kind, universe, left);
        List<AbsentSite> sites = [];
        for (int start = 0; start < universe.Count; start += sites[^1].Count)
        {
            Site site = SiteOf(universe.Parts[start]);
            float[][] vectors = [.. universe.Parts.Skip(start).TakeWhile(p => SiteOf(p) == site).Select(p => left[p])];
            using Scope scope = Scope.Open();
            sites.Add(new(site, start, vectors.Length, Tensor.From(vectors.SelectMany(v => v).ToArray(), vectors.Length, vectors[0].Length).KeepForever()));
        }
        Sites = sites;
    }

    /// <summary>"zero" or "mean"</summary>
    public string Kind { get; }

    /// <summary>Number of parts of the universe.</summary>
    internal int Parts => universe.Count;

    /// <summary>The sites at which parts are removed, with what all parts of a site leave behind.</summary>
    internal IReadOnlyList<AbsentSite> Sites { get; }

    /// <summary>What a part leaves behind: [headWidth] for a head, [width] for an MLP block.</summary>
    public ReadOnlySpan<float> Of(Part part) => left[part];

    /// <summary>Absent parts contribute nothing.</summary>
    public static Absence Zero(IModel model)
    {
        Universe universe = model.Universe();
        return new("zero", universe, universe.Parts.ToDictionary(p => p, p => new float[model.WidthOf(p)]));
    }

    /// <summary>Absent parts contribute their mean over the tokens of these batches.</summary>
    public static Absence Mean(IModel model, IReadOnlyList<Batch> batches, CancellationToken stop = default)
    {
        Universe universe = model.Universe();
        double[][] sums = [.. universe.Parts.Select(p => new double[model.WidthOf(p)])];
        double[]?[][] perBatch = new double[batches.Count][][];
        Parallelism.For(batches.Count, i =>
        {
            stop.ThrowIfCancellationRequested();
            using Scope pass = Scope.Open();
            Recorder recorder = new(site => site.Point is Point.Heads or Point.MlpOut);
            model.Stream(batches[i], recorder, Tokens.All);                      // what comes behind the last layer is no part
            perBatch[i] = [.. universe.Parts.Select(p => SumOverTokens(recorder.Seen[SiteOf(p)], p, model))];
        });
        long tokens = batches.Sum(b => (long)b.Tokens);
        foreach (double[]?[] batch in perBatch)                  // in the order of the batches, so that the sum does not depend on the threads
            for (int p = 0; p < sums.Length; p++)
                for (int d = 0; d < sums[p].Length; d++) sums[p][d] += batch[p]![d];
        return new("mean", universe, universe.Parts.Select((p, i) => (p, sums[i])).ToDictionary(x => x.p, x => Array.ConvertAll(x.Item2, s => (float)(s / tokens))));
    }

    internal static Site SiteOf(Part part) => new(part.Layer, part.Kind == PartKind.Head ? Point.Heads : Point.MlpOut);

    static double[] SumOverTokens(Tensor value, Part part, IModel model)
    {
        var (tokens, width) = value.AsTokens();
        double[] sum = new double[model.WidthOf(part)];
        int start = part.Kind == PartKind.Head ? part.Index * model.HeadWidth : 0;
        ReadOnlySpan<float> values = value.Values;
        for (int t = 0; t < tokens; t++)
            for (int d = 0; d < sum.Length; d++) sum[d] += values[t * width + start + d];
        return sum;
    }

    /// <summary>Writes the vectors, one tensor per part.</summary>
    public void Save(Stream stream) =>
        SafetensorsWriter.Write(stream, universe.Parts.Select(p => new NamedTensor(p.ToString(), [left[p].Length], Dtype.F32, left[p].AsMemory())), new Dictionary<string, string> { ["absence"] = Kind });

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">the file cannot be read, or belongs to another model</exception>
    public static Absence Load(string path, IModel model)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Universe universe = model.Universe();
        Dictionary<Part, float[]> left = [];
        foreach (Part part in universe.Parts)
        {
            int width = model.WidthOf(part);
            if (!file.Contains(part.ToString()) || file.Count(part.ToString()) != width)
                throw new CheckpointException($"{path}: expected a vector of {width} for {part}, found {(file.Contains(part.ToString()) ? $"one of {file.Count(part.ToString())}" : "none")}. The file belongs to another model.");
            file.Read(part.ToString(), left[part] = new float[width]);
        }
        return new(file.Metadata.GetValueOrDefault("absence", "mean"), universe, left);
    }
}

/// <summary>One site of a model and what its parts leave behind when they are absent.</summary>
/// <param name="Site">where the parts' values pass</param>
/// <param name="Start">place of its first part in a mask</param>
/// <param name="Count">number of its parts, which stand together</param>
/// <param name="Left">[part partWidth], for every pass the same</param>
readonly record struct AbsentSite(Site Site, int Start, int Count, Tensor Left);
