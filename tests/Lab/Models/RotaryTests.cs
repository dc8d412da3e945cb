using System.Text.Json.Nodes;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Lab.Models;

/// <summary>What attention reads, and how far it sees: shown and said alike by every family, with windows and without.</summary>
public class RotaryTests
{
    /// <summary>Small classifiers of every family, some with windows, one with scaled queries, some cut unevenly.</summary>
    public static TheoryData<string> Models =>
        [.. ModelFolder.Families, "mistral, window", "qwen2, window", "qwen3, window", "gemma2, window", "gpt2, scaled",
            "bert, cut", "gpt2, cut", "llama, cut", "qwen2, cut", "mistral, cut", "mistral, window, cut", "qwen3, window, cut",
            "gpt_neox, cut", "gemma2, window, cut"];

    /// <summary>One of them: three layers of two heads (four on two key and value heads before a cut).</summary>
    /// <param name="name">its name</param>
    /// <param name="vocabulary">number of its words</param>
    /// <param name="positions">the longest input</param>
    internal static IModel Make(string name, int vocabulary = 20, int positions = 16)
    {
        string[] words = name.Split(", ");
        IModel model = words.Contains("cut")
            ? Grouped(words[0], vocabulary, positions)
            : Small.Model(layers: 3, family: words[0], words: vocabulary, positions: positions);
        if (words.Contains("scaled")) model = With(model, c => c["scale_attn_by_inverse_layer_idx"] = true);
        if (words.Contains("window")) model = Windowed(model, 3);
        if (!words.Contains("cut")) return model;
        int groups = model.Layers[0].HeadsPerKeyValueHead.Count;
        // three heads of one key and value head, one of the other; then one of each; then the second's alone
        Part[] gone = [Heads.Kind.Part(0, 1), Heads.Kind.Part(1, 0), Heads.Kind.Part(1, 3), Heads.Kind.Part(2, 0), Heads.Kind.Part(2, 1)];
        IModel cut = Cutting.Cut(model, model.Universe().Parts.Except(gone), Small.Absent(model, "mean"));
        if (groups > 0) Assert.Equal([[1, 2], [1, 1], [2]], cut.Layers.Select(l => l.HeadsPerKeyValueHead));
        return cut;
    }

    /// <summary>With a window: in every layer of a Mistral, from layer 1 on in a Qwen2, in every other layer of a Gemma 2.</summary>
    internal static IModel Windowed(IModel model, int window) => With(model, c =>
    {
        c["sliding_window"] = window;
        if (model.Family != "gemma2") (c["use_sliding_window"], c["max_window_layers"]) = (true, 1);
    });

    static IModel With(IModel model, Action<JsonObject> change)
    {
        JsonObject config = (JsonObject)model.Config.DeepClone();
        change(config);
        return model.With(config, model.Weights);
    }

    // of families whose heads share keys and values, one with two heads on each
    internal static IModel Grouped(string family, int vocabulary = 20, int positions = 16)
    {
        IModel model = Small.Model(layers: 3, heads: 4, width: 16, family: family, words: vocabulary, positions: positions);
        if (model.Layers[0].HeadsPerKeyValueHead.Count == 0) return model;
        JsonObject config = (JsonObject)model.Config.DeepClone();
        config["num_key_value_heads"] = 2;
        return model.With(config, model.Weights.Map((name, t) =>
            !name.Contains("k_proj", StringComparison.Ordinal) && !name.Contains("v_proj", StringComparison.Ordinal)
                ? t : t.Slice(0, 0, 8).KeepForever()));
    }

    sealed class Replacing(Point point, Func<Tensor, Tensor> with) : IProbe
    {
        public Tensor At(Site site, Tensor value) => site.Point == point ? with(value) : value;
    }

