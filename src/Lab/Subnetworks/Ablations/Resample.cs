using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks.Ablations;

/// <summary>
/// Ablated parts have the value that they have on another row of the data with as many tokens, drawn by seed (resample ablation, Chan et
/// al. 2022, "Causal scrubbing"). Which row stands in for another depends on the seed and its tokens alone, whatever the batches.
/// </summary>
/// <param name="rows">the data</param>
/// <param name="seed">the seed</param>
public sealed class Resample(IReadOnlyList<Sequence> rows, ulong seed) : IAblation
{
    /// <summary>As the command line names it.</summary>
    public static AblationKind Kind { get; } = new(
        "resample", "the value on another row of the data with as many tokens, drawn by seed=N", NeedsData: true, spec =>
        {
            ulong seed = spec.Number<ulong>("seed", 0, 0, ulong.MaxValue);
            return source => new Resample(source.Rows, seed);
        });

    readonly Dictionary<int, Sequence[]> byLength = rows.DistinctBy(Key)
        .GroupBy(row => row.Ids.Length).ToDictionary(same => same.Key, same => same.ToArray());

    /// <inheritdoc/>
    public string Name => seed == 0 ? Kind.Name : $"{Kind.Name},seed={seed}";

    /// <inheritdoc/>
    public bool IsConstant => false;

    /// <inheritdoc/>
    public string Lacking => "have no other row of as many tokens in the data";

    /// <inheritdoc/>
    public bool Serves(Sequence row, Sequence? pair) =>
        byLength.TryGetValue(row.Ids.Length, out var same) && same.Any(other => !Same(other, row));

    /// <summary>The row that stands in for another.</summary>
    public Sequence Other(Sequence row)
    {
        Sequence[] same = byLength[row.Ids.Length];
        int own = Array.FindIndex(same, other => Same(other, row)), count = own < 0 ? same.Length : same.Length - 1;
        int drawn = new Chance(seed, "resample").At(Key(row)).Stream().Below(count);
        return same[own >= 0 && drawn >= own ? drawn + 1 : drawn];
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<Site, Tensor> On(AblatedPass pass) => pass.Values(new(Array.ConvertAll(pass.Batch.Sequences(), Other)));

    static bool Same(Sequence one, Sequence other) =>
        one.Ids.AsSpan().SequenceEqual(other.Ids) && one.TokenTypes.AsSpan().SequenceEqual(other.TokenTypes);

    /// <summary>A number that follows from a row's tokens (Fowler, Noll and Vo's hash).</summary>
    internal static long Key(Sequence row)
    {
        ulong hash = 14695981039346656037;
        foreach (int id in row.Ids.Concat(row.TokenTypes)) hash = (hash ^ (uint)id) * 1099511628211;
        return (long)hash;
    }
}
