using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors.Backends;
using Heartwood.Tests.Lab.Reports;
using Study = Heartwood.Lab.Studies.Study;

namespace Heartwood.Tests.Lab.Studies;

/// <summary>The cut is trained for a short while, next to a random cut that is trained as long, by the study that made it.</summary>
[Collection("the thread team")]
public sealed class HealingTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly string model;

    public HealingTests() => model = SmallWorld.ModelIn(temporary.At("model"));

    public void Dispose() => temporary.Dispose();

    StudyRequest Request => SmallWorld.Study(model) with { Sparsities = [0.5], HealSteps = 60 };

    Result? Begin(string name, StudyRequest request, Func<Progress, bool>? stopAt = null)
    {
        Study.Prepared prepared = new(request);
        using RunFolder folder = RunFolder.Open(temporary.At(name), Manifests.Small with { ModelSha256 = prepared.ModelSha256, Data = prepared.Facts, Seeds = request.Seeds, Request = RequestText.Flatten(request) });
        Study.Keep(folder, request);
        using CancellationTokenSource stop = new();
        Told progress = new(report => { if (stopAt?.Invoke(report) == true) stop.Cancel(); });
        try { return Study.In(folder, prepared, progress, stop.Token).All(); }
        catch (OperationCanceledException) { return null; }
    }

    byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(temporary.At(folder), "model.safetensors"));

    [Fact]
    public void The_written_cut_and_the_random_one_next_to_it_are_candidates_before_and_after_and_say_what_they_began_as()
    {
        Result result = Begin("run", Request)!;
        HealingFacts facts = result.Facts<HealingFacts>()!;
        Assert.Equal((60, "labels", 1024, 60), (facts.Steps, facts.Loss, facts.TokensPerBatch, facts.Examples));
        Assert.Null(facts.NoRandom);
        IReadOnlyList<Candidate> all = new Findings(result).Candidates;
        Candidate chosen = all.Single(c => c.Chosen);
        Candidate[] healed = [.. all.Where(c => c.Kind == CandidateKind.Healed)];
        Assert.Equal([chosen.Name, chosen.Name.Replace("structured-pruning", "random", StringComparison.Ordinal)], healed.Select(c => c.From));
        Assert.Equal(["healed", "healed-random"], healed.Select(c => c.File));
        Assert.Equal(all.Count, all.Select(c => c.Name).Distinct().Count());
        Assert.All(healed, c => Assert.Equal(all.Single(b => b.Name == c.From).Weights, c.Weights));
        Assert.All(healed, c => Assert.True(c.InDomain!.N == 40 && c.OutOfDomain!.Low <= c.OutOfDomain.Value && c.Unseen is not null));
        // before they are what they were measured as
        Assert.Equal(all.Single(c => c.Name == healed[1].From).InDomain!.Value, facts.Healed[1].Before.InDomain.Value);
        Assert.Equal(chosen.OutOfDomain!.Value, facts.Healed[0].Before.OutOfDomain!.Value);
        // as many parts of each kind
        static int Mlps(HealedFacts h) => h.Parts.Count(p => p.EndsWith("MLP", StringComparison.Ordinal));
        Assert.Equal((facts.Healed[0].Parts.Count, Mlps(facts.Healed[0])), (facts.Healed[1].Parts.Count, Mlps(facts.Healed[1])));
        // what is written is what was measured, and training changed it
        LoadedModel written = LoadedModel.Load(Path.Combine(temporary.At("run"), "healed"));
        Sets sets = new(written, DataSets.Read(Request.Sets.With(Role.Train)), Heartwood.Lab.Tasks.Tables.LabelMap.None, 0);
        Assert.Equal(facts.Healed[0].After.InDomainLoss, sets.Measure(written.Model, null, default).InDomainLoss);
        Assert.NotEqual(facts.Healed[0].Before.InDomainLoss, facts.Healed[0].After.InDomainLoss);
        Assert.Contains("The cut, healed", Report.Html(result), StringComparison.Ordinal);
        Assert.Contains("Healed for 60 steps (labels), the cut goes from ", Summary.Finished(result, "run"), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_the_training_that_train_from_makes_of_the_written_cut_and_leaves_the_full_model_as_it_was()
    {
        byte[] before = File.ReadAllBytes(Path.Combine(model, "model.safetensors"));
        Begin("run", Request);
        TrainingRequest same = new(Request.Sets.With(Role.OutOfDomain).With(Role.Unseen).With(Role.InDomain),
            new(Seed: 0, Steps: 60, LearningRate: NextTraining.LearningRate(8)))
        { From = Path.Combine(temporary.At("run"), "cut") };
        using RunFolder folder = RunFolder.Open(temporary.At("trained"), Manifests.Small);
        new TrainingRun(same).Run(folder, new Told(_ => { }), default);
        Assert.Equal(Weights("trained/model"), Weights("run/healed"));
        Assert.NotEqual(Weights("run/cut"), Weights("run/healed"));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(model, "model.safetensors")));
    }

    [Fact]
    public void Stopped_in_the_midst_it_ends_with_the_same_bits_on_any_number_of_threads()
    {
        int threads = Machine.Threads;
        try
        {
            Machine.Threads = 1;
            string expected = SmallWorld.Timeless(ResultJson.Write(Begin("whole", Request)!));
            Machine.Threads = 3;
            Assert.Null(Begin("run", Request, report => report is { Stage: "healing the cut", Done: >= 23 }));
            Assert.True(Directory.GetFiles(Path.Combine(temporary.At("run"), "heal"), "*.safetensors").Length > 0);
            Assert.Null(Begin("run", Request, report => report is { Stage: "healing the cut", Done: >= 55 }));
            Assert.Equal(expected, SmallWorld.Timeless(ResultJson.Write(Begin("run", Request)!)));
            Assert.Equal(Weights("whole/healed"), Weights("run/healed"));
            Assert.Equal(Weights("whole/healed-random"), Weights("run/healed-random"));
            Assert.Empty(Directory.GetFiles(Path.Combine(temporary.At("run"), "heal"), "*.safetensors"));
        }
        finally { Machine.Threads = threads; }
    }

    [Fact]
    public void With_the_full_model_as_teacher_another_model_comes_out_and_terms_that_nobody_knows_are_refused_before_the_run()
    {
        Begin("labels", Request);
        HealingFacts facts = Begin("outputs", Request with { HealLoss = "labels=0.1,outputs=0.9,temperature=2" })!.Facts<HealingFacts>()!;
        Assert.Equal("labels=0.1,outputs=0.9,temperature=2", facts.Loss);
        Assert.NotEqual(Weights("labels/healed"), Weights("outputs/healed"));
        Assert.Contains("'outputz'", Assert.Throws<ArgumentException>(() => new Study.Prepared(Request with { HealLoss = "outputz" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_study_heals_only_when_it_is_asked_to_and_a_finished_one_heals_when_it_is_asked_by_name()
    {
        StudyRequest request = Request with { HealSteps = 0 };
        Result result = Begin("run", request)!;
        Assert.Null(result.Facts<HealingFacts>());
        Assert.False(Directory.Exists(Path.Combine(temporary.At("run"), "healed")));
        Study.Prepared prepared = new(request);
        using RunFolder folder = RunFolder.Reopen(temporary.At("run"));
        Result more = Study.In(folder, prepared, new Told(_ => { }), default).ReportAsked(["healing"]);
        Assert.Equal(200, more.Facts<HealingFacts>()!.Steps);
        Assert.Equal(2, new Findings(more).Candidates.Count(c => c.Kind == CandidateKind.Healed));
    }

    [Fact]
    public void Where_nothing_is_cut_or_the_data_trains_nothing_the_reason_is_said()
    {
        Result resampled = Begin("resampled", Request with { Ablation = "resample" })!;
        Assert.Null(resampled.Facts<HealingFacts>());
        Assert.Contains("Nothing was healed, for nothing was cut.", new Findings(resampled).LeftOut);

        SmallSpeaker.In(temporary.At("speaker"));
        File.WriteAllLines(temporary.At("pairs.tsv"), ["good\tbad", .. Enumerable.Range(0, 12).Select(i => $"a b a {(i % 2 == 0 ? "b" : "a")}\tb b a a")]);
        string pairs = $"{temporary.At("pairs.tsv")},task=pairs,text=good,pair=bad";
        Result spoken = Begin("pairs", new StudyRequest(NamedData.Listed([pairs], [$"{pairs},rows=10"], [], []))
        {
            Model = temporary.At("speaker"),
            Seeds = [1],
            Methods = ["structured-pruning,steps=4,batch-size=4"],
            Draws = 1,
            HealSteps = 5,
        })!;
        Assert.Contains(new Findings(spoken).LeftOut, why => why.StartsWith("The cut was not healed. To heal the cut, train it on running text (masks were learned on minimal pairs): heartwood train --from RUN/cut", StringComparison.Ordinal));
    }

    [Fact]
    public void A_language_model_is_healed_on_its_text_and_told_by_perplexity()
    {
        SmallSpeaker.In(temporary.At("speaker"));
        File.WriteAllLines(temporary.At("text.txt"), Enumerable.Range(0, 30).Select(i => $"{(i % 2 == 0 ? "a b" : "b a")} a b a b"));
        string text = $"{temporary.At("text.txt")},window=8";
        Result spoken = Begin("text", new StudyRequest(NamedData.Listed([text], [$"{text},rows=10"], [], []))
        {
            Model = temporary.At("speaker"),
            Seeds = [1],
            Methods = ["structured-pruning,steps=4,batch-size=4"],
            Draws = 1,
            HealSteps = 20,
            HealLoss = "outputs",
        })!;
        HealedFacts cut = spoken.Facts<HealingFacts>()!.Healed[0];
        Assert.All(new Findings(spoken).Candidates.Where(c => c.Kind == CandidateKind.Healed), c => Assert.Equal("perplexity", c.InDomain!.Measure));
        Assert.True(cut.After.Kl < cut.Before.Kl, $"{cut.Before.Kl} {cut.After.Kl}");
        Assert.Contains("id=\"healing\"", Report.Html(spoken), StringComparison.Ordinal);
    }
}
