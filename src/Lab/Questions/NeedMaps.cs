using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Questions;

/// <summary>
/// The figure of <see cref="Needs"/>: how far other heads' outputs and effects move without the core's heads, and who depends on whom.
/// </summary>
static class NeedMaps
{
    const double Level = 0.05;

    /// <summary>The figure of a core with at least one head, in a model with others.</summary>
    public static Figure Draw(NeedFacts facts)
    {
        List<Markup> panels = [.. facts.Sets.Select(s => Outputs(facts, s)), .. facts.Sets.Select(s => Effects(facts, s))];
        panels.AddRange(facts.Sets.Select(s => NeedGraph.Draw(facts, s)));
        return new("needs", "What do the other heads need of the core?", Reading(facts), panels,
            [Chart.Key(Shape.Disc, "core", "the core's head"), Chart.Key(Shape.Ring, "base", "another head")], $"""
            Change of output: the root of the squared change of what a head mixes, over the tokens of an example, by the root of its
            squares, when the core's heads are ablated. Only heads in layers after an ablated head can change; “–” marks those with no head
            of the core before them.
            Change of effect: what ablating the head takes from the logit of the correct label without the core's heads, less what it takes
            from the full model, in nats; any head's effect can change, for the core may read what it writes.
            An outline marks what at most 5&#160;% of as many random heads outside the core do (for outputs drawn from the layers before the
            head; without outline too where these are too few to draw from). The graph has a line where one head of the core alone changes
            another head's output by {Wording.Percent(facts.Threshold)} or more, and more than 95&#160;% of the pairs of two heads outside
            the core
            in the same two layers do; by chance one pair in twenty would have one. At most {NeedGraph.MostLines} are drawn, the strongest.
            """, [HeadTable(facts), PairTable(facts)]);
    }

    static Table HeadTable(NeedFacts facts)
    {
        object?[] Row(NeedSet s, HeadNeed h) =>
            [Measurements.Name(s.Set), h.Part, h.Before, h.Output?.Value, h.Output?.Low, h.Output?.High, h.Output?.N,
            h.OutputAmong?.Mean, h.OutputAmong?.AtLeast, h.OutputAmong?.Draws, h.Effect.Value, h.EffectWithout.Value,
            h.EffectChange.Value, h.EffectChange.Low, h.EffectChange.High, h.EffectAmong?.Mean, h.EffectAmong?.AtLeast,
                h.EffectAmong?.Draws];
        return new("needs", "heads outside the core, without the core's heads",
            ["set", "head", "core heads before it", "output change", "low", "high", "n", "random draws: mean", "draws at least as large",
                "draws",
                "effect, nats", "effect without the core's heads", "effect change", "low ", "high ", "random draws: mean change",
                "draws at least as large ", "draws "],
            [.. facts.Sets.SelectMany(s => s.Heads.Select(h => Row(s, h)))]);
    }

    static Table PairTable(NeedFacts facts)
    {
        object?[] Row(NeedSet s, NeedPair p) =>
            [Measurements.Name(s.Set), p.From, p.To, p.Output.Value, p.Output.Low, p.Output.High, p.Output.N,
            p.Among?.Mean, p.Among?.AtLeast, p.Among?.Draws];
        return new("need-pairs", "heads of the core, ablated one at a time, with the heads that need them (all pairs in result.json)",
            ["set", "ablated", "head after it", "output change", "low", "high", "n", "other pairs: mean", "other pairs at least as large",
                "other pairs"],
            [.. facts.Sets.SelectMany(s => s.Pairs.Where(p => p.Edge).Select(p => Row(s, p)))]);
    }

    static bool Beyond(AmongDraws? among) => among?.PValue <= Level;

    static Dictionary<string, Cell> Cells(NeedFacts facts, NeedSet set, Func<HeadNeed, Cell> cell)
    {
        Dictionary<string, Cell> cells = facts.Core.ToDictionary(c => c, c => new Cell(0, "●", $"{c}\nof the core", false));
        foreach (HeadNeed head in set.Heads) cells.Add(head.Part, cell(head));
        return cells;
    }

