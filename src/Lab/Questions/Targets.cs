using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Subnetworks.Targets;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>The sizes that subnetworks have where weights, bytes or time were asked for.</summary>
/// <param name="Subnetworks">every subnetwork of such a target</param>
/// <param name="Machine">where the times were measured that sizes in time are foretold by</param>
/// <param name="FullSecondsPer1000Tokens">what the table foretells of the full model</param>
/// <param name="Cut">the subnetwork that was cut: what was foretold, and what was measured; null where none was</param>
public sealed record TargetsFacts(
    IReadOnlyList<ReachedSize> Subnetworks, string Machine, double FullSecondsPer1000Tokens, CutTime? Cut);

/// <summary>What one subnetwork has of the full model.</summary>
/// <param name="Name">its name</param>
/// <param name="Asked">the target</param>
/// <param name="Sparsity">the fraction of the parts in play that is ablated</param>
/// <param name="Size">its shares of the full model</param>
/// <param name="Random">those of the random parts that were measured next to it</param>
public sealed record ReachedSize(string Name, Target Asked, double Sparsity, SizeShares Size, SizeShares Random);

/// <summary>The time of a cut as a share of the full model's.</summary>
/// <param name="Subnetwork">its name</param>
/// <param name="Foretold">by the table of times</param>
/// <param name="Measured">of both models in turn, medians; with no interval</param>
public sealed record CutTime(string Subnetwork, double Foretold, double Measured);

/// <summary>How large the subnetworks of a target in weights, bytes or time are, in every unit.</summary>
sealed class Targets : IQuestion<TargetsFacts>
{
    public string Name => "targets";

    public int Version => 1;

    public TargetsFacts? Ask(Subject subject)
    {
        if (subject.Costs?.Invoke() is not { } costs || subject.Facts<AccuracyFacts>() is not { } measured) return null;
        ReachedSize[] reached = [.. measured.Subnetworks.Zip(measured.RandomSubnetworks)
            .Where(pair => !pair.First.TargetSparsity.IsSparsity)
            .Select(pair => new ReachedSize(MeasuredCandidates.NameOf(pair.First), pair.First.TargetSparsity, pair.First.Sparsity,
                pair.First.Size!, pair.Second.Size!))];
        double full = costs[SizeUnit.Time].Full / costs.Table.Thousands;
        return new(reached, costs.Table.Machine, full, CutOf(subject.Facts<CutFacts>(), reached));
    }

    static CutTime? CutOf(CutFacts? cut, ReachedSize[] reached) =>
        reached.FirstOrDefault(r => r.Name == cut?.Choice?.Subnetwork) is { } its && cut!.SecondsPer1000TokensBefore > 0
            ? new(its.Name, its.Size.Time, cut.SecondsPer1000TokensAfter / cut.SecondsPer1000TokensBefore) : null;

    public string Words(TargetsFacts facts, Findings findings)
    {
        string Line(ReachedSize r) => Invariant($"{r.Name}, asked {r.Asked}: ") + InWords(r.Size)
            + Invariant($" (random parts: {r.Random.Weights:0.000}, {r.Random.Bytes:0.000}, {r.Random.Time:0.000})\n");
        return "Shares of the full model that remain:\n" + string.Concat(facts.Subnetworks.Select(Line))
            + (facts.Cut is { } cut ? $"{Sentence(cut)}\n" : "");
    }

    internal static string InWords(SizeShares size) =>
        Invariant($"weights {size.Weights:0.000}, bytes {size.Bytes:0.000}, time {size.Time:0.000}");

    static string Sentence(CutTime cut) => Invariant($"Time of {cut.Subnetwork}: {cut.Foretold:0.00} of the full model's by the table, ")
        + Invariant($"{cut.Measured:0.00} measured in turn (medians, without an interval).");

    public IReadOnlyList<Figure> Draw(TargetsFacts facts, Findings findings)
    {
        if (facts.Subnetworks.Count == 0) return [];
        Target main = facts.Subnetworks[0].Asked;
        ReachedSize[] shown = [.. facts.Subnetworks.Where(r => r.Asked == main)];
        Markup Panel(SizeUnit unit, Func<SizeShares, double> of)
        {
            string name = new Target(0, unit).UnitName;
            var asked = main.Unit == unit ? [("asked", main.Value, "full", Percent(main.Value))]
                : Array.Empty<(string, double, string, string)>();
            return Bars.Draw($"targets-{name}", name, $"Share of the full model's {name} that each subnetwork has",
                $"{shown.Length} subnetworks at {Wording.Sparsity(main)}; the full model has 100 %.",
                [.. asked, .. shown.Select(r => (r.Name, of(r.Size), "sub", Percent(of(r.Size))))]);
        }
        string times = $"Times are those of a table measured on {facts.Machine}.";
        return [new("targets", "What remains of weights, bytes and time", Reading(facts, shown),
            [Panel(SizeUnit.Weights, s => s.Weights), Panel(SizeUnit.Bytes, s => s.Bytes), Panel(SizeUnit.Time, s => s.Time)], [],
            $"""
            Shares of the whole model, embeddings included. {times} {(facts.Cut is { } cut ? Sentence(cut) : "")}
            """,
            [new("targets", "sizes by subnetwork",
                ["subnetwork", "asked", "sparsity", "weights", "bytes", "time", "random weights", "random bytes", "random time"],
                [.. facts.Subnetworks.Select(r => (object?[])[r.Name, r.Asked, r.Sparsity, r.Size.Weights, r.Size.Bytes, r.Size.Time,
                    r.Random.Weights, r.Random.Bytes, r.Random.Time])])])];
    }

    static string Reading(TargetsFacts facts, ReachedSize[] shown)
    {
        Target main = shown[0].Asked;
        double most = shown.Max(r => ShareIn(r.Size, main.Unit));
        string seconds = Wording.Number(1000 * facts.FullSecondsPer1000Tokens, "0.00");
        string time = main.Unit == SizeUnit.Time ? $", of {seconds} ms per 1,000 tokens" : "";
        return $"Asked were at most {Percent(main.Value)} of the full model's {main.UnitName}{time}; the largest of "
            + $"{Wording.Count(shown.Length, "subnetwork")} has {Percent(most)}.";
    }

    static double ShareIn(SizeShares size, SizeUnit unit) =>
        unit switch { SizeUnit.Weights => size.Weights, SizeUnit.Bytes => size.Bytes, _ => size.Time };

    static string Percent(double share) => Wording.Percent(share);
}
