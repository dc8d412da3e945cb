using System.Text.Json;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary>Several runs in one table.</summary>
[Collection("the thread team")]
public sealed class CompareVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string[] Find(string into, string seeds = "1-2", string? model = null, string method = "structured-pruning,steps=4,batch-size=8") =>
        ["find", "--model", model ?? runs.Model, "--data", "world:training,rows=60", "--in-domain", "world:in-domain,rows=40",
            "--out-of-domain", "world:out-of-domain,per-case=2", "--seeds", seeds, "--method", method, "--out", runs.At(into)];

    void Found(string into, string seeds = "1-2", string? model = null, string method = "structured-pruning,steps=4,batch-size=8")
    {
        SmallRuns.Works(Find(into, seeds, model, method));
        SmallRuns.Works("evaluate", runs.At(into));
    }

    JsonElement Joined(params string[] names) => JsonDocument.Parse(SmallRuns.Works(
        ["compare", .. names.Select(n => runs.At(n)), "--out", runs.At("joined"), "--json"])).RootElement
        .GetProperty("questions").GetProperty("joined").GetProperty("facts");

    [Fact]
    public void Runs_of_other_seeds_are_joined_and_their_overlap_and_core_are_those_of_one_run_of_all_seeds()
    {
        Found("a", "1-2");
        Found("b", "3-4");
        Found("all", "1-4");
        JsonElement whole = JsonDocument.Parse(SmallRuns.Works("compare", runs.At("all"), "--json")).RootElement.GetProperty("questions");
        JsonElement joined = Joined("a", "b");
        JsonElement group = Assert.Single(joined.GetProperty("groups").EnumerateArray());
        Assert.Equal(["a, seed 1", "a, seed 2", "b, seed 3", "b, seed 4"],
            group.GetProperty("members").EnumerateArray().Select(m => m.GetString()));
        JsonElement[] pairs = [.. group.GetProperty("pairs").EnumerateArray()];
        JsonElement[] wanted = [.. whole.GetProperty("overlap").GetProperty("facts").GetProperty("sparsities")[0].GetProperty("pairs").EnumerateArray()];
        Assert.Equal(6, pairs.Length);
        foreach (var (pair, of) in pairs.Zip(wanted))
            foreach (string figure in (string[])["shared", "jaccard", "expected", "low", "high", "pValue", "corrected"])
                Assert.Equal(of.GetProperty(figure).GetDouble(), pair.GetProperty(figure).GetDouble());
        JsonElement core = group.GetProperty("core"), its = whole.GetProperty("core").GetProperty("facts").GetProperty("cores")[0];
        Assert.Equal(its.GetProperty("parts").GetRawText().Replace(" ", ""), core.GetProperty("parts").GetRawText().Replace(" ", ""));
        Assert.Equal(its.GetProperty("pValue").GetDouble(), core.GetProperty("pValue").GetDouble());
        Assert.Equal(4, joined.GetProperty("rows").GetArrayLength());
        JsonElement seeds = joined.GetProperty("differences").EnumerateArray()
            .Single(d => d.GetProperty("what").GetString() == "seeds").GetProperty("byRun");
        Assert.Equal(("1 2", "3 4"), (seeds.GetProperty("a").GetString(), seeds.GetProperty("b").GetString()));
        Assert.Equal(0, joined.GetProperty("apart").GetArrayLength());
        string again = SmallRuns.Works("compare", runs.At("a"), runs.At("b"), "--out", runs.At("joined"));
        string page = File.ReadAllText(runs.At("joined", "report.html"));
        foreach (string shown in (string[])["<h1>a and b side by side</h1>", "id=\"joined-InDomain\"", "id=\"joined-OutOfDomain\"", "id=\"joined-overlap-0\"",
            "id=\"table-joined\"", "id=\"table-joined-core\"", "The runs differ in seeds"])
            Assert.Contains(shown, page);
        string drawn = page[page.IndexOf("id=\"joined-InDomain\"", StringComparison.Ordinal)..page.IndexOf("id=\"joined-OutOfDomain\"", StringComparison.Ordinal)];
        Assert.Equal(2 + 4 + 4, Marks(drawn, "class=\"mark "));
        Assert.Equal((2, 4, 4), (Marks(drawn, "class=\"mark full"), Marks(drawn, "class=\"mark sub"), Marks(drawn, "class=\"mark random")));
        // a map of four subnetworks has a square for every pair, both ways
        Assert.Equal(4 * 3, Marks(page, "class=\"mark cell"));
        string redrawn = SmallRuns.Works("report", runs.At("joined"), "--out", runs.At("again"));
        Assert.Equal(page, File.ReadAllText(runs.At("again", "report.html")));
        Assert.Contains("The report is in", redrawn);
        Assert.Contains("They differ in seeds: a 1 2; b 3 4", again);
        Assert.Contains("4 subnetworks of bert, 2 layers of 2 heads, 6 parts in play", again);
    }

    static int Marks(string page, string mark) => page.Split(mark).Length - 1;

    [Fact]
    public void Other_methods_and_models_stand_in_one_table_and_in_groups_of_their_own()
    {
        string other = SmallWorld.ModelOf("bert", runs.At("three"), "entailment", "non-entailment", "neither");
        Found("a", "1-2");
        Found("b", "1-2", method: "random");
        Found("c", "1-2", model: other);
        JsonElement joined = Joined("a", "b", "c");
        Assert.Equal(["a", "b", "c"], joined.GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("name").GetString()));
        Assert.Equal(6, joined.GetProperty("rows").GetArrayLength());
        Assert.Equal([4, 2], joined.GetProperty("groups").EnumerateArray().Select(g => g.GetProperty("members").GetArrayLength()));
        string[] differ = [.. joined.GetProperty("differences").EnumerateArray().Select(d => d.GetProperty("what").GetString()!)];
        Assert.Contains("methods", differ);
        Assert.Contains("model", differ);
        Assert.Contains("model's weights", differ);
        Assert.DoesNotContain("seeds", differ);
    }

    [Fact]
    public void A_run_of_one_subnetwork_of_its_size_stands_in_the_table_only()
    {
        Found("a", "1");
        Found("b", "2", method: "random");
        JsonElement joined = Joined("a", "b");
        Assert.Equal(0, joined.GetProperty("groups").GetArrayLength());
        Assert.Equal(["a, seed 1 (structured-pruning at 0.5): no other subnetwork has its universe, method and size",
            "b, seed 2 (random at 0.5): no other subnetwork has its universe, method and size"],
            joined.GetProperty("apart").EnumerateArray().Select(a => a.GetString()));
    }

    [Fact]
    public void What_cannot_be_joined_is_refused_by_name()
    {
        Found("a", "1-2");
        SmallRuns.Works(Find("unmeasured", "5"));
        Found("same", "2-3");
        SmallRuns.Works(runs.Train("trained", 20));
        foreach (var (named, gist) in new (string[], string)[]
        {
            (["a", "nothing"], "nothing' is no folder."),
            (["a", "a"], "is named twice. Name each once."),
            (["a", "unmeasured"], $"{runs.At("unmeasured")}: its subnetworks are not measured yet. First: heartwood evaluate"),
            (["a", "trained"], $"{runs.At("trained")} is a run of another verb: it has no subnetworks to compare."),
            (["a", "same"], "a and same hold the same subnetwork (structured-pruning, seed 2, sparsity 0.5, of the same weights, "
                + "data and options)"),
        })
            Assert.Contains(gist, SmallRuns.Fails(["compare", .. named.Select(n => runs.At(n)), "--out", runs.At("joined")]));
        Assert.False(Directory.Exists(runs.At("joined")));
        Assert.Contains("Several runs are joined in a run of its own.", SmallRuns.Fails("compare", runs.At("a"), runs.At("same")));
        Assert.Contains("leave out --out", SmallRuns.Fails("compare", runs.At("a"), "--out", runs.At("joined")));
        string[] before = Files();
        SmallRuns.Fails("compare", runs.At("a"), runs.At("same"), "--out", runs.At("joined"));
        Assert.Equal(before, Files());

        string[] Files() => [.. Directory.GetFiles(runs.At("a"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }
}
