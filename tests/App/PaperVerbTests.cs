using System.Text.Json;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood paper</c> by the command line: what it refuses, what it prints, and that it resumes.</summary>
[Collection("the thread team")]
public sealed class PaperVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string[] Paper(string into, params string[] more) =>
        ["paper", "--model", runs.Model, "--data", "world:training,rows=60", "--in-domain", "world:in-domain,rows=40", "--ood", "world:out-of-domain,per-case=2", "--sparsity", "0.5", "0.34", "--seeds", "1-2",
            "--method", "structured-pruning,steps=4,batch-size=8", "--draws", "2", "--threads", "2", "--out", runs.At(into), .. more];

    [Fact]
    public void It_says_its_cost_first_and_answers_every_question_in_words_and_as_JSON()
    {
        var (code, words, said) = SmallRuns.Here(Paper("run"));
        Assert.Equal(0, code);
        Assert.StartsWith("7 searches of 4 steps, ", said);                                                    // 2 sparsities x 2 seeds, and 3 that add parts back to the core
        Assert.Contains("Without --checkpoints the questions about training are left out", said);
        Assert.Contains("searches: 16 steps in ", said);
        Assert.Contains("How much can be pruned before accuracy goes", words);
        Assert.Contains($"Report: {runs.At("run", "report.html")}", words);
        JsonElement json = JsonDocument.Parse(SmallRuns.Works(Paper("run", "--json"))).RootElement;          // finished: nothing is computed again
        Assert.Equal(2, json.GetProperty("questions").GetProperty("curve").GetProperty("facts").GetProperty("points").GetArrayLength());
        Assert.Equal(File.ReadAllText(runs.At("run", "result.json")).TrimEnd(), SmallRuns.Works(Paper("run", "--json")).TrimEnd());
        Assert.Equal(2, JsonDocument.Parse(SmallRuns.Works("report", runs.At("run"), "--out", runs.At("again"), "--json")).RootElement.GetProperty("report").GetString()!.Split("again").Length);
        Assert.Equal(File.ReadAllText(runs.At("run", "report.html")), File.ReadAllText(runs.At("again", "report.html")));
        Assert.True(JsonDocument.Parse(SmallRuns.Works("compare", runs.At("run", "study"), "--json")).RootElement.GetProperty("questions").TryGetProperty("core", out _));
    }

    [Fact]
    public void Checkpoints_of_a_training_run_are_taken_as_they_are()
    {
        SmallRuns.Works(runs.Train("trained"));
        Directory.Move(runs.At("trained", "model"), runs.At("trained", "checkpoints/step-60"));
        string[] command = ["paper", "--model", runs.At("trained", "checkpoints/step-60"), "--checkpoints", runs.At("trained", "checkpoints/step-60"), runs.At("trained", "checkpoints/step-20"), "--data", "world:training,rows=60", "--in-domain", "world:in-domain,rows=40",
            "--out-of-domain", "world:out-of-domain,per-case=2", "--sparsity", "0.5", "0.34", "--seeds", "1", "--method", "structured-pruning,steps=3", "--draws", "1", "--json", "--out", runs.At("run")];
        JsonElement emergence = JsonDocument.Parse(SmallRuns.Works(command)).RootElement.GetProperty("questions").GetProperty("emergence").GetProperty("facts");
        Assert.Equal("step-20 step-60", string.Join(' ', emergence.GetProperty("checkpoints").EnumerateArray().Select(c => c.GetProperty("name").GetString())));
        byte[] weights = File.ReadAllBytes(runs.At("trained", "checkpoints/step-20/model.safetensors"));
        weights[^1] ^= 1;
        File.WriteAllBytes(runs.At("trained", "checkpoints/step-20/model.safetensors"), weights);
        Assert.Contains("the checkpoint data", SmallRuns.Fails(command));
    }

    string[] Quick(string model, string into, params string[] more) =>
        ["paper", "--model", model, "--data", "world:training,rows=30", "--in-domain", "world:in-domain,rows=12", "--ood", "world:out-of-domain,per-case=1", "--seeds", "1", "--method", "structured-pruning,steps=1,batch-size=4", "--draws", "1", "--head-examples", "8", "--out", runs.At(into), .. more];

    [Fact]
    public void One_sparsity_is_the_main_one_of_the_whole_curve()
    {
        JsonElement paper = JsonDocument.Parse(SmallRuns.Works(Quick(runs.Model, "run", "--sparsity", "0.5", "--json"))).RootElement.GetProperty("questions");
        Assert.Equal(18, paper.GetProperty("curve").GetProperty("facts").GetProperty("points").GetArrayLength());
        Assert.Equal(0.5, paper.GetProperty("shift").GetProperty("facts").GetProperty("main").GetDouble());
        // the same run is meant by the default, and by the whole list
        string[] list = [.. Heartwood.Lab.Studies.Paper.PaperRequest.Sparsities(0.5).Select(s => s.Value.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        foreach (string[] same in (string[][])[[], ["--sparsity", .. list]]) Assert.Contains("is finished already", SmallRuns.Here(Quick(runs.Model, "run", same)).Error);
        Assert.Contains("holds another run", SmallRuns.Fails(Quick(runs.Model, "run", "--sparsity", "0.6")));
    }

    [Fact]
    public void Its_help_says_what_it_does_and_not_what_find_does()
    {
        string help = string.Join(' ', SmallRuns.Works("paper", "--help").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("recipe is trained anew", help);
        Assert.Contains("The main sparsity", help);
        Assert.DoesNotContain("Without it the embedded one", help);
        Assert.DoesNotContain("task=", help);
    }

    [Theory, InlineData("roberta"), InlineData("gpt2"), InlineData("distilbert"), InlineData("electra")]
    public void Every_question_is_answered_of_other_families_too(string family)
    {
        string model = SmallWorld.ModelOf(family, runs.At("step-5"));
        JsonElement paper = JsonDocument.Parse(SmallRuns.Works(Quick(model, "run", "--checkpoints", model, "--sparsity", "0.5", "0.34", "--json"))).RootElement.GetProperty("questions");
        foreach (string question in (string[])["curve", "shift", "emergence", "sizes", "attention", "needs", "add-back"]) Assert.True(paper.GetProperty(question).TryGetProperty("facts", out _));
        JsonElement[] heads = [.. paper.GetProperty("attention").GetProperty("facts").GetProperty("sets")[0].GetProperty("heads").EnumerateArray()];
        string[] Kinds(JsonElement head) => [.. head.GetProperty("kinds").EnumerateArray().Select(k => k.GetProperty("kind").GetString()!)];
        Assert.Equal(4, heads.Length);
        Assert.All(heads.Where(h => !h.GetProperty("read").GetBoolean()), h => Assert.Contains("otherSentence", Kinds(h)));
        Assert.Equal(family != "gpt2", Kinds(heads[0]).Contains("next"));                            // no token of a decoder sees the one behind it
        Assert.All(paper.GetProperty("attention").GetProperty("facts").GetProperty("pages").EnumerateArray().SelectMany(p => p.GetProperty("examples").EnumerateArray()), e => Assert.All(e.GetProperty("tokens").EnumerateArray().Index(),
            t => Assert.True(family != "gpt2" || t.Index <= e.GetProperty("from").GetInt32() || t.Item.GetProperty("weight").GetDouble() == 0)));
        Assert.True(File.Exists(runs.At("run", "report.html")));
    }

    [Fact]
    public void Without_in_domain_data_a_fifth_of_the_data_is_held_out_and_it_says_so()
    {
        string[] command = ["paper", "--model", runs.Model, "--data", "world:training,rows=100", "--ood", "world:out-of-domain,per-case=2", "--sparsity", "0.5", "0.34", "--seeds", "1", "--method", "structured-pruning,steps=2", "--draws", "1", "--out", runs.At("run")];
        var (code, _, said) = SmallRuns.Here(command);
        Assert.Equal(0, code);
        Assert.Contains("Without --in-domain, in-domain accuracy is that on at most 2,000 rows of --data", said);
        JsonElement result = JsonDocument.Parse(SmallRuns.Works([.. command, "--json"])).RootElement;
        Assert.Equal(20, result.GetProperty("questions").GetProperty("accuracy").GetProperty("facts").GetProperty("full").GetProperty("inDomain").GetProperty("n").GetInt32());
        Assert.Equal("train 80, inDomain 20", string.Join(", ", result.GetProperty("manifest").GetProperty("data").EnumerateArray().Where(d => d.GetProperty("use").GetString() is "train" or "inDomain").Select(d => $"{d.GetProperty("use").GetString()} {d.GetProperty("rows").GetInt32()}")));
    }

    [Fact]
    public void What_cannot_be_asked_is_refused_before_anything_is_written()
    {
        Assert.Contains("Give --ood FILE", SmallRuns.Fails("paper", "--model", runs.Model, "--data", "world:training,rows=20", "--in-domain", "world:in-domain,rows=20", "--out", runs.At("run")));
        Assert.Contains("--data says nothing without --model", SmallRuns.Fails("paper", "--data", "world:training,rows=20", "--out", runs.At("run")));
        Assert.Contains("--checkpoints says nothing without --model", SmallRuns.Fails("paper", "--checkpoints", runs.Model, "--out", runs.At("run")));
        Assert.StartsWith("Where should the result go?", SmallRuns.Fails(Paper("run")[..^2]));
        Assert.Contains("does not say its step", SmallRuns.Fails(Paper("run", "--checkpoints", runs.Model)));
        Assert.Contains("--grid-seeds takes 1-6 or 1,2,7; 'x' is neither.", SmallRuns.Fails(Paper("run", "--checkpoints", runs.Model, "--grid-seeds", "x")));
        Assert.Contains("it is 1", SmallRuns.Fails(Paper("run", "--sparsity", "1")));
        Assert.False(Directory.Exists(runs.At("run")));
        SmallRuns.Works(runs.Find("found", 3));
        Assert.Contains("holds another run", SmallRuns.Fails(Paper("found")));
    }
}
