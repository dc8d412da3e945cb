using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Tasks;

namespace Heartwood.Tests.App;

/// <summary>A model with one weight that is no number has no figures, whatever it is asked.</summary>
[Collection("the thread team")]
public sealed class BrokenModelTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    // the first value of the last norm, or of the head
    string Broken(string folder, string weight)
    {
        LoadedModel loaded = LoadedModel.Load(folder);
        string name = loaded.Model.Weights.All.Keys.Single(n => n.EndsWith(weight, StringComparison.Ordinal));
        float[] values = loaded.Model.Weights.All[name].Values.ToArray();
        values[0] = float.NaN;
        ModelFolder.Save(loaded.Model.With(loaded.Model.Config, loaded.Model.Weights.Map((n, t) => n == name ? Tensor.From(values, t.Shape.Axes).KeepForever() : t)), runs.At("broken"), loaded.TokenizerFiles);
        return runs.At("broken");
    }

    string Write(string name, string content)
    {
        File.WriteAllText(runs.At(name), content);
        return runs.At(name);
    }

    [Theory]
    [InlineData("pairs.tsv", "good\tbad\tkind\naa ab\tab aa\tan odd kind\nac ad\tad ac\tk\n", "Pair 1 of 2 (an odd kind)", "pairs.tsv,case=kind")]
    [InlineData("prompts.tsv", "text\tcorrupted\tanswer\twrong\naa ab\tab ac\t ba\t bb\n", "Prompt 1 of 1", "prompts.tsv")]
    [InlineData("text.txt", "aa ab ac ad ae", "Window 1 of 1 (text.txt)", "text.txt")]
    public void A_language_model_is_refused_at_the_first_example_of_every_task(string name, string rows, string example, string spec)
    {
        Write(name, rows);
        string model = Broken(LanguageFolder.In(runs.At("model")), "ln_f.weight");
        foreach (string[] more in (string[][])[[], ["--without", "L0.H1", "--ablation", "zero"]])
        {
            string refused = SmallRuns.Fails(["evaluate", "--model", model, "--in-domain", runs.At(spec), .. more]);
            Assert.StartsWith($"{example}: expected finite log-probabilities, found NaN.", refused);
            Assert.Contains("other weights", refused);
        }
    }

    [Fact]
    public void A_classifier_is_refused_too() =>
        Assert.StartsWith("Example 1 of 20", SmallRuns.Fails("evaluate", "--model", Broken(runs.Model, "classifier.weight"), "--in-domain", "world:in-domain,rows=20"));
}
