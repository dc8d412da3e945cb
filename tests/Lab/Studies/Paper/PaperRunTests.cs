using System.Text.Json.Nodes;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Studies.Paper;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Worlds;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Studies.Paper;

[Collection("the thread team")]
public sealed class PaperRunTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly SmallPaper small;

    public PaperRunTests() => small = new(temporary);

    public void Dispose() => temporary.Dispose();

    string ResultOf(string run) => SmallWorld.Timeless(File.ReadAllText(Path.Combine(temporary.At(run), "result.json"))).Replace(temporary.At(run), "RUN", StringComparison.Ordinal);

    [Fact]
    public void Every_question_is_answered_from_what_was_measured()
    {
        RunResult result = small.Begin("run", small.OfModel)!;
        PaperFacts paper = result.Paper!;
        Assert.Equal([0.17, 0.34, 0.5, 0.67], paper.Curve.Select(p => p.TargetSparsity));
        foreach (CurvePoint p in paper.Curve)
        {
            double[] inside = [.. result.Subnetworks.Where(s => s.TargetSparsity == p.TargetSparsity).Select(s => s.Measured.InDomain.Value)];
            Assert.Equal((inside.Average(), inside.Min(), inside.Max(), 3), (p.Subnetworks.InDomain.Mean, p.Subnetworks.InDomain.Low, p.Subnetworks.InDomain.High, p.Subnetworks.InDomain.N));
            Assert.NotNull(p.Random.OutOfDomain);
            Assert.Null(p.Subnetworks.Unseen);
        }
        Assert.Equal((0.5, 0.34), (paper.Shift!.Main, paper.Shift.Other));
        Assert.Equal([0.17, 0.34, 0.67], paper.Shift!.Correlations.Select(c => c.TargetSparsity));
        Assert.All(paper.Shift!.Correlations, c => Assert.Equal(4, c.Heads.N));

        EmergenceFacts emergence = paper.Emergence!;
        Assert.Equal(["step-1", "step-45", "step-90"], emergence.Checkpoints.Select(c => c.Name));
        Assert.Equal([false, true], ((CheckpointFacts[])[emergence.Checkpoints[0], emergence.Checkpoints[2]]).Select(c => c.LearnedInDomain));
        Assert.Equal(result.Full.InDomain, emergence.Checkpoints[2].Full.InDomain);
        foreach (HeadFacts head in emergence.Heads)            // the last checkpoint is the model: its losses are those of the study's own knock-outs
        {
            Assert.Equal(result.Full.InDomain.Value - result.Parts.Single(k => k.Name == head.Part).Measured.InDomain.Value, head.Lost[2].InDomain.Value, 1e-12);
            Assert.Equal(result.Core.Parts.Contains(head.Part), head.Core);
            Assert.True(head.FirstInDomain is null || head.Lost[head.FirstInDomain.Value].InDomain.Low > 0);
        }

        CheckpointSizes[] sizes = [.. paper.Sizes!.Checkpoints];
        Assert.Equal((6, true), (paper.Sizes.Parts, sizes[^1].Reused));
        Assert.Equal("step-90", sizes[^1].Name);
        foreach (CheckpointSizes at in sizes)
        {
            Assert.Equal([(1UL, 0.34), (2UL, 0.34), (1UL, 0.67), (2UL, 0.67)], at.Grid.Select(g => (g.Seed, g.TargetSparsity)).OrderBy(g => g.Item2).ThenBy(g => g.Item1));
            Assert.InRange(at.InDomain!.Mean, 2, 6);
        }
        foreach (GridPoint g in sizes[^1].Grid) Assert.Equal(result.Subnetworks.Single(s => s.Seed == g.Seed && s.TargetSparsity == g.TargetSparsity).Measured.InDomain, g.InDomain);

        Part[] core = [.. result.Core.Parts.Select(Part.Parse)];
        AddBackFacts added = paper.AddBack!;
        Assert.Equal((24, 24, 60), (added.Chosen, added.OutOfDomain.N, added.InDomain.N));
        Assert.Equal(["greedy", .. Enumerable.Repeat("learned", 3), .. Enumerable.Repeat("random", 10)], added.Paths.Select(p => p.Kind));
        Assert.All(added.Paths, p => Assert.Empty(p.Order.Select(Part.Parse).Intersect(core)));
        Assert.All(added.Paths, p => Assert.Equal(p.Order.Count + 1, p.Points.Count));
        Assert.Equal(core.Count(p => Heads.Kind.Includes(p)), paper.Attention!.CoreHeads);
        Assert.Equal(paper.Attention.CoreHeads, paper.Attention.Pages.Count);
        Assert.All(paper.Needs!.Sets, s => Assert.Equal(4 - paper.Attention.CoreHeads, s.Heads.Count));

        Result written = ResultJson.Read(File.ReadAllText(temporary.At("run/result.json")), RunResult.Questions);
        string page = Report.Html(written);
        foreach (string id in (string[])["curve", "domains", "frequencies", "shift", "add-back", "emergence", "sizes", "parts", "cut"]) Assert.Contains($"id=\"{id}\"", page);
    }

    [Fact]
    public void Stopped_at_any_moments_it_ends_with_the_same_result()
    {
        PaperRequest request = small.Request with { Training = small.Training };
        small.Begin("whole", request);
        string expected = ResultOf("whole");
        ChanceStream chance = new Chance(3, "moments to stop").Stream();
        int stops = 0;
        while (small.Begin("stopped", request, 1 + chance.Below(60)) is null) Assert.True(++stops < 60, "It never ends.");
        Assert.InRange(stops, 3, 59);
        Assert.Equal(expected, ResultOf("stopped"));
        Assert.True(File.Exists(temporary.At("stopped/training/finished")));
        Assert.True(File.Exists(temporary.At("stopped/study/finished")));
    }

    [Fact]
    public void Without_checkpoints_the_questions_about_training_say_how_to_get_them()
    {
        RunResult result = small.Begin("run", small.OfModel with { Checkpoints = [] })!;
        Assert.Null(result.Paper!.Emergence);
        Assert.Null(result.Paper.Sizes);
        Result written = ResultJson.Read(File.ReadAllText(temporary.At("run/result.json")), RunResult.Questions);
        Assert.Contains("--checkpoints", Assert.Single(new Findings(written).LeftOut));
        Assert.Contains("--checkpoints 500,1000,2000", Report.Html(written));
    }

    [Theory, InlineData("llama"), InlineData("qwen2, window"), InlineData("mistral"),
        InlineData("qwen2, cut"), InlineData("mistral, window, cut"), InlineData("qwen3, window, cut"),
        InlineData("gpt_neox"), InlineData("gemma2, window")]
    public void Every_question_is_answered_of_decoders_with_rotary_positions_windows_and_uneven_groups(string name)
    {
        IModel model = RotaryTests.Make(name, MadeUpLanguage.Vocabulary.Count, 40);
        JsonObject config = NewHead.Labelled(
            (JsonObject)model.Config.DeepClone(), $"{model.Config["architectures"]![0]}", ["entailment", "non-entailment"]);
        model = model.With(config, model.Weights);
        ModelFolder.Save(model, temporary.At("decoder"), SmallWorld.Tokenizer);
        StudyRequest study = new(NamedData.Listed(
            ["world:training,rows=16"], ["world:in-domain,rows=12"], ["world:out-of-domain,per-case=1"]))
        {
            Model = temporary.At("decoder"),
            Seeds = [1, 2],
            Sparsities = [0.34, 0.6],
            Methods = ["structured-pruning,steps=2,batch-size=4,learning-rate=0.5"],
            CoreShare = 1,
        };
        RunResult result = small.Begin("run", new PaperRequest(study) { GridSparsities = [0.34], GridSeeds = [1] })!;
        AttentionFacts attention = result.Paper!.Attention!;
        Part[] heads = [.. model.Universe().Parts.Where(p => Heads.Kind.Includes(p))];
        Assert.Contains(result.Core.Parts, p => Heads.Kind.Includes(Part.Parse(p)));
        Assert.NotEmpty(attention.Pages);
        foreach (AttentionSet set in attention.Sets)
        {
            Assert.Equal(heads.Select(h => $"{h}"), set.Heads.Select(h => h.Part));
            Assert.All(set.Heads, h => Assert.DoesNotContain(h.Kinds, k => k.Kind == "next"));
            Assert.All(set.Heads, h => Assert.Contains(h.Kinds, k => k.Kind == "previous"));
        }
        // a page draws what the token sees
        foreach (var (page, example) in attention.Pages.SelectMany(page => page.Examples.Select(example => (page, example))))
            for (int t = 0; t < example.Tokens.Count; t++)
                if (t > example.From || t <= example.From - (model.Layers[Part.Parse(page.Part).Layer].Window ?? 40))
                    Assert.Equal(0, example.Tokens[t].Weight);
        Assert.Equal(name.Contains("window", StringComparison.Ordinal), result.Cut!.NoFullSize is not null);
        Assert.Equal(result.Cut!.NoFullSize is null, Directory.Exists(temporary.At("run/study/full-size")));
        Assert.InRange(result.Cut!.LargestDifference, 0, 1e-4);
        string html = Report.Html(ResultJson.Read(File.ReadAllText(temporary.At("run/result.json")), RunResult.Questions));
        Assert.NotEmpty(html);
        if (result.Cut!.NoFullSize is { } why) Assert.Contains("There is no full-size folder", why);
        LoadedModel cut = LoadedModel.Load(temporary.At("run/study/cut"));
        Assert.Equal(model.Layers.Select(l => l.Window), cut.Model.Layers.Select(l => l.Window));
    }

    [Fact]
    public void A_grid_that_the_study_has_not_searched_is_searched_at_the_last_checkpoint_too()
    {
        RunResult result = small.Begin("run", small.OfModel with { GridSparsities = [0.4], GridCheckpoints = 1 })!;
        CheckpointSizes only = Assert.Single(result.Paper!.Sizes!.Checkpoints);
        Assert.Equal(("step-90", false), (only.Name, only.Reused));
        Assert.Equal([(1UL, 0.4, 4), (2UL, 0.4, 4)], only.Grid.Select(g => (g.Seed, g.TargetSparsity, g.Parts)));
    }

    [Fact]
    public void What_cannot_be_asked_is_refused_with_the_next_move()
    {
        PaperRequest request = small.OfModel;
        foreach (var (wrong, gist) in new (PaperRequest, string)[]
        {
            (request with { Study = request.Study with { Sets = request.Study.Sets.With(Role.InDomain) } }, "--in-domain"), (request with { Study = request.Study with { Sets = request.Study.Sets.With(Role.OutOfDomain) } }, "--ood"),
            (request with { Tolerance = 0 }, "--tolerance"), (request with { GridSparsities = [] }, "--grid-sparsity"), (request with { GridSparsities = [1.5] }, "it is 1.5"),
            (request with { GridSeeds = [1, 1] }, "--grid-seeds"), (request with { GridCheckpoints = 0 }, "--grid-checkpoints"),
            (request with { Checkpoints = [request.Study.Model!] }, "does not say its step"), (request with { Checkpoints = [request.Checkpoints[0], request.Checkpoints[0]] }, "step 1 twice"),
            (request with { Checkpoints = [SmallWorld.ModelIn(temporary.At("other-7"), "yes", "no")] }, "Give checkpoints of the model's own training"),
        })
            Assert.Contains(gist, Assert.Throws<ArgumentException>(() => new PaperRun.Prepared(wrong)).Message);
        Assert.False(Directory.Exists(temporary.At("run")));
    }

    [Fact]
    public void Checkpoints_are_put_in_the_order_of_their_steps()
    {
        PaperRun.Prepared prepared = new(small.OfModel with { Checkpoints = [.. small.OfModel.Checkpoints.Reverse()] });
        Assert.Equal(["step-1", "step-45", "step-90"], prepared.Facts.Where(f => f.Use == "checkpoint").Select(f => Path.GetFileName(f.Source)));
    }

    [Fact]
    public void The_cost_counts_every_search_that_will_be_made()
    {
        // 3 more learn masks beside the core
        Assert.Equal((15 + 4, 8, 0), Told(new PaperRun.Prepared(small.OfModel).Cost()));                                                   // the last checkpoint's are the study's own
        Assert.Equal((15 + 8, 8, 0), Told(new PaperRun.Prepared(small.OfModel with { GridSparsities = [0.34, 0.6] }).Cost()));
        Assert.Equal((15 + 4, 8, 90), Told(new PaperRun.Prepared(small.Request with { Training = small.Training }).Cost()));
        PaperCost none = new PaperRun.Prepared(small.OfModel with { Checkpoints = [] }).Cost();
        Assert.Equal((15, 8, 0), Told(none));
        // attention: 2 passes and 3 heads out; needs, on half: 5 masks, 20 draws, 2 sweeps of 2; additions: 21 sets on half of 48, 14 paths of 7 sizes
        Assert.Equal((2 * 12 + 6 + 3 * 3 + 4) * 108L + 5 * 108 + (5 + 20 + 4) * 54 + 21 * 49 / 2 + 14 * 7 * (60 + 24), none.Passes);
        Assert.True(none.Seconds > 0 && none.Bytes > 0);

        static (int, int, int) Told(PaperCost cost) => (cost.Searches, cost.Steps, cost.TrainingSteps);
    }
}
