using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>
/// The second figure of <see cref="CoreAblated"/>: what is left of each case when the core is alone, or when its heads are ablated.
/// </summary>
static class CoreCases
{
    /// <summary>The figure; null where no case was measured.</summary>
    public static Figure? Draw(CoreAblatedFacts facts, Measurements study)
    {
        AblatedFacts[] named = [.. facts.Ablated.Where(a => a.Kind == "core" && a.Name != "core")];
        Entry[] draws = [.. facts.Ablated.Where(a => a.Kind == "random heads").Select(Entry.ForAblated)];
        var lists = study.CaseLists();
        if (named.All(a => a.Measured.Cases.Count == 0) || lists.Count == 0) return null;
        List<Markup> keys = [Chart.Key(Shape.Diamond, "full", "full model"), Chart.Key(Shape.Disc, "core", "core alone"),
            Chart.Key(Shape.Ring, "core", "core heads ablated")];
        if (draws.Length > 0) keys.Add(Chart.BandKey($"from the lowest to the highest of {draws.Length} random sets of as many heads"));
        IReadOnlyList<Mark> Marks(string name) =>
            [.. named.SelectMany(a => MarksFor(a, name)), .. CasePanel.Marks([study.Full], name, "full", Shape.Diamond)];
        (double, double)? Extent(string name)
        {
            Spread spread = Spread.Across(draws.Select(d => d.Cases.GetValueOrDefault(name)));
            return spread.N == 0 ? null : (spread.Low, spread.High);
        }
        string title = $"{Wording.Capital(study.SharedAccuracy)} per case with parts ablated";
        var (most, rest) = CasePanel.Differing(study, lists, named.Select(Entry.ForAblated).Append(study.Full));
        IReadOnlyList<CaseList> others = [.. lists.Select(list => list.Without(most)).Where(list => list.Sets.Count > 0)];
        return new("core-cases", "The core ablated, case by case", Reading(facts, study, draws),
            [CasePanel.Draw(study, "core-cases", CasePanel.Only(lists, most), "", title, Marks, Extent)], keys,
            $"{CasePanel.Order(rest.Count)}Each mark is of the full model with the named parts ablated.", [TableOf(facts, study)])
        {
            Folded = [new($"The other {Wording.Count(rest.Count, "case")}", [.. others.Select((list, j) =>
                CasePanel.Draw(study, $"core-cases-{j}", list, "", title, Marks, Extent))])],
        };
    }

    static IEnumerable<Mark> MarksFor(AblatedFacts a, string name)
    {
        RankFacts? rank = RankOf(a, name);
        string place = rank is null ? "" : $"\n{rank.AtLeastAsHarmful} of {rank.Draws} {a.Ranks!.Among} at most as high";
        Shape shape = a.Name == "core alone" ? Shape.Disc : Shape.Ring;
        return CasePanel.Marks([Entry.ForAblated(a)], name, "core", shape).Select(m => m with { Tip = m.Tip + place });
    }

    static string Reading(CoreAblatedFacts facts, Measurements study, Entry[] draws)
    {
        AblatedFacts? alone = facts.Ablated.FirstOrDefault(a => a.Name == "core alone");
        double noise = study.Ablated.SelectMany(a => a.Cases.Values).Where(p => p.N > 0).Select(Spread.Half).DefaultIfEmpty(double.NaN)
            .Max();
        string none = draws.Length == 0 ? ", and no random sets were drawn to compare with" : "";
        string uncertain = $"mark is uncertain by up to ±{Wording.Points(noise)}{none}.";
        return alone is null ? $"A {uncertain}"
            : $"The core alone falls below 50\u00A0% on {alone.Measured.Cases.Values.Count(p => p.High < 0.5)} of "
                + $"{Wording.Count(alone.Measured.Cases.Count, "case")} "
                + $"and stays above 50\u00A0% on {alone.Measured.Cases.Values.Count(p => p.Low > 0.5)} (intervals that hold 50\u00A0% "
                + $"count for neither); a {uncertain}";
    }

    static Table TableOf(CoreAblatedFacts facts, Measurements study)
    {
        object?[] Row(AblatedFacts a, string name, Proportion share)
        {
            RankFacts? rank = RankOf(a, name);
            return [name, .. CasePanel.About(study, name), a.Name, .. Table.CellsOf(share), rank is null ? null : a.Ranks?.Among,
                rank?.AtLeastAsHarmful, rank?.Draws];
        }
        return new("core-cases", $"{study.SharedAccuracy} per case with parts ablated",
            ["case", "set", "group", "label", "name", .. Table.ColumnsOf(study.SharedAccuracy), "compared with",
                "draws at least as harmful", "draws"],
            [.. facts.Ablated.SelectMany(a => a.Measured.Cases.Select(c => Row(a, c.Key, c.Value)))]);
    }

    static RankFacts? RankOf(AblatedFacts a, string name) => a.Ranks?.Cases.GetValueOrDefault(name);
}
