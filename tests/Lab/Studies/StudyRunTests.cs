using Heartwood.Lab.Discovery;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.App;

namespace Heartwood.Tests.Lab.Studies;

/// <summary>A study that a program begins, with a finder of its own that says no more than docs/library.md shows.</summary>
[Collection("the thread team")]
public sealed class StudyRunTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    [Fact]
    public void A_program_runs_a_study_with_a_finder_of_its_own_and_reads_it_again()
    {
        StudyRequest request = new(NamedData.Listed(
            train: ["world:training,rows=40"], inDomain: ["world:in-domain,rows=20"], outOfDomain: ["world:out-of-domain,per-case=1"]))
        {
            Model = runs.Model,
            Methods = ["later-first"],
            Seeds = [1],
            Draws = 2,
            Tenants = Tenants.Usual with { Finders = [.. Tenants.Usual.Finders, new LaterFirst()] },
        };
        string folder = runs.At("own");
        Result result = Study.Run(folder, request);
        string written = File.ReadAllText(Path.Combine(folder, "result.json"));
        Assert.Equal(written, ResultJson.Write(Study.Run(folder, request)));
        Assert.Equal(result.Facts<AccuracyFacts>()!.Full.InDomain, Study.Run(folder, request).Facts<AccuracyFacts>()!.Full.InDomain);
        Assert.True(File.Exists(Report.Write(folder, result)));
        string mask = Directory.GetFiles(Path.Combine(folder, "subnetworks"), "*.json").First();
        Assert.Contains("\"method\": \"later-first\"", File.ReadAllText(mask));
        Assert.Throws<IOException>(() => Study.Run(folder, request with { Seeds = [2] }));

        string refused = Assert.Throws<ArgumentException>(
            () => Study.Run(runs.At("other"), request with { Methods = ["later-first,steps=3"] })).Message;
        Assert.Contains("takes no options, not 'steps' either", refused);
    }

    sealed class LaterFirst : IFinder
    {
        public FinderFacts Facts { get; } = new("later-first", "its layer", "nobody", FinderNeeds.None, Seeded: false);

        public FinderCost Cost(int parts, int examples) => new(Forward: 0, Backward: 0);

        public ISearch Begin(Search search) => new Once(search);

        sealed class Once(Search search) : SteppedSearch("later-first", steps: 1)
        {
            readonly double[] scores = new double[search.Universe.Count];

            public override Scores Scores => new(scores);

            protected override IReadOnlyDictionary<string, double[]> Kept => new Dictionary<string, double[]> { ["scores"] = scores };

            protected override IReadOnlyList<StepFigure> Take(int step)
            {
                for (int i = 0; i < scores.Length; i++) scores[i] = search.Universe.Parts[i].Layer;
                return [];
            }
        }
    }
}