    [Theory, MemberData(nameof(Models))]
    public void What_a_probe_makes_of_queries_and_keys_as_attention_reads_them_takes_effect(string name)
    {
        IModel model = Make(name);
        Batch batch = Small.Batch();
        Recorder plain = new(), equal = new(inner: new Replacing(Point.AttentionQuery, value => value * 0));
        float[] scores = model.Forward(batch, plain).Values.ToArray();
        foreach (Point point in (Point[])[Point.AttentionQuery, Point.AttentionKey])
            Assert.NotEqual(scores, model.Forward(batch, new Replacing(point, value => value * 2)).Values.ToArray());
        // queries of zero attend to all that they see alike: with a window to no more than it
        model.Forward(batch, equal, Tokens.All);
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            Tensor values = equal.Seen[new(layer, Point.Value)], mixes = equal.Seen[new(layer, Point.Heads)];
            int last = batch.Offsets[1] - 1, from = Math.Max(0, model.Causal ? last + 1 - (model.Layers[layer].Window ?? int.MaxValue) : 0);
            float mean = Enumerable.Range(from, last + 1 - from).Average(t => values.Values[t * values.Shape[1]]);
            Assert.Equal(mean, mixes.Values[last * mixes.Shape[1]], 1e-5f);
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void Where_a_family_neither_turns_nor_scales_attention_reads_what_was_there(string name)
    {
        IModel model = Make(name);
        Recorder seen = new();
        model.Forward(Small.Batch(), seen);
        bool same = FamilyRow.For(name.Split(", ")[0]).ReadsAsMade && !name.Contains("scaled", StringComparison.Ordinal);
        Assert.Equal(same, seen.Seen[new(1, Point.Query)].Values.SequenceEqual(seen.Seen[new(1, Point.AttentionQuery)].Values));
        Assert.Equal(same || name == "gpt2, scaled",
            seen.Seen[new(1, Point.Key)].Values.SequenceEqual(seen.Seen[new(1, Point.AttentionKey)].Values));
    }

    [Theory, MemberData(nameof(Models))]
    public void What_a_model_says_of_causality_and_windows_is_what_its_tokens_see(string name)
    {
        IModel model = Make(name);
        int[] ids = [3, 5, 7, 9, 11, 13, 15, 17];
        Recorder one = new(), other = new();
        model.Forward(new([new(ids, new int[8])]), one, Tokens.All);
        for (int changed = 0; changed < ids.Length; changed++)
        {
            model.Forward(new([new([.. ids.Select((id, t) => t == changed ? id + 1 : id)], new int[8])]), other = new(), Tokens.All);
            // the first layer sees tokens alone
            Tensor before = one.Seen[new(0, Point.Heads)], after = other.Seen[new(0, Point.Heads)];
            for (int t = 0; t < ids.Length; t++)
            {
                bool sees = !model.Causal || (changed <= t && changed > t - (model.Layers[0].Window ?? 8));
                Assert.Equal(!sees, before.Rows([t]).Values.SequenceEqual(after.Rows([t]).Values));
            }
        }
    }

    [Theory, InlineData("mistral, window"), InlineData("qwen2, window"), InlineData("mistral, window, cut"), InlineData("qwen3, window, cut"),
        InlineData("gpt_neox"), InlineData("gpt_neox, cut"), InlineData("gemma2, window"), InlineData("gemma2, window, cut")]
    public void A_sequence_read_piece_by_piece_sees_the_same_window(string name)
    {
        IModel model = Make(name);
        int[] ids = [3, 5, 7, 9, 11, 13, 15, 17, 2, 4, 6];
        foreach (string backend in Machine.Backends)
        {
            using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
            Recorder whole = new(site => site.Point == Point.LayerOut);
            model.Stream(new([new(ids, new int[ids.Length])]), whole, Tokens.All);
            foreach (int[] pieces in (int[][])[[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [6, 1, 1, 3], [2, 9]])
            {
                Past past = new();
                int start = 0;
                foreach (int piece in pieces)
                {
                    Recorder seen = new(site => site.Point == Point.LayerOut);
                    model.Stream(past.Next(ids[start..(start + piece)]), seen, Tokens.All);
                    for (int layer = 0; layer < model.Layers.Count; layer++)
                        Small.SameBits(
                            whole.Seen[new(layer, Point.LayerOut)].Rows([.. Enumerable.Range(start, piece)]).Values,
                            seen.Seen[new(layer, Point.LayerOut)].Values, $"{backend}, layer {layer}, from token {start}");
                    start += piece;
                }
            }
        }
    }

    [Fact]
    public void A_window_changes_what_comes_beyond_it_and_nothing_within()
    {
        IModel model = Small.Model(layers: 3, family: "mistral");
        Sequence six = new([3, 5, 7, 9, 11, 13], new int[6]);
        foreach (int window in (int[])[6, 5])
        {
            float[] none = model.Forward(new([six]), NoProbe.Instance).Values.ToArray(),
                windowed = Windowed(model, window).Forward(new([six]), NoProbe.Instance).Values.ToArray();
            if (window == 6) Small.SameBits(none, windowed, "scores");
            else Assert.NotEqual(none, windowed);
        }
    }
}
