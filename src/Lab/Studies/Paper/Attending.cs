using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports.Paper;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>What every head attends to, in and out of domain, and the pages of the core's heads.</summary>
static class Attending
{
    const int MostPages = 24, MostTokens = 40, TokensOnPages = 2500, MostEach = 3;

    /// <summary>Passes of one example through the model: attention, the full model's scores, and each core head knocked out.</summary>
    public static long Passes(int coreHeads, int examples) => (2L + coreHeads) * examples;

    /// <summary>Looks, on at most so many examples of each set.</summary>
    public static AttentionFacts Of(Subject subject, int most)
    {
        Looked[] looked = [.. subject.Two(most).Select(s => Look(subject, s.Set, s.Rows))];
        IReadOnlyList<Part> core = subject.CoreHeads;
        // the heads with a page: those whose knock-out costs most in-domain
        Part[] paged = [.. core.OrderByDescending(h => Average.Of(looked[0].Lost[h]).Value).ThenBy(h => h).Take(MostPages).Order()];
        return new([.. looked.Select(l => Facts(l, core))], [.. paged.Select(head => Page(subject, head, paged.Length, looked))], core.Count);
    }

    // one set, looked at
    sealed record Looked(EvaluationSet Set, IReadOnlyList<TokenWords> Texts, AttentionMass Mass, IReadOnlyDictionary<Part, double[]> Lost);

    static Looked Look(Subject subject, EvaluationSet set, IReadOnlyList<Row> rows)
    {
        IReadOnlyList<TokenWords> texts = subject.Loaded.WordsOf(rows, subject.MostTokens);
        IReadOnlyList<Part> heads = subject.CoreHeads;
        Action<int> advance = subject.Advance($"attention, {set.Use}", Passes(heads.Count, set.Examples.Count), "examples");
        AttentionMass mass = AttentionMass.Of(subject.Model, set.Examples, texts, advance, subject.Stop);
        float[][] scores = new Answers(set.Examples).Of(subject.Model, [subject.Without(), .. heads.Select(h => subject.Without(h))], subject.Absence, advance, subject.Stop);
        double[] full = LabelLogit.Of(set, scores[0]);
        return new(set, texts, mass, heads.Index().ToDictionary(h => h.Item, h => (double[])[.. full.Zip(LabelLogit.Of(set, scores[h.Index + 1]), (with, without) => with - without)]));
    }

    static AttentionSet Facts(Looked looked, IReadOnlyList<Part> core) => new(looked.Set.Use, looked.Mass.Examples, [.. looked.Mass.Heads.Select((part, h) => new HeadAttention(
        $"{part}", core.Contains(part), part.Layer == looked.Mass.Heads[^1].Layer,
        [.. KeyKinds.All.Select(kind => (kind, Mass: looked.Mass.Mass(h, kind))).Where(k => k.Mass.N > 0)
            .Select(k => new KindAttention(NameOf(k.kind), k.Mass, looked.Mass.Above(h, k.kind), looked.Mass.AverageHead(h, k.kind).Value, looked.Mass.Uniform(h, k.kind).Value))]))]);

    internal static string NameOf(KeyKind kind) => char.ToLowerInvariant($"{kind}"[0]) + $"{kind}"[1..];

    static HeadPage Page(Subject subject, Part head, int pages, Looked[] looked)
    {
        int h = looked[0].Mass.Heads.Index().Single(p => p.Item == head).Index;
        KeyKind kind = looked[0].Mass.MostCharacteristic(h) ?? KeyKind.Itself;          // a window of one shows nothing else
        // the readable ones of all sets; where nearly none is short, the shortest
        var all = looked.SelectMany(l => Enumerable.Range(0, l.Texts.Count).Select(e => (Of: l, Example: e))).ToList();
        var readable = all.Where(e => e.Of.Texts[e.Example].Count <= MostTokens).ToList();
        if (readable.Count < 2 * MostEach) readable = [.. all.OrderBy(e => e.Of.Texts[e.Example].Count).Take(2 * MostEach)];
        int each = (int)Math.Clamp(TokensOnPages / (2 * pages * readable.Average(e => e.Of.Texts[e.Example].Count)), 1, MostEach);
        return new($"{head}", NameOf(kind), looked.ToDictionary(l => l.Set.Use, l => Average.Of(l.Lost[head])),
            [.. Strongest("mass", e => e.Of.Mass.Above(e.Example, h, kind)), .. Strongest("knock-out", e => Math.Abs(e.Of.Lost[head][e.Example]))]);

        IEnumerable<DrawnExample> Strongest(string why, Func<(Looked Of, int Example), double> figure) => readable.Select(e => (Shown: e, Figure: figure(e))).Where(e => !double.IsNaN(e.Figure))
            .OrderByDescending(e => e.Figure).DistinctBy(e => string.Join(' ', e.Shown.Of.Texts[e.Shown.Example].Pieces)).Take(each).Select(e => Drawn(subject, head, h, kind, why, e.Shown.Of, e.Shown.Example));
    }

    static DrawnExample Drawn(Subject subject, Part head, int h, KeyKind kind, string why, Looked looked, int example)
    {
        TokenWords text = looked.Texts[example];
        Example of = looked.Set.Examples[example];
        Dictionary<int, double[]> rows = [];
        AttentionWeights.Each(subject.Model, new([of.Input]), (layer, index, _, query, weights) =>
        {
            if (layer == head.Layer && index == head.Index) rows[query] = weights.ToArray();
        });
        // the token with most mass on the kind; where none sees any of it, the one with the largest share on another token
        double OnKind(int query) => Enumerable.Range(0, text.Count).Where(key => kind.Holds(text, query, key)).Sum(key => rows[query][key]);
        double OnOther(int query) => rows[query].Where((_, key) => key != query).DefaultIfEmpty(0).Max();
        int from = rows.Keys.Order().MaxBy(query => (OnKind(query), OnOther(query)));
        return new(looked.Set.Use, of.Case, looked.Set.Labels[of.Label], why, looked.Mass.Of(example, h, kind), looked.Lost[head][example], from, [.. Enumerable.Range(0, text.Count).Select(t =>
        {
            int? to = rows.TryGetValue(t, out double[]? row) ? Array.IndexOf(row, row.Max()) : null;
            return new DrawnToken(text.Pieces[t], text.Sentences[t], Math.Round(rows[from][t], 4), to, to is { } key ? Math.Round(row![key], 4) : null);
        })]);
    }
}
