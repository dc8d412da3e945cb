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

    StudyRequest Request => SmallWorld.Study(model) with { Sparsities = [0.5], HealSteps = 60, HealLoss = "labels" };

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
        Assert.Equal((60, "labels", 1024, 60), (facts.Steps, facts.Losses.Single(), facts.TokensPerBatch, facts.Examples));
        Assert.Empty(facts.LeftOut);
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
        Assert.Equal("labels=0.1,outputs=0.9,temperature=2", facts.Losses.Single());
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

    T InRun<T>(string name, StudyRequest request, Func<Study, T> step, Func<Progress, bool>? stopAt = null)
    {
        Study.Prepared prepared = new(request);
        using RunFolder folder = RunFolder.Reopen(temporary.At(name));
        using CancellationTokenSource stop = new();
        Told progress = new(report => { if (stopAt?.Invoke(report) == true) stop.Cancel(); });
        return step(Study.In(folder, prepared, progress, stop.Token));
    }

    [Fact]
    public void Heal_trains_by_several_losses_seeds_and_teachers_beside_a_random_cut_and_the_architecture_from_scratch()
    {
        // more than one batch, so that the order of the examples matters
        StudyRequest request = Request with
        {
            HealSteps = 0,
            Seeds = [1, 2],
            Sets = NamedData.Listed(["world:training,rows=300"], ["world:in-domain,rows=40"], ["world:out-of-domain,per-case=2"], ["world:unseen,per-case=2"]),
        };
        Begin("run", request);
        HealRequest asked = new() { Steps = 12, Losses = ["outputs=1", "labels"], Seeds = [0, 1], Teachers = ["untrained", $"full+{model}+untrained"], All = true, Scratch = true };
        Result result = InRun("run", request, study => study.Heal(asked));
        HealingFacts facts = result.Facts<HealingFacts>()!;
        Assert.Empty(facts.LeftOut);
        // the cut, the other subnetwork, random parts and scratch, by two losses with two seeds; the cut by an untrained teacher and three
        Assert.Equal((4 * 2 * 2) + 4, facts.Healed.Count);
        Assert.Equal(["full model", "untrained", $"full+{model}+untrained"], facts.Healed.Select(h => h.Teacher).OfType<string>().Distinct());
        HealedFacts Of(HealingStart start, string loss, ulong seed, string? teacher) =>
            facts.Healed.Single(h => h.Start == start && h.Loss == loss && h.Seed == seed && h.Teacher == teacher);
        HealedFacts cut = Of(HealingStart.Cut, "outputs=1", 0, "full model");
        Assert.True(Math.Abs(cut.After.InDomainLoss!.Value - Of(HealingStart.Cut, "outputs=1", 1, "full model").After.InDomainLoss!.Value) > 1e-9);
        Assert.NotEqual(cut.After.InDomainLoss, Of(HealingStart.Cut, "outputs=1", 0, "untrained").After.InDomainLoss);
        double? together = Of(HealingStart.Cut, "outputs=1", 0, $"full+{model}+untrained").After.InDomainLoss;
        Assert.True(together != cut.After.InDomainLoss && together != Of(HealingStart.Cut, "outputs=1", 0, "untrained").After.InDomainLoss);
        Assert.NotEqual(cut.After.InDomainLoss, Of(HealingStart.Cut, "labels", 0, null).After.InDomainLoss);
        Assert.Equal(cut.Before.InDomainLoss, Of(HealingStart.Cut, "labels", 0, null).Before.InDomainLoss);
        HealedFacts scratch = Of(HealingStart.Scratch, "labels", 0, null);
        Assert.Equal(cut.Stored.Weights, scratch.Stored.Weights);
        Assert.NotEqual(cut.Before.InDomainLoss, scratch.Before.InDomainLoss);
        // labels on which the cut is trained alone are those of the run's own healing
        InRun("run", request, study => study.Heal(new() { Steps = 12, Losses = ["labels"] }));
        byte[] once = Weights("run/healed");
        Begin("by-find", request with { HealSteps = 12 });
        Assert.Equal(Weights("by-find/healed"), once);
        // and the first loss's model stands there again when it is asked for again, without more training than that
        InRun("run", request, study => study.Heal(asked));
        Assert.NotEqual(once, Weights("run/healed"));
        LoadedModel written = LoadedModel.Load(temporary.At("run/healed"));
        Sets sets = new(written, DataSets.Read(request.Sets.With(Role.Train)), Heartwood.Lab.Tasks.Tables.LabelMap.None, 0);
        Assert.Equal(cut.After.InDomainLoss, sets.Measure(written.Model, null, default).InDomainLoss);
        // the table of candidates has the first loss and seed of each, and scratch as a baseline
        Candidate[] all = [.. new Findings(result).Candidates];
        Assert.Equal(all.Length, all.Select(c => c.Name).Distinct().Count());
        Assert.Equal(3, all.Count(c => c.Kind == CandidateKind.Healed));
        Assert.Contains(all, c => c is { Name: "from scratch", Kind: CandidateKind.Baseline });
        string page = Report.Html(result);
        foreach (string row in (string[])["the cut: labels", "random parts: outputs=1", "the cut: outputs=1, by untrained"]) Assert.Contains(row, page, StringComparison.Ordinal);
    }

    [Fact]
    public void Healing_that_is_stopped_goes_on_to_the_same_facts_and_another_cut_is_healed_anew()
    {
        StudyRequest request = Request with { HealSteps = 0, Seeds = [1, 2] };
        HealRequest asked = new() { Steps = 20, Losses = ["outputs=1", "labels"] };
        foreach (string name in (string[])["whole", "run"]) Begin(name, request);
        string expected = System.Text.Json.JsonSerializer.Serialize(InRun("whole", request, study => study.Heal(asked)).Facts<HealingFacts>());
        foreach (int step in (int[])[7, 15])
            Assert.Throws<OperationCanceledException>(() => InRun("run", request, study => study.Heal(asked), report => report.Stage.StartsWith("healing random", StringComparison.Ordinal) && report.Done >= step));
        Assert.Equal(expected, System.Text.Json.JsonSerializer.Serialize(InRun("run", request, study => study.Heal(asked)).Facts<HealingFacts>()));

        string chosen = new Findings(InRun("run", request, study => study.Heal(asked))).Candidates.Single(c => c.Chosen).Name;
        string other = Directory.GetFiles(temporary.At("run/subnetworks")).Select(f => Path.GetFileNameWithoutExtension(f)).Single(n => n != chosen);
        InRun("run", request, study => study.CutNamed(other));
        Assert.DoesNotContain("\"healing\"", File.ReadAllText(temporary.At("run/result.json")), StringComparison.Ordinal);
        Result again = InRun("run", request, study => study.Heal(asked));
        Assert.Equal(other, again.Facts<HealingFacts>()!.Healed[0].From);
    }

    [Fact]
    public void What_cannot_be_healed_so_is_refused_with_the_reason()
    {
        StudyRequest request = Request with { HealSteps = 0 };
        Begin("run", request);
        string Refused<T>(HealRequest asked) where T : Exception => Assert.Throws<T>(() => InRun("run", request, study => study.Heal(asked))).Message;
        Assert.Contains("'outputz'", Refused<ArgumentException>(new() { Losses = ["outputz"] }), StringComparison.Ordinal);
        Assert.Contains("'nowhere' is no folder", Refused<DirectoryNotFoundException>(new() { Losses = ["outputs"], Teachers = ["nowhere"] }), StringComparison.Ordinal);
        Assert.Contains("'nowhere' is no folder", Refused<DirectoryNotFoundException>(new() { Losses = ["outputs"], Teachers = ["full+nowhere"] }), StringComparison.Ordinal);
        Assert.Contains("--teacher full+FOLDER", Refused<ArgumentException>(new() { Losses = ["outputs"], Teachers = ["full"] }), StringComparison.Ordinal);
        Assert.Contains("each once", Refused<ArgumentException>(new() { Losses = ["outputs"], Teachers = ["full+full"] }), StringComparison.Ordinal);
        Assert.Contains("--teacher untrained would have no effect", Refused<ArgumentException>(new() { Losses = ["labels"], Teachers = ["untrained"] }), StringComparison.Ordinal);
        // a model of other labels is no teacher, and that is known before anything is trained
        SmallWorld.ModelIn(temporary.At("other"), "a", "b", "c");
        Assert.Contains("is another kind of model", Refused<ArgumentException>(new() { Losses = ["labels", "outputs"], Teachers = [temporary.At("other")] }), StringComparison.Ordinal);
        Assert.False(Directory.Exists(temporary.At("run/heal")));
        Assert.False(Directory.Exists(temporary.At("run/healed")));
        Begin("resampled", request with { Ablation = "resample" });
        Assert.Contains("resample", Assert.Throws<NotSupportedException>(() => InRun("resampled", request with { Ablation = "resample" }, study => study.Heal(new()))).Message, StringComparison.Ordinal);
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

    [Fact]
    public void A_language_model_is_healed_on_texts_that_it_wrote_itself_whatever_its_data_asks_and_a_stopped_run_goes_on()
    {
        SmallSpeaker.In(temporary.At("speaker"));
        File.WriteAllLines(temporary.At("pairs.tsv"), ["good\tbad", .. Enumerable.Range(0, 12).Select(i => $"a b a {(i % 2 == 0 ? "b" : "a")}\tb b a a")]);
        string pairs = $"{temporary.At("pairs.tsv")},task=pairs,text=good,pair=bad";
        StudyRequest request = new(NamedData.Listed([pairs], [$"{pairs},rows=10"], [], []))
        {
            Model = temporary.At("speaker"),
            Seeds = [1],
            Methods = ["structured-pruning,steps=4,batch-size=4"],
            Draws = 1,
            MostTokens = 12,
        };
        HealRequest asked = new() { Steps = 15, Losses = ["outputs", "labels"], Sampled = 60 };
        foreach (string name in (string[])["whole", "run"]) Begin(name, request);
        Result whole = InRun("whole", request, study => study.Heal(asked));
        HealingFacts facts = whole.Facts<HealingFacts>()!;
        Assert.Equal((60, 60), (facts.Sampled, facts.Examples));
        Assert.Contains(", on 60 texts of the full model's own), the cut goes ", Summary.Finished(whole, "whole"), StringComparison.Ordinal);
        Assert.Contains("60 texts that the full model wrote", Report.Html(whole), StringComparison.Ordinal);
        string texts = Path.Combine("heal", "texts-seed-0-most-12");
        string[] Files(string run) => [.. Directory.GetFiles(Path.Combine(temporary.At(run), texts)).Order(StringComparer.Ordinal).Select(File.ReadAllText)];
        using System.Text.Json.JsonDocument first = System.Text.Json.JsonDocument.Parse(Files("whole")[0]);
        int[][] ids = [.. first.RootElement.EnumerateArray().Select(one => one.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray())];
        Assert.All(ids, one => Assert.True(one.Length is >= 2 and <= 12 && one[0] == 1));
        Assert.True(ids.Select(one => string.Join(' ', one)).Distinct().Count() > 5);
        // it is stopped while texts are written, and while it trains
        Assert.Throws<OperationCanceledException>(() => InRun("run", request, study => study.Heal(asked), report => report is { Stage: "sampling texts", Done: >= 55 }));
        Assert.NotEmpty(Files("run"));
        Assert.Throws<OperationCanceledException>(() => InRun("run", request, study => study.Heal(asked), report => report.Stage.StartsWith("healing", StringComparison.Ordinal) && report.Done >= 7));
        Result resumed = InRun("run", request, study => study.Heal(asked));
        Assert.Equal(Files("whole"), Files("run"));
        Assert.Equal(Weights("whole/healed"), Weights("run/healed"));
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(facts), System.Text.Json.JsonSerializer.Serialize(resumed.Facts<HealingFacts>()));
        // what the model wrote is another training than the data, and models of labels write nothing
        Begin("labels", Request with { HealSteps = 0 });
        Assert.Contains("writes no texts", Assert.Throws<NotSupportedException>(() => InRun("labels", Request with { HealSteps = 0 }, study => study.Heal(asked))).Message, StringComparison.Ordinal);
        Assert.Contains("--sampled", Assert.Throws<ArgumentException>(() => (asked with { Sampled = -1 }).Check()).Message, StringComparison.Ordinal);
    }
}
