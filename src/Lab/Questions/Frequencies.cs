using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>How many of the subnetworks keep each part.</summary>
/// <param name="Sparsities">one entry per sparsity, in the order that they were asked for</param>
public sealed record FrequenciesFacts(IReadOnlyList<FrequencyFacts> Sparsities)
{
    /// <summary>The entry of a sparsity; null where there is none.</summary>
    internal FrequencyFacts? At(Target sparsity) => Sparsities.FirstOrDefault(f => f.TargetSparsity == sparsity);
}

/// <summary>How many subnetworks keep each part.</summary>
sealed class Frequencies : IQuestion<FrequenciesFacts>
{
    const string Asked = "Is there a core that all subnetworks share?";

    public string Name => "frequencies";

    public int Version => 2;

    public FrequenciesFacts? Ask(Subject subject) => subject.Found is null ? null
        : new([.. subject.BySparsity().Select(s => Counted(subject, s.Sparsity, s.Kept))]);

    static FrequencyFacts Counted(Subject subject, Target sparsity, IReadOnlyList<IReadOnlyCollection<Part>> kept) =>
        new(sparsity, kept.Count, Core.Frequencies(subject.Universe, kept).ToDictionary(f => f.Part.ToString(), f => f.Kept));

    public IReadOnlyList<Figure> Draw(FrequenciesFacts facts, Findings findings)
    {
        List<Target> order = [.. findings.Shown?.Sparsities ?? []];
        bool Drawn(FrequencyFacts f) => !findings.Asking || order.Contains(f.TargetSparsity);
        FrequencyFacts[] ordered = [.. facts.Sparsities.Where(Drawn).OrderBy(f => order.IndexOf(f.TargetSparsity))];
        if (ordered.Length == 0) return [];
        CoreFacts[] cores = [.. Cores(findings)];
        // the other sizes' cores are in the table
        IEnumerable<CoreFacts> told = cores.Where(c => c.TargetSparsity == cores[0].TargetSparsity);
        string leftOut = PartMap.LeftOut(ordered[0].Kept.Keys, findings.Kinds);
        Markup[] maps = [.. ordered.Select((f, i) => Map(f, $"frequencies-{i}", findings))];
        return [new("frequencies", findings.Asking ? Asked
            : "Which parts the subnetworks share",
            string.Join(" ", told.Select(c => findings.NoCore(c.TargetSparsity) ?? CoreAblated.Sentence(c)).Distinct()),
            maps[..Math.Min(maps.Length, Fold.Beside)], [],
            $"Each square is a part, its number how many subnetworks keep it; an outline marks the core: kept by all. An empty square is "
                + $"kept by none.{leftOut}",
            [new("frequencies", "how many subnetworks keep each part", ["part", "target sparsity", "kept by", "subnetworks"],
                [.. ordered.SelectMany(f => f.Kept.Select(k => (object?[])[k.Key, f.TargetSparsity, k.Value, f.Subnetworks]))]),
                new("cores", "cores against chance",
                    ["target sparsity", "share", "subnetworks", "size", "expected by chance", "low", "high", "p-value", "method", "parts"],
                    [.. cores.Select(c => (object?[])[c.TargetSparsity, c.Share, c.Subnetworks, c.Parts
                        .Count, c.ExpectedByChance, c.Low, c.High,
                        c.PValue, c.Method, string.Join(" ", c.Parts)])])])
        {
            Folded = [new("The same at other sparsities", maps[Math.Min(maps.Length, Fold.Beside)..])],
        }];
    }

    // the main sparsity's first, the smaller core before the wider one; on a paper's page the main one alone
    static IEnumerable<CoreFacts> Cores(Findings findings)
    {
        if (findings.Facts<CoreAblatedFacts>() is not { } core) return [];
        Target main = core.Main.TargetSparsity;
        return core.Cores.Where(c => !findings.Asking || (c.TargetSparsity == main && c.Share >= 1))
            .OrderBy(c => c.TargetSparsity == main ? 0 : 1).ThenBy(c => c.TargetSparsity).ThenByDescending(c => c.Share);
    }

    static Markup Map(FrequencyFacts f, string id, Findings findings)
    {
        bool several = f.Subnetworks > 1 && findings.NoCore(f.TargetSparsity) is null;
        Cell Square(string part, int kept) => new(f.Subnetworks == 0 ? 0 : 0.92 * kept / f.Subnetworks, kept == 0 ? "" : $"{kept}",
            $"{part}\nkept by {kept} of {f.Subnetworks}", kept == f.Subnetworks && several);
        int all = f.Kept.Count(k => k.Value == f.Subnetworks), none = f.Kept.Count(k => k.Value == 0);
        return PartMap.Draw(id, Wording.Sparsity(f.TargetSparsity),
            $"How many of {Wording.Count(f.Subnetworks, "subnetwork")} keep each part at {Wording.Sparsity(f.TargetSparsity)}",
            $"A map of {Wording.Count(f.Kept.Count, "part")}; {all} are kept by all, {none} by none.",
            f.Kept.ToDictionary(k => k.Key, k => Square(k.Key, k.Value)), findings.Kinds);
    }
}
