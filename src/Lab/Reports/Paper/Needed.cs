using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>How far other heads' outputs and effects move when the core's heads are absent, and who depends on whom.</summary>
internal static class Needed
{
    const double Level = 0.05;

    /// <summary>The figure, null where the core has no head or no other is there.</summary>
    public static Figure? Draw(NeedFacts facts) => facts.Core.Count == 0 || facts.Sets.Count == 0 || facts.Sets[0].Heads.Count == 0 ? null : new("needs", "What do the other heads need of the core?", Reading(facts),
        [.. facts.Sets.Select(s => Outputs(facts, s)), .. facts.Sets.Select(s => Effects(facts, s)), .. facts.Sets.Select(s => NeedGraph.Draw(facts, s))],
        [Chart.Key(Shape.Disc, "core", "the core's head"), Chart.Key(Shape.Ring, "base", "another head")], $"""
        Change of output: the root of the squared change of what a head mixes, over the tokens of an example, by the root of its squares, when the core's heads are absent. Only heads in layers behind an absent head can change; “–” marks those with no head of the core before them.
        Change of effect: what knocking the head out takes from the logit of the correct label without the core's heads, less what it takes from the full model, in nats; any head's effect can change, for the core may read what it writes.
        An outline marks what at most 5&#160;% of as many random heads outside the core do (for outputs drawn from the layers before the head; without outline too where these are too few to draw from). The graph has a line where one head of the core alone changes another head's output by {Wording.Percent(facts.Threshold)} or more, and more than 95&#160;% of the pairs of two heads outside the core
        in the same two layers do; by chance one pair in twenty would have one. At most {NeedGraph.MostLines} are drawn, the strongest.
        """,
        [new("needs", "heads outside the core, without the core's heads", ["set", "head", "core heads before it", "output change", "low", "high", "n", "random draws: mean", "draws at least as large", "draws", "effect, nats", "effect without the core's heads", "effect change", "low ", "high ", "random draws: mean change", "draws at least as large ", "draws "],
            [.. facts.Sets.SelectMany(s => s.Heads.Select(h => (object?[])[Findings.Name(s.Set), h.Part, h.Before, h.Output?.Value, h.Output?.Low, h.Output?.High, h.Output?.N, h.OutputAmong?.Mean, h.OutputAmong?.AtLeast, h.OutputAmong?.Draws,
                h.Effect.Value, h.EffectWithout.Value, h.EffectChange.Value, h.EffectChange.Low, h.EffectChange.High, h.EffectAmong?.Mean, h.EffectAmong?.AtLeast, h.EffectAmong?.Draws]))]),
            new("need-pairs", "heads of the core, absent one at a time, with the heads that need them (all pairs in result.json)", ["set", "absent", "head behind it", "output change", "low", "high", "n", "other pairs: mean", "other pairs at least as large", "other pairs"],
                [.. facts.Sets.SelectMany(s => s.Pairs.Where(p => p.Edge).Select(p => (object?[])[Findings.Name(s.Set), p.From, p.To, p.Output.Value, p.Output.Low, p.Output.High, p.Output.N, p.Among?.Mean, p.Among?.AtLeast, p.Among?.Draws]))])]);

    static bool Beyond(AmongDraws? among) => among?.PValue <= Level;

    static Dictionary<string, Cell> Cells(NeedFacts facts, NeedSet set, Func<HeadNeed, Cell> of) =>
        facts.Core.Select(c => (Part: c, Cell: new Cell(0, "●", $"{c}\nof the core", false))).Concat(set.Heads.Select(h => (h.Part, Cell: of(h)))).ToDictionary(c => c.Part, c => c.Cell);

    static Markup Outputs(NeedFacts facts, NeedSet set) => HeadMap.Draw($"needs-output-{set.Set}", $"change of output without the core's heads, {Findings.Name(set.Set)}, %", $"Change of each head's output {Findings.Name(set.Set)} without the core's heads",
        $"{set.Heads.Count(h => h.Output is not null)} heads stand behind heads of the core.", facts.HeadsPerLayer, Cells(facts, set, h => h.Output is not { } o ? new(0, "–", $"{h.Part}\nno head of the core stands before it", false)
            : new(Math.Min(1, o.Value) * 0.92, Wording.Number(100 * o.Value, "0"), $"{h.Part} without the {Wording.Count(h.Before, "head")} of the core before it\nchanges by {Size(o.Value)} ({Size(o.Low)} to {Size(o.High)}, n\u00A0{Wording.Count(o.N)}){Among(h.OutputAmong, Size)}", Beyond(h.OutputAmong))));

    static Markup Effects(NeedFacts facts, NeedSet set)
    {
        double most = set.Heads.Max(h => Math.Abs(h.EffectChange.Value));
        return HeadMap.Draw($"needs-effect-{set.Set}", $"change of effect without the core's heads, {Findings.Name(set.Set)}, nats", $"Change of each head's effect on the correct label {Findings.Name(set.Set)} without the core's heads",
            $"The largest change is {Wording.Number(most, "0.00")} nats.", facts.HeadsPerLayer, Cells(facts, set, h => new(
                h.EffectChange.Low > 0 || h.EffectChange.High < 0 ? h.EffectChange.Value / Math.Max(1e-9, most) * 0.92 : 0, Math.Abs(h.EffectChange.Value) < 0.05 ? "" : Wording.Number(h.EffectChange.Value, "0.0"),
                $"{h.Part}\ntakes {Nats(h.Effect.Value)} from the full model when knocked out, {Nats(h.EffectWithout.Value)} without the core's heads\nchange {Nats(h.EffectChange.Value)} ({Nats(h.EffectChange.Low)} to {Nats(h.EffectChange.High)}, n\u00A0{Wording.Count(h.EffectChange.N)}){Among(h.EffectAmong, Nats)}", Beyond(h.EffectAmong))));
    }

