using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>How the effects of single parts are said and drawn: nothing is ranked that noise could order.</summary>
static class PartEffects
{
    const int MostRows = 10;

    /// <summary>What came out, in a line.</summary>
    public static string Headline(PartEffectsFacts facts)
    {
        SetEffects main = facts.Sets[0];
        PartEffect[] needed = [.. Ordered(main).Where(p => p.IsReal && p.Cost > 0)];
        if (needed.Length == 0)
            return $"No single part is needed: none of {Wording.Count(main.Parts.Count, "part")} costs more than noise explains";
        string first = needed[0].RankTo == 1 ? $"{needed[0].Part} costs most when it alone is ablated"
            : $"{needed[0].Part} or one of {needed[0].RankTo!.Value - 1} others costs most when it alone is ablated";
        return $"{first}: {Amount(facts, needed[0].Cost)} ({Between(facts, needed[0])}); {Wording.Count(needed.Length)} of "
            + $"{Wording.Count(main.Parts.Count, "part")} cost more than noise explains";
    }

    /// <summary>The same in sentences, one for each set.</summary>
    public static IReadOnlyList<string> Sentences(PartEffectsFacts facts)
    {
        List<string> sentences = [.. facts.Sets.Select(set => Sentence(facts, set))];
        foreach (SetEffects other in facts.Sets.Skip(1))
        {
            RankCorrelation c = RankCorrelation.Between([.. facts.Sets[0].Parts.Select(p => p.Cost)], [.. other.Parts.Select(p => p.Cost)]);
            if (c is { Rho: { } rho, Low: { } low, High: { } high })
                sentences.Add($"Costs on {Named(facts.Sets[0])} and {Named(other)} have the rank correlation {Wording.Number(rho, "0.00")} "
                    + $"({Wording.Number(low, "0.00")} to {Wording.Number(high, "0.00")}) over {Wording.Count(c.N, "part")}.");
        }
        return sentences;
    }

    static string Sentence(PartEffectsFacts facts, SetEffects set)
    {
        PartEffect[] needed = [.. set.Parts.Where(p => p.IsReal && p.Cost > 0)], better = [.. set.Parts.Where(p => p.IsReal && p.Cost < 0)];
        int noise = set.Parts.Count - needed.Length - better.Length;
        string worse = better.Length == 0 ? "" : $" Without {Wording.List([.. better.OrderBy(p => p.Cost).Take(4).Select(p => p.Part)])}"
            + $"{(better.Length > 4 ? $" and {better.Length - 4} more" : "")} the model is better by more than noise.";
        return $"On {Named(set)} ({Wording.Count(set.N, "example")}), ablating one part alone costs more than noise for "
            + $"{Wording.Count(needed.Length)} of {Wording.Count(set.Parts.Count, "part")}; {Wording.Count(noise)} "
            + $"{(noise == 1 ? "is" : "are")} not to be told from {(noise == 1 ? "a part" : "parts")} without effect.{worse}";
    }

    /// <summary>The page's figures: what costs most, and the map.</summary>
    public static IReadOnlyList<Figure> Draw(PartEffectsFacts facts, IReadOnlyList<PartKind> kinds)
    {
        if (facts.Sets.Count == 0 || facts.Sets[0].Parts.Count == 0) return [];
        string cost = $"{(facts.Percent ? "accuracy lost" : "cost")} without the part{(facts.Unit == "" ? "" : $", {facts.Unit}")}";
        Figure ranking = Ranking(facts, cost), maps = Maps(facts, cost, kinds);
        // of one set both stand side by side
        return facts.Sets.Count > 1 ? [ranking, maps] : [ranking with
        {
            Reading = $"{ranking.Reading} {maps.Reading}",
            Panels = [.. ranking.Panels, .. maps.Panels],
            Note = Markup.From($"{ranking.Note} {maps.Note}"),
        }];
    }

