using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Questions;

/// <summary>
/// What every head attends to, in and out of domain, and the pages of the core's heads; drawn by <see cref="AttentionMap"/>.
/// </summary>
sealed class Attention : IQuestion<AttentionFacts>
{
    const int MostPages = 24, MostTokens = 40, TokensOnPages = 2500, MostEach = 3;

    public string Name => "attention";

    public int Version => 1;

    public bool Usual => false;

    // attention, the full model's scores, and each head of the core ablated
    public long Passes(Prospect ahead) => PassesFor(ahead.CoreHeads, ahead.HeadExamples.All);

    static long PassesFor(int coreHeads, int examples) => (2L + coreHeads) * examples;

    public AttentionFacts? Ask(Subject subject)
    {
        Looked[] looked = [.. subject.TwoSets(subject.Settings.HeadExamples).Select(s => Look(subject, s.Set, s.Rows))];
        if (looked.Length == 0) return null;
        IReadOnlyList<Part> core = subject.CoreHeads;
        // the heads with a page: those whose ablation costs most in-domain
        Part[] paged = [.. core.OrderByDescending(h => Average.Over(looked[0].Lost[h]).Value).ThenBy(h => h).Take(MostPages).Order()];
        return new([.. looked.Select(l => Facts(l, core))], [.. paged.Select(head => Page(subject, head, paged.Length, looked))], core
            .Count);
    }

    // one set, looked at
    sealed record Looked(EvaluationSet Set, IReadOnlyList<TokenWords> Texts, AttentionMass Mass, IReadOnlyDictionary<Part, double[]> Lost);

    // one example of a set that was looked at
    readonly record struct Seen(Looked From, int Example)
    {
        public TokenWords Text => From.Texts[Example];
    }

    static Looked Look(Subject subject, EvaluationSet set, IReadOnlyList<Row> rows)
    {
        IReadOnlyList<TokenWords> texts = subject.Loaded.WordsOf(rows, subject.Settings.MaxLength);
        IReadOnlyList<Part> heads = subject.CoreHeads;
        Action<int> advance = subject.Advance($"attention, {set.Use}", PassesFor(heads.Count, set.Examples.Count), "examples");
        AttentionMass mass = AttentionMass.Measure(subject.Model, set.Examples, texts, advance, subject.Stop);
        float[][] masks = [subject.Without(), .. heads.Select(h => subject.Without(h))];
        float[][] scores = new Answers(set.Examples).Scores(subject.Model, masks, subject.Ablation, advance, subject.Stop);
        double[] full = LabelLogit.PerExample(set, scores[0]);
        double[] Lost(int head) => [.. full.Zip(LabelLogit.PerExample(set, scores[head + 1]), (with, without) => with - without)];
        return new(set, texts, mass, heads.Index().ToDictionary(h => h.Item, h => Lost(h.Index)));
    }

    static AttentionSet Facts(Looked looked, IReadOnlyList<Part> core)
    {
        AttentionMass mass = looked.Mass;
        HeadAttention Head(Part part, int h)
        {
            var there = KeyKinds.All.Select(kind => (Kind: kind, Mass: mass.Mass(h, kind))).Where(k => k.Mass.N > 0);
            KindAttention[] kinds = [.. there.Select(k => new KindAttention(NameOf(k.Kind), k.Mass, mass.Above(h, k.Kind),
                mass.AverageHead(h, k.Kind).Value, mass.Uniform(h, k.Kind).Value))];
            return new($"{part}", core.Contains(part), part.Layer == mass.Heads[^1].Layer, kinds);
        }
        return new(looked.Set.Use, mass.Examples, [.. mass.Heads.Select(Head)]);
    }

    static string NameOf(KeyKind kind) => char.ToLowerInvariant($"{kind}"[0]) + $"{kind}"[1..];

    static HeadPage Page(Subject subject, Part head, int pages, Looked[] looked)
    {
        int h = looked[0].Mass.Heads.Index().Single(p => p.Item == head).Index;
        KeyKind kind = looked[0].Mass.MostCharacteristic(h) ?? KeyKind.Itself;          // a window of one shows nothing else
        // the readable ones of all sets; where nearly none is short, the shortest
        List<Seen> all = [.. looked.SelectMany(l => Enumerable.Range(0, l.Texts.Count).Select(e => new Seen(l, e)))];
        List<Seen> readable = [.. all.Where(e => e.Text.Count <= MostTokens)];
        if (readable.Count < 2 * MostEach) readable = [.. all.OrderBy(e => e.Text.Count).Take(2 * MostEach)];
        int each = (int)Math.Clamp(TokensOnPages / (2 * pages * readable.Average(e => e.Text.Count)), 1, MostEach);
        return new($"{head}", NameOf(kind), looked.ToDictionary(l => l.Set.Use, l => Average.Over(l.Lost[head])),
            [.. Strongest("mass", e => e.From.Mass.Above(e.Example, h, kind)),
                .. Strongest("ablation", e => Math.Abs(e.From.Lost[head][e.Example]))]);

        IEnumerable<DrawnExample> Strongest(string why, Func<Seen, double> figure)
        {
            var figures = readable.Select(e => (Shown: e, Figure: figure(e))).Where(e => !double.IsNaN(e.Figure));
            var different = figures.OrderByDescending(e => e.Figure).DistinctBy(e => string.Join(' ', e.Shown.Text.Pieces));
            return different.Take(each).Select(e => Drawn(subject, head, h, kind, why, e.Shown));
        }
    }

    static DrawnExample Drawn(Subject subject, Part head, int h, KeyKind kind, string why, Seen seen)
    {
        Looked looked = seen.From;
        TokenWords text = seen.Text;
        Example example = looked.Set.Examples[seen.Example];
        Dictionary<int, double[]> rows = [];
        AttentionWeights.Each(subject.Model, new([example.Input]), (layer, index, _, query, weights) =>
        {
            if (layer == head.Layer && index == head.Index) rows[query] = weights.ToArray();
        });
        // the token with most mass on the kind; where none sees any of it, the one with the largest share on another token
        double OnKind(int query) => Enumerable.Range(0, text.Count).Where(key => kind.Holds(text, query, key)).Sum(key => rows[query][key]);
        double OnOther(int query) => rows[query].Where((_, key) => key != query).DefaultIfEmpty(0).Max();
        int from = rows.Keys.Order().MaxBy(query => (OnKind(query), OnOther(query)));
        DrawnToken Token(int t)
        {
            int? to = rows.TryGetValue(t, out double[]? row) ? Array.IndexOf(row, row.Max()) : null;
            double? share = to is { } key ? Math.Round(row![key], 4) : null;
            return new(text.Pieces[t], text.Sentences[t], Math.Round(rows[from][t], 4), to, share);
        }
        return new(looked.Set.Use, example.Case, looked.Set.Labels[example.Label], why, looked.Mass.Mass(seen.Example, h, kind),
            looked.Lost[head][seen.Example], from, [.. Enumerable.Range(0, text.Count).Select(Token)]);
    }

    public IReadOnlyList<Figure> Draw(AttentionFacts facts, Findings findings) => facts.CoreHeads == 0 ? [] : [AttentionMap.Draw(facts)];
}
