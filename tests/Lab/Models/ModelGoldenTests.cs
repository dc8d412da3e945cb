using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Models;

/// <summary>
/// Models against what the transformers library computes with them: whatever folders stand in goldens/models of the shared data (or under
/// HEARTWOOD_GOLDENS), each with config.json, model.safetensors and outputs.safetensors. Its README says what is in them, and how near is
/// near. A folder whose family or head Heartwood does not build must be refused by that name; the same test asks for equal numbers as soon
/// as it does.
/// </summary>
public sealed class ModelGoldenTests
{
    const string None = "no goldens";

    static string? Root => Files.SharedGoldens("models");

    static string[] Folders => Root is string root
        ? [.. Directory.GetDirectories(root).Where(f => File.Exists(Path.Combine(f, "outputs.safetensors")))
            .Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)]
        : [None];

    public static TheoryData<string> Models => [.. Folders];

    // families whose last hidden state is that after the final norm
    static readonly string[] normed = ["gpt2", "llama", "qwen2", "mistral", "qwen3", "gpt_neox", "gemma2"];

    [Theory, MemberData(nameof(Models))]
    public void Logits_are_those_of_transformers(string folder) => With(folder, golden =>
    {
        Tensor logits = golden.Model.Forward(golden.Batch, NoProbe.Instance, Tokens.All);
        golden.Near("logits", logits.Values, golden.Model.Output == Output.Labels ? golden.EveryRow : golden.RealTokens);
    });

    [Theory, MemberData(nameof(Models))]
    public void Hidden_states_are_those_of_transformers(string folder) => With(folder, golden =>
    {
        int layers = golden.Model.Layers.Count;
        Recorder seen = new();
        golden.Model.Forward(golden.Batch, seen, Tokens.All);
        golden.Near("hidden_states.0", seen.Seen[new(0, Point.Embeddings)].Values, golden.RealTokens);
        for (int k = 1; k < layers; k++) golden.Near($"hidden_states.{k}", seen.Seen[new(k - 1, Point.LayerOut)].Values, golden.RealTokens);
        bool afterNorm = normed.Contains(golden.Family);
        Tensor last = afterNorm ? Normed(golden.Model, golden.Batch) : seen.Seen[new(layers - 1, Point.LayerOut)];
        golden.Near($"hidden_states.{layers}", last.Values, golden.RealTokens);
        Assert.False(golden.Outputs.Has($"hidden_states.{layers + 1}"), "There are more layers in the golden than in the model.");
    });

    // what scores are computed from, of every token: a classifier shows it for the token that it reads, the last, so each token is made
    // the last of a sequence of its own
    static Tensor Normed(IModel model, Batch batch)
    {
        Recorder seen = new(site => site.Point == Point.BeforeScores);
        model.Forward(new(Beginnings(batch)), seen);
        return seen.Seen[new(model.Layers.Count - 1, Point.BeforeScores)];
    }

    static Sequence[] Beginnings(Batch batch)
    {
        List<Sequence> beginnings = [];
        for (int s = 0; s < batch.Count; s++)
            for (int end = batch.Offsets[s] + 1; end <= batch.Offsets[s + 1]; end++)
                beginnings.Add(Sequence.Plain(batch.Ids[batch.Offsets[s]..end]));
        return [.. beginnings];
    }

    [Theory, MemberData(nameof(Models))]
    public void Attentions_are_those_of_transformers(string folder) => With(folder, golden =>
    {
        int layers = golden.Model.Layers.Count;
        Dictionary<(int, int, int), double[]>[] patterns = new Dictionary<(int, int, int), double[]>[layers];
        for (int layer = 0; layer < layers; layer++) patterns[layer] = [];
        AttentionWeights.Each(golden.Model, golden.Batch, Keep, Tokens.All);
        for (int layer = 0; layer < layers; layer++) golden.Near($"attentions.{layer}", patterns[layer]);
        Assert.False(golden.Outputs.Has($"attentions.{layers}"), "There are more layers in the golden than in the model.");

        void Keep(int layer, int head, int sequence, int query, ReadOnlySpan<double> weights) =>
            patterns[layer][(head, sequence, query)] = weights.ToArray();
    });

    [Theory, MemberData(nameof(Models))]
    public void Gradients_of_every_weight_are_those_of_transformers(string folder) => With(folder, golden =>
    {
        IModel model = golden.Model.With(golden.Model.Config, golden.Model.Weights.Map((_, t) => t.KeepForever().Track()));
        Tensor loss = golden.Loss(model.Forward(golden.Batch, NoProbe.Instance, model.Output == Output.Labels ? Tokens.Read : Tokens.All));
        float expected = golden.Outputs.Floats("loss")[0];
        Assert.Equal(expected, loss.Item, 1e-5f * Math.Max(1, expected));
        const string Prefix = "gradient.";
        // transformers 5 has another name for it in memory than in files
        string InFile(string name) => golden.Family == "gpt_neox" && name == "lm_head.weight" ? "embed_out.weight" : name;
        string[] names = [.. golden.Outputs.Names.Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => n[Prefix.Length..]).Order(StringComparer.Ordinal)];
        Assert.Equal(names.Select(InFile).Order(StringComparer.Ordinal), model.Weights.All.Keys.Order(StringComparer.Ordinal));
        Tensor[] slopes = loss.Gradients([.. names.Select(name => model.Weights.All[InFile(name)])]);
        for (int i = 0; i < names.Length; i++)
        {
            float[] wanted = golden.Outputs.Floats(Prefix + names[i]);
            double tolerance = 1e-5 * wanted.Max(Math.Abs) + 1e-6;
            Assert.Equal(golden.Outputs.Shape(Prefix + names[i]), slopes[i].Shape.Axes.ToArray());
            for (int j = 0; j < wanted.Length; j++)
                Assert.True(Math.Abs(wanted[j] - slopes[i].Values[j]) <= tolerance,
                    $"gradient of {names[i]}: value {j} is {slopes[i].Values[j]}, the golden is {wanted[j]}, the largest {wanted.Max(Math.Abs)}.");
        }
    });

    /// <summary>
    /// Loads a folder and compares; or, where its family or its head is not built, makes sure that it is refused by that name.
    /// </summary>
    static void With(string folder, Action<ModelGolden> compare)
    {
        Assert.SkipWhen(folder == None, "goldens/models are not next to the repository, nor under HEARTWOOD_GOLDENS.");
        using HuggingFaceFolder open = HuggingFaceFolder.Open(Path.Combine(Root!, folder));
        string head = open.Config.Optional<string[]>("architectures", [])[0];
        string? unbuilt = !ModelFolder.Families.Contains(open.Config.Family) ? open.Config.Family : HeadIsBuilt(head) ? null : head;
        if (unbuilt is null) compare(new(ModelFolder.Load(open), open.Config, Path.Combine(Root!, folder, "outputs.safetensors")));
        else Assert.Contains(unbuilt, Assert.Throws<CheckpointException>(() => ModelFolder.Load(open)).Message);
    }

    // what a model can give scores to (Output): labels, the token that comes next, or masked words
    static bool HeadIsBuilt(string architecture) => architecture == "BertForMaskedLM" || architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal)
        || architecture.EndsWith("ForCausalLM", StringComparison.Ordinal) || architecture.EndsWith("LMHeadModel", StringComparison.Ordinal);
}
