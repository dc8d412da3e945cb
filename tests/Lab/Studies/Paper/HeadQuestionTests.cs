using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Tasks.Worlds;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Studies.Paper;

/// <summary>The questions about a core's heads, on models whose answers are known.</summary>
[Collection("the thread team")]
public sealed class HeadQuestionTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly LoadedModel loaded;

    public HeadQuestionTests() => loaded = LoadedModel.Load(SmallWorld.ModelIn(temporary.At("model")));

    public void Dispose() => temporary.Dispose();

    static Tensor Changed(Tensor t, Func<int, int, bool> zero)
    {
        Tensor changed = t.KeepForever();
        int columns = t.Shape.Axes[^1];
        for (int i = 0; i < changed.Count; i++) if (zero(i / columns, i % columns)) changed.Change()[i] = 0;
        return changed;
    }

    Subject Subject(LoadedModel of, Sets sets, RunFolder folder, Part[] core, CancellationToken stop = default, Action<Progress>? told = null) =>
        new(folder, new Told(told ?? (_ => { })), stop)
        {
            Loaded = of,
            Sets = sets,
            Settings = new() { Seeds = [1], Draws = 20, HeadExamples = 0, Tolerance = 0.03, Pruning = new(Steps: 4, BatchSize: 8) },
            MakeAblation = () => Ablation.Zero(of.Model.Universe()),
            Core = core,
        };

    RunFolder Open(string name) => RunFolder.Open(temporary.At(name), Manifests.Small);

    /// <summary>Only L0.H1 writes anything; labels are the model's own answers, half of each.</summary>
    (LoadedModel Planted, Sets Sets) OneHead()
    {
        IModel model = loaded.Model;
        model = model.With(model.Config, model.Weights.Map((name, t) => name.EndsWith("attention.output.dense.weight", StringComparison.Ordinal) ? Changed(t, (_, column) => name.Contains("layer.1", StringComparison.Ordinal) || column < 4)
            : name.EndsWith(".output.dense.weight", StringComparison.Ordinal) ? Changed(t, (_, _) => true) : t));
        Row[] rows = [.. MadeUpLanguage.InDomain(60, 5)];
        float[] scores = new Answers(loaded.Encode([Source(rows)], model.Labels)).Scores(model);
        double[] differences = [.. rows.Select((_, i) => (double)scores[2 * i + 1] - scores[2 * i])];
        float middle = (float)differences.Order().ElementAt(30);
        Assert.True(differences.Max() - differences.Min() > 1e-3);
        model = model.With(model.Config, model.Weights.Map((name, t) =>
        {
            if (name != "classifier.bias") return t;
            Tensor shifted = t.KeepForever();
            shifted.Change()[0] += middle;
            return shifted;
        }));
        rows = [.. rows.Select((row, i) => row with { Label = model.Labels[differences[i] > middle ? 1 : 0], Case = $"case {i % 3}" })];
        LoadedModel planted = loaded with { Model = model };
        return (planted, new(planted, Small.Sets([Source(rows)], [Source(rows)]), LabelMap.Parse(""), 0));
    }

    static DataSource Source(IReadOnlyList<Row> rows) => new("rows", rows, new string('a', 64), () => { });

    static readonly Part needed = Heads.Kind.Part(0, 1);

    [Fact]
    public void The_part_that_the_core_lacks_is_added_first_and_brings_generalization_back()
    {
        var (planted, sets) = OneHead();
        using RunFolder folder = Open("run");
        AddBackFacts facts = new AddBack().Ask(Subject(planted, sets, folder, [Mlps.Kind.Part(1)]))!;
        AddBackPath greedy = facts.Paths[0];
        Assert.Equal(("greedy", $"{needed}", 1), (greedy.Kind, greedy.Order[0], greedy.Back));
        Assert.Equal([1, 1, 1], greedy.Points.Skip(1).Select(p => p.OutOfDomain.Value));
        Assert.InRange(greedy.Points[0].OutOfDomain.Value, 0.2, 0.8);
        Assert.Equal(3, greedy.Order.Count);                             // as many steps within the tolerance as it waits for
        foreach (AddBackPath path in facts.Paths)                      // whoever adds it is back then, and not before
            Assert.Equal(path.Order.ToList().IndexOf($"{needed}") is >= 0 and int place ? place + 1 : null, path.Back);
        foreach (AddBackPath path in facts.Paths.Where(p => p.Kind == "random")) Assert.Equal(greedy.Order.Select(p => Part.Parse(p).Kind), path.Order.Take(3).Select(p => Part.Parse(p).Kind));
        Assert.Equal(60, facts.Chosen + facts.OutOfDomain.N);
    }

    [Fact]
    public void The_halves_share_no_input_and_no_case_is_in_one_alone()
    {
        var (_, sets) = OneHead();
        EvaluationSet set = sets.Each.Single(s => s.Set.Use == "outOfDomain").Set;
        set = set with { Examples = [.. set.Examples, .. set.Examples.Take(7)], From = [.. set.From, .. set.From.Take(7)] };
        var (chosen, measured) = AddBack.Halves(set);
        string[][] inputs = [.. new[] { chosen, measured }.Select(h => (string[])[.. h.Examples.Select(e => string.Join(' ', e.Input.Ids))])];
        Assert.Empty(inputs[0].Intersect(inputs[1]));
        Assert.Equal(67, inputs[0].Length + inputs[1].Length);
        foreach (EvaluationSet half in (EvaluationSet[])[chosen, measured]) Assert.Equal(3, half.Examples.Select(e => e.Case).Distinct().Count());
        Assert.InRange(inputs[0].Length, 27, 40);
    }

    [Fact]
    public void Stopped_at_any_moments_additions_and_needs_end_with_the_same_facts()
    {
        var (planted, sets) = OneHead();
        string whole;
        using (RunFolder folder = Open("whole")) whole = Answer(Subject(planted, sets, folder, [Mlps.Kind.Part(1), Heads.Kind.Part(0, 0)]));
        int stops = 0;
        for (int after = 1; ; after = after * 2 + 1)
        {
            using RunFolder folder = Open("stopped");
            using CancellationTokenSource stop = new();
            int reports = 0;
            try
            {
                Assert.Equal(whole, Answer(Subject(planted, sets, folder, [Mlps.Kind.Part(1), Heads.Kind.Part(0, 0)], stop.Token, _ => { if (Interlocked.Increment(ref reports) == after) stop.Cancel(); })));
                break;
            }
            catch (OperationCanceledException) { stops++; }
        }
        Assert.InRange(stops, 3, 20);

        static string Answer(Subject subject) =>
            System.Text.Json.JsonSerializer.Serialize((object[])[new AddBack().Ask(subject)!, new Needs().Ask(subject)!], JsonWriting.Published);
    }

    [Fact]
    public void A_head_that_reads_the_core_is_found_and_no_other_is()
    {
        // L0.H0 alone writes, L1.H0 alone reads: all others write nothing, or mix a constant
        IModel small = Small.Model(layers: 2, heads: 6, width: 24);
        IModel model = small.With(small.Config, small.Weights.Map((name, t) => name switch
        {
            "bert.encoder.layer.0.attention.output.dense.weight" => Changed(t, (_, column) => column >= 4),
            "bert.encoder.layer.1.attention.self.value.weight" => Changed(t, (row, _) => row >= 4),
            _ => t,
        }));
        EvaluationSet set = new("inDomain", Small.Examples(30), model.Labels, [0, 1]);
        using RunFolder folder = Open("needs");
        NeedSet needs = Needs.On(Subject(loaded with { Model = model }, OneHead().Sets, folder, [Heads.Kind.Part(0, 0), Mlps.Kind.Part(0)]), set);
        Assert.Equal(["L0.H0>L1.H0"], needs.Pairs.Where(p => p.Edge).Select(p => $"{p.From}>{p.To}"));
        Assert.Equal((0, 30), (needs.Pairs[0].Among!.AtLeast, needs.Pairs[0].Among!.Draws));
        Assert.Equal(6, needs.Pairs.Count);
        Assert.Equal(11, needs.Heads.Count);
        foreach (HeadNeed head in needs.Heads)
        {
            Part part = Part.Parse(head.Part);
            Assert.Equal((part.Layer, part.Layer == 0), (head.Before, head.Output is null));
            if (head.Output is { } output) Assert.True(part.Index == 0 ? output.Low > 0.01 : output.Value < 1e-6, $"{head.Part}: {output}");
            Assert.Null(head.OutputAmong);                               // five heads before it: not twenty different ones to draw
            Assert.True(head.EffectAmong!.Draws >= 20);
            Assert.Equal(head.EffectWithout.Value - head.Effect.Value, head.EffectChange.Value, 1e-9);
            if (part.Layer == 0) Assert.Equal((0.0, 0.0), (head.Effect.Value, head.EffectWithout.Value));
        }
        Assert.Contains(needs.Heads, h => h.Part == "L1.H0" && h.Effect.Value != 0 && h.EffectChange.Value != 0);
    }

    [Fact]
    public void A_heads_page_shows_the_examples_in_which_it_matters_most()
    {
        var (planted, sets) = OneHead();
        using RunFolder folder = Open("pages");
        AttentionFacts facts = new Attention().Ask(Subject(planted, sets, folder, [needed, Heads.Kind.Part(1, 0)]))!;
        Assert.Equal(["inDomain", "outOfDomain"], facts.Sets.Select(s => s.Set));
        Assert.Equal(["L0.H1", "L1.H0"], facts.Sets[0].Heads.Where(h => h.Core).Select(h => h.Part));
        Assert.Equal([false, false, true, true], facts.Sets[0].Heads.Select(h => h.Read));
        Assert.DoesNotContain(facts.Sets[0].Heads[0].Kinds, k => k.Kind == "punctuation");
        HeadPage page = facts.Pages.Single(p => p.Part == $"{needed}"), silent = facts.Pages.Single(p => p.Part == "L1.H0");
        Assert.Equal(3, page.Examples.Count(e => e.Why == "mass"));
        Assert.All(silent.Lost.Values, l => Assert.Equal((0.0, 60), (l.Value, l.N)));
        Assert.All(page.Lost.Values, l => Assert.NotEqual(0, l.Value));
        double[] lost = [.. page.Examples.Where(e => e.Why == "ablation").Select(e => Math.Abs(e.Lost))];
        Assert.Equal(lost.OrderDescending(), lost);
        foreach (DrawnExample example in facts.Pages.SelectMany(p => p.Examples))
        {
            Assert.Equal(1, example.Tokens.Sum(t => t.Weight), 2e-3);
            Assert.Equal("[CLS]", example.Tokens[0].Text);
            Assert.All(example.Tokens, t => Assert.Equal(t.Share is null, t.To is null));
        }
        Assert.All(silent.Examples, e => Assert.Equal((0, 1), (e.From, e.Tokens.Count(t => t.To is not null))));
    }
}
