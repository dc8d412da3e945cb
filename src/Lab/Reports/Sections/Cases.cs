using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>Accuracy per case: of every subnetwork, and of what is left after knock-outs.</summary>
internal static class Cases
{
    /// <summary>Every subnetwork and the full model, case by case, at every sparsity.</summary>
    public static Figure? OfSubnetworks(Findings study)
    {
        var lists = study.CaseLists();
        if (lists.Sum(l => l.Sets.Count) == 0) return null;
        double?[] sparsities = study.Sparsities.Count == 0 ? [null] : [.. study.Sparsities.Select(s => (double?)s)];
        return new("cases", $"{Wording.Capital(study.SharedAccuracy)} per case", Reading(study),
            [.. sparsities.SelectMany((s, i) => lists.Select((list, j) => Panel(study, $"cases-{i}-{j}", list, s is { } at ? Wording.Sparsity(at) : "full model",
                $"{Wording.Capital(study.SharedAccuracy)} per case of the full model and of every subnetwork", name => [
                    .. Marks(s is { } t ? study.At(t) : [], name, _ => ("sub", Shape.Disc)),
                    .. Marks([study.Full], name, _ => ("full", Shape.Diamond))])))],
            [Chart.Key(Shape.Diamond, "full", "full model"), .. study.Subnetworks.Count > 0 ? [Chart.Key(Shape.Disc, "sub", "one subnetwork each; equal ones step aside")] : (Markup[])[]],
            $"{(study.AsksTokens ? "" : "A case that holds one label has no line for guessing: whoever always gives that label scores 100%.")}",
            [TableOf("cases", $"{study.SharedAccuracy} per case", study.All, study)]);
    }

    /// <summary>What is left of each case when the core is alone, or when it is gone.</summary>
    public static Figure? OfKnockOuts(Findings study)
    {
        KnockOutFacts[] named = [.. study.Result.KnockOuts.Where(k => k.Kind == "core" && k.Name != "core")];
        Entry[] draws = [.. study.Result.KnockOuts.Where(k => k.Kind == "random heads").Select(Entry.Of)];
        var lists = study.CaseLists();
        if (named.All(k => k.Cases.Count == 0) || lists.Count == 0) return null;
        return new("knock-out-cases", "Knock-outs case by case", ReadingOfKnockOuts(study, draws),
            [.. lists.Select((list, j) => Panel(study, $"knock-out-cases-{j}", list, "", $"{Wording.Capital(study.SharedAccuracy)} per case after knock-outs", name => [
                .. named.SelectMany(k => Marks([Entry.Of(k)], name, _ => ("core", k.Name == "core alone" ? Shape.Disc : Shape.Ring))
                    .Select(m => RankOf(k, name) is { } r ? m with { Tip = $"{m.Tip}\n{r.AtLeastAsHarmful} of {r.Draws} {k.Ranks!.Among} at most as high" } : m)),
                .. Marks([study.Full], name, _ => ("full", Shape.Diamond))], name => Extent(draws, name)))],
            [Chart.Key(Shape.Diamond, "full", "full model"), Chart.Key(Shape.Disc, "core", "core alone"), Chart.Key(Shape.Ring, "core", "core heads knocked out"),
                .. draws.Length > 0 ? [Chart.BandKey($"from the lowest to the highest of {draws.Length} random sets of as many heads")] : (Markup[])[]],
            $"Each mark is of the full model with the named parts absent.",
            [TableOfKnockOuts(study)]);
    }

    static Markup Panel(Findings study, string id, CaseList list, string subject, string title, Func<string, IReadOnlyList<Mark>> marks, Func<string, (double, double)?>? band = null)
    {
        Strip[] rows = [.. list.Sets.SelectMany(set => (Strip[])[.. set.Heading == "" ? (Strip[])[] : [Strip.Heading(set.Heading)],
            .. set.Cases.Select(name => new Strip(Named(set.Heading == "" ? name : Findings.UnderHeading(name), list.Title), marks(name), Band: band?.Invoke(name)))])];
        string heading = string.Join(", ", ((string[])[list.Title, subject]).Where(w => w != ""));
        return Strips.Draw(id, heading, heading == "" ? title : $"{title}: {heading}", $"{Wording.Count(list.Sets.Sum(s => s.Cases.Count), "case")}, one row each.", rows, Scale.Share(0, 1), study.SharedAccuracy, true);
    }

    /// <summary>A case's name without the label that its panel already says.</summary>
    static string Named(string name, string label) =>
        label != "" && name.EndsWith(label, StringComparison.Ordinal) && name[..^label.Length].TrimEnd(' ', ':', '/', '-', '_', ',') is { Length: > 0 } rest ? rest : name;

