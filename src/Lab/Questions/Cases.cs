using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>How far subnetworks lie apart on each case.</summary>
/// <param name="Spreads">each case at each sparsity</param>
public sealed record CasesFacts(IReadOnlyList<SpreadFacts> Spreads);

/// <summary>Accuracy per case, of every subnetwork.</summary>
sealed class Cases : IQuestion<CasesFacts>
{
    public string Name => "cases";

    public int Version => 2;

    public CasesFacts? Ask(Subject subject) => subject.Facts<AccuracyFacts>() is { } measured ? Among(measured) : null;

    /// <summary>The spreads among subnetworks that were measured; null where there are no cases.</summary>
    internal static CasesFacts? Among(AccuracyFacts measured)
    {
        string[] names = [.. measured.Full.Cases.Keys];
        if (names.Length == 0) return null;
        var sparsities = measured.Subnetworks.GroupBy(s => s.TargetSparsity);
        return new([.. sparsities.SelectMany(at => names.Select(name => SpreadFacts.Over(
            name, measured.Cases?.GetValueOrDefault(name)?.Set ?? "", at.Key, at.Select(s => s.Measured.Cases.GetValueOrDefault(name)))))]);
    }

    public IReadOnlyList<Figure> Draw(CasesFacts facts, Findings findings)
    {
        if (findings.Asking) return [];
        Measurements study = findings.Measured!;
        var lists = study.CaseLists();
        if (lists.Sum(l => l.Sets.Count) == 0) return [];
        Target?[] sparsities = study.Sparsities.Count == 0 ? [null] : [.. study.Sparsities.Select(s => (Target?)s)];
        string title = $"{Wording.Capital(study.SharedAccuracy)} per case of the full model and of every subnetwork";
        var (most, rest) = CasePanel.Differing(study, lists, study.Main.Append(study.Full));
        CaseList first = CasePanel.Only(lists, most);
        IReadOnlyList<CaseList> others = [.. lists.Select(list => list.Without(most)).Where(list => list.Sets.Count > 0)];
        Markup Panel(Target? sparsity, int i, CaseList list, string part) => CasePanel.Draw(
            study, $"cases-{i}{part}", list, sparsity is { } at ? Wording.Sparsity(at) : "full model", title, name => [
                .. CasePanel.Marks(sparsity is { } t ? study.At(t) : [], name, "sub", Shape.Disc),
                .. CasePanel.Marks([study.Full], name, "full", Shape.Diamond)]);
        Markup[] shown = [.. sparsities.Select((s, i) => Panel(s, i, first, ""))];
        IEnumerable<Markup> Folded(Target? sparsity, int i) => others.Select((list, j) => Panel(sparsity, i, list, $"-{j}"));
        List<Markup> keys = [Chart.Key(Shape.Diamond, "full", "full model")];
        if (study.Subnetworks.Count > 0) keys.Add(Chart.Key(Shape.Disc, "sub", "one subnetwork each; equal ones step aside"));
        string note = study.AsksTokens ? ""
            : "A case that holds one label has no line for guessing: whoever always gives that label scores 100%.";
        return [new("cases", $"{Wording.Capital(study.SharedAccuracy)} per case", Reading(facts, study),
            shown[..Math.Min(shown.Length, Fold.Beside)], keys, $"{CasePanel.Order(rest.Count)}{note}", [TableOf(study)])
            {
                Folded = [new($"The other {Wording.Count(rest.Count, "case")}", [.. sparsities.SelectMany(Folded)]),
                    new("The same cases at other sparsities", shown[Math.Min(shown.Length, Fold.Beside)..])],
            }];
    }

    static string Reading(CasesFacts facts, Measurements study)
    {
        SpreadFacts[] spreads = study.Sparsities.Count == 0 ? []
            : [.. facts.Spreads.Where(s => s.TargetSparsity == study.Sparsities[0] && s.Subnetworks > 1)];
        if (spreads.Length == 0) return "One row per case; a single subnetwork, or none, leaves nothing to compare between seeds.";
        SpreadFacts[] beyond = [.. spreads.Where(s => s.Spread.BeyondNoise(spreads.Length)).OrderByDescending(s => s.Spread.Width)];
        string noise = $"a mark is uncertain by up to ±{Wording.Points(spreads.Max(s => s.Noise))} (95\u00A0%)";
        string cases = Wording.Count(spreads.Length, "case"), subnetworks = $"the subnetworks at {Wording.Sparsity(study.Sparsities[0])}";
        return beyond.Length == 0 ? $"In none of {cases} do {subnetworks} differ by more than noise: {noise}."
            : $"In {beyond.Length} of {cases} {subnetworks} differ by more than noise, by up to "
                + $"{Wording.Points(beyond[0].Spread.Width)} ({beyond[0].Name}); {noise}, and the test is corrected for the number of "
                + "cases.";
    }

