using System.Text.Json;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Reports;
using Heartwood.Tests.Toys;

namespace Heartwood.Tests.Lab.Tasks;

public sealed class RunningTests : IDisposable
{
    const string Clean = "the doctor met the artist", Corrupted = "the artist met the doctor";
    readonly LoadedModel model = LoadedModel.Load(null);
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void A_recording_that_wants_no_site_of_the_model_is_refused_with_those_that_it_has()
    {
        Batch batch = model.Read(Clean, Corrupted);
        Assert.Contains("No site of this pass is wanted. It has L0.Embeddings, L0.LayerIn, ", Assert.Throws<ArgumentException>(() => model.RunWithCache(batch, site => site.Layer == 12)).Message);
        Assert.Contains("No site of this pass is wanted.", Assert.Throws<ArgumentException>(() => model.Record(batch, site => site.Point == Point.Logits)).Message);
        Assert.Contains("has no site L12.Heads", Assert.Throws<ArgumentException>(() => model.Logits(batch, new ProbeAt(new(12, Point.Heads), value => value))).Message);
    }

    [Fact]
    public void Predictions_are_the_softmax_of_the_logits_the_likeliest_first()
    {
        float[] logits = model.Logits(model.Read(Corrupted, Clean)).Values.ToArray();
        double sum = logits.Sum(x => Math.Exp(x));
        IReadOnlyList<Prediction> said = model.Predict(Corrupted, Clean);
        Assert.Equal(model.Labels.Order(), said.Select(p => p.Label).Order());
        Assert.All(said, p =>
        {
            float own = logits[model.Labels.Index().Single(l => l.Item == p.Label).Index];
            Assert.Equal((double)own, p.Logit);
            Assert.Equal(Math.Exp(own) / sum, p.Probability, 1e-9);
        });
        Assert.True(said[0].Probability >= said[1].Probability);
    }

    [Fact]
    public void Several_texts_are_packed_one_after_another_and_scored_as_each_alone()
    {
        Tensor both = model.Logits(model.Read([(Clean, Clean), (Corrupted, Clean)]));
        float[] apart = [.. model.Logits(model.Read(Clean, Clean)).Values.ToArray(), .. model.Logits(model.Read(Corrupted, Clean)).Values.ToArray()];
        Assert.All(both.Values.ToArray().Zip(apart), p => Assert.Equal(p.Second, p.First, 1e-4f));
    }

    [Fact]
    public void A_cache_holds_what_passed_and_says_what_it_has_where_something_is_missing()
    {
        Batch batch = model.Read(Clean, Clean);
        (Tensor logits, ActivationCache cache) = model.RunWithCache(batch, site => site.Point is Point.Heads or Point.LayerOut);
        Assert.Equal(model.Logits(batch).Values.ToArray(), logits.Values.ToArray());
        Assert.Equal(2 * model.Model.Layers.Count, cache.Sites.Count);
        Assert.Equal(new Shape(batch.Tokens, model.Model.Width), cache[3, Point.LayerOut].Shape);
        Assert.Contains("Nothing was recorded at L0.Query. Recorded: L0.Heads, L0.LayerOut", Assert.Throws<KeyNotFoundException>(() => cache[0, Point.Query]).Message);
    }

    [Fact]
    public void The_lens_after_the_last_layer_gives_the_model_s_own_scores()
    {
        Batch batch = model.Read(Clean, Clean);
        (Tensor logits, ActivationCache cache) = model.RunWithCache(batch);
        Assert.Equal(logits.Values.ToArray(), model.Lens(cache, model.Model.Layers.Count - 1, batch).Values.ToArray());
        Assert.NotEqual(logits.Values.ToArray(), model.Lens(cache, 0, batch).Values.ToArray());
    }

