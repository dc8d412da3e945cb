using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Quantization;

/// <summary>Bits that differ within a model: by matrix, and by stretches of matrices.</summary>
public sealed class BitPlan
{
    readonly Dictionary<string, int> matrices = [];
    readonly Dictionary<string, List<(Stretch Stretch, int Bits)>> stretches = [];

    /// <summary>Bits of a matrix that has its own; null of others.</summary>
    public int? BitsOf(string matrix) => matrices.TryGetValue(matrix, out int bits) ? bits : null;

    /// <summary>The bits of every matrix that has its own.</summary>
    public IReadOnlyDictionary<string, int> Matrices => matrices;

    /// <summary>The same bits for these matrices.</summary>
    public static BitPlan ByMatrix(IReadOnlyDictionary<string, int> bits)
    {
        BitPlan plan = new();
        foreach (var (name, own) in bits) plan.matrices[name] = own;
        return plan;
    }

    /// <summary>
    /// Few bits everywhere, more for what kept parts have of their own and for what reads them. A group that a kept part has a weight in
    /// has the kept parts' bits.
    /// </summary>
    /// <param name="model">the model</param>
    /// <param name="universe">the parts in play</param>
    /// <param name="kept">those that get more bits</param>
    /// <param name="bits">bits of kept parts, and of what belongs to no part in play</param>
    /// <param name="others">bits of the other parts</param>
    public static BitPlan ByParts(IModel model, Universe universe, IReadOnlyCollection<Part> kept, int bits, int others)
    {
        BitPlan plan = new();
        HashSet<Part> more = [.. kept];
        HashSet<string> touched = [];
        foreach (Place place in universe.Places)
            foreach (Stretch stretch in place.ReadBy is null ? place.Own : [.. place.Own, place.ReadBy])
            {
                touched.Add(stretch.Tensor);
                if (!more.Contains(place.Part)) continue;
                if (!plan.stretches.TryGetValue(stretch.Tensor, out var own)) plan.stretches[stretch.Tensor] = own = [];
                own.Add((stretch, bits));
            }
        foreach (WeightMatrix matrix in WeightMatrix.InLayers(model))
            plan.matrices[matrix.Name] = touched.Contains(matrix.Name) ? others : bits;
        return plan;
    }

    /// <summary>Gives a matrix's groups their bits.</summary>
    internal void Raise(WeightMatrix matrix, CellGrids cells)
    {
        if (!stretches.TryGetValue(matrix.Name, out var own)) return;
        foreach (var (stretch, bits) in own)
        {
            bool rows = stretch.Axis == 0 != matrix.InputFirst;
            if (rows) cells.Raise(stretch.Start, stretch.Length, 0, matrix.Columns, bits);
            else cells.Raise(0, matrix.Rows, stretch.Start, stretch.Length, bits);
        }
    }

    /// <summary>What a matrix costs at some number of bits.</summary>
    /// <param name="Bytes">what it takes</param>
    /// <param name="Loss">what the model loses</param>
    public readonly record struct Cost(long Bytes, double Loss);

    /// <summary>
    /// Bits under a budget: from the fewest bits of every matrix on, the step that lowers the loss most for a byte is taken as long as it
    /// fits. Losses are taken to add up.
    /// </summary>
    /// <param name="costs">for every matrix, what each number of bits costs</param>
    /// <param name="most">most bytes of all together</param>
    /// <exception cref="ArgumentException">the fewest bits of all take more</exception>
    public static BitPlan Within(IReadOnlyDictionary<string, IReadOnlyDictionary<int, Cost>> costs, long most)
    {
        Dictionary<string, int> bits = costs.ToDictionary(c => c.Key, c => c.Value.Keys.Min());
        long bytes = costs.Sum(c => c.Value[bits[c.Key]].Bytes);
        if (bytes > most)
            throw new ArgumentException($"The matrices take {bytes:N0} bytes at the fewest bits, and {most:N0} are left for them. Give a "
                + "larger budget.");
        while (true)
        {
            (string Name, int Bits, long More, double Worth)? best = null;
            foreach (var (name, own) in costs)
            {
                Cost now = own[bits[name]];
                foreach (var (more, cost) in own)
                {
                    if (more <= bits[name] || bytes + cost.Bytes - now.Bytes > most) continue;
                    double worth = (now.Loss - cost.Loss) / Math.Max(1, cost.Bytes - now.Bytes);
                    if (worth > 0 && (best is null || worth > best.Value.Worth)) best = (name, more, cost.Bytes - now.Bytes, worth);
                }
            }
            if (best is not { } step) return ByMatrix(bits);
            bits[step.Name] = step.Bits;
            bytes += step.More;
        }
    }
}
