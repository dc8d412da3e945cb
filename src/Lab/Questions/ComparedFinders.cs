using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Subnetworks.Targets;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>Which finder finds the best subnetworks: all methods of a run in one table, next to random parts.</summary>
sealed class ComparedFinders : IQuestion<FinderTable>
{
    public string Name => "finders";

    public int Version => 3;

    public IReadOnlyList<Candidate> Candidates(FinderTable facts, Findings findings) => findings.Facts<AccuracyFacts>() is not { } measured
        ? [] : MeasuredCandidates.FromFinders(facts, measured);

    public FinderTable? Ask(Subject subject) => subject.Finders?.Invoke();

    public string Words(FinderTable facts, Findings findings)
    {
        List<string[]> lines =
            [["finder", "sparsity", "in-domain", "random", "out of domain", "random", "CPR", "CMD", "ρ", "passes", "seconds"]];
        foreach (FinderRow row in facts.Rows)
        {
            string[] cost = [row.Agreement?.Rho is { } rho ? Invariant($"{rho:0.00}") : "", Invariant($"{row.Passes:N0}"),
                Invariant($"{row.Seconds:0.0}")];
            if (row.Sizes.Count == 0) lines.Add([row.Method, "", "", "", "", "", .. Areas(row.Areas), .. cost]);
            for (int i = 0; i < row.Sizes.Count; i++)
            {
                FinderAtSize size = row.Sizes[i];
                string[] shares = [Range(size.Found.InDomain), Mean(size.Random.InDomain), Range(size.Found.OutOfDomain),
                    Mean(size.Random.OutOfDomain)];
                string[] once = i == 0 ? [.. Areas(row.Areas), .. cost] : ["", "", "", "", ""];
                lines.Add([i == 0 ? row.Method : "", Invariant($"{size.TargetSparsity:0.##}"), .. shares, .. once]);
            }
        }
        if (facts.Random is not null)
            lines.Add([$"{facts.RandomRankings} random rankings", "", "", "", "", "", .. Areas(facts.Random), "", "", ""]);
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(c => lines.Max(l => l[c].Length))];
        string Cell(string cell, int column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]);
        return string.Concat(lines.Select(line => string.Join("  ", line.Select(Cell)).TrimEnd() + "\n"))
            + "Accuracy in percent, mean over seeds (least to most). CPR and CMD: areas over every size, in-domain / out of domain, of\n"
            + "the mean log-probability of the right answer; none where scores depend on the size. "
            + "ρ: rank correlation with exact ablation.\n";
    }

    static string[] Areas(FinderAreas? areas)
    {
        return areas is null ? ["", ""] : [Both(a => a.Cpr), Both(a => a.Cmd)];

        string Both(Func<AreaFacts, double> of) => string.Join(" / ", ((string[])["inDomain", "outOfDomain"])
            .Where(areas.Exact.ContainsKey).Select(set => Invariant($"{of(areas.Exact[set]):0.000}")));
    }

    static string Range(MeanAndRange? of) => of is null ? ""
        : of.Least == of.Most ? Mean(of) : Invariant($"{100 * of.Mean:0.0} ({100 * of.Least:0.0} to {100 * of.Most:0.0})");

    static string Mean(MeanAndRange? of) => of is null ? "" : Invariant($"{100 * of.Mean:0.0}");

    public IReadOnlyList<Figure> Draw(FinderTable facts, Findings findings)
    {
        Target[] sizes = [.. facts.Rows.SelectMany(r => r.Sizes).Select(s => s.TargetSparsity).Distinct()];
        if (sizes.Length == 0) return [];
        bool outside = facts.Rows[0].Sizes[0].Found.OutOfDomain is not null;
        Markup[] panels = [.. sizes.SelectMany((size, i) => outside ? [Panel(false, size, i), Panel(true, size, i)]
            : (Markup[])[Panel(false, size, i)])];
        return [new("finders", "Finders against one another", Reading(facts, sizes[0], outside), panels,
            [Chart.Key(Shape.Disc, "sub", "found, mean over seeds"), Chart.Key(Shape.Ring, "random", "random parts, mean of as many"),
                Chart.BandKey("from the least to the most of the finder's seeds")],
            $"""
            Random parts have the subnetwork's own numbers of parts of each kind. Areas (CPR, CMD), agreement with exact ablation, passes
            and seconds are in the table.
            """,
            [new("finders", "finders, by size", columns, [.. facts.Rows.SelectMany(Cells)])])];

        Markup Panel(bool far, Target size, int i) => Strips.Draw($"finders-{(far ? "out" : "in")}-{i}",
            $"{(far ? "out of domain" : "in-domain")}, {Wording.Sparsity(size)}",
            $"Accuracy of each finder's subnetworks {(far ? "out of domain" : "in-domain")} at {Wording.Sparsity(size)}, "
                + "next to random parts",
            $"{Wording.Count(facts.Rows.Count, "finder")}.", [.. facts.Rows.Select(row => Row(row, size, far))], Scale.Share(0, 1),
            "accuracy", true);
    }

    static readonly string[] columns =
        ["finder", "seeded", "target sparsity", "subnetworks", "in-domain", "in-domain least", "in-domain most", "in-domain random",
            "out of domain", "out of domain least", "out of domain most", "out of domain random", "CPR in-domain", "CMD in-domain",
            "CPR out of domain", "CMD out of domain", "spearman with ablation", "searches", "passes", "seconds"];

    static IEnumerable<object?[]> Cells(FinderRow row) => row.Sizes.Select(size =>
    {
        AreaFacts? inside = row.Areas?.Exact.GetValueOrDefault("inDomain"), outside = row.Areas?.Exact.GetValueOrDefault("outOfDomain");
        MeanAndRange near = size.Found.InDomain;
        MeanAndRange? far = size.Found.OutOfDomain;
        return (object?[])[row.Method, row.Seeded ? "yes" : "no", size.TargetSparsity, size.Found.Subnetworks, near.Mean, near.Least,
            near.Most, size.Random.InDomain.Mean, far?.Mean, far?.Least, far?.Most, size.Random.OutOfDomain?.Mean, inside?.Cpr, inside?.Cmd,
            outside?.Cpr, outside?.Cmd, row.Agreement?.Rho, row.Searches, row.Passes, row.Seconds];
    });

    static Strip Row(FinderRow row, Target sparsity, bool outside)
    {
        FinderAtSize size = row.Sizes.Single(s => s.TargetSparsity == sparsity);
        MeanAndRange? found = outside ? size.Found.OutOfDomain : size.Found.InDomain;
        MeanAndRange? random = outside ? size.Random.OutOfDomain : size.Random.InDomain;
        List<Mark> marks = [];
        if (random is not null) marks.Add(new(random.Mean, "random", Shape.Ring, $"{row.Method}: random parts\n{Mean(random)} %"));
        if (found is not null) marks.Add(new(found.Mean, "sub", Shape.Disc, $"{row.Method}\n{Range(found)} %"));
        return new(row.Method, marks, Band: found is null || found.Least == found.Most ? null : (found.Least, found.Most));
    }

    static string Reading(FinderTable facts, Target size, bool outside)
    {
        FinderAtSize At(FinderRow row) => row.Sizes.Single(s => s.TargetSparsity == size);
        int near = facts.Rows.Count(row => At(row).Found.InDomain.Mean <= At(row).Random.InDomain.Mean);
        int far = !outside ? 0 : facts.Rows.Count(row => At(row).Found.OutOfDomain!.Mean <= At(row).Random.OutOfDomain!.Mean);
        string better = $"{facts.Rows.Count - near} of {Wording.Count(facts.Rows.Count, "finder")} do better than random parts in-domain"
            + (outside ? $", {facts.Rows.Count - far} out of domain" : "");
        return $"At {Wording.Sparsity(size)} {better}, by their means; "
            + "whether two finders differ is seen only where their seeds do not overlap.";
    }
}
