using Heartwood.Lab.Charts;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Tests.App;
using Heartwood.Tests.Lab.Reports;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.Lab.Questions;

/// <summary>What holds of every question: asked once, kept, left out with a reason, drawn from what was kept.</summary>
[Collection("the thread team")]
public sealed class QuestionTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    public sealed record Tally(int Asked, string Model);

    /// <summary>Counts how often it is asked.</summary>
    sealed class Counting : IQuestion<Tally>
    {
        public int Times { get; private set; }

        public string Name => "counting";

        public int Version => 1;

        public bool PerPart { get; init; }

        public bool Usual { get; init; } = true;

        public string? Reason { get; init; }

        public string? Missing(Subject subject) => Reason;

        public Tally? Ask(Subject subject) => new(++Times, subject.Model.Family);

        public IReadOnlyList<Figure> Draw(Tally facts, Findings findings) =>
            [new("counting", "How often?", $"Asked {facts.Asked} times of a {facts.Model}.", [], [], $"Nothing to see.", [])];

        public string Words(Tally facts, Findings findings) => $"asked {facts.Asked} times\n";
    }

    string Model => Directory.Exists(temporary.At("model")) ? temporary.At("model") : SmallWorld.ModelIn(temporary.At("model"));

    StudyRequest Request(IQuestion question, params string[] asked) => SmallWorld.Study(Model) with
    {
        Tenants = Tenants.Usual with { Questions = [question, .. Tenants.Usual.Questions] },
        Asked = asked,
    };

    Result Begin(string name, StudyRequest request)
    {
        Study.Prepared prepared = new(request);
        using RunFolder folder = RunFolder.Open(temporary.At(name),
            Manifests.Small with
            {
                ModelSha256 = prepared.ModelSha256,
                Data = prepared.Facts,
                Seeds = request.Seeds,
                Request =
            RequestText.Flatten(request)
            });
        Study.Keep(folder, request);
        return Study.In(folder, prepared, new Told(_ => { }), default).All();
    }

    [Fact]
    public void A_question_of_the_test_is_asked_once_kept_said_and_drawn()
    {
        Counting question = new();
        StudyRequest request = Request(question);
        Result result = Begin("run", request);
        Assert.Equal(new Tally(1, "bert"), result.Facts<Tally>());
        Begin("run", request);
        Assert.Equal(1, question.Times);
        Result read = Report.Read(temporary.At("run"), request.Tenants.Questions);
        Assert.Equal(result.Facts<Tally>(), read.Facts<Tally>());
        Assert.Contains("Asked 1 times of a bert.", Report.Html(read));
        Assert.Contains("asked 1 times\n", new Findings(read).Words());
        Assert.Contains("'counting', which is none of",
            Assert.Throws<InvalidDataException>(() => Report.Read(temporary.At("run"), RunResult.Questions)).Message);
    }

    [Fact]
    public void What_cannot_be_asked_says_why_first_on_the_page_and_in_words()
    {
        const string why = "The moon was not full.";
        Counting question = new() { Reason = why };
        Result result = Begin("run", Request(question));
        Assert.Equal((0, null), (question.Times, result.Facts<Tally>()));
        Assert.Contains("\"leftOut\": \"The moon was not full.\"", File.ReadAllText(temporary.At("run/result.json")));
        string page = Report.Html(result);
        Assert.InRange(page.IndexOf($"<p class=\"warning\">{why}</p>", StringComparison.Ordinal), 1, page.IndexOf("<table", StringComparison.Ordinal));
        Assert.StartsWith(why, Summary.Finished(result, "run"));
    }

    [Fact]
    public void A_question_that_is_not_usual_is_asked_by_name_alone()
    {
        Assert.Null(Begin("unasked", Request(new Counting { Usual = false })).Facts<Tally>());
        Assert.NotNull(Begin("asked", Request(new Counting { Usual = false }, "counting")).Facts<Tally>());
        Assert.Contains("There is no question 'countin'. Did you mean counting?",
            Assert.Throws<ArgumentException>(() => new Study.Prepared(Request(new Counting(), "countin"))).Message);
    }

    [Fact]
    public void With_many_parts_in_play_a_pass_for_each_is_made_only_when_it_is_asked_for()
    {
        Counting question = new() { PerPart = true };
        Subject subject = new(RunFolder.Open(temporary.At("many"), Manifests.Small), new Told(_ => { }), default)
        {
            Loaded = Heartwood.Lab.Tasks.LoadedModel.Load(Model),
            Sets = null!,
            Settings = new(),
            Questions = [question],
            Universe = Small.HeadsAndMlps([.. Enumerable.Repeat(100, 11)]),
            Find = () => [],
        };
        using RunFolder folder = subject.Folder;
        Answer left = Assert.Single(subject.AskAll());
        Assert.Equal("The question 'counting' takes at least one pass per part, and 1,111 parts are in play: it was left out. To ask it "
            + "all the same: --ask counting.", left.LeftOut);
        using RunFolder other = RunFolder.Open(temporary.At("asked"), Manifests.Small);
        Assert.NotNull(Assert.Single((subject with { Folder = other, Settings = new() { Asked = ["counting"] } }).AskAll()).Facts);

        // what was left out is asked later, once, and is known from then on
        Subject later = subject with { Settings = new() { Asked = ["counting"] } };
        Assert.Equal(new Tally(2, "bert"), Assert.Single(later.AskEach("counting")).Facts);
        Assert.Equal(new Tally(2, "bert"), Assert.Single((later with { Questions = [question] }).AskEach("counting")).Facts);
        Assert.Equal(2, question.Times);
    }

    [Fact]
    public void A_training_has_a_page_with_its_loss_its_accuracy_and_what_needs_no_model()
    {
        using SmallRuns runs = new();
        SmallRuns.Works(runs.Train("trained", 40));
        Result result = Report.Read(runs.At("trained"), RunResult.Questions);
        TrainingFacts facts = result.Facts<TrainingFacts>()!;
        Assert.Equal(40, facts.Losses.Sum(l => l.Batches));
        Assert.Equal(facts.Final!.InDomain, facts.Curve[^1].InDomain);
        Assert.Contains("majority", facts.Baselines.Keys);
        string page = File.ReadAllText(runs.At("trained", "report.html"));
        foreach (string id in (string[])["id=\"loss\"", "id=\"accuracy\"", "id=\"making\"", "Trained for 40 steps"]) Assert.Contains(id,
            page);
        Assert.DoesNotMatch("NaN|Infinity",
            System.Text.RegularExpressions.Regex.Replace(page, "<script>.*?</script>", "",
            System.Text.RegularExpressions.RegexOptions.Singleline));
    }
}
