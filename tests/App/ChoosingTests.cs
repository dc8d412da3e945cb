using System.Text.Json;

namespace Heartwood.Tests.App;

/// <summary>Which subnetwork is written: by in-domain loss, by the loss on data of its own, by name.</summary>
[Collection("the thread team")]
public sealed class ChoosingTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    JsonElement Result(string run) => JsonDocument.Parse(File.ReadAllText(runs.At(run, "result.json"))).RootElement;

    JsonElement Facts(string run, string question) => Result(run).GetProperty("questions").GetProperty(question).GetProperty("facts");

    byte[] Weights(string run) => File.ReadAllBytes(runs.At(run, "cut", "model.safetensors"));

    static Dictionary<string, double> Losses(JsonElement choice) => choice.GetProperty("losses").EnumerateArray()
        .ToDictionary(l => l.GetProperty("subnetwork").GetString()!, l => l.GetProperty("loss").GetDouble());

    [Fact]
    public void Without_data_to_choose_by_the_lowest_in_domain_loss_chooses_and_it_is_said()
    {
        string said = SmallRuns.Works(runs.Find("run", 4, "--all"));
        JsonElement choice = Facts("run", "cut").GetProperty("choice");
        Assert.Equal("inDomain", choice.GetProperty("by").GetString());
        Dictionary<string, double> losses = Losses(choice);
        var measured = Facts("run", "accuracy").GetProperty("subnetworks").EnumerateArray().ToDictionary(
            s => $"structured-pruning-sparsity-0.5-seed-{s.GetProperty("seed")}", s => s.GetProperty("measured").GetProperty("inDomainLoss").GetDouble());
        Assert.Equal(measured, losses);
        Assert.Equal(losses.MinBy(l => l.Value).Key, choice.GetProperty("subnetwork").GetString());
        Assert.Contains("the lowest in-domain loss of 2; out-of-domain data did not choose", said);
    }

    [Fact]
    public void Data_to_choose_by_chooses_alone_and_is_reported_nowhere_but_as_what_chose()
    {
        SmallRuns.Works(runs.Find("plain", 4, "--all"));
        string said = SmallRuns.Works(runs.Find("run", 4, "--choose-on", "world:in-domain,rows=30,seed=9", "--all"));
        JsonElement choice = Facts("run", "cut").GetProperty("choice");
        Assert.Equal(("choosing", 30), (choice.GetProperty("by").GetString(), choice.GetProperty("n").GetInt32()));
        Dictionary<string, double> losses = Losses(choice);
        Assert.Equal(losses.MinBy(l => l.Value).Key, choice.GetProperty("subnetwork").GetString());
        Assert.NotEqual(Losses(Facts("plain", "cut").GetProperty("choice")).Values, losses.Values);
        Assert.Contains("the lowest loss of 2 on world:in-domain,rows=30,seed=9, 30 examples that are reported nowhere else", said);
        Assert.Contains("30 examples that are reported nowhere else", File.ReadAllText(runs.At("run", "report.html")));
        Assert.Contains(Result("run").GetProperty("manifest").GetProperty("data").EnumerateArray(),
            d => d.GetProperty("use").GetString() == "choosing" && d.GetProperty("rows").GetInt32() == 30);
        Assert.Equal(Facts("plain", "accuracy").GetRawText(), Facts("run", "accuracy").GetRawText());
        JsonElement evaluated = JsonDocument.Parse(SmallRuns.Works("evaluate", runs.At("run"), "--mask",
            runs.At("run", "subnetworks", $"{choice.GetProperty("subnetwork").GetString()}.json"), "--random", "0", "--json")).RootElement;
        Assert.DoesNotContain("seed=9", evaluated.GetRawText());
    }

    [Fact]
    public void The_loss_that_chooses_is_that_of_evaluate_on_the_same_data()
    {
        SmallRuns.Works(runs.Find("run", 4, "--choose-on", "world:in-domain,rows=30,seed=9", "--all"));
        string[] other = runs.Find("other", 4);
        other[Array.IndexOf(other, "--in-domain") + 1] = "world:in-domain,rows=30,seed=9";
        SmallRuns.Works(other);
        SmallRuns.Works("evaluate", runs.At("other"));
        JsonElement stage = JsonDocument.Parse(File.ReadAllText(runs.At("other", "stages", "accuracy.json"))).RootElement;
        double[] measured = [.. stage.GetProperty("facts").GetProperty("subnetworks").EnumerateArray().Select(s => s.GetProperty("measured").GetProperty("inDomainLoss").GetDouble())];
        Assert.Equal(measured, Losses(Facts("run", "cut").GetProperty("choice")).Values);
    }

    [Fact]
    public void Data_that_is_reported_does_not_choose()
    {
        string error = SmallRuns.Fails(runs.Find("run", 4, "--choose-on", "world:in-domain,rows=40"));
        Assert.Contains("--choose-on world:in-domain,rows=40: 40 of its rows are measured and reported too", error);
        string[] rows = ["label\ttext\tpair", .. Enumerable.Range(0, 20).Select(i => $"{(i % 2 == 0 ? "" : "non-")}entailment\tthe doctor saw the poet\tthe poet")];
        File.WriteAllLines(runs.At("rows.tsv"), rows);
        string file = $"{runs.At("rows.tsv")},text=text,pair=pair,label=label";
        Assert.Contains("5 of its rows are measured and reported too", SmallRuns.Fails(
            runs.Find("run", 4, "--in-domain", file, "--choose-on", $"{file},rows=5")));
    }

    [Fact]
    public void A_subnetwork_by_name_takes_the_place_of_the_one_that_was_cut_and_of_its_facts()
    {
        SmallRuns.Works(runs.Find("run", 4, "--all"));
        byte[] before = Weights("run");
        string chosen = Facts("run", "cut").GetProperty("choice").GetProperty("subnetwork").GetString()!;
        string other = chosen.EndsWith("seed-1", StringComparison.Ordinal) ? chosen[..^1] + "2" : chosen[..^1] + "1";
        Assert.Contains("named by --subnetwork", SmallRuns.Works("cut", runs.At("run"), "--subnetwork", $"{other}.json"));
        Assert.NotEqual(before, Weights("run"));
        JsonElement facts = Facts("run", "cut");
        Assert.Equal((other, "name"), (facts.GetProperty("choice").GetProperty("subnetwork").GetString(), facts.GetProperty("choice").GetProperty("by").GetString()));
        Assert.Equal(other[^1..], facts.GetProperty("seed").GetRawText());
        Assert.Contains("named by --subnetwork", File.ReadAllText(runs.At("run", "report.html")));
        SmallRuns.Works("cut", runs.At("run"), "--mask", runs.At("run", "subnetworks", $"{other}.json"), "--out", runs.At("apart"));
        Assert.Equal(Weights("apart"), Weights("run"));
        Assert.Equal(File.ReadAllBytes(runs.At("apart", "full-size", "model.safetensors")), File.ReadAllBytes(runs.At("run", "full-size", "model.safetensors")));
        Assert.Contains("named by --subnetwork", SmallRuns.Works("cut", runs.At("run")));
        SmallRuns.Works("cut", runs.At("run"), "--subnetwork", chosen);
        Assert.Equal(before, Weights("run"));
        SmallRuns.Works("cut", runs.At("run"), "--subnetwork", other, "--change", "cut", "--out", runs.At("made"));
        Assert.Equal(Weights("apart"), Weights("made"));
        Assert.Equal(before, Weights("run"));
    }

    [Fact]
    public void Before_the_report_is_drawn_a_named_subnetwork_is_kept_for_it()
    {
        SmallRuns.Works(runs.Find("run", 4));
        SmallRuns.Works("cut", runs.At("run"), "--subnetwork", "structured-pruning-sparsity-0.5-seed-2");
        SmallRuns.Works("report", runs.At("run"));
        Assert.Equal("structured-pruning-sparsity-0.5-seed-2", Facts("run", "cut").GetProperty("choice").GetProperty("subnetwork").GetString());
    }

    [Fact]
    public void A_name_that_is_nearly_one_of_the_run_s_is_answered_with_that_one()
    {
        SmallRuns.Works(runs.Find("run", 4));
        Assert.Contains("Did you mean structured-pruning-sparsity-0.5-seed-1?", SmallRuns.Fails("cut", runs.At("run"), "--subnetwork", "structured-pruning-sparsity-0.5-sed-1"));
        string file = runs.At("run", "subnetworks", "structured-pruning-sparsity-0.5-seed-1.json");
        Assert.Contains("A file from anywhere is cut by --mask FILE --out FOLDER.", SmallRuns.Fails("cut", runs.At("run"), "--subnetwork", file));
        Assert.False(Directory.Exists(runs.At("run", "cut")));
    }
}