    static Markup Outputs(NeedFacts facts, NeedSet set)
    {
        string name = Measurements.Name(set.Set);
        Cell Square(HeadNeed h)
        {
            if (h.Output is not { } o) return new(0, "–", $"{h.Part}\nno head of the core stands before it", false);
            string changed = $"changes by {Size(o.Value)} ({Size(o.Low)} to {Size(o.High)}, {Wording.Examples(o.N)})";
            string tip = $"{h.Part} without the {Wording.Count(h.Before, "head")} of the core before "
                + $"it\n{changed}{Among(h.OutputAmong, Size)}";
            return new(Math.Min(1, o.Value) * 0.92, Wording.Number(100 * o.Value, "0"), tip, Beyond(h.OutputAmong));
        }
        return PartMap.Draw($"needs-output-{set.Set}", $"change of output without the core's heads, {name}, %",
            $"Change of each head's output {name} without the core's heads",
            $"{set.Heads.Count(h => h.Output is not null)} heads stand after heads of the core.", Cells(facts, set, Square), [Heads.Kind]);
    }

    static Markup Effects(NeedFacts facts, NeedSet set)
    {
        string name = Measurements.Name(set.Set);
        double most = set.Heads.Max(h => Math.Abs(h.EffectChange.Value));
        Cell Square(HeadNeed h)
        {
            var c = h.EffectChange;
            double strength = c.Low > 0 || c.High < 0 ? c.Value / Math.Max(1e-9, most) * 0.92 : 0;
            string taken = $"takes {Nats(h.Effect.Value)} from the full model when ablated, {Nats(h.EffectWithout.Value)} without the "
                + "core's heads";
            string change = $"change {Nats(c.Value)} ({Nats(c.Low)} to {Nats(c.High)}, {Wording.Examples(c.N)})";
            string words = Math.Abs(c.Value) < 0.05 ? "" : Wording.Number(c.Value, "0.0");
            return new(strength, words, $"{h.Part}\n{taken}\n{change}{Among(h.EffectAmong, Nats)}", Beyond(h.EffectAmong));
        }
        return PartMap.Draw($"needs-effect-{set.Set}", $"change of effect without the core's heads, {name}, nats",
            $"Change of each head's effect on the correct label {name} without the core's heads",
            $"The largest change is {Wording.Number(most, "0.00")} nats.", Cells(facts, set, Square), [Heads.Kind]);
    }

    /// <summary>A change of a head's output, in percent of its size.</summary>
    internal static string Size(double change) => double.IsNaN(change) ? "not measured" : $"{Wording.Number(100 * change, "0")}\u00A0%";

    static string Nats(double nats) => double.IsNaN(nats) ? "not measured" : $"{Wording.Number(nats, "0.00")}\u00A0nats";

    static string Among(AmongDraws? among, Func<double, string> say) => among is not { } a ? "\ntoo few other heads to draw as many from"
        : $"\n{a.AtLeast} of {a.Draws} random draws change it at least as much (mean {say(a.Mean)}, {say(a.Low)} to {say(a.High)})";

    static string Reading(NeedFacts facts)
    {
        string Each(Func<NeedSet, string> say) => Wording.List([.. facts.Sets.Select(s => $"{say(s)} {Measurements.Name(s.Set)}")]);
        string Output(NeedSet s)
        {
            HeadNeed[] ranked = [.. s.Heads.Where(h => h.OutputAmong is not null)];
            if (ranked.Length == 0) return "none has enough others before it to compare";
            string own = Size(ranked.Average(h => h.Output!.Value)), random = Size(ranked.Average(h => h.OutputAmong!.Mean));
            return $"{ranked.Count(h => Beyond(h.OutputAmong))} of {ranked.Length} (by {own} on average against {random})";
        }
        string Effect(NeedSet s) => $"{s.Heads.Count(h => Beyond(h.EffectAmong))} of {s.Heads.Count(h => h.EffectAmong is not null)}";
        string Pair(NeedSet s) => $"{s.Pairs.Count(p => p.Edge)} of {Wording.Count(s.Pairs.Count, "pair")}";
        double pairs = facts.Sets.Average(s => s.Pairs.Count);
        return $"Without the core's {Wording.Count(facts.Core.Count, "head")} ({Wording.Examples(facts.Sets[0].Examples)} per set), "
            + $"the outputs of heads after them change more than without as many random heads: {Each(Output)}; "
            + $"their effect on the correct label changes more than that in {Each(Effect)}; "
            + $"one head of the core alone changes a head after it in {Each(Pair)}, where chance gives about "
            + $"{Wording.Number(Level * pairs, "0")} "
            + "(more: than 95\u00A0% of the random draws or pairs).";
    }
}

