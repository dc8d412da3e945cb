using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Models;

/// <summary>What holds in every family, and what single ones read and refuse.</summary>
public sealed class FamilyTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    public static TheoryData<string> Families => [.. ModelFolder.Families];

    /// <summary>A golden folder with another config and other weights.</summary>
    static IModel Load(string folder, Action<JsonObject>? config = null, Func<Weights, Weights>? weights = null)
    {
        using HuggingFaceFolder open = HuggingFaceFolder.Open(Goldens.Path(folder));
        JsonObject json = open.Config.ToJson();
        config?.Invoke(json);
        using MemoryStream file = new();
        SafetensorsWriter.Write(file, (weights ?? (w => w))(Weights.Load(open.Weights)).Named(Dtype.F32));
        using HuggingFaceFolder changed = HuggingFaceFolder.Open(new Dictionary<string, byte[]> { ["config.json"] = Encoding.UTF8.GetBytes(json.ToJsonString()), ["model.safetensors"] = file.ToArray() }, "changed");
        return ModelFolder.Load(changed);
    }

    static float[] Scores(IModel model, string family) => model.Forward(GoldenModelTests.Batch(family), NoProbe.Instance, Tokens.All).Values.ToArray();

    [Theory, MemberData(nameof(Families))]
    public void A_sequence_has_the_same_scores_alone_and_beside_others(string family)
    {
        IModel model = Small.Model(layers: 3, family: family);
        Sequence[] sequences = [.. Small.Examples(5).Select(e => e.Input)];
        float[] together = model.Forward(new(sequences), NoProbe.Instance).Values.ToArray();
        Small.SameBits([.. sequences.SelectMany(s => model.Forward(new([s]), NoProbe.Instance).Values.ToArray())], together, family);
    }

    [Theory, MemberData(nameof(Families))]
    public void The_sites_that_a_model_says_it_has_are_those_that_pass(string family)
    {
        IModel model = Small.Model(layers: 3, family: family), cut = Cutting.Cut(model, [Part.Parse("L0.MLP"), Part.Parse("L2.H1")], Ablation.Zero(model.Universe()));
        foreach (IModel one in (IModel[])[model, model.WithLayers([1]), cut])
        {
            Recorder recorder = new();
            one.Forward(new([.. Small.Examples(2).Select(e => e.Input)]), recorder, Tokens.All);
            Assert.Equal(recorder.Seen.Keys.OrderBy(s => s.Layer).ThenBy(s => s.Point), one.Sites().OrderBy(s => s.Layer).ThenBy(s => s.Point));
        }
        Site beyond = new(3, Point.MlpOut);
        string refused = Assert.Throws<ArgumentException>(() => model.Forward(new([.. Small.Examples(1).Select(e => e.Input)]), new ProbeAt(beyond, value => value))).Message;
        Assert.Contains($"This {family} has no site L3.MlpOut", refused);
        Assert.Contains("Its layers are 0 to 2. MlpOut passes at L0.MlpOut, L1.MlpOut, L2.MlpOut.", refused);
    }

    [Fact]
    public void A_probe_between_blocks_that_stand_side_by_side_is_refused_with_the_sites_that_there_are()
    {
        IModel model = Small.Model(layers: 2, family: "gpt_neox");
        Batch batch = new([.. Small.Examples(1).Select(e => e.Input)]);
        ProbeAt middle = new(new(1, Point.Middle), value => value), fine = new(new(1, Point.MlpOut), value => value);
        foreach (IProbe probe in (IProbe[])[middle, new ProbesInTurn(fine, middle), new Recorder(null, middle)])
        {
            string refused = Assert.Throws<ArgumentException>(() => model.Forward(batch, probe)).Message;
            Assert.Contains("This gpt_neox has no site L1.Middle", refused);
            Assert.Contains("Layer 1 has LayerIn, AttentionIn, Query, Key, Value, AttentionQuery, AttentionKey, Heads, AttentionOut, MlpIn, Neurons, MlpOut, LayerOut, BeforeScores, Logits.", refused);
            Assert.Contains("Attention and MLP stand side by side in all its layers", refused);
        }
        Assert.Contains("Logits passes at L1.Logits alone", Assert.Throws<ArgumentException>(() => model.Forward(batch, new ProbeAt(new(0, Point.Logits), value => value))).Message);
        model.Forward(batch, new ProbesInTurn(fine, NoProbe.Instance));
    }

    [Theory, InlineData("gpt2/language"), InlineData("gpt2/untied"), InlineData("llama/grouped"), InlineData("llama/llama3")]
    public void In_a_decoder_what_comes_later_changes_nothing_before_it(string folder)
    {
        IModel model = GoldenModelTests.Load(folder);
        Recorder one = new(), other = new();
        model.Forward(new([new([7, 3, 9, 11, 2], new int[5])]), one, Tokens.All);
        model.Forward(new([new([7, 3, 9, 30, 1], new int[5])]), other, Tokens.All);
        foreach (var (site, value) in one.Seen)
        {
            Small.SameBits(value.Rows([0, 1, 2]).Values, other.Seen[site].Rows([0, 1, 2]).Values, site.ToString());
            Assert.NotEqual(value.Rows([3]).Values.ToArray(), other.Seen[site].Rows([3]).Values.ToArray());
        }
    }

    [Fact]
    public void A_language_model_scores_the_vocabulary_after_every_token_or_after_the_last()
    {
        IModel model = GoldenModelTests.Load("gpt2/language");
        Batch batch = GoldenModelTests.Batch("gpt2");
        Assert.Equal((Output.Vocabulary, 0, 40), (model.Output, model.Labels.Count, model.Scores()));
        Tensor all = model.Forward(batch, NoProbe.Instance, Tokens.All), last = model.Forward(batch, NoProbe.Instance);
        Assert.Equal((new(batch.Tokens, 40), new(batch.Count, 40)), (all.Shape, last.Shape));
        Small.SameBits(all.Rows(batch.Last).Values, last.Values, "last");
        IModel classifier = GoldenModelTests.Load("gpt2/classifier");
        Assert.Equal((Output.Labels, 3, 3), (classifier.Output, classifier.Labels.Count, classifier.Scores()));
    }

    [Fact]
    public void XLM_R_is_RoBERTa_under_another_name()
    {
        IModel other = Load("roberta/tiny", json => json["model_type"] = "xlm-roberta");
        Assert.Equal("xlm-roberta", other.Family);
        Small.SameBits(Scores(GoldenModelTests.Load("roberta/tiny"), "roberta"), Scores(other, "roberta"), "scores");
    }

    [Fact]
    public void A_RoBERTa_with_more_token_types_reads_the_first()
    {
        const string Types = "roberta.embeddings.token_type_embeddings.weight";
        IModel two = Load("roberta/tiny", json => json["type_vocab_size"] = 2, w =>
            w.Map((name, t) => name == Types ? Tensor.From([.. t.Values, .. Enumerable.Repeat(7f, t.Count)], 2, t.Count) : t));
        Small.SameBits(Scores(GoldenModelTests.Load("roberta/tiny"), "roberta"), Scores(two, "roberta"), "scores");
    }

    [Fact]
    public void What_pretraining_and_older_programs_stored_beside_the_weights_is_left_out()
    {
        Assert.DoesNotContain(GoldenModelTests.Load("roberta/tiny").Weights.All.Keys,
            name => name.Contains("lm_head") || name.Contains("pooler") || name.Contains("position_ids"));
        Assert.DoesNotContain("h.0.attn.bias", GoldenModelTests.Load("gpt2/language").Weights.All.Keys);
    }

    [Theory]
    [InlineData("roberta/tiny", "type_vocab_size", "2", "token_type_embeddings.weight' should be [2 ")]
    [InlineData("roberta/tiny", "pad_token_id", "17", "leaves none")]
    [InlineData("roberta/tiny", "position_embedding_type", "\"relative_key\"", "'position_embedding_type' has the value \"relative_key\"")]
    [InlineData("roberta/tiny", "num_attention_heads", "5", "does not divide into 5 heads")]
    [InlineData("gpt2/language", "n_ctx", "8", "n_ctx is 8")]
    [InlineData("gpt2/language", "n_head", "5", "does not divide into 5 heads")]
    [InlineData("gpt2/language", "activation_function", "\"mish\"", "activation_function is 'mish'")]
    [InlineData("gpt2/language", "add_cross_attention", "true", "'add_cross_attention' has the value true")]
    [InlineData("gpt2/language", "model_type", "\"gptj\"", "Heartwood knows: bert, roberta")]
    [InlineData("gpt2/classifier", "problem_type", "\"regression\"", "'problem_type' has the value \"regression\"")]
    [InlineData("gpt2/classifier", "heartwood_heads_per_layer", "[3, 4]", "2 whole numbers from 0 to 3")]
    public void What_a_family_does_not_understand_is_refused_by_name(string folder, string key, string value, string gist) =>
        Assert.Contains(gist, Assert.Throws<CheckpointException>(() => Load(folder, json => json[key] = JsonNode.Parse(value))).Message);

    [Fact]
    public void A_config_of_GPT2_may_leave_out_what_has_a_default() =>
        Small.SameBits(Scores(GoldenModelTests.Load("gpt2/language"), "gpt2"), Scores(Load("gpt2/language", json => json.Remove("n_ctx")), "gpt2"), "scores");

    [Theory, InlineData("bert/tiny"), InlineData("roberta/tiny"), InlineData("gpt2/language"), InlineData("gpt2/classifier"), InlineData("gpt2/untied")]
    public void Any_body_gets_a_fresh_head_for_other_labels(string folder)
    {
        IModel before = GoldenModelTests.Load(folder), made;
        using (HuggingFaceFolder open = HuggingFaceFolder.Open(Goldens.Path(folder))) made = ModelFolder.LoadWithNewHead(open, ["yes", "no"], 3);
        ModelFolder.Save(made, temporary.At("made"), new Dictionary<string, byte[]>());
        using HuggingFaceFolder saved = HuggingFaceFolder.Open(temporary.At("made"));
        Assert.True(ModelFolder.HasHead(saved));
        IModel back = ModelFolder.Load(saved);
        Assert.Equal(["yes", "no"], back.Labels);
        Assert.Equal(Output.Labels, back.Output);
        foreach (var (name, tensor) in back.Weights.All)
        {
            if (name.StartsWith("classifier.", StringComparison.Ordinal) || name == "score.weight") Assert.InRange(tensor.Values.ToArray().Max(Math.Abs), 0, 0.1);
            else Small.SameBits(before.Weights.All[name].Values, tensor.Values, name);
        }
        Assert.True(ModelFolder.LoadWithNewHead(saved, ["score"], 3).GivesOneNumber());
        Assert.Contains("there is none", Assert.Throws<InvalidDataException>(() => ModelFolder.LoadWithNewHead(saved, [], 3)).Message);
    }
}