    static Figure Ranking(PartEffectsFacts facts, string axis)
    {
        SetEffects main = facts.Sets[0];
        PartEffect[] ordered = [.. Ordered(main)], shown = Shown(facts, ordered);
        Markup Panel(SetEffects set, int s)
        {
            Dictionary<string, PartEffect> here = set.Parts.ToDictionary(p => p.Part);
            Strip Row(PartEffect part)
            {
                PartEffect own = here[part.Part];
                string tip = $"{own.Part} ablated, {Named(set)}\ncosts {Amount(facts, own.Cost)} ({Between(facts, own)})\nrank {own.Rank}";
                return new(own.Part, [new(own.Cost, own.IsReal ? "sub" : "random", own.IsReal ? Shape.Disc : Shape.Ring, tip,
                    double.IsFinite(own.Low) ? (own.Low, own.High) : null)], Right: own.IsReal ? own.Rank.Replace(" to ", "–") : "noise");
            }
            double[] ends = [0, .. shown.SelectMany(p => (double[])[here[p.Part].Low, here[p.Part].High, here[p.Part].Cost])];
            return Strips.Draw($"part-ranking-{s}", Named(set), $"What ablating each part alone costs on {Named(set)}",
                $"{shown.Length} parts of {set.Parts.Count}; at the right the ranks that they may have.",
                [.. shown.Select(Row)], Scale.Around(ends, 0, 1, floor: double.NegativeInfinity), axis, facts.Percent,
                reference: [(0, "zero")]);
        }
        object?[] On(SetEffects set, string part) => set.Parts.First(p => p.Part == part) is var p
            ? [p.Cost, p.Low, p.High, p.LowTogether, p.HighTogether, p.RankFrom, p.RankTo] : [];
        object?[] Cells(PartEffect main) => [main.Part, main.Kind, .. facts.Sets.SelectMany(set => On(set, main.Part))];
        string[] Columns(SetEffects set) => [.. ((string[])["cost", "low", "high", "low together", "high together", "rank from", "rank to"])
            .Select(column => facts.Sets.Count == 1 ? column : $"{Measurements.Name(set.Set)} {column}")];
        string which = shown.Any(p => facts.Sets.Any(set => set.Parts.First(other => other.Part == p.Part).IsReal))
            ? "the parts that cost most" : "parts, of which none costs more than noise";
        return new("part-ranking", "What each part costs, alone", $"Drawn are {which}, {Wording.Count(shown.Length)} of "
            + $"{Wording.Count(ordered.Length)}; the table has all, with the ranks that their intervals allow.",
            [.. facts.Sets.Select(Panel)],
            [Chart.Key(Shape.Disc, "sub", "beyond noise, with its rank"), Chart.Key(Shape.Ring, "random", "not to be told from no effect")],
            $"""
            Each part is ablated alone ({facts.Ablation} stands in) and compared with the whole model example by example: {facts.Meaning}.
            Lines are paired 95&nbsp;% intervals over examples. Ranks are those that intervals which hold together for all
            {main.Parts.Count} parts (Bonferroni) allow; a part whose wider interval has zero in it has none.
            """,
            [new("part-costs", "what each part costs, alone", ["part", "kind", .. facts.Sets.SelectMany(Columns)],
                [.. ordered.Select(Cells)])]);
    }

    // the most costly of every set in turn, in the order of the first set; where all is noise the first parts
    static PartEffect[] Shown(PartEffectsFacts facts, PartEffect[] ordered)
    {
        string[][] real = [.. facts.Sets.Select(set => Ordered(set).Where(p => p.IsReal).OrderByDescending(p => Math.Abs(p.Cost))
            .Select(p => p.Part).ToArray())];
        string[] inTurn = [.. Enumerable.Range(0, ordered.Length)
            .SelectMany(place => real.Where(r => r.Length > place).Select(r => r[place])).Distinct().Take(MostRows)];
        return inTurn.Length == 0 ? [.. ordered.Take(MostRows)] : [.. ordered.Where(p => inTurn.Contains(p.Part))];
    }

