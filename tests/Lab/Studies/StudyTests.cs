using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Worlds;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;
using Heartwood.Tests.Lab.Reports;
using Study = Heartwood.Lab.Studies.Study;

namespace Heartwood.Tests.Lab.Studies;

[Collection("the thread team")]
public sealed class StudyTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly string model;

    public StudyTests() => model = SmallWorld.ModelIn(temporary.At("model"));

    public void Dispose() => temporary.Dispose();

    StudyRequest Request => SmallWorld.Study(model);

    RunFolder Open(string name, StudyRequest request, Study.Prepared prepared)
    {
        RunFolder folder = RunFolder.Open(temporary.At(name), Manifests.Small with { ModelSha256 = prepared.ModelSha256, Data = prepared.Facts, Seeds = request.Seeds, Request = RequestText.Flatten(request) });
        Study.Keep(folder, request);
        return folder;
    }

    /// <summary>One process's part of a study, which ends at a given report of progress (never, if 0).</summary>
    RunResult? Begin(string name, StudyRequest request, int stopAfter = 0)
    {
        Study.Prepared prepared = new(request);
        using RunFolder folder = Open(name, request, prepared);
        using CancellationTokenSource stop = new();
        int reports = 0;
        Told progress = new(_ => { if (Interlocked.Increment(ref reports) == stopAfter) stop.Cancel(); });
        try { return RunResult.From(Study.In(folder, prepared, progress, stop.Token).All()); }
        catch (OperationCanceledException) { return null; }
    }

    string ResultOf(string run) => SmallWorld.Timeless(File.ReadAllText(Path.Combine(temporary.At(run), "result.json")));

    [Fact]
    public void A_study_runs_to_its_report_and_its_result_has_all_that_programs_rely_on()
    {
        RunResult result = Begin("run", Request with { CoreShare = 0.8 })!;
        JsonElement json = JsonDocument.Parse(File.ReadAllText(Path.Combine(temporary.At("run"), "result.json"))).RootElement;
        JsonElement Facts(string question) => json.GetProperty("questions").GetProperty(question).GetProperty("facts");
        foreach (JsonElement net in (JsonElement[])[Facts("accuracy").GetProperty("full"), .. Facts("accuracy").GetProperty("subnetworks").EnumerateArray().Select(s => s.GetProperty("measured"))])
        {
            foreach (string accuracy in (string[])["inDomain", "outOfDomain", "unseen"]) IsAccuracy(net.GetProperty(accuracy));
            Assert.NotEmpty(net.GetProperty("cases").EnumerateObject());
            foreach (JsonProperty one in net.GetProperty("cases").EnumerateObject()) IsAccuracy(one.Value);
        }
        Assert.Equal([(1UL, 0.5, 3), (2UL, 0.5, 3), (1UL, 0.34, 4), (2UL, 0.34, 4)],
            Facts("accuracy").GetProperty("subnetworks").EnumerateArray().Select(s => (s.GetProperty("seed").GetUInt64(), s.GetProperty("targetSparsity").GetDouble(), s.GetProperty("parts").GetArrayLength())));
        Assert.All(Facts("accuracy").GetProperty("subnetworks").EnumerateArray(), s => Assert.Equal(1 - s.GetProperty("parts").GetArrayLength() / 6.0, s.GetProperty("sparsity").GetDouble(), 1e-12));
        JsonElement core = Facts("core").GetProperty("main");
        string[] coreParts = [.. core.GetProperty("parts").EnumerateArray().Select(p => p.GetString()!)];
        Assert.Equal(result.Subnetworks[0].Parts.Intersect(result.Subnetworks[1].Parts), coreParts);
        Assert.InRange(core.GetProperty("expectedByChance").GetDouble(), 0.5, 3);
        Assert.InRange(core.GetProperty("pValue").GetDouble(), 0, 1);
        foreach (JsonElement ablated in Facts("core").GetProperty("ablated").EnumerateArray())
        {
            Assert.NotEmpty(ablated.GetProperty("parts").EnumerateArray());
            IsAccuracy(ablated.GetProperty("measured").GetProperty("inDomain"));
            IsAccuracy(ablated.GetProperty("measured").GetProperty("outOfDomain"));
        }
        string[] names = [.. Facts("core").GetProperty("ablated").EnumerateArray().Select(k => k.GetProperty("name").GetString()!)];
        Assert.Equal(["core", "core alone"], names.Where(n => n is "core" or "core alone"));
        foreach (string random in (string[])["random parts 1", "random parts 2", "random parts 3"]) Assert.Single(names, random);
        JsonElement cut = Facts("cut");
        Assert.True(cut.GetProperty("parametersAfter").GetInt64() < cut.GetProperty("parametersBefore").GetInt64());
        Assert.InRange(cut.GetProperty("largestDifference").GetDouble(), 0, 1e-5);
        Assert.True(cut.GetProperty("speedUp").GetDouble() > 0);
        Assert.True(Facts("making").GetProperty("seconds").GetDouble() > 0);
        Assert.Equal("config and tokenizer train inDomain outOfDomain unseen", string.Join(' ', json.GetProperty("manifest").GetProperty("data").EnumerateArray().Select(d => d.GetProperty("use").GetString())));
        Assert.Contains("A small study", Report.Html(result));
        Assert.True(File.Exists(Path.Combine(temporary.At("run"), "finished")));
        Assert.All(result.Subnetworks.Concat(result.RandomSubnetworks), s => Assert.InRange(s.LargestDifference, 0, 1e-5));

        static void IsAccuracy(JsonElement a)
        {
            double value = a.GetProperty("value").GetDouble();
            Assert.InRange(value, a.GetProperty("low").GetDouble(), a.GetProperty("high").GetDouble());
            Assert.True(a.GetProperty("n").GetInt32() > 0);
        }
    }

    [Fact]
    public void Stopped_at_any_moments_it_ends_with_the_same_result()
    {
        Begin("whole", Request);
        string expected = ResultOf("whole");
        ChanceStream chance = new Chance(2, "moments to stop").Stream();
        for (int trial = 0; trial < 2; trial++)
        {
            string name = $"stopped-{trial}";
            int stops = 0;
            while (Begin(name, Request, 1 + chance.Below(trial == 0 ? 12 : 60)) is null) Assert.True(++stops < 60, "It never ends.");
            Assert.Equal(expected, ResultOf(name));
            Assert.Equal(File.ReadAllText(Path.Combine(temporary.At("whole"), "search/structured-pruning-sparsity-0.5-seed-2.jsonl")), File.ReadAllText(Path.Combine(temporary.At(name), "search/structured-pruning-sparsity-0.5-seed-2.jsonl")));
        }
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_result()
    {
        int before = Machine.Threads;
        try
        {
            foreach (int threads in (int[])[1, 2, 3])
            {
                Machine.Threads = threads;
                Begin($"on-{threads}", Request with { Sparsities = [0.5] });
                Assert.Equal(ResultOf("on-1"), ResultOf($"on-{threads}"));
            }
        }
        finally { Machine.Threads = before; }
    }

    [Fact]
    public void Where_a_sparsity_leaves_nothing_the_study_still_ends()
    {
        RunResult result = Begin("run", Request with { Sparsities = [0.95], Sets = Request.Sets.With(Role.OutOfDomain).With(Role.Unseen) })!;
        Assert.All(result.Subnetworks, s => Assert.Empty(s.Parts));
        Assert.Empty(result.Core.Parts);
        Assert.Null(result.Full.OutOfDomain);
    }

    [Fact]
    public void The_paper_s_choice_of_parts_and_ablation_at_zero_run_too()
    {
        RunResult result = Begin("run", Request with { Methods = [$"{Request.Methods[0]},choose=mask"], Ablation = "zero", Sparsities = [0.5] })!;
        Assert.Equal(2, result.Subnetworks.Count);
        Assert.Contains("\"ablation\": \"zero\"", File.ReadAllText(Path.Combine(temporary.At("run"), "subnetworks/structured-pruning-sparsity-0.5-seed-1.json")));
    }

    [Fact]
    public void Steps_taken_one_by_one_from_the_folder_give_what_the_whole_gives()
    {
        Begin("whole", Request);
        Study.Prepared prepared = new(Request);
        using (RunFolder folder = Open("steps", Request, prepared)) Study.In(folder, prepared, new Told(_ => { }), default).Find();
        foreach (Action<Study> step in (Action<Study>[])[s => s.Evaluate(), s => s.Compare(), s => s.Cut(), s => s.Report()])
        {
            using RunFolder folder = RunFolder.Reopen(temporary.At("steps"));
            step(Study.Reopen(folder, new Told(_ => { }), default));
        }
        Assert.Equal(ResultOf("whole"), ResultOf("steps"));
    }

    [Fact]
    public void The_cut_model_in_the_folder_is_the_subnetwork()
    {
        RunResult result = Begin("run", Request)!;
        MeasuredSubnetwork best = result.Subnetworks.Single(s => s.Seed == result.Cut!.Seed && s.TargetSparsity == 0.5);
        Assert.Equal(result.Subnetworks.Where(s => s.TargetSparsity == 0.5).Min(s => s.Measured.InDomainLoss), best.Measured.InDomainLoss);
        foreach (string folder in (string[])[Study.CutFolder, Study.FullSizeFolder])
        {
            StudyRequest again = Request with { Model = Path.Combine(temporary.At("run"), folder) };
            var measured = ModelEvaluation.Measure(again, default).Measured;
            Assert.Equal(["model", .. result.Baselines.Keys], measured.Keys);
            Assert.Equal(best.Measured.InDomain, measured["model"].InDomain);
            Assert.Equal(best.Measured.InDomainLoss!.Value, measured["model"].InDomainLoss!.Value, 1e-6);
            foreach (var (name, share) in best.Measured.Cases) Assert.Equal(share, measured["model"].Cases[name]);
        }
        Assert.Equal(result.Cut!.ParametersAfter, LoadedModel.Load(Path.Combine(temporary.At("run"), Study.CutFolder)).Model.Weights.Count);
    }

    [Fact]
    public void Any_subnetwork_of_the_model_can_be_cut_out_into_a_new_place_and_replaces_nothing()
    {
        Study.Prepared prepared = new(Request);
        using RunFolder folder = Open("run", Request, prepared);
        Study study = Study.In(folder, prepared, new Told(_ => { }), default);
        Subnetwork mine = new(9, "by hand", 0.5, 6, [Heads.Kind.Part(0, 0), Mlps.Kind.Part(1)], new Dictionary<Part, double>(), "mean", prepared.ModelSha256);
        CutFacts cut = study.Cut(mine, temporary.At("mine"));
        Assert.Equal((9UL, 2 / 3.0), (cut.Seed, Math.Round(cut.Sparsity, 12) == Math.Round(2 / 3.0, 12) ? 2 / 3.0 : cut.Sparsity));
        Assert.InRange(cut.LargestDifference, 0, 1e-5);
        Assert.Contains("expected a new or empty folder", Assert.Throws<IOException>(() => study.Cut(mine, temporary.At("mine"))).Message);
        Assert.Contains("found in another model", Assert.Throws<ArgumentException>(() => study.Cut(mine with { ModelSha256 = new('0', 64) }, temporary.At("b"))).Message);
        Assert.Contains("one of 7 parts", Assert.Throws<ArgumentException>(() => study.Cut(mine with { Parts = 7 }, temporary.At("b"))).Message);
        Assert.Contains("no part L2.H0", Assert.Throws<KeyNotFoundException>(() => study.Cut(mine with { Kept = [Heads.Kind.Part(2, 0)] }, temporary.At("b"))).Message);
        Assert.False(Directory.Exists(temporary.At("b")));
        Assert.InRange(study.Cut(mine with { ModelSha256 = new('0', 64), Ablation = "zero" }, temporary.At("zero"), otherModel: true).LargestDifference, 0, 1e-5);
        Assert.NotEqual(File.ReadAllBytes(temporary.At("mine/cut/model.safetensors")), File.ReadAllBytes(temporary.At("zero/cut/model.safetensors")));
    }

    [Fact]
    public void Sparsities_that_differ_little_do_not_share_a_file()
    {
        StudyRequest close = Request with { Sparsities = [0.5, 0.500001], Seeds = [1] };
        Study.Prepared prepared = new(close);
        using RunFolder folder = Open("run", close, prepared);
        Assert.Equal([0.5, 0.500001], Study.In(folder, prepared, new Told(_ => { }), default).Find().Select(f => f.TargetSparsity));
    }

    [Fact]
    public void Interchange_takes_values_from_a_named_column_and_leaves_out_rows_whose_text_there_has_another_length()
    {
        string[] words = [.. MadeUpLanguage.Vocabulary.Where(word => word.All(char.IsAsciiLetterLower)).Take(6)];
        File.WriteAllText(temporary.At("rows.tsv"), $"text\tother\tlabel\n{words[0]} {words[1]}\t{words[2]} {words[3]}\tentailment\n"
            + $"{words[2]} {words[4]}\t{words[5]}\tnon-entailment\n{words[1]} {words[5]}\t{words[0]} {words[0]}\tnon-entailment\n");
        string rows = $"{temporary.At("rows.tsv")},text=text,other=other,label=label";
        Study.Prepared prepared = new(new StudyRequest(NamedData.Listed([rows], [rows])) { Model = model, Ablation = "interchange", Parts = ["attention"] });
        Assert.Equal(2, prepared.Pool.Count);
        Assert.All(prepared.Pool, example => Assert.Equal(example.Input.Ids.Length, example.Pair!.Value.Ids.Length));
        Assert.Equal(2, prepared.Sets.InDomain.Count);
        Assert.Contains(prepared.Notes, note => note.Contains("1 of 3 rows have no pair of as many tokens; the ablation interchange leaves them out.", StringComparison.Ordinal));
        Assert.Contains("all 60 rows have no pair of as many tokens",
            Assert.Throws<InvalidDataException>(() => new Study.Prepared(Request with { Ablation = "interchange" })).Message);
    }

    [Fact]
    public void With_an_ablation_that_depends_on_the_input_a_study_ends_without_a_cut_and_says_so()
    {
        StudyRequest request = Request with { Ablation = "resample,seed=2", Parts = ["heads", "attention", "layers"], Draws = 2 };
        Study.Prepared prepared = new(request);
        var result = Begin("resampled", request)!;
        Assert.NotNull(result);
        string written = File.ReadAllText(Path.Combine(temporary.At("resampled"), "result.json"));
        Result read = ResultJson.Read(written, request.Tenants.Questions);
        Assert.StartsWith("Nothing was cut. The ablation resample,seed=2 depends on the input", Summary.Finished(read, "run"));
        Assert.False(Directory.Exists(Path.Combine(temporary.At("resampled"), Study.CutFolder)));
        using RunFolder folder = RunFolder.Reopen(temporary.At("resampled"), TimeProvider.System);
        Study again = Study.Reopen(folder, new Told(_ => { }), default);
        Assert.Contains("--ablation mean or --ablation zero", Assert.Throws<NotSupportedException>(() => again.Cut()).Message);
        Assert.Contains("Measure it masked", Assert.Throws<NotSupportedException>(() => again.Cut(Directory.GetFiles(temporary.At("resampled/subnetworks"))[0], temporary.At("c"))).Message);
    }

    [Fact]
    public void What_cannot_be_asked_is_refused_before_anything_is_read()
    {
        StudyRequest nowhere = Request with { Model = temporary.At("nothing") };
        foreach (var (wrong, gist) in new (StudyRequest, string)[]
        {
            (nowhere with { Sets = nowhere.Sets.With(Role.Train) }, "What should masks be learned on?"), (nowhere with { Seeds = [] }, "at least one seed"), (nowhere with { Seeds = [1, 1] }, "each once"),
            (nowhere with { Sparsities = [] }, "at least one size"), (nowhere with { Sparsities = [0.5, 1.5] }, "it is 1.5"), (nowhere with { Ablation = "median" }, "There is no ablation 'median'"), (nowhere with { Parts = ["head"] }, "Did you mean heads?"),
            (nowhere with { CoreShare = 0 }, "--core-share"), (nowhere with { Draws = 0 }, "--draws"),
        })
            Assert.Contains(gist, Assert.Throws<ArgumentException>(() => new Study.Prepared(wrong)).Message);
        Assert.Throws<FormatException>(() => new Study.Prepared(nowhere with { LabelMap = "a=b" }));
    }

    [Theory]
    [InlineData("world:nowhere", "has no part 'nowhere'")]
    [InlineData("world:training,rows=0", "'rows=0'")]
    [InlineData("world:training,rows=99999999999", "'rows=99999999999'")]
    [InlineData("world:training,per-case=5", "'per-case=5'")]
    [InlineData("world:unseen,rows=5", "'rows=5'")]
    [InlineData("world:training,seed=1,seed=2", "'seed=2'")]
    [InlineData("world:training,rows=-1", "'rows=-1'")]
    public void A_part_of_the_language_that_is_not_understood_is_refused_and_shown_how(string spec, string gist)
    {
        string message = Assert.Throws<FormatException>(() => DataSource.Read(spec)).Message;
        Assert.Contains(gist, message);
        Assert.Contains("world:training", message);
    }
}