    [Fact]
    public void Patching_every_part_of_the_stream_s_beginning_gives_the_clean_answer_and_of_one_head_only_its_own_columns()
    {
        Batch clean = model.Read(Clean, Clean), corrupted = model.Read(Corrupted, Clean);
        (Tensor wanted, ActivationCache cache) = model.RunWithCache(clean);
        Assert.Equal(wanted.Values.ToArray(), model.Logits(corrupted, new PatchProbe(cache, new(0, Point.Embeddings))).Values.ToArray());

        (_, ActivationCache before) = model.RunWithCache(corrupted);
        (_, ActivationCache after) = model.RunWithCache(corrupted, probe: model.Patch("L1.H2", cache, [3]));
        int width = model.Model.HeadWidth, row = model.Model.Layers[1].Heads * width;
        for (int i = 0; i < after[1, Point.Heads].Count; i++)
        {
            bool patched = i / row == 3 && i % row / width == 2;
            Assert.Equal((patched ? cache : before)[1, Point.Heads].Values[i], after[1, Point.Heads].Values[i]);
        }
    }

    [Fact]
    public void Without_parts_is_the_model_with_zeros_at_their_places()
    {
        Batch batch = model.Read(Clean, Clean);
        Universe universe = model.Model.Universe([Heads.Kind]);
        Part head = universe.Parts[5];
        float[] masked = model.Logits(batch, new MaskProbe(MaskProbe.Without(universe, [head]), Ablation.Zero(universe))).Values.ToArray();
        Assert.Equal(masked, model.Logits(batch, model.Without($"{head}")).Values.ToArray());
        float[] both = model.Logits(batch, model.Without("L0.H5", "L2.MLP")).Values.ToArray();
        Assert.Equal(both, model.Logits(batch, new ProbesInTurn(model.Without("L0.H5"), model.Without("L2.MLP"))).Values.ToArray());
        Assert.NotEqual(masked, both);
    }

    [Fact]
    public void The_top_tokens_of_a_language_model_are_its_highest_scores()
    {
        LoadedModel speaker = LoadedModel.Load(SmallSpeaker.In(temporary.At("speaker")));
        Batch batch = speaker.Read("the");
        Tensor logits = speaker.Logits(batch);
        int words = speaker.Model.Vocabulary;
        float[] last = logits.Values[^words..].ToArray();
        IReadOnlyList<TopToken> top = speaker.TopTokens(logits, count: 3);
        Assert.Equal(last.Take(speaker.Tokenizer.Count).OrderDescending().Take(3).Select(x => (double)x), top.Select(t => t.Logit));
        Assert.Equal(Math.Exp(top[0].Logit) / last.Sum(x => Math.Exp(x)), top[0].Probability, 1e-9);
        Assert.Equal(top, speaker.TopTokens(logits, batch.Tokens - 1, 3));
        Assert.Contains("none of them", Assert.Throws<ArgumentException>(() => speaker.TopTokens(logits, batch.Tokens)).Message);
        Assert.Contains("Scores of the vocabulary", Assert.Throws<ArgumentException>(() => model.TopTokens(model.Logits(model.Read(Clean, Clean)))).Message);
    }

    [Theory, InlineData("gpt2/language"), InlineData("llama/grouped"), InlineData("bert/tiny")]
    public void What_heads_and_neurons_add_are_the_blocks_and_these_a_decoder_s_stream(string folder)
    {
        IModel own = GoldenModelTests.Load(folder);
        LoadedModel loaded = model with { Model = own };
        Batch batch = new([new([1, 7, 5, 3], new int[4]), new([2, 4, 6], new int[3])]);
        ActivationCache cache = loaded.Record(batch);
        Tensor sum = cache[0, Point.Embeddings];
        for (int layer = 0; layer < own.Layers.Count; layer++)
        {
            Near(cache[layer, Point.AttentionOut], Sum(Heads.Kind), own.Layers[layer].Attention.Bias);
            Near(cache[layer, Point.MlpOut], Sum(Neurons.Kind), own.Layers[layer].Mlp.Bias);
            sum = sum + loaded.Adds($"L{layer}.ATT", cache) + loaded.Adds($"L{layer}.MLP", cache);

            Tensor Sum(PartKind kind) => own.Universe([kind]).Parts.Where(part => part.Layer == layer)
                .Select(part => loaded.Adds(part, cache)).Aggregate((a, b) => a + b);
        }
        if (own.Causal) Near(cache[own.Layers.Count - 1, Point.LayerOut], sum, null);
        Assert.Contains("L0.ATT", Assert.Throws<ArgumentException>(() => loaded.Adds("L0", cache)).Message);

        void Near(Tensor expected, Tensor found, string? bias)
        {
            if (bias is not null && own.Weights.All.TryGetValue(bias, out Tensor? constant)) found += constant;
            Assert.Equal(expected.Shape, found.Shape);
            for (int i = 0; i < expected.Count; i++) Assert.Equal(expected.Values[i], found.Values[i], 1e-4f);
        }
    }

