using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>The figure of <see cref="Attention"/>: what the core's heads attend to, against the average head and equal weights.</summary>
static class AttentionMap
{
    const double Full = 0.35;                                    // a difference from the average head that is drawn at full strength
    const int MostHeads = 64;                                    // in the page's table; more would make it larger than all the rest

    static readonly Dictionary<string, (string Short, string Words)> kinds = new()
    {
        ["sameWordOther"] = ("same word, other", "the same word in the other sentence"),
        ["sameWordOwn"] = ("same word, own", "the same word elsewhere in the own sentence"),
        ["unsharedWord"] = ("unshared word", "words that the other sentence does not have"),
        ["otherSentence"] = ("other sentence", "the other sentence as a whole"),
        ["previous"] = ("previous", "the token before"),
        ["next"] = ("next", "the token after"),
        ["itself"] = ("itself", "the token itself"),
        ["first"] = ("first", "the first token"),
        ["separator"] = ("separator", "separators"),
        ["punctuation"] = ("punctuation", "punctuation"),
    };

    /// <summary>A kind as a sentence says it.</summary>
    public static string Words(string kind) => kinds.TryGetValue(kind, out var known) ? known.Words : kind;

    /// <summary>The figure of a core with at least one head.</summary>
    public static Figure Draw(AttentionFacts facts)
    {
        bool all = facts.Sets[0].Heads.Count <= MostHeads;
        object?[] Row(AttentionSet s, HeadAttention h, KindAttention k) => [Measurements.Name(s.Set), h.Part, h.Core ? "yes" : "no", k.Kind,
            k.Mass.Value, k.Mass.Low, k.Mass.High, k.Mass.N, k.Above.Value, k.Above.Low, k.Above.High, k.AverageHead, k.Uniform];
        IEnumerable<object?[]> Rows(AttentionSet s) => s.Heads.Where(h => h.Core || all).SelectMany(h => h.Kinds.Select(k => Row(s, h, k)));
        return new("attention", "What do the core's heads attend to?", Reading(facts), [.. facts.Sets.Select(Map)], [], $"""
            Numbers are shares of a head's attention, in percent, averaged over the tokens that see any token of the kind, then over
            examples; kinds overlap and do not add up. Coloured by the difference from the average head where its whole 95&#160;% interval
            lies above zero (blue: below); an outline marks the kind other than the token itself that the head gives most to beyond the
            average head. “mean” is the average head, of all heads; “even” is what equal weights on all tokens would give. Heads of the last
            layer attend from the one token that is read,
            so they are compared with each other only.
            """,
            [new("attention", all ? "attention of every head to every kind of token"
                : "attention of the core's heads to every kind of token (of all heads in result.json)",
                ["set", "head", "core", "kind", "share", "low", "high", "n", "beyond the average head", "low ", "high ", "average head",
                    "equal weights"],
                [.. facts.Sets.SelectMany(Rows)])])
        {
            Closer = [.. facts.Pages.Select(HeadPages.Draw)],
        };
    }

    static Markup Map(AttentionSet set)
    {
        HeadAttention[] Group(bool read) => [.. set.Heads.Where(h => h.Core && h.Read == read)];
        HeadAttention[][] groups = [.. new[] { Group(false), Group(true) }.Where(g => g.Length > 0)];
        List<string> columns = [];
        List<int> parted = [];
        foreach (HeadAttention[] group in groups)
        {
            if (columns.Count > 0) parted.Add(columns.Count);
            columns.AddRange([.. group.Select(h => h.Part), "mean", "even"]);
        }
        string[] there = [.. kinds.Keys.Where(k => groups.Any(g => g.Any(h => KindIn(h, k) is not null)))];
        HeatRow Row(string kind) =>
            new(kinds[kind].Short, [.. groups.SelectMany(g => (Cell?[])[.. g.Select(h => Square(h, kind)), .. Compared(g[0], kind)])]);
        string name = Measurements.Name(set.Set);
        return HeatMap.Draw($"attention-{set.Set}", $"attention {name}", $"Attention of the core's heads {name} by kind of token",
            $"{Wording.Count(groups.Sum(g => g.Length), "head")} of the core, {there.Length} kinds of token.",
            [.. there.Select(Row)], columns, parted, "heads of the core", 32);
    }

    static KindAttention? KindIn(HeadAttention head, string kind) => head.Kinds.FirstOrDefault(k => k.Kind == kind);

