using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Models;

/// <summary>Models against implementations in PyTorch: tests/goldens/FAMILY/make.py.</summary>
public class GoldenModelTests
{
    internal static IModel Load(string folder)
    {
        using HuggingFaceFolder open = HuggingFaceFolder.Open(Goldens.Path(folder));
        return ModelFolder.Load(open);
    }

    /// <summary>The batch of a family's sites.json.</summary>
    internal static Batch Batch(string family) => BatchOf(Goldens.Json($"{family}/sites.json"));

    static Batch BatchOf(JsonElement golden) => new([.. golden.GetProperty("sequences").EnumerateArray().Select(s => new Sequence(s.GetProperty("ids").Ints(), s.GetProperty("types").Ints()))]);

    // the label of each sequence, or what should come next after each token
    static int[] Targets(JsonElement golden) => [.. golden.GetProperty("sequences").EnumerateArray().SelectMany(s => s.TryGetProperty("next", out JsonElement next) ? next.Ints() : [s.GetProperty("label").GetInt32()])];

    [Theory, InlineData("bert/tiny", "bert/sites"), InlineData("bert/tiny-old", "bert/sites"), InlineData("bert/tiny-tanh", "bert/tanh"), InlineData("roberta/tiny", "roberta/sites")]
    [InlineData("gpt2/language", "gpt2/sites"), InlineData("gpt2/classifier", "gpt2/classifier"), InlineData("gpt2/untied", "gpt2/untied"), InlineData("llama/grouped", "llama/sites")]
    [InlineData("llama/qwen2", "llama/qwen2"), InlineData("llama/mistral", "llama/mistral"), InlineData("llama/llama3", "llama/llama3"), InlineData("llama/classifier", "llama/classifier")]
    public void Every_site_equals_an_independent_implementation(string folder, string file)
    {
        JsonElement golden = Goldens.Json($"{file}.json");
        IModel model = Load(folder);
        Recorder recorder = new();
        Tensor logits = model.Forward(BatchOf(golden), recorder, Tokens.All);
        foreach (JsonElement site in golden.GetProperty("sites").EnumerateArray())
        {
            Site at = new(site.GetProperty("layer").GetInt32(), Enum.Parse<Point>(site.GetProperty("site").GetString()!));
            Goldens.Near(Goldens.Tensor(site), recorder.Seen[at], 1e-5, at.ToString());
        }
        Assert.Equal(9 * model.Layers.Count, golden.GetProperty("sites").GetArrayLength());
        Assert.Equal(14 * model.Layers.Count + 3, recorder.Seen.Count);
        for (int layer = 0; layer < model.Layers.Count; layer++)
            Small.SameBits(recorder.Seen[layer == 0 ? new(0, Point.Embeddings) : new(layer - 1, Point.LayerOut)].Values,
                recorder.Seen[new(layer, Point.LayerIn)].Values, $"what enters layer {layer}");
        Goldens.Near(Goldens.Tensor(golden.GetProperty("embeddings")), recorder.Seen[new(0, Point.Embeddings)], 1e-5, "embeddings");
        Goldens.Near(Goldens.Tensor(golden.GetProperty("pooled")), recorder.Seen[new(model.Layers.Count - 1, Point.BeforeScores)], 1e-5, "pooled");
        Goldens.Near(Goldens.Tensor(golden.GetProperty("logits")), logits, 1e-5, "logits");
    }

    [Theory, InlineData("bert", "tiny"), InlineData("roberta", "tiny"), InlineData("gpt2", "language"), InlineData("llama", "grouped")]
    public void Gradients_of_weights_equal_an_independent_implementation(string family, string folder)
    {
        JsonElement golden = Goldens.Json($"{family}/sites.json");
        IModel model = Load($"{family}/{folder}");
        JsonProperty[] wanted = [.. golden.GetProperty("gradients").EnumerateObject()];
        Tensor[] weights = [.. wanted.Select(w => model.Weights.All[model.Weights.Has(w.Name) ? w.Name : $"transformer.{w.Name}"].Track())];
        Tensor loss = model.Forward(BatchOf(golden), NoProbe.Instance, model.Output == Output.Labels ? Tokens.Read : Tokens.All).CrossEntropy(Targets(golden));
        Assert.Equal(golden.GetProperty("loss").GetSingle(), loss.Item, 1e-5f);
        Tensor[] slopes = loss.Gradients(weights);
        for (int i = 0; i < wanted.Length; i++) Goldens.Near(Goldens.Tensor(wanted[i].Value), slopes[i], 2e-5, wanted[i].Name);
    }

    [Theory]
    [InlineData("bert", "tiny", "atOnes"), InlineData("bert", "tiny", "atRandom"), InlineData("roberta", "tiny", "atOnes"), InlineData("roberta", "tiny", "atRandom")]
    [InlineData("gpt2", "language", "atOnes"), InlineData("gpt2", "language", "atRandom"), InlineData("llama", "grouped", "atOnes"), InlineData("llama", "grouped", "atRandom")]
    public void Masks_and_their_gradients_equal_an_independent_implementation(string family, string folder, string point)
    {
        JsonElement golden = Goldens.Json($"{family}/sites.json"), masks = golden.GetProperty("masks"), at = masks.GetProperty(point);
        IModel model = Load($"{family}/{folder}");
        Ablation ablation = GoldenAblation(model, masks);
        Tensor mask = Interleaved(model, at.GetProperty("headMask"), at.GetProperty("mlpMask")).Track();
        Tensor logits = model.Forward(BatchOf(golden), new MaskProbe(mask, ablation), Tokens.All), loss = logits.CrossEntropy(Targets(golden));
        Goldens.Near(Goldens.Tensor(at.GetProperty("logits")), logits, 2e-5, "logits");
        Assert.Equal(at.GetProperty("loss").GetSingle(), loss.Item, 2e-5f);
        Goldens.Near(Interleaved(model, at.GetProperty("headSlopes"), at.GetProperty("mlpSlopes")), loss.Gradients(mask)[0], 5e-5, "slopes");
    }

    // one number per part in address order: each layer's heads, then its MLP
    static Tensor Interleaved(IModel model, JsonElement heads, JsonElement mlps)
    {
        float[] head = heads.GetProperty("values").Floats(), mlp = mlps.GetProperty("values").Floats();
        return Tensor.From([.. model.Universe().Parts.Select(p => Mlps.Kind.Includes(p) ? mlp[p.Layer] : head[p.Layer * model.Layers[0].Heads + p.Index])], model.Universe().Count);
    }

    static Ablation GoldenAblation(IModel model, JsonElement masks)
    {
        float[] heads = masks.GetProperty("headAbsence").GetProperty("values").Floats(), mlps = masks.GetProperty("mlpAbsence").GetProperty("values").Floats();
        string path = Path.Combine(Path.GetTempPath(), $"heartwood-ablation-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.safetensors");
        int side = model.Layers[0].Heads * model.HeadWidth;
        SafetensorsWriter.Write(path, Enumerable.Range(0, model.Layers.Count).SelectMany(layer => (NamedTensor[])
        [
            new($"L{layer}.Heads", [side], Dtype.F32, heads.AsMemory(layer * side, side)),
            new($"L{layer}.MlpOut", [model.Width], Dtype.F32, mlps.AsMemory(layer * model.Width, model.Width)),
        ]));
        Ablation ablation = Ablation.Load(path, model, model.Universe());
        File.Delete(path);
        return ablation;
    }
}