    static IEnumerable<Mark> Marks(IEnumerable<Entry> entries, string name, Func<Entry, (string Class, Shape Shape)> look) =>
        entries.Where(e => e.Cases.TryGetValue(name, out var p) && !double.IsNaN(p.Value))
            .Select(e => Mark.Of(e.Cases[name], look(e).Class, look(e).Shape, $"{e.Title}\n{name}: {Wording.Full(e.Cases[name])}") with { Interval = null });

    static (double, double)? Extent(Entry[] draws, string name)
    {
        var spread = Spread.Of(draws.Select(d => d.Cases.GetValueOrDefault(name)));
        return spread.N == 0 ? null : (spread.Low, spread.High);
    }

    static string Reading(Findings study)
    {
        var spreads = study.Full.Cases.Keys.Select(name => (Name: name, Spread: Spread.Of(study.Main.Select(e => e.Cases.GetValueOrDefault(name)))))
            .Where(s => s.Spread.N > 1).ToList();
        if (spreads.Count == 0) return "One row per case; a single subnetwork, or none, leaves nothing to compare between seeds.";
        var beyond = spreads.Where(s => s.Spread.BeyondNoise(spreads.Count)).OrderByDescending(s => s.Spread.Width).ToList();
        string noise = $"a mark is uncertain by up to ±{Wording.Points(spreads.Max(s => s.Spread.Noise))} (95\u00A0%)";
        string cases = Wording.Count(spreads.Count, "case"), subnetworks = $"the subnetworks at {Wording.Sparsity(study.Sparsities[0])}";
        return beyond.Count == 0 ? $"In none of {cases} do {subnetworks} differ by more than noise: {noise}."
            : $"In {beyond.Count} of {cases} {subnetworks} differ by more than noise, by up to {Wording.Points(beyond[0].Spread.Width)} ({beyond[0].Name}); "
                + $"{noise}, and the test is corrected for the number of cases.";
    }

    static string ReadingOfKnockOuts(Findings study, Entry[] draws)
    {
        var alone = study.KnockOuts.FirstOrDefault(k => k.Name == "core alone");
        double noise = study.KnockOuts.SelectMany(k => k.Cases.Values).Where(p => p.N > 0).Select(Spread.Half).DefaultIfEmpty(double.NaN).Max();
        string low = alone is null ? "" : $"The core alone falls below 50\u00A0% on {alone.Cases.Values.Count(p => p.High < 0.5)} of {Wording.Count(alone.Cases.Count, "case")} "
            + $"and stays above 50\u00A0% on {alone.Cases.Values.Count(p => p.Low > 0.5)} (intervals that hold 50\u00A0% count for neither); ";
        return $"{low}{(low == "" ? "A" : "a")} mark is uncertain by up to ±{Wording.Points(noise)}{(draws.Length == 0 ? ", and no random sets were drawn to compare with" : "")}.";
    }

    static Table TableOf(string name, string caption, IEnumerable<Entry> entries, Findings study) => new(name, caption,
        ["case", "set", "group", "label", "name", "target sparsity", .. Table.ColumnsOf(study.SharedAccuracy)],
        [.. entries.SelectMany(e => e.Cases.Select(c => (object?[])[c.Key, About(study, c.Key)?.Set, About(study, c.Key)?.Group, About(study, c.Key)?.Label, e.Name, e.Target, .. Table.CellsOf(c.Value)]))]);

    static Table TableOfKnockOuts(Findings study) => new("knock-out-cases", $"{study.SharedAccuracy} per case after each knock-out",
        ["case", "set", "group", "label", "name", .. Table.ColumnsOf(study.SharedAccuracy), "compared with", "draws at least as harmful", "draws"],
        [.. study.Result.KnockOuts.SelectMany(k => k.Cases.Select(c => (object?[])[c.Key, About(study, c.Key)?.Set, About(study, c.Key)?.Group, About(study, c.Key)?.Label, k.Name,
            .. Table.CellsOf(c.Value), RankOf(k, c.Key) is null ? null : k.Ranks?.Among, RankOf(k, c.Key)?.AtLeastAsHarmful, RankOf(k, c.Key)?.Draws]))]);

    static RankFacts? RankOf(KnockOutFacts k, string name) => k.Ranks?.Cases.GetValueOrDefault(name);

    static CaseFacts? About(Findings study, string name) => study.Result.Cases?.GetValueOrDefault(name);
}