    static Cell? Square(HeadAttention head, string kind)
    {
        if (KindIn(head, kind) is not { } k) return null;
        bool clear = k.Above.Low > 0 || k.Above.High < 0;
        double strength = clear ? Math.Sign(k.Above.Value) * Math.Min(1, Math.Abs(k.Above.Value) / Full) * 0.92 : 0;
        string tip = $"{head.Part} to {Words(kind)}\n{InWords(k.Mass)}\naverage head {Wording.Percent(k.AverageHead)}, equal weights "
            + $"{Wording.Percent(k.Uniform)}\n{Wording.Points(k.Above.Value)} beyond the average head ({Points(k.Above.Low)} to "
            + $"{Points(k.Above.High)})";
        return new(strength, Number(k.Mass.Value), tip, k.Above.Low > 0 && Characteristic(head)?.Kind == kind);
    }

    // the average head and equal weights
    static Cell?[] Compared(HeadAttention head, string kind) => KindIn(head, kind) is not { } k ? [null, null] :
        [new(0, Number(k.AverageHead), $"average head to {Words(kind)}\n{Wording.Percent(k.AverageHead)}", false),
            new(0, Number(k.Uniform), $"equal weights on {Words(kind)}\n{Wording.Percent(k.Uniform)}", false)];

    static string Number(double share) => Wording.Number(100 * share, "0");

    static string Points(double difference) => Wording.Number(100 * difference, "0.0");

    static string InWords(Average share) =>
        $"{Wording.Percent(share.Value)} ({Wording.Range(share.Low, share.High)}, {Wording.Examples(share.N)})";

    // but the token itself
    static KindAttention? Characteristic(HeadAttention head) => head.Kinds.Where(k => k.Kind != "itself").MaxBy(k => k.Above.Value);

    static string Reading(AttentionFacts facts)
    {
        AttentionSet near = facts.Sets[0];
        HeadAttention[] core = [.. near.Heads.Where(h => h.Core)];
        string heads = Wording.Count(facts.CoreHeads, "head");
        List<(HeadAttention Head, KindAttention Kind)> marked =
            [.. core.Select(h => (Head: h, Kind: Characteristic(h)!)).Where(h => h.Kind.Above.Low > 0)];
        if (marked.Count == 0)
            return $"None of the core's {heads} gives any kind of token more than the average head does by more than its interval "
                + $"(95\u00A0%, {Wording.Examples(near.Examples)}).";
        var groups = marked.GroupBy(h => h.Kind.Kind)
            .OrderByDescending(g => g.Count()).ThenByDescending(g => g.Max(h => h.Kind.Above.Value)).ToList();
        string Group(IReadOnlyList<(HeadAttention Head, KindAttention Kind)> group, int i)
        {
            string who = $"{Few(group.Count)}{(i == 0 ? $" of the core's {heads}" : "")} attend{(group.Count == 1 ? "s" : "")} most to ";
            string which = i < 2 ? Clearest(facts, group) : Wording.List([.. group.Select(h => h.Head.Part)]);
            return $"{who}{Words(group[0].Kind.Kind)} ({which})";
        }
        string rest = marked.Count < core.Length ? $", and {Few(core.Length - marked.Count)} to none more than it does" : "";
        return $"Beyond what the average head gives, {Wording.List([.. groups.Select((g, i) => Group([.. g], i))])}{rest}.";
    }

    static string Clearest(AttentionFacts facts, IReadOnlyList<(HeadAttention Head, KindAttention Kind)> group)
    {
        var (head, kind) = group.MaxBy(h => h.Kind.Above.Value);
        AttentionSet? far = facts.Sets.FirstOrDefault(s => s.Set == "outOfDomain");
        KindAttention? there = far is null ? null : KindIn(far.Heads.Single(h => h.Part == head.Part), kind.Kind);
        string outside = there is null ? ""
            : $" and {Wording.Percent(there.Mass.Value)} ({Wording.Range(there.Mass.Low, there.Mass.High)}) out of domain";
        return $"{head.Part} {InWords(kind.Mass)} in-domain{outside}, the average head {Wording.Percent(kind.AverageHead)}, "
            + $"equal weights {Wording.Percent(kind.Uniform)}";
    }

    static string Few(int n) => n == 1 ? "one" : Wording.Count(n);
}