/// <summary>Who depends on whom: columns by layer, a line from each head of the core to each head that needs it.</summary>
static class NeedGraph
{
    /// <summary>The most lines that are drawn.</summary>
    internal const int MostLines = 60;

    const double Left = 34, Top = 30, Right = 22;

    /// <summary>Draws the graph of one set.</summary>
    public static Markup Draw(NeedFacts facts, NeedSet set)
    {
        int layers = facts.HeadsPerLayer.Count, most = facts.HeadsPerLayer.DefaultIfEmpty(0).Max();
        double width = Math.Max(Chart.Width, Left + Right + 56 * (layers - 1)), row = most > 16 ? 17 : 26;
        double step = (width - Left - Right) / Math.Max(1, layers - 1);
        NeedPair[] lines = [.. set.Pairs.Where(p => p.Edge).OrderByDescending(p => p.Output.Value)
            .ThenBy(p => p.From, StringComparer.Ordinal)
            .ThenBy(p => p.To, StringComparer.Ordinal).Take(MostLines)];
        (double X, double Y) At(string part)
        {
            Part head = Part.Parse(part);
            return (Left + head.Layer * step, Top + head.Index * row);
        }
        string[] heads = [.. facts.Core.Concat(set.Heads.Select(h => h.Part)).OrderBy(Part.Parse)];
        Markup Head(string h)
        {
            bool core = facts.Core.Contains(h);
            return Chart.Draw(new(0, core ? "core" : "base", core ? Shape.Disc : Shape.Ring, Tip(facts, set, h)), At(h).X, At(h).Y, 5);
        }
        Markup Layer(int l) => Chart.Text($"L{l}", Left + l * step, 12, "tick", "middle");
        string name = Measurements.Name(set.Set);
        return Chart.Panel($"needs-graph-{set.Set}", $"who needs whom, {name}",
            $"Heads outside the core that need a head of the core, {name}",
            $"{Wording.Count(set.Pairs.Count(p => p.Edge), "line")}, {lines.Length} drawn.", width, Top + (most - 1) * row + 26, $"""
            <g aria-hidden="true">{Enumerable.Range(0, layers).Select(Layer)}
            {Enumerable.Range(0, most).Select<int, Markup>(h => Chart.Text($"H{h}", 4, Top + h * row + 3.5, "tick"))}</g>
            <g class="core" aria-hidden="true">{lines.Select(p => Line(At(p.From), At(p.To), p.Output.Value))}</g>
            {heads.Select(Head)}
            """);
    }

    static Markup Line((double X, double Y) a, (double X, double Y) b, double change)
    {
        double strength = Math.Min(1, change);
        Markup look = $"stroke-width=\"{0.8 + 2 * strength}\" stroke-opacity=\"{0.25 + 0.6 * strength}\"";
        return $"<path class=\"arc\" d=\"M{a.X + 5} {a.Y}C{a.X + 22} {a.Y} {b.X - 22} {b.Y} {b.X - 6} {b.Y}\" {look}/>";
    }

    static string Tip(NeedFacts facts, NeedSet set, string head)
    {
        bool core = facts.Core.Contains(head);
        NeedPair[] own = [.. set.Pairs.Where(p => p.Edge && (core ? p.From : p.To) == head).OrderByDescending(p => p.Output.Value)];
        string those = Wording.List([.. own.Select(p => $"{(core ? p.To : p.From)} ({NeedMaps.Size(p.Output.Value)})")]);
        return core ? $"{head}, of the core\n{(own.Length == 0 ? "no head needs it beyond chance" : $"needed by {those}")}"
            : $"{head}\n{(own.Length == 0 ? "needs no head of the core beyond chance" : $"needs {those}")}";
    }
}
