using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks.Ablations;

/// <summary>
/// Ablated parts contribute their mean over a data set: over all tokens, which is one constant, or position by position (counted from
/// each sequence's first token), which is none.
/// </summary>
/// <param name="source">the model, the parts in play and the data</param>
/// <param name="byPosition">whether each position has a mean of its own</param>
public sealed class Mean(AblationSource source, bool byPosition) : IAblation
{
    const string Tokens = "tokens", Position = "position";

    /// <summary>As the command line names it.</summary>
    public static AblationKind Kind { get; } = new(
        "mean", $"its mean over the data (by={Tokens}: over all tokens; by={Position}: position by position)", NeedsData: true, spec =>
        {
            bool byPosition = spec.Choice("by", Tokens, Position) == Position;
            return source => new Mean(source, byPosition);
        });

    Dictionary<Site, float[]>? means;                            // [width], or [position width]

    /// <inheritdoc/>
    public string Name => byPosition ? $"{Kind.Name},by={Position}" : Kind.Name;

    /// <inheritdoc/>
    public bool IsConstant => !byPosition;

    /// <inheritdoc/>
    public bool IsKept => true;

    // how many positions the data has
    int Positions => byPosition ? source.Rows.Max(row => row.Ids.Length) : 1;

    /// <inheritdoc/>
    public bool Serves(Sequence row, Sequence? pair) => !byPosition || row.Ids.Length <= Positions;

    /// <inheritdoc/>
    public string Lacking => $"are longer than any row of the data ({Positions} tokens), so that their last positions have no mean";

    Site[] Sites => [.. source.Universe.Places.Where(place => !place.PassesOn).Select(place => place.Site).Distinct()];

    /// <inheritdoc/>
    public void Prepare(CancellationToken stop)
    {
        if (means is not null) return;
        IReadOnlyList<Batch> batches = source.Batches();
        if (batches.Count == 0)
            throw new InvalidDataException("Means are taken over data, and there is none. Give --data FILE, or --ablation zero.");
        Site[] sites = Sites;
        HashSet<Site> wanted = [.. sites];
        int positions = Positions;
        double[][][] perBatch = new double[batches.Count][][];
        Parallelism.For(batches.Count, i =>
        {
            stop.ThrowIfCancellationRequested();
            using Scope pass = Scope.Open();
            Recorder recorder = new(wanted.Contains);
            source.Model.Stream(batches[i], recorder, Models.Tokens.All);        // what comes after the last layer is no part
            perBatch[i] = [.. sites.Select(site => Sum(recorder.Seen[site], byPosition ? batches[i].Positions : null, positions))];
        });
        long[] counts = new long[positions];
        foreach (Batch batch in batches)
            foreach (int position in batch.Positions) counts[byPosition ? position : 0]++;
        means = [];
        for (int s = 0; s < sites.Length; s++)
        {
            double[] sum = new double[perBatch[0][s].Length];
            // in the order of the batches, so that the sum does not depend on the threads
            foreach (double[][] batch in perBatch)
                for (int d = 0; d < sum.Length; d++) sum[d] += batch[s][d];
            int width = sum.Length / positions;
            float[] mean = new float[sum.Length];
            for (int d = 0; d < mean.Length; d++) mean[d] = counts[d / width] == 0 ? 0 : (float)(sum[d] / counts[d / width]);
            means[sites[s]] = mean;
        }
    }

    static double[] Sum(Tensor value, int[]? positions, int count)
    {
        var (tokens, width) = value.AsTokens();
        double[] sum = new double[count * width];
        ReadOnlySpan<float> values = value.Values;
        for (int t = 0; t < tokens; t++)
        {
            int row = (positions?[t] ?? 0) * width;
            for (int d = 0; d < width; d++) sum[row + d] += values[t * width + d];
        }
        return sum;
    }

    float[] At(Site site) => (means ?? throw new InvalidOperationException("The means are not taken yet: call Prepare first."))[site];

    /// <inheritdoc/>
    public float[] Constant(Place place) => IsConstant ? At(place.Site).AsSpan(place.Start, place.Length).ToArray()
        : throw new InvalidOperationException($"The ablation {Name} depends on the position and is no constant.");

    /// <inheritdoc/>
    public IReadOnlyDictionary<Site, Tensor> On(AblatedPass pass)
    {
        int[] all = pass.Batch.Positions, read = Array.ConvertAll(pass.Model.TokensRead(pass.Batch), token => all[token]);
        return pass.Sites.ToDictionary(site => site, site =>
        {
            float[] table = At(site);
            int[] rows = pass.Model.TokensOf(site.Layer, pass.Last) == Models.Tokens.Read ? read : all;
            int width = table.Length / Positions;
            float[] values = new float[rows.Length * width];
            for (int t = 0; t < rows.Length; t++) table.AsSpan(rows[t] * width, width).CopyTo(values.AsSpan(t * width));
            return Tensor.From(values, rows.Length, width);
        });
    }

    /// <inheritdoc/>
    public void Save(Stream stream) => SafetensorsWriter.Write(stream,
        means!.Select(site => new NamedTensor($"{site.Key}", [.. Shape(site.Value.Length)], Dtype.F32, site.Value.AsMemory())),
        new Dictionary<string, string> { ["ablation"] = Name });

    int[] Shape(int count) => byPosition ? [Positions, count / Positions] : [count];

    /// <inheritdoc/>
    public void Restore(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault("ablation", Kind.Name) is var said && said != Name)
            throw new CheckpointException($"{path}: expected the values of the ablation {Name}, found those of {said}.");
        Dictionary<Site, float[]> read = [];
        int positions = Positions;
        foreach (Site site in Sites)
        {
            int width = positions * source.Universe.Places.Where(place => place.Site == site).Max(place => place.Start + place.Length);
            string name = $"{site}";
            if (!file.Contains(name) || file.Count(name) != width)
                throw new CheckpointException($"{path}: expected {width} means for {name}, "
                    + $"found {(file.Contains(name) ? $"{file.Count(name)}" : "none")}. "
                    + "The file belongs to another model, or to other parts.");
            file.Read(name, read[site] = new float[width]);
        }
        means = read;
    }
}
