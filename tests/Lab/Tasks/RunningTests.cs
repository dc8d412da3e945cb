using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Tasks;

public sealed class RunningTests : IDisposable
{
    const string Clean = "the doctor met the artist", Corrupted = "the artist met the doctor";
    readonly LoadedModel model = LoadedModel.Load(null);
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

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