    [Fact]
    public void What_a_head_adds_before_a_norm_is_refused()
    {
        LoadedModel loaded = model with { Model = GoldenFolder.Model("gemma2-lm").Model };
        ActivationCache cache = loaded.Record(new([new([1, 7, 5, 3], new int[4])]));
        Assert.Contains("Ask for the block, L0.ATT", Assert.Throws<ArgumentException>(() => loaded.Adds("L0.H0", cache)).Message);
        Assert.Equal(cache[0, Point.AttentionOut].Values.ToArray(), loaded.Adds("L0.ATT", cache).Values.ToArray());
    }

    [Fact]
    public void The_attention_pattern_of_a_cache_is_what_the_heads_attend_to()
    {
        Batch batch = model.Read([(Clean, null), (Corrupted, Clean)]);
        ActivationCache cache = model.Record(batch);
        int visited = 0;
        Tensor[] second = [.. Enumerable.Range(0, model.Model.Layers.Count).Select(layer => model.AttentionPattern(cache, layer, batch, 1))];
        AttentionWeights.Each(model.Model, batch, (layer, head, sequence, query, weights) =>
        {
            if (sequence != 1) return;
            for (int j = 0; j < weights.Length; j++) Assert.Equal((float)weights[j], second[layer][head, query, j]);
            visited++;
        }, Tokens.All);
        Assert.Equal(second.Sum(pattern => pattern.Shape[0] * pattern.Shape[1]), visited);
        Assert.Throws<ArgumentException>(() => model.AttentionPattern(cache, 0, batch, 2));
    }

    [Fact]
    public void A_probe_at_a_site_changes_what_passes_there_alone_and_gives_gradients()
    {
        Batch batch = model.Read(Corrupted, Clean);
        Tensor? mixes = null;
        Tensor logits = model.Logits(batch, new ProbeAt(new(1, Point.Heads), value => mixes = value.Track()));
        Assert.Equal(model.Logits(batch).Values.ToArray(), logits.Values.ToArray());
        Tensor slope = (logits.Slice(1, 0, 1) - logits.Slice(1, 1, 1)).Sum().Gradients(mixes!)[0];

        // the same by a small step in one direction
        int at = Enumerable.Range(0, slope.Count).MaxBy(i => Math.Abs(slope.Values[i]));
        double Difference(float step)
        {
            float[] moved = mixes!.Values.ToArray();
            moved[at] += step;
            Tensor changed = model.Logits(batch, new ProbeAt(new(1, Point.Heads), value => Tensor.From(moved, value.Shape.Axes)));
            return changed[0, 0] - changed[0, 1];
        }
        double measured = (Difference(0.05f) - Difference(-0.05f)) / 0.1;
        Assert.InRange(measured / slope.Values[at], 0.95, 1.05);
        Assert.Contains("At L1.Heads passes", Assert.Throws<ShapeException>(() => model.Logits(batch, new ProbeAt(new(1, Point.Heads), value => value.Row(0)))).Message);
    }