    static Table TableOf(Measurements study)
    {
        object?[] Row(Entry e, string name, Proportion share) =>
            [name, .. CasePanel.About(study, name), e.Name, e.Target, .. Table.CellsOf(share)];
        return new("cases", $"{study.SharedAccuracy} per case",
            ["case", "set", "group", "label", "name", "target sparsity", .. Table.ColumnsOf(study.SharedAccuracy)],
            [.. study.All.SelectMany(e => e.Cases.Select(c => Row(e, c.Key, c.Value)))]);
    }
}

/// <summary>A panel of cases, one row each.</summary>
static class CasePanel
{
    /// <summary>Draws a panel.</summary>
    /// <param name="study">what was measured</param>
    /// <param name="id">unique on the page</param>
    /// <param name="list">the cases</param>
    /// <param name="subject">what is shown of them, "" for nothing said</param>
    /// <param name="title">for those who do not see it</param>
    /// <param name="marks">the marks of a case</param>
    /// <param name="band">a range drawn under the marks of a case</param>
    public static Markup Draw(Measurements study, string id, CaseList list, string subject, string title,
        Func<string, IReadOnlyList<Mark>> marks, Func<string, (double, double)?>? band = null)
    {
        List<Strip> rows = [];
        foreach (CaseSet set in list.Sets)
        {
            if (set.Heading != "") rows.Add(Strip.Heading(set.Heading));
            string Shown(string name) => Named(set.Heading == "" ? name : Measurements.UnderHeading(name), list.Title);
            rows.AddRange(set.Cases.Select(name => new Strip(Shown(name), marks(name), Band: band?.Invoke(name))));
        }
        string heading = string.Join(", ", ((string[])[list.Title, subject]).Where(w => w != ""));
        return Strips.Draw(id, heading, heading == "" ? title : $"{title}: {heading}",
            $"{Wording.Count(list.Sets.Sum(s => s.Cases.Count), "case")}, one row each.", rows, Scale.Share(0, 1), study.SharedAccuracy,
                true);
    }

    /// <summary>The cases that differ most between some entries, and the rest.</summary>
    public static (IReadOnlyList<string> Shown, IReadOnlyList<string> Others) Differing(
        Measurements study, IReadOnlyList<CaseList> lists, IEnumerable<Entry> entries)
    {
        Entry[] all = [.. entries];
        return Fold.Differing([.. lists.SelectMany(l => l.Sets).SelectMany(s => s.Cases)],
            name => all.Select(e => e.Cases.GetValueOrDefault(name)));
    }

    /// <summary>Some of the cases in one list, in the order given within each set.</summary>
    public static CaseList Only(IReadOnlyList<CaseList> lists, IReadOnlyList<string> names) => new("",
        [.. lists.SelectMany(l => l.Sets).GroupBy(s => s.Heading).Select(sets =>
            new CaseSet(sets.Key, [.. names.Where(sets.SelectMany(s => s.Cases).Contains)])).Where(s => s.Cases.Count > 0)]);

    /// <summary>What is said of the order; "" where all are shown.</summary>
    public static string Order(int rest) => rest == 0 ? ""
        : $"Those that differ most, by the gap between intervals; the other {rest} are folded. ";

    /// <summary>The marks of a case.</summary>
    public static IEnumerable<Mark> Marks(IEnumerable<Entry> entries, string name, string look, Shape shape) =>
        entries.Where(e => e.Cases.TryGetValue(name, out Proportion? p) && !double.IsNaN(p.Value)).Select(e =>
            Mark.Share(e.Cases[name], look, shape, $"{e.Title}\n{name}: {Wording.Full(e.Cases[name])}") with { Interval = null });

    /// <summary>Set, group and label of a case, for tables.</summary>
    public static object?[] About(Measurements study, string name)
    {
        CaseFacts? known = study.Cases?.GetValueOrDefault(name);
        return [known?.Set, known?.Group, known?.Label];
    }

    // a case's name without the label that its panel already says
    static string Named(string name, string label) =>
        label != "" && name.EndsWith(label, StringComparison.Ordinal)
            && name[..^label.Length].TrimEnd(' ', ':', '/', '-', '_', ',') is { Length: > 0 } rest ? rest : name;
}
