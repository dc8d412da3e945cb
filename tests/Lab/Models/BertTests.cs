using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Models;

/// <summary>The model against an implementation in PyTorch: tests/goldens/bert/make.py.</summary>
public class BertTests
{
    static readonly JsonElement golden = Goldens.Json("bert/sites.json");

    internal static Batch Batch => BatchOf(golden);

    static Batch BatchOf(JsonElement golden) => new([.. golden.GetProperty("sequences").EnumerateArray().Select(s => new Sequence(s.GetProperty("ids").Ints(), s.GetProperty("types").Ints()))]);

    static int[] Labels => [.. golden.GetProperty("sequences").EnumerateArray().Select(s => s.GetProperty("label").GetInt32())];

    internal static IModel Load(string folder)
    {
        using HuggingFaceFolder open = HuggingFaceFolder.Open(Goldens.Path($"bert/{folder}"));
        return ModelFolder.Load(open);
    }

    [Theory, InlineData("tiny"), InlineData("tiny-old")]
    public void Every_site_equals_an_independent_implementation(string folder)
    {
        Recorder recorder = new();
        Tensor logits = Load(folder).Forward(Batch, recorder, Tokens.All);
        foreach (JsonElement site in golden.GetProperty("sites").EnumerateArray())
        {
            Site at = new(site.GetProperty("layer").GetInt32(), Enum.Parse<Point>(site.GetProperty("site").GetString()!));
            Goldens.Near(Goldens.Tensor(site), recorder.Seen[at], 1e-5, at.ToString());
        }
        Goldens.Near(Goldens.Tensor(golden.GetProperty("embeddings")), recorder.Seen[new(0, Point.Embeddings)], 1e-5, "embeddings");
        Goldens.Near(Goldens.Tensor(golden.GetProperty("pooled")), recorder.Seen[new(2, Point.Pooled)], 1e-5, "pooled");
        Goldens.Near(Goldens.Tensor(golden.GetProperty("logits")), logits, 1e-5, "logits");
    }

    [Fact]
    public void Gradients_of_weights_equal_an_independent_implementation()
    {
        IModel model = Load("tiny");
        JsonProperty[] wanted = [.. golden.GetProperty("gradients").EnumerateObject()];
        Tensor[] weights = [.. wanted.Select(w => model.Weights.All[w.Name].Track())];
        Tensor loss = model.Forward(Batch, NoProbe.Instance).CrossEntropy(Labels);
        Assert.Equal(golden.GetProperty("loss").GetSingle(), loss.Item, 1e-5f);
        Tensor[] slopes = loss.Gradients(weights);
        for (int i = 0; i < wanted.Length; i++) Goldens.Near(Goldens.Tensor(wanted[i].Value), slopes[i], 2e-5, wanted[i].Name);
    }

    [Theory, InlineData("atOnes"), InlineData("atRandom")]
    public void Masks_and_their_gradients_equal_an_independent_implementation(string point)
    {
        IModel model = Load("tiny");
        JsonElement masks = golden.GetProperty("masks"), at = masks.GetProperty(point);
        Absence absence = GoldenAbsence(model, masks);
        Tensor mask = Interleaved(model, at.GetProperty("headMask"), at.GetProperty("mlpMask")).Track();
        Tensor logits = model.Forward(Batch, new MaskProbe(mask, absence)), loss = logits.CrossEntropy(Labels);
        Goldens.Near(Goldens.Tensor(at.GetProperty("logits")), logits, 2e-5, "logits");
        Assert.Equal(at.GetProperty("loss").GetSingle(), loss.Item, 2e-5f);
        Goldens.Near(Interleaved(model, at.GetProperty("headSlopes"), at.GetProperty("mlpSlopes")), loss.Gradients(mask)[0], 5e-5, "slopes");
    }

    [Fact]
    public void Gelu_by_tanh_is_read_from_the_config()
    {
        JsonElement tanh = Goldens.Json("bert/tanh.json");
        Goldens.Near(Goldens.Tensor(tanh.GetProperty("logits")), Load("tiny-tanh").Forward(BatchOf(tanh), NoProbe.Instance), 1e-5, "logits");
    }

    // one number per part in address order: each layer's heads, then its MLP
    static Tensor Interleaved(IModel model, JsonElement heads, JsonElement mlps)
    {
        float[] head = heads.GetProperty("values").Floats(), mlp = mlps.GetProperty("values").Floats();
        return Tensor.From([.. model.Universe().Parts.Select(p => p.Kind == PartKind.Mlp ? mlp[p.Layer] : head[p.Layer * 3 + p.Index])], model.Universe().Count);
    }

    static Absence GoldenAbsence(IModel model, JsonElement masks)
    {
        float[] heads = masks.GetProperty("headAbsence").GetProperty("values").Floats(), mlps = masks.GetProperty("mlpAbsence").GetProperty("values").Floats();
        string path = Path.Combine(Path.GetTempPath(), $"heartwood-absence-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.safetensors");
        SafetensorsWriter.Write(path, model.Universe().Parts.Select(p => p.Kind == PartKind.Mlp
            ? new NamedTensor(p.ToString(), [12], Dtype.F32, mlps.AsMemory(p.Layer * 12, 12))
            : new NamedTensor(p.ToString(), [4], Dtype.F32, heads.AsMemory((p.Layer * 3 + p.Index) * 4, 4))));
        Absence absence = Absence.Load(path, model);
        File.Delete(path);
        return absence;
    }
}
