using System.Text.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary>The verbs on classifiers of other families than BERT, from nothing to a cut model that is trained on.</summary>
[Collection("the thread team")]
public sealed class FamilyVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    static JsonElement Facts(JsonElement result, string question) =>
        result.GetProperty("questions").GetProperty(question).GetProperty("facts");

    [Theory, InlineData("roberta"), InlineData("gpt2"), InlineData("distilbert"), InlineData("electra"), InlineData("qwen3"), InlineData("gpt_neox"), InlineData("gemma2")]
    public void A_model_is_trained_searched_measured_compared_cut_reported_and_trained_further(string family)
    {
        string trained = Json(SmallRuns.Works([.. runs.Train("trained", 20, "--family", family, "--fresh", "matching"), "--json"]))
            .GetProperty("questions").GetProperty("training").GetProperty("facts").GetProperty("model").GetString()!;
        Assert.Equal((family, 3), PartsOf(trained));

        string model = SmallWorld.ModelOf(family, runs.At("model"));                 // its parts matter, as those of 20 steps do not
        JsonElement result = Json(SmallRuns.Works([.. runs.Find("run", 4), "--all", "--json"]));
        Assert.Equal((family, 2), (Facts(result, "making").GetProperty("model").GetProperty("family").GetString(),
            Facts(result, "accuracy").GetProperty("subnetworks").GetArrayLength()));
        JsonElement written = Facts(result, "cut");
        Assert.InRange(written.GetProperty("largestDifference").GetDouble(), 0, 1e-5);
        if (LoadedModel.Load(model).Model.WhyOnlyOurBiases is { } why) Assert.Contains(why, written.GetProperty("noFullSize").GetString());
        else Assert.InRange(written.GetProperty("fullSizeDifference").GetDouble(), 0, 1e-5);
        Assert.True(File.Exists(runs.At("run", "report.html")));
        Assert.Equal((family, 3), PartsOf(runs.At("run", "cut")));
        Assert.Contains($"{family}, ", SmallRuns.Works("inspect", model));

        JsonElement full = Evaluated(model), cut = Evaluated(runs.At("run", "cut"));
        Assert.Equal(Facts(result, "accuracy").GetProperty("full").GetProperty("inDomainLoss").GetDouble(), full.GetProperty("inDomainLoss").GetDouble());
        Assert.NotEqual(full.GetProperty("inDomainLoss").GetDouble(), cut.GetProperty("inDomainLoss").GetDouble());

        string[] further = ["train", "--from", runs.At("run", "cut"), "--data", "world:training,rows=20", "--steps", "2", "--out", runs.At("further"), "--json"];
        Assert.Equal((family, 3), PartsOf(Facts(Json(SmallRuns.Works(further)), "training").GetProperty("model").GetString()!));
    }

    [Fact]
    public void A_language_model_is_inspected_refused_where_labels_are_needed_and_becomes_a_classifier()
    {
        string folder = runs.At("language");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Tests.Lab.Goldens.Path("gpt2/language"))) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + string.Concat(Enumerable.Range(5, 35).Select(i => $"word{i}\n")));
        Assert.Contains("a language model: it tells which token comes next", SmallRuns.Works("inspect", folder));
        Assert.Contains("has no labels. Fine-tune a classifier from it: heartwood train --from", SmallRuns.Fails("find", "--model", folder, "--data", "world:training,rows=20", "--out", runs.At("run")));
        Assert.Contains("has no labels", SmallRuns.Fails("evaluate", "--model", folder, "--in-domain", "world:in-domain,rows=20"));
        SmallRuns.Works("train", "--from", folder, "--data", "world:training,rows=20", "--max-length", "16", "--steps", "1", "--out", runs.At("tuned"));
        Assert.Contains("labels: entailment, non-entailment", SmallRuns.Works("inspect", runs.At("tuned", "model")));
    }

    static (string, int) PartsOf(string folder)
    {
        IModel model = LoadedModel.Load(folder).Model;
        return (model.Family, model.Universe().Count);
    }

    static JsonElement Evaluated(string folder) => Json(SmallRuns.Works("evaluate", "--model", folder, "--in-domain", "world:in-domain,rows=40", "--json")).GetProperty("model");
}
