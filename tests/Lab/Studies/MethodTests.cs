using System.Text.Json;
using Heartwood.App.Commands;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.App;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Studies;

/// <summary>Several finders in one study, among them one of the test project's own.</summary>
[Collection("the thread team")]
public sealed class MethodTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    /// <summary>Scores parts by their place in the universe, later ones higher (or lower): nothing is drawn.</summary>
    sealed class ByPlace(bool backwards = false) : IFinder
    {
        public int Begun { get; private set; }

        public FinderFacts Facts { get; } = new("by-place", "its place", "nobody", FinderNeeds.None, Seeded: false);

        public IFinder With(TenantSpec options)
        {
            ByPlace read = new(options.Choice("order", "forwards", "backwards") == "backwards");
            options.RefuseUnread();
            return read;
        }

        public FinderCost Cost(int parts, int examples) => default;

        public ISearch Begin(Search search)
        {
            Begun++;
            return new Steps(search.Universe.Count, backwards);
        }

        sealed class Steps(int parts, bool backwards) : ISearch
        {
            public int Step { get; private set; }

            int ISearch.Steps => 1;

            public IReadOnlyList<StepFigure> Advance()
            {
                Step++;
                return [];
            }

            public Scores Scores => new([.. Enumerable.Range(0, parts).Select(i => (double)(backwards ? -i : i))]);

            public void Save(Stream stream) => stream.WriteByte((byte)Step);

            public void Restore(string path) => Step = File.ReadAllBytes(path)[0];
        }
    }

    static readonly Tenants tenants = Tenants.Usual with { Finders = [.. Tenants.Usual.Finders, new ByPlace()] };

    [Fact]
    public void A_finder_of_the_test_project_goes_from_find_to_report()
    {
        string model = SmallWorld.ModelIn(temporary.At("model"));
        World world = new();
        int code = CommandLine.Run(["find", "--model", model, "--data", "world:training,rows=40", "--in-domain", "world:in-domain,rows=20",
            "--method", "by-place,order=backwards", "structured-pruning,steps=2,batch-size=4", "--seeds", "1-2", "--sparsity", "0.5", "0.34",
            "--draws", "2", "--all", "--json", "--out", temporary.At("run")], world.Redirected(), tenants: tenants);
        Assert.True(code == 0, world.Error.ToString());
        Assert.Contains("by-place: 1 search, no pass of an example", world.Error.ToString());
        Assert.Contains("structured-pruning: 4 searches, 96 passes of an example", world.Error.ToString());

        string[] files = [.. Directory.GetFiles(temporary.At("run/subnetworks")).Select(f => Path.GetFileNameWithoutExtension(f)).Order()];
        Assert.Equal(["by-place-sparsity-0.34", "by-place-sparsity-0.5", "structured-pruning-sparsity-0.34-seed-1",
            "structured-pruning-sparsity-0.34-seed-2", "structured-pruning-sparsity-0.5-seed-1", "structured-pruning-sparsity-0.5-seed-2"], files);
        Subnetwork first = Subnetwork.FromJson(File.ReadAllText(temporary.At("run/subnetworks/by-place-sparsity-0.5.json")), "file");
        Assert.Equal(("by-place", "backwards", 6), (first.Method, first.Options["order"], first.Parts));
        Assert.Equal(["L0.H0", "L0.H1", "L0.MLP"], first.Kept.Select(p => $"{p}"));

        // one subnetwork per size, and no chance to speak of
        Result result = Report.Read(temporary.At("run"), tenants.Questions);
        string page = File.ReadAllText(temporary.At("run/report.html")), words = Summary.Finished(result, "run");
        Assert.Equal([0.5, 0.34], result.Facts<AccuracyFacts>()!.Subnetworks.Select(s => s.TargetSparsity));
        Assert.All(result.Facts<OverlapsFacts>()?.Sparsities ?? [], o => Assert.Empty(o.Pairs));
        Assert.Contains("not applicable", words);
        Assert.Contains("not applicable", page);
        Assert.DoesNotContain("p = ", words);

        // both finders in the table, its figure and its words
        FinderTable table = result.Facts<FinderTable>()!;
        Assert.Equal(["by-place", "structured-pruning"], table.Rows.Select(r => r.Method));
        Assert.All(table.Rows, r => Assert.Equal([0.5, 0.34], r.Sizes.Select(s => s.TargetSparsity)));
        Assert.All(table.Rows.SelectMany(r => r.Sizes), s => Assert.Equal(2, s.Random.Subnetworks));
        Assert.Contains("Finders against one another", page);
        Assert.Contains("5 random rankings", words);

        // what the second finder found is a candidate too, next to its own random parts
        IReadOnlyList<Candidate> candidates = new Findings(result).Candidates;
        foreach (string name in (string[])["by-place-sparsity-0.5", "structured-pruning-sparsity-0.5-seed-1", "random-like-structured-pruning-sparsity-0.5-seed-1"])
            Assert.Single(candidates, c => c.Name == name);
        Assert.Equal(candidates.Count, candidates.Select(c => c.Name).Distinct().Count());
        Assert.Equal("subnetworks/structured-pruning-sparsity-0.5-seed-1.json", candidates.Single(c => c.Name == "structured-pruning-sparsity-0.5-seed-1").File);
    }

    [Fact]
    public void A_finder_is_run_once_where_nothing_is_drawn_and_once_for_all_sizes_where_they_do_not_matter()
    {
        StudyRequest request = new(NamedData.Listed(["world:training"])) { Seeds = [1, 2, 3], Sparsities = [0.5, 0.3] };
        Method[] methods = [.. Method.ReadAll(["by-place", "structured-pruning", "by-place,order=backwards"], tenants)];
        Assert.Equal(["by-place", "structured-pruning", "by-place-2"], methods.Select(m => m.Label));
        Assert.Equal([1, 6, 1], methods.Select(m => m.Searches(request).Count));
        Assert.Equal([0.5, 0.3], methods[0].Searches(request)[0].Sparsities);
    }

    [Fact]
    public void Several_finders_end_in_one_table_next_to_random_parts()
    {
        string model = SmallWorld.ModelIn(temporary.At("model"));
        string[] find = ["find", "--model", model, "--data", "world:training,rows=40", "--in-domain", "world:in-domain,rows=20",
            "--out-of-domain", "world:out-of-domain,per-case=1", "--method", "ablation", "--method", "by-place", "random",
            "structured-pruning,steps=2,batch-size=4", "--seeds", "1-2", "--sparsity", "0.5", "--out", temporary.At("run")];
        World world = new();
        Assert.True(CommandLine.Run(find, world.Redirected(), tenants: tenants) == 0, world.Error.ToString());
        FinderTable table = JsonSerializer.Deserialize<Kept<FinderTable>>(
            File.ReadAllText(temporary.At("run/stages/finders.json")), JsonWriting.Kept)!.Facts!;
        Assert.Equal(["ablation", "by-place", "random", "structured-pruning"], table.Rows.Select(r => r.Method));
        Assert.Equal([1, 1, 2, 2], table.Rows.Select(r => r.Searches));
        Assert.Equal([7 * 40, 0, 0, 48], table.Rows.Select(r => r.Passes));
        Assert.All(table.Rows, r => Assert.Equal(r.Searches, Assert.Single(r.Sizes).Found.Subnetworks));
        Assert.All(table.Rows, r => Assert.InRange(r.Sizes[0].Random.OutOfDomain!.Mean, 0, 1));
        Assert.Equal([true, true, true, false], table.Rows.Select(r => r.Areas is not null));           // its scores depend on the size
        Assert.Equal([false, true, true, true], table.Rows.Select(r => r.Agreement is not null));
        Assert.Equal(["inDomain", "outOfDomain"], table.Rows[0].Areas!.Exact.Keys.Order());
        Assert.True(table.Random!.Exact.ContainsKey("inDomain"));

        string[] said = world.Out.ToString().Split('\n');
        string first = said.Single(l => l.StartsWith("ablation ", StringComparison.Ordinal) && l.Contains("0.5", StringComparison.Ordinal)
            && !l.Contains("keeps", StringComparison.Ordinal));
        Assert.Contains("280", first);
        Assert.Contains("5 random rankings", world.Out.ToString());
        byte[] kept = File.ReadAllBytes(temporary.At("run/subnetworks/ablation-sparsity-0.5.json"));
        World again = new();
        Assert.Equal(0, CommandLine.Run(find, again.Redirected(), tenants: tenants));
        Assert.Equal(world.Out.ToString(), again.Out.ToString());
        Assert.Equal(kept, File.ReadAllBytes(temporary.At("run/subnetworks/ablation-sparsity-0.5.json")));
    }

    [Theory]
    [InlineData("There is no method 'by-plase'. Did you mean by-place?", "by-plase")]
    [InlineData("by-place takes no 'ordr'. Did you mean order?", "by-place,ordr=x")]
    [InlineData("is given twice", "by-place", "by-place")]
    [InlineData("at least one finder")]
    public void What_is_no_method_is_refused_by_name(string gist, params string[] methods) =>
        Assert.Contains(gist, Assert.Throws<ArgumentException>(() => Method.ReadAll(methods, tenants)).Message);

    [Fact]
    public void Paper_takes_learned_masks_only()
    {
        World world = new();
        Assert.Equal(1, CommandLine.Run(["paper", "--method", "by-place", "--out", temporary.At("paper")], world.Redirected(), tenants: tenants));
        Assert.Contains("takes one --method, structured-pruning, not by-place", world.Error.ToString());
    }
}
