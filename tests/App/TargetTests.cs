using System.Text.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tests.Lab.Reports;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary>Targets in weights, bytes and time from the command line to the page.</summary>
[Collection("the thread team")]
public sealed class TargetTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    string[] Find(string model, string run, params string[] more) =>
    [
        "find", "--model", model, "--data", "world:training,rows=40", "--in-domain", "world:in-domain,rows=20", "--parts", "heads,neurons",
        "--method", "structured-pruning,steps=20,batch-size=4,learning-rate=0.5", "magnitude", "--seeds", "1-2", "--draws", "2", "--out",
        temporary.At(run), .. more,
    ];

    string Files(string run) => string.Join('\n', Directory.GetFiles(temporary.At($"{run}/subnetworks")).Order()
        .Select(file => Path.GetFileName(file) + File.ReadAllText(file)));

    [Fact]
    public void The_same_table_and_seed_give_the_same_bits_and_the_page_says_what_remains()
    {
        string model = SmallWorld.ModelIn(temporary.At("model"));
        string words = SmallRuns.Works(Find(model, "first", "--target", "time=0.8", "weights=0.9", "--all"));
        string table = temporary.At("first/time-table.json");
        Assert.Contains("Shares of the full model that remain:", words);
        Assert.Contains("structured-pruning-time-0.8-seed-1, asked time=0.8: weights ", words);
        Assert.Contains("measured in turn", words);
        TargetsFacts facts = Report.Read(temporary.At("first"), Heartwood.Lab.Questions.Questions.Usual).Facts<TargetsFacts>()!;
        Assert.Equal(4, facts.Subnetworks.Count);
        Assert.All(facts.Subnetworks.Where(s => s.Asked.UnitName == "time"), s => Assert.InRange(s.Size.Time, 0, 0.8 + 1e-9));
        Assert.All(facts.Subnetworks.Where(s => s.Asked.UnitName == "weights"), s =>
        {
            Assert.InRange(s.Size.Weights, 0.88, 0.9 + 1e-9);
            Assert.Equal(s.Size.Weights, s.Random.Weights, 1e-9);
        });
        Assert.Equal("structured-pruning-time-0.8-seed", facts.Cut!.Subnetwork[..^2]);
        string page = File.ReadAllText(temporary.At("first/report.html"));
        Assert.Contains("What remains of weights, bytes and time", page);
        Assert.Contains("time 0.8", page);
        Subnetwork found = Subnetwork.FromJson(File.ReadAllText(temporary.At("first/subnetworks/magnitude-time-0.8.json")), "file");
        Assert.Equal("time=0.8", found.TargetSparsity.ToString());

        SmallRuns.Works(Find(model, "again", "--target", "time=0.8", "weights=0.9", "--time-table", table));
        SmallRuns.Works(Find(model, "on-one-thread", "--target", "time=0.8", "weights=0.9", "--time-table", table, "--threads", "1"));
        Assert.Equal(Files("first"), Files("again"));
        Assert.Equal(Files("first"), Files("on-one-thread"));
        Assert.Equal(File.ReadAllText(table), File.ReadAllText(temporary.At("again/time-table.json")));
    }

    [Fact]
    public void What_cannot_be_reached_or_has_no_effect_is_refused_before_a_run_begins()
    {
        string model = SmallWorld.ModelIn(temporary.At("model"));
        string Refused(params string[] more)
        {
            string error = SmallRuns.Fails(Find(model, "refused", more));
            Assert.False(Directory.Exists(temporary.At("refused")));
            return error;
        }
        string small = Refused("--target", "weights=0.01");
        Assert.Contains("--target weights=0.01 cannot be reached: with --parts heads,neurons the smallest is weights=0.", small);
        string said = small.Split("the smallest is ")[1].Split(',')[0];
        SmallRuns.Works(Find(model, "smallest", "--target", said));
        Assert.Contains("the share of the full model's time that remains, between 0 and 1; it is 2", Refused("--target", "time=2"));
        Assert.Contains("--sparsity", Refused("--target", "time=0.5", "--sparsity", "0.5"));
        Assert.Contains("--time-table would have no effect", Refused("--time-table", "nowhere.json"));
        Assert.Contains("The ablation resample depends on the input", Refused("--target", "weights=0.9", "--ablation", "resample"));

        string table = temporary.At("smallest/time-table.json"), other = temporary.At("other.json");
        File.WriteAllText(other, File.ReadAllText(table).Replace("\"bert\"", "\"gpt2\""));
        Assert.Contains("is the table of another model: its family gpt2, the model's bert", Refused("--target", "time=0.9", "--time-table", other));
        File.WriteAllText(other, "{}");
        Assert.Contains("is no table of times", Refused("--target", "time=0.9", "--time-table", other));
    }

    [Fact]
    public void A_target_in_parts_is_a_sparsity()
    {
        string model = SmallWorld.ModelIn(temporary.At("model"));
        SmallRuns.Works(Find(model, "target", "--target", "sparsity=0.5"));
        SmallRuns.Works(Find(model, "sparsity", "--sparsity", "0.5"));
        Assert.Equal(Files("target"), Files("sparsity"));
        Assert.False(File.Exists(temporary.At("target/time-table.json")));
    }

    [Fact]
    public void Inspect_says_the_smallest_that_can_be_asked_for()
    {
        string model = SmallWorld.ModelIn(temporary.At("model"));
        Assert.Contains("The smallest that --target reaches with these parts: weights=0.", SmallRuns.Works("inspect", model));
        JsonElement smallest = JsonDocument.Parse(SmallRuns.Works("inspect", model, "--json")).RootElement.GetProperty("smallest");
        Assert.Equal(3, smallest.GetArrayLength());
    }
}