    [Fact]
    public void Tokens_have_texts_and_a_text_of_several_tokens_is_none()
    {
        Batch batch = model.Read("the doctor slept");
        Assert.Equal(["[CLS]", "the", "doctor", "slept", "[SEP]"], model.TokenTexts(batch));
        Assert.Equal(batch.Ids[2], model.Token("doctor"));
        Assert.Contains("'the doctor' is 2: 'the', 'doctor'", Assert.Throws<ArgumentException>(() => model.Token("the doctor")).Message);
    }

    [Fact]
    public void A_text_is_gone_on_with_as_the_command_line_does()
    {
        string folder = SmallSpeaker.In(temporary.At("speaker"));
        LoadedModel speaker = LoadedModel.Load(folder);
        Sampling sampling = new(2, Seed: 3);
        string expected = GeneratedText.Generate(new(folder, "the", 6, sampling), _ => { }, default).Text;
        Assert.Equal(expected, speaker.Generate("the", 6, sampling));
        Assert.Equal(GeneratedText.Generate(new(folder, "the", 6, new()) { Without = "L0.H0" }, _ => { }, default).Text,
            speaker.Generate("the", 6, probe: speaker.Without("L0.H0")));
    }

    [Fact]
    public void What_was_found_is_a_file_that_the_command_line_reads_with_the_same_ablation()
    {
        DataSets data = DataSets.Read(NamedData.Listed(train: ["world:training,rows=200"]));
        IReadOnlyList<Example> examples = model.Encode(data[Role.Train]);
        Universe parts = model.Model.Universe([Heads.Kind, Mlps.Kind]);
        Ablation mean = Ablation.Mean(model.Model, parts, Inputs.Batches(examples, 2048));
        Scores scores = new([.. parts.Parts.Select(part => (double)part.Layer)]);
        Directory.CreateDirectory(temporary.At("found"));
        using (FileStream file = File.Create(temporary.At("found/means.safetensors"))) mean.Save(file);
        Subnetwork found = scores.ToSubnetwork(model, mean, 0.5, "later first") with { AblationFile = "means.safetensors" };
        File.WriteAllText(temporary.At("found/mask.json"), found.ToJson());

        string said = ToyRun.Works("evaluate", "--mask", temporary.At("found/mask.json"), "--in-domain", "world:in-domain,rows=60", "--random", "0", "--json");
        using JsonDocument json = JsonDocument.Parse(said);
        double share = json.RootElement.GetProperty("masks")[0].GetProperty("subnetwork").GetProperty("measured").GetProperty("inDomain").GetProperty("value").GetDouble();
        IReadOnlyList<Example> asked = model.Encode(DataSource.ReadAll(["world:in-domain,rows=60"]));
        IProbe only = mean.Only(found.Kept);
        Assert.Equal(asked.Average(e => model.Logits(new([e.Input]), only) is var scored && scored[0, e.Label] >= scored.Values.ToArray().Max() ? 1.0 : 0), share, 1e-9);
    }

    [Fact]
    public void What_cannot_be_patched_or_ablated_is_refused()
    {
        (_, ActivationCache cache) = model.RunWithCache(model.Read(Clean, Clean));
        Batch longer = model.Read("the doctor near the nurse met the artist", Clean);
        Assert.Contains("as many tokens", Assert.Throws<ShapeException>(() => model.Logits(longer, model.Patch("L0.H0", cache))).Message);
        Assert.ThrowsAny<ArgumentException>(() => model.Logits(model.Read(Clean, Clean), model.Patch("L0.H0", cache, [99])));
        Assert.Contains("The model has no part L9.H0", Assert.Throws<KeyNotFoundException>(() => model.Without("L9.H0")).Message);
        Assert.Contains("There is no part L0.Q3", Assert.Throws<ArgumentException>(() => model.Without("L0.Q3")).Message);
        Assert.Throws<FormatException>(() => model.Without("head 3"));
    }
}
