using System.Text.Json;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood paper</c> by the command line: what it refuses, what it prints, and that it resumes.</summary>
[Collection("the thread team")]
public sealed class PaperVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string[] Paper(string into, params string[] more) =>
        ["paper", "--model", runs.Model, "--data", "world:training,rows=60", "--in-domain", "world:in-domain,rows=40", "--ood", "world:out-of-domain,per-case=2", "--sparsity", "0.5", "0.34", "--seeds", "1-2",
            "--steps", "4", "--batch", "8", "--draws", "2", "--threads", "2", "--out", runs.At(into), .. more];

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
        Assert.Equal(2, json.GetProperty("paper").GetProperty("curve").GetArrayLength());
        Assert.Equal(File.ReadAllText(runs.At("run", "result.json")).TrimEnd(), SmallRuns.Works(Paper("run", "--json")).TrimEnd());
        Assert.Equal(2, JsonDocument.Parse(SmallRuns.Works("report", runs.At("run"), "--out", runs.At("again"), "--json")).RootElement.GetProperty("report").GetString()!.Split("again").Length);
        Assert.Equal(File.ReadAllText(runs.At("run", "report.html")), File.ReadAllText(runs.At("again", "report.html")));
        Assert.True(JsonDocument.Parse(SmallRuns.Works("compare", runs.At("run", "study"), "--json")).RootElement.TryGetProperty("knockOuts", out _));
    }

    [Fact]
    public void Checkpoints_of_a_training_run_are_taken_as_they_are()
    {
        SmallRuns.Works(runs.Train("trained"));
        Directory.Move(runs.At("trained", "model"), runs.At("trained", "checkpoints/step-60"));
        string[] command = ["paper", "--model", runs.At("trained", "checkpoints/step-60"), "--checkpoints", runs.At("trained", "checkpoints/step-60"), runs.At("trained", "checkpoints/step-20"), "--data", "world:training,rows=60", "--in-domain", "world:in-domain,rows=40",
            "--out-of-domain", "world:out-of-domain,per-case=2", "--sparsity", "0.5", "--seeds", "1", "--steps", "3", "--draws", "1", "--json", "--out", runs.At("run")];
        JsonElement emergence = JsonDocument.Parse(SmallRuns.Works(command)).RootElement.GetProperty("paper").GetProperty("emergence");
        Assert.Equal("step-20 step-60", string.Join(' ', emergence.GetProperty("checkpoints").EnumerateArray().Select(c => c.GetProperty("name").GetString())));
        byte[] weights = File.ReadAllBytes(runs.At("trained", "checkpoints/step-20/model.safetensors"));
        weights[^1] ^= 1;
        File.WriteAllBytes(runs.At("trained", "checkpoints/step-20/model.safetensors"), weights);
        Assert.Contains("the checkpoint data", SmallRuns.Fails(command));
    }

    [Fact]
    public void Without_in_domain_data_a_fifth_of_the_data_is_held_out_and_it_says_so()
    {
        string[] command = ["paper", "--model", runs.Model, "--data", "world:training,rows=100", "--ood", "world:out-of-domain,per-case=2", "--sparsity", "0.5", "--seeds", "1", "--steps", "2", "--draws", "1", "--out", runs.At("run")];
        var (code, _, said) = SmallRuns.Here(command);
        Assert.Equal(0, code);
        Assert.Contains("Without --in-domain, in-domain accuracy is that on at most 2,000 rows of --data", said);
        JsonElement result = JsonDocument.Parse(SmallRuns.Works([.. command, "--json"])).RootElement;
        Assert.Equal(20, result.GetProperty("full").GetProperty("inDomain").GetProperty("n").GetInt32());
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
        Assert.Contains("--grid-seeds takes 1-6 or 1,2,7; 'x' is neither.", SmallRuns.Fails(Paper("run", "--grid-seeds", "x")));
        Assert.Contains("it is 1", SmallRuns.Fails(Paper("run", "--grid-sparsity", "1")));
        Assert.False(Directory.Exists(runs.At("run")));
        SmallRuns.Works(runs.Find("found", 3));
        Assert.Contains("holds another run", SmallRuns.Fails(Paper("found")));
    }
}