    static Figure Maps(PartEffectsFacts facts, string axis, IReadOnlyList<PartKind> kinds)
    {
        double most = facts.Sets.SelectMany(s => s.Parts).Select(p => Math.Abs(p.Cost)).Where(double.IsFinite).Append(1e-9).Max();
        string addresses = PartMap.LeftOut(facts.Sets[0].Parts.Select(p => p.Part), kinds);
        Markup Map(SetEffects set)
        {
            Cell Square(PartEffect part)
            {
                double strength = part.IsReal ? Math.Sign(part.Cost) * Math.Sqrt(Math.Abs(part.Cost) / most) * 0.92 : 0;
                return new(strength, Short(facts, part, most), $"{part.Part} ablated, {Named(set)}\n{(part.Cost < 0 ? "gains" : "costs")} "
                    + $"{Amount(facts, Math.Abs(part.Cost))}\n95 % {Between(facts, part)}\nrank {part.Rank}", false);
            }
            return PartMap.Draw($"part-map-{set.Set}", Named(set), $"{Wording.Capital(axis)} on {Named(set)}, a map of all parts",
                $"A map of {Wording.Count(set.Parts.Count, "part")}; coloured are those whose cost is more than noise.",
                set.Parts.ToDictionary(p => p.Part, Square), kinds);
        }
        string own = facts.Unit == "" ? "its unit" : facts.Unit;
        string unit = facts.Percent || most >= 10 ? $"in {own}" : most >= 1 ? $"in tenths of {own}" : $"in hundredths of {own}";
        return new("parts", "The map of parts", "Coloured are the parts whose cost is more than noise: "
            + $"{Wording.List([.. facts.Sets.Select(set => $"{Wording.Count(set.Parts.Count(p => p.IsReal))} on {Named(set)}")])}.",
            [.. facts.Sets.Select(Map)], [],
            $"""
            Each square is a part, its number what ablating it costs, {unit} (below zero: the model is better without it). Only what is more
            than noise is coloured, the same in all maps; colour grows with the cost's square root.{addresses}
            """, []);
    }

    /// <summary>What is said on the terminal: the parts that cost most, with ranks, and how many are noise.</summary>
    public static string Words(PartEffectsFacts facts)
    {
        SetEffects main = facts.Sets[0];
        List<string> lines = [Invariant($"{facts.Meaning}; each part alone ablated ({facts.Ablation})\n")];
        PartEffect[] shown = [.. Ordered(main).Where(p => p.IsReal).Take(MostRows)];
        int width = shown.Select(p => p.Part.Length).DefaultIfEmpty(0).Max();
        int ranks = shown.Select(p => p.Rank.Length).DefaultIfEmpty(0).Max();
        foreach (PartEffect part in shown)
        {
            string others = string.Concat(facts.Sets.Skip(1).Select(set => set.Parts.First(p => p.Part == part.Part) is var p
                ? $"; {Measurements.Name(set.Set)} {Plain(facts, p)}{(p.IsReal ? "" : ", noise")}" : ""));
            lines.Add($"rank {part.Rank.PadRight(ranks)}  {part.Part.PadRight(width)}  {Plain(facts, part)}{others}\n");
        }
        int real = main.Parts.Count(p => p.IsReal);
        if (real > shown.Length) lines.Add(Invariant($"… and {real - shown.Length} more parts beyond noise\n"));
        lines.Add(Invariant($"{main.Parts.Count - real} of {main.Parts.Count} parts are not to be told from parts without effect ")
            + Invariant($"(n = {main.N}, intervals that hold together)\n"));
        return string.Concat(lines);
    }

    static string Plain(PartEffectsFacts facts, PartEffect part) => $"{Amount(facts, part.Cost)} ({Between(facts, part)})";

    // those beyond noise first, by size; the others in address order
    static IEnumerable<PartEffect> Ordered(SetEffects set) =>
        [.. set.Parts.Where(p => p.IsReal).OrderByDescending(p => p.Cost), .. set.Parts.Where(p => !p.IsReal)];

    static string Amount(PartEffectsFacts facts, double cost) =>
        facts.Percent ? Wording.Points(cost) : $"{Figure(cost)}{(facts.Unit == "" ? "" : $"\u00A0{facts.Unit}")}";

    static string Between(PartEffectsFacts facts, PartEffect part) => double.IsNaN(part.Low) ? "no interval"
        : facts.Percent ? $"{Wording.Number(100 * part.Low, "0.0")} to {Wording.Number(100 * part.High, "0.0")}"
        : $"{Figure(part.Low)} to {Figure(part.High)}";

    static string Figure(double value) => Wording.Number(value, Math.Abs(value) >= 10 ? "0.0" : Math.Abs(value) >= 0.1 ? "0.00" : "0.0000");

    // two or three letters in a square
    static string Short(PartEffectsFacts facts, PartEffect part, double most)
    {
        double shown = part.Cost * (facts.Percent ? 100 : most >= 10 ? 1 : most >= 1 ? 10 : 100);
        return Math.Abs(shown) < 0.5 || !double.IsFinite(shown) ? "" : Wording.Number(shown, "0");
    }

    static string Named(SetEffects set) => set.Name == "" ? Measurements.Name(set.Set) : set.Name;
}
