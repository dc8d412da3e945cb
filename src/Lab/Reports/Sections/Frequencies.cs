using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>How many subnetworks keep each part, and the core.</summary>
internal static class Frequencies
{
    /// <summary>The figure, or null where no frequencies are known.</summary>
    public static Figure? Draw(Findings study)
    {
        var ordered = study.Result.Frequencies.OrderBy(f => study.Sparsities.ToList().IndexOf(f.TargetSparsity)).ToList();
        if (ordered.Count == 0) return null;
        return new("frequencies", "Which parts the subnetworks share", string.Join(" ", Cores(study).Select(Reading)), [.. ordered.Select((f, i) => Map(study, f, $"frequencies-{i}"))],
            [], $"Each square is a part, its number how many subnetworks keep it; an outline marks the core: kept by all. An empty square is kept by none.",
            [new("frequencies", "how many subnetworks keep each part", ["part", "target sparsity", "kept by", "subnetworks"],
                [.. ordered.SelectMany(f => f.Kept.Select(k => (object?[])[k.Key, f.TargetSparsity, k.Value, f.Subnetworks]))]),
                new("cores", "cores against chance", ["target sparsity", "share", "subnetworks", "size", "expected by chance", "low", "high", "p-value", "method", "parts"],
                    [.. Cores(study).Select(c => (object?[])[c.TargetSparsity, c.Share, c.Subnetworks, c.Parts.Count, c.ExpectedByChance, c.Low, c.High, c.PValue, c.Method, string.Join(" ", c.Parts)])])]);
    }

    static Markup Map(Findings study, FrequencyFacts f, string id)
    {
        Cell Square(string part, int kept) => new(f.Subnetworks == 0 ? 0 : 0.92 * kept / f.Subnetworks, kept == 0 ? "" : $"{kept}",
            $"{part}\nkept by {kept} of {f.Subnetworks}", kept == f.Subnetworks && f.Subnetworks > 1);
        return HeadMap.Draw(id, Wording.Sparsity(f.TargetSparsity), $"How many of {Wording.Count(f.Subnetworks, "subnetwork")} keep each part at {Wording.Sparsity(f.TargetSparsity)}",
            $"A map of {Wording.Count(f.Kept.Count, "part")}; {f.Kept.Count(k => k.Value == f.Subnetworks)} are kept by all, {f.Kept.Count(k => k.Value == 0)} by none.",
            study.Result.Model.HeadsPerLayer, f.Kept.ToDictionary(k => k.Key, k => Square(k.Key, k.Value)));
    }

    /// <summary>A core against chance, in a sentence.</summary>
    public static string Reading(CoreFacts core) => core.Subnetworks < 2
        ? $"At {Wording.Sparsity(core.TargetSparsity)} there is one subnetwork only, and nothing to share"
            + (core.Applies ? "." : $": overlap and core are {CoreFacts.NotSeeded}.")
        : $"At {Wording.Sparsity(core.TargetSparsity)}, {(core.Share >= 1 ? $"all {core.Subnetworks}" : $"at least {Wording.Percent(core.Share)} of {core.Subnetworks}")} subnetworks keep {Size(core)}; "
            + $"chance gives {Wording.Number(core.ExpectedByChance, "0.0#")} (95\u00A0% between {Wording.Number(core.Low, "0")} and {Wording.Number(core.High, "0")}), {Wording.Probability(core.PValue)} ({core.Method}).";

    /// <summary>"9 parts (5 heads, 4 MLPs)".</summary>
    public static string Size(CoreFacts core)
    {
        int mlps = core.Parts.Count(p => p.EndsWith(".MLP", StringComparison.Ordinal));
        return core.Parts.Count == 0 ? "no part" : $"the same {Wording.Count(core.Parts.Count, "part")} ({Wording.Count(core.Parts.Count - mlps, "head")}, {Wording.Count(mlps, "MLP")})";
    }

    static IEnumerable<CoreFacts> Cores(Findings study) => study.Result.Cores.Count == 0 ? [study.Result.Core]
        : study.Result.Cores.OrderBy(c => c.TargetSparsity == study.Result.Core.TargetSparsity ? 0 : 1).ThenBy(c => c.TargetSparsity).ThenByDescending(c => c.Share);
}