    internal static string Size(double change) => double.IsNaN(change) ? "not measured" : $"{Wording.Number(100 * change, "0")}\u00A0%";

    static string Nats(double nats) => double.IsNaN(nats) ? "not measured" : $"{Wording.Number(nats, "0.00")}\u00A0nats";

    static string Among(AmongDraws? among, Func<double, string> say) => among is not { } a ? "\ntoo few other heads to draw as many from"
        : $"\n{a.AtLeast} of {a.Draws} random draws change it at least as much (mean {say(a.Mean)}, {say(a.Low)} to {say(a.High)})";

    static string Reading(NeedFacts facts)
    {
        string Outside(Func<NeedSet, string> say) => Wording.List([.. facts.Sets.Select(s => $"{say(s)} {Findings.Name(s.Set)}")]);
        string Mean(NeedSet s)
        {
            HeadNeed[] ranked = [.. s.Heads.Where(h => h.OutputAmong is not null)];
            return ranked.Length == 0 ? "none has enough others before it to compare" : $"{ranked.Count(h => Beyond(h.OutputAmong))} of {ranked.Length} (by {Size(ranked.Average(h => h.Output!.Value))} on average against {Size(ranked.Average(h => h.OutputAmong!.Mean))})";
        }
        double pairs = facts.Sets.Average(s => s.Pairs.Count);
        return $"Without the core's {Wording.Count(facts.Core.Count, "head")} (n\u00A0{Wording.Count(facts.Sets[0].Examples)} per set), the outputs of heads behind them change more than without as many random heads: {Outside(Mean)}; "
            + $"their effect on the correct label changes more than that in {Outside(s => $"{s.Heads.Count(h => Beyond(h.EffectAmong))} of {s.Heads.Count(h => h.EffectAmong is not null)}")}; "
            + $"one head of the core alone changes a head behind it in {Outside(s => $"{s.Pairs.Count(p => p.Edge)} of {Wording.Count(s.Pairs.Count, "pair")}")}, where chance gives about {Wording.Number(Level * pairs, "0")} (more: than 95\u00A0% of the random draws or pairs).";
    }
}

/// <summary>Who depends on whom: columns by layer, a line from each head of the core to each head that needs it.</summary>
internal static class NeedGraph
{
    /// <summary>The most lines that are drawn.</summary>
    internal const int MostLines = 60;

    const double Left = 34, Top = 30, Right = 22;

    /// <summary>Draws the graph of one set.</summary>
    public static Markup Draw(NeedFacts facts, NeedSet set)
    {
        int layers = facts.HeadsPerLayer.Count, most = facts.HeadsPerLayer.DefaultIfEmpty(0).Max();
        double width = Math.Max(Chart.Width, Left + Right + 56 * (layers - 1)), step = (width - Left - Right) / Math.Max(1, layers - 1), row = most > 16 ? 17 : 26;
        NeedPair[] lines = [.. set.Pairs.Where(p => p.Edge).OrderByDescending(p => p.Output.Value).ThenBy(p => p.From, StringComparer.Ordinal).ThenBy(p => p.To, StringComparer.Ordinal).Take(MostLines)];
        (double X, double Y) At(string part)
        {
            Part p = Part.Parse(part);
            return (Left + p.Layer * step, Top + p.Index * row);
        }
        string[] heads = [.. facts.Core.Concat(set.Heads.Select(h => h.Part)).Select(Part.Parse).Order().Select(p => $"{p}")];
        return Chart.Panel($"needs-graph-{set.Set}", $"who needs whom, {Findings.Name(set.Set)}", $"Heads outside the core that need a head of the core, {Findings.Name(set.Set)}", $"{Wording.Count(set.Pairs.Count(p => p.Edge), "line")}, {lines.Length} drawn.",
            width, Top + (most - 1) * row + 26, $"""
            <g aria-hidden="true">{Enumerable.Range(0, layers).Select<int, Markup>(l => Chart.Text($"L{l}", Left + l * step, 12, "tick", "middle"))}
            {Enumerable.Range(0, most).Select<int, Markup>(h => Chart.Text($"H{h}", 4, Top + h * row + 3.5, "tick"))}</g>
            <g class="core" aria-hidden="true">{lines.Select(p => Line(At(p.From), At(p.To), p.Output.Value))}</g>
            {heads.Select(h => Chart.Draw(new(0, facts.Core.Contains(h) ? "core" : "base", facts.Core.Contains(h) ? Shape.Disc : Shape.Ring, Tip(facts, set, h)), At(h).X, At(h).Y, 5))}
            """);
    }

    static Markup Line((double X, double Y) a, (double X, double Y) b, double change) =>
        $"<path class=\"arc\" d=\"M{a.X + 5} {a.Y}C{a.X + 22} {a.Y} {b.X - 22} {b.Y} {b.X - 6} {b.Y}\" stroke-width=\"{0.8 + 2 * Math.Min(1, change)}\" stroke-opacity=\"{0.25 + 0.6 * Math.Min(1, change)}\"/>";

    static string Tip(NeedFacts facts, NeedSet set, string head)
    {
        bool core = facts.Core.Contains(head);
        NeedPair[] own = [.. set.Pairs.Where(p => p.Edge && (core ? p.From : p.To) == head).OrderByDescending(p => p.Output.Value)];
        string those = Wording.List([.. own.Select(p => $"{(core ? p.To : p.From)} ({Needed.Size(p.Output.Value)})")]);
        return core ? $"{head}, of the core\n{(own.Length == 0 ? "no head needs it beyond chance" : $"needed by {those}")}" : $"{head}\n{(own.Length == 0 ? "needs no head of the core beyond chance" : $"needs {those}")}";
    }
}
