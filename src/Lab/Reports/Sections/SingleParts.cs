using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using MathNet.Numerics.Distributions;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>Each part alone knocked out of the full model.</summary>
internal static class SingleParts
{
    /// <summary>The figure, or null where no part was knocked out alone.</summary>
    public static Figure? Draw(Findings study)
    {
        var parts = study.Result.PartKnockOuts;
        DataSet[] sets = [.. study.Sets.Where(set => study.Full.On(set) is not null && parts.Any(k => Entry.Of(k).On(set) is not null))];
        if (parts.Count == 0 || sets.Length == 0) return null;
        double scale = sets.SelectMany(s => parts.Select(k => Lost(study, k, s))).Where(double.IsFinite).Select(Math.Abs).Append(0.05).Max();
        return new("parts", "Each part alone", Reading(study, sets), [.. sets.Select(set => Map(study, set, scale))], [], $"""
            Each square is a part, its number the {study.SharedAccuracy} lost without it, in points (below zero: gained). Only what is larger than the noise of
            two measurements, corrected for the number of parts, is coloured, the same in all maps; colour grows with the loss's square root.
            """,
            [new("parts", "each part alone knocked out", ["part", .. sets.SelectMany(s => (string[])[$"{Findings.Name(s)} lost", .. Table.ColumnsOf(Findings.Name(s))])],
                [.. parts.Select(k => (object?[])[k.Name, .. sets.SelectMany(s => (object?[])[Lost(study, k, s), .. Table.CellsOf(Entry.Of(k).On(s))])])])]);
    }

    static double Lost(Findings study, KnockOutFacts k, DataSet set) => Entry.Of(k).On(set) is { } p ? study.Full.On(set)!.Value - p.Value : double.NaN;

    /// <summary>The largest difference of two measurements that noise explains, corrected for the number of parts; both are of the same examples, so it is on the wide side.</summary>
    static double Noise(Findings study, KnockOutFacts k, DataSet set)
    {
        double wider = Normal.InvCDF(0, 1, 1 - 0.025 / study.Result.PartKnockOuts.Count) / Normal.InvCDF(0, 1, 0.975);
        return Entry.Of(k).On(set) is { } p ? wider * Math.Sqrt(Square(Spread.Half(study.Full.On(set)!)) + Square(Spread.Half(p))) : double.NaN;
    }

    static double Square(double x) => x * x;

    static Markup Map(Findings study, DataSet set, double scale)
    {
        var lost = study.Result.PartKnockOuts.Select(k => (Facts: k, Lost: Lost(study, k, set), Noise: Noise(study, k, set))).Where(k => !double.IsNaN(k.Lost)).DistinctBy(k => k.Facts.Name).ToList();
        return HeadMap.Draw($"parts-{set}", $"{study.Words(set).Accuracy} lost {study.Where(set)}", $"{study.Words(set).Accuracy} lost {study.Where(set)} by knocking out each part alone",
            $"A map of {Wording.Count(lost.Count, "part")}; the largest loss is {Wording.Points(lost.Max(k => k.Lost))}.", study.Result.Model.HeadsPerLayer,
            lost.ToDictionary(k => k.Facts.Name, k => new Cell(Math.Abs(k.Lost) > k.Noise ? Math.Sign(k.Lost) * Math.Sqrt(Math.Abs(k.Lost) / scale) * 0.92 : 0, Words(k.Lost),
                $"{k.Facts.Name} knocked out\n{Wording.Full(Entry.Of(k.Facts).On(set))}\n{(k.Lost < 0 ? "gained" : "lost")} {Wording.Points(Math.Abs(k.Lost))}, noise up to ±{Wording.Points(k.Noise)}{Place(k.Facts.Ranks)}", false)));
    }

    static string Place(KnockOutRanks? ranks) => ranks is null ? "" : $"\n{ranks.InDomain.AtLeastAsHarmful} of {ranks.InDomain.Draws} {ranks.Among} cost at least as much in-domain";

    static string Words(double lost) => Math.Abs(lost) < 0.005 ? "" : Wording.Number(100 * lost, "0");

    static string Reading(Findings study, DataSet[] sets) => string.Join(" ", sets.Select(set =>
    {
        var lost = study.Result.PartKnockOuts.Select(k => (Lost: Lost(study, k, set), Noise: Noise(study, k, set))).Where(k => !double.IsNaN(k.Lost)).ToList();
        string words = $"{study.Where(set)}, {lost.Count(k => k.Lost > k.Noise)} of {Wording.Count(lost.Count, "part")} cost more than noise "
            + $"(about ±{Wording.Points(lost.Min(k => k.Noise))} at the least), the largest loss is {Wording.Points(lost.Max(k => k.Lost))}";
        return char.ToUpperInvariant(words[0]) + words[1..] + ".";
    })) + " The order of parts inside the noise means nothing.";
}
