using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks.Targets;

/// <summary>What a cut has of the full model, embeddings included.</summary>
/// <param name="Weights">the share of the weights</param>
/// <param name="Bytes">the share of the bytes, as stored</param>
/// <param name="Time">the share of the time, as the table of times foretells it</param>
public sealed record SizeShares(double Weights, double Bytes, double Time);

/// <summary>What the parts of a model cost in every unit.</summary>
/// <param name="model">the full model</param>
/// <param name="universe">the parts in play</param>
/// <param name="zero">whether zeros stand in for ablated parts: means may need biases that the model has not</param>
/// <param name="table">how long a pass takes</param>
public sealed class SizeCosts(IModel model, Universe universe, bool zero, TimeTable table)
{
    readonly PartCosts[] units =
        [.. Units.Select(unit => new PartCosts(model, universe, zero, unit, table))];

    static readonly SizeUnit[] Units = [SizeUnit.Weights, SizeUnit.Bytes, SizeUnit.Time];

    /// <summary>The units that a model's size is counted in.</summary>
    public static IReadOnlyList<SizeUnit> Counted => Units;

    /// <summary>How long a pass takes.</summary>
    public TimeTable Table => table;

    /// <summary>The costs in one unit.</summary>
    public PartCosts this[SizeUnit unit] => units[Array.IndexOf(Units, unit)];

    /// <summary>What the cut that keeps these parts has of the full model.</summary>
    public SizeShares SharesOf(IReadOnlyCollection<Part> kept)
    {
        double Share(SizeUnit unit) => this[unit].ShareOf(kept);
        return new(Share(SizeUnit.Weights), Share(SizeUnit.Bytes), Share(SizeUnit.Time));
    }

    /// <summary>Refuses a target that no choice of parts reaches.</summary>
    /// <exception cref="ArgumentException">says the smallest that can be reached, and what would reach less</exception>
    public void Require(Target target)
    {
        if (target.IsSparsity) return;
        double smallest = this[target.Unit].SmallestShare;
        if (smallest <= target.Value * (1 + 1e-9)) return;
        double least = Math.Ceiling(smallest * 1000) / 1000;
        string inPlay = string.Join(',', universe.Kinds.Select(kind => kind.Name));
        bool all = universe.Places.Any(place => place.PassesOn);
        string more = all ? "what stands outside of the layers (embeddings, the head) and one empty layer stay"
            : "what stands outside of these parts (embeddings, norms, the head) stays; with --parts layers,heads,neurons less can";
        throw new ArgumentException(FormattableString.Invariant($"--target {target} cannot be reached: with --parts {inPlay} the smallest ")
            + FormattableString.Invariant($"is {target.UnitName}={least:0.000}, for {more}."));
    }
}
