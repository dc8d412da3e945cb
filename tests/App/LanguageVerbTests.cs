using System.Text.Json;
using Heartwood.Tests.Lab.Tasks;

namespace Heartwood.Tests.App;

/// <summary>A language model from search to report: masks learned on text, measured on pairs, prompts and text.</summary>
[Collection("the thread team")]
public sealed class LanguageVerbTests : IDisposable
{
    readonly SmallRuns runs = new();
    readonly string model, text, pairs, prompts;

    public LanguageVerbTests()
    {
        model = LanguageFolder.In(runs.At("model"));
        (text, pairs, prompts) = (runs.At("running.txt"), runs.At("pairs.tsv"), runs.At("prompts.tsv"));
        File.WriteAllText(text, string.Join('\n', Enumerable.Range(1, 30).Select(i => LanguageFolder.Text(7, i))));
        File.WriteAllText(pairs, "good\tbad\tkind\n" + string.Concat(Enumerable.Range(1, 20).Select(i => $"{LanguageFolder.Text(5, i)}\t{LanguageFolder.Text(5, i + 90)}\tk{i % 2}\n")));
        File.WriteAllText(prompts, "text\tcorrupted\tanswer\twrong\n" + string.Concat(Enumerable.Range(1, 12).Select(i => $"{LanguageFolder.Text(4, i)}\t{LanguageFolder.Text(4, i + 7)}\t {LanguageFolder.Words[i]}\t {LanguageFolder.Words[i + 9]}\n")));
    }

    public void Dispose() => runs.Dispose();

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    static JsonElement Facts(JsonElement result, string question) =>
        result.GetProperty("questions").GetProperty(question).GetProperty("facts");

    [Theory, InlineData("text"), InlineData("pairs"), InlineData("prompts")]
    public void It_is_searched_measured_compared_cut_and_reported(string learnedOn)
    {
        string[] data = ["--in-domain", $"{pairs},case=kind", "--out-of-domain", prompts, "--unseen", $"{text},window=12,stride=6"];
        string found = SmallRuns.Works(["find", "--model", model, "--data", learnedOn == "text" ? text : learnedOn == "pairs" ? pairs : prompts, .. data, "--ablation", "mean",
            "--seeds", "1-2", "--method", "structured-pruning,steps=6,batch-size=4", "--draws", "2", "--core-share", "1", "--threads", "2", "--all", "--json", "--out", runs.At("run")]);
        JsonElement result = Json(found), accuracy = Facts(result, "accuracy"), cut = Facts(result, "cut");
        JsonElement figures = accuracy.GetProperty("full").GetProperty("figures");
        foreach (string difference in (string[])["largestDifference", "fullSizeDifference"]) Assert.InRange(cut.GetProperty(difference).GetDouble(), 0, 1e-5);
        Assert.Equal(20, figures.GetProperty("inDomain").GetProperty("difference").GetProperty("n").GetInt32());
        Assert.Equal(12, figures.GetProperty("outOfDomain").GetProperty("logit difference").GetProperty("n").GetInt32());
        Assert.True(figures.GetProperty("unseen").GetProperty("bits per byte").GetProperty("value").GetDouble() > 0);
        Assert.Equal("minimal pairs", accuracy.GetProperty("tasks").GetProperty("inDomain").GetProperty("words").GetProperty("name").GetString());
        foreach (JsonElement subnetwork in accuracy.GetProperty("subnetworks").EnumerateArray().Select(s => s.GetProperty("measured")))
        {
            Assert.True(subnetwork.GetProperty("kl").GetDouble() > 0);
            Assert.True(subnetwork.GetProperty("figures").GetProperty("unseen").GetProperty("same next token").GetProperty("value").GetDouble() <= 1);
        }
        string report = File.ReadAllText(runs.At("run", "report.html"));
        foreach (string words in (string[])["pairs right in-domain", "prompts right out of domain", "next tokens right", "logit difference", "bits per byte", "a language model"]) Assert.Contains(words, report);

        // the cut model alone says what the run says of its subnetwork
        JsonElement alone = Json(SmallRuns.Works(["evaluate", "--model", runs.At("run", "cut"), .. data, "--json"])).GetProperty("model");
        JsonElement best = accuracy.GetProperty("subnetworks").EnumerateArray().First(s => s.GetProperty("seed").GetUInt64() == cut.GetProperty("seed").GetUInt64());
        Assert.Equal(best.GetProperty("measured").GetProperty("inDomain").GetProperty("value").GetDouble(), alone.GetProperty("inDomain").GetProperty("value").GetDouble());
        Assert.Equal(best.GetProperty("measured").GetProperty("inDomainLoss").GetDouble(), alone.GetProperty("inDomainLoss").GetDouble(), 1e-6);
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        Assert.Contains("is text, which only a language model can be asked", SmallRuns.Fails("evaluate", "--in-domain", text));
        Assert.Contains("is minimal pairs, which only a language model can be asked", SmallRuns.Fails("evaluate", "--in-domain", pairs));
        Assert.Contains("Give data of one task for each use", SmallRuns.Fails("evaluate", "--model", model, "--in-domain", pairs, text));
        Assert.Contains("asked of a classifier", SmallRuns.Fails("paper", "--model", model, "--data", text, "--in-domain", pairs, "--ood", prompts, "--out", runs.At("paper")));
        Assert.Contains("nothing that is measured asks for labels", SmallRuns.Fails("evaluate", "--model", model, "--in-domain", pairs, "--label-map", "a>b"));
        Assert.Contains("nothing that is measured asks for labels", SmallRuns.Fails("find", "--model", model, "--data", text, "--in-domain", pairs, "--label-map", "a>b", "--out", runs.At("mapped")));
        Assert.Contains("a language model without any ablated", SmallRuns.Fails("evaluate", "--model", model, "--in-domain", pairs, "--data", text));
        Assert.Contains("something else stands in for ablated parts: zero. Leave out --data", SmallRuns.Fails("evaluate", "--model", model, "--in-domain", pairs, "--data", text, "--without", "L0.H0", "--ablation", "zero"));
        Assert.Contains("structured-pruning: 6 searches", SmallRuns.Works("inspect", model, "--data", text));
        Assert.Contains("structured-pruning: 6 searches", SmallRuns.Works("inspect", model, "--length", "8"));
    }

    [Fact]
    public void Figures_are_printed_with_their_intervals()
    {
        string said = SmallRuns.Works("evaluate", "--model", model, "--in-domain", text);
        foreach (string words in (string[])["perplexity", "bits per byte", "in-domain: loss"]) Assert.Contains(words, said);
    }
}
