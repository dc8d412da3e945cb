using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Models;

/// <summary>What tells Qwen3 from its like: norms of every head's query and key, heads of their own width, biases, refusals.</summary>
public class Qwen3Tests
{
    static IModel With(IModel model, Action<JsonObject> change, Func<string, Tensor, Tensor>? weights = null)
    {
        JsonObject config = (JsonObject)model.Config.DeepClone();
        change(config);
        return model.With(config, weights is null ? model.Weights : model.Weights.Map((name, t) => weights(name, t).KeepForever()));
    }

    // two heads of 4 on a width of 16: what is left of four
    static IModel Narrow()
    {
        IModel model = Small.Model(layers: 3, heads: 4, width: 16, family: "qwen3");
        return With(model, c => (c["num_attention_heads"], c["num_key_value_heads"]) = (2, 1), (name, t) =>
            name.Contains("q_proj", StringComparison.Ordinal) ? t.Slice(0, 0, 8)
            : name.Contains("k_proj", StringComparison.Ordinal) || name.Contains("v_proj", StringComparison.Ordinal) ? t.Slice(0, 0, 4)
            : name.Contains("o_proj", StringComparison.Ordinal) ? t.Slice(1, 0, 8) : t);
    }

    [Fact]
    public void Every_heads_query_and_key_is_normalized_by_itself_and_then_turned()
    {
        IModel model = Narrow();
        Recorder seen = new();
        model.Forward(new([new([3, 5, 7], new int[3])]), seen, Tokens.All);
        foreach (var (made, read, norm) in new[] { (Point.Query, Point.AttentionQuery, "q_norm"), (Point.Key, Point.AttentionKey, "k_norm") })
        {
            float[] gain = model.Weights.All[$"model.layers.1.self_attn.{norm}.weight"].Values.ToArray();
            Tensor before = seen.Seen[new(1, made)], after = seen.Seen[new(1, read)];
            int width = before.Shape[1];
            for (int at = 0; at < before.Count; at += 4)
            {
                double[] x = [.. before.Values.Slice(at, 4).ToArray().Select(v => (double)v)];
                double root = Math.Sqrt(x.Average(v => v * v) + 1e-6);
                double[] y = [.. x.Select((v, i) => v / root * gain[i])];
                for (int i = 0; i < 2; i++)
                {
                    double angle = at / width * Math.Pow(10000, -i / 2.0), cos = Math.Cos(angle), sin = Math.Sin(angle);
                    Assert.Equal(y[i] * cos - y[i + 2] * sin, after.Values[at + i], 1e-5);
                    Assert.Equal(y[i + 2] * cos + y[i] * sin, after.Values[at + i + 2], 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Heads_may_be_narrower_together_than_the_width_and_are_cut_exactly()
    {
        IModel model = Narrow();
        Assert.Equal((4, 16, 2), (model.HeadWidth, model.Width, model.Layers[0].Heads));
        Answers answers = new(Small.Examples(6));
        foreach (string ablation in (string[])["zero", "mean"])
        {
            Ablation left = Small.Absent(model, ablation);
            Part[] kept = [.. model.Universe().Parts.Where(part => part.ToString() is not ("L0.H1" or "L1.H0" or "L1.H1" or "L2.MLP"))];
            float[] masked = answers.Scores(model, [MaskProbe.Only(left.Universe, kept).Values.ToArray()], left)[0];
            IModel cut = Cutting.Cut(model, kept, left);
            Small.Close(masked, answers.Scores(cut), ablation);
            Assert.True(cut.Weights.Has("model.layers.0.self_attn.q_norm.weight"));
            Assert.False(cut.Weights.Has("model.layers.1.self_attn.q_norm.weight"));         // it goes with its last head
        }
    }

    [Fact]
    public void Biases_of_attention_are_the_configs_and_those_of_the_mlp_ours_alone()
    {
        IModel model = Small.Model(family: "qwen3"), biased = model.WithBiases();
        Assert.Contains("the MLP of a qwen3 has no biases", Cutting.WhyNoFullSize(model, Small.Absent(model, "mean").How));
        Assert.Contains("stays a qwen3", Assert.Throws<NotSupportedException>(() => Cutting.FullSize(model, [], Small.Absent(model, "mean"))).Message);
        Assert.Null(Cutting.WhyNoFullSize(model, new Zero()));
        Assert.Same(biased, biased.WithBiases());
        Small.SameBits(Scores(model), Scores(biased), "biases of zero");
        IModel attention = biased.With(
            Changed(biased, c => { c.Remove(OwnKeys.Biases); c["attention_bias"] = true; }),
            biased.Weights.Map((name, t) => name.Contains("mlp", StringComparison.Ordinal) && name.EndsWith("bias", StringComparison.Ordinal) ? null
                : name.EndsWith("bias", StringComparison.Ordinal) ? (t + 0.3f).KeepForever() : t));
        Assert.Equal("model.layers.0.self_attn.o_proj.bias", attention.Layers[0].Attention.Bias);
        Assert.Null(attention.Layers[0].Mlp.Bias);
        Assert.NotEqual(Scores(model), Scores(attention));

        static JsonObject Changed(IModel model, Action<JsonObject> change)
        {
            JsonObject config = (JsonObject)model.Config.DeepClone();
            change(config);
            return config;
        }
    }

    static float[] Scores(IModel model) => model.Forward(Small.Batch(), NoProbe.Instance).Values.ToArray();

    [Fact]
    public void What_it_does_not_understand_is_refused_by_name()
    {
        Refused("a Qwen3 was expected", c => c["model_type"] = "qwen3_moe");
        Refused("the key 'num_experts' has the value 8", c => c["num_experts"] = 8);
        Refused("heads are 3 wide (head_dim)", c => c["head_dim"] = 3);
        Refused("do not divide into groups", c => (c["num_attention_heads"], c["num_key_value_heads"]) = (3, 2));
        Refused("layer_types names 'sliding_attention', and there is no window",
            c => c["layer_types"] = new JsonArray("sliding_attention", "full_attention"));
        Refused("layer_types names 'chunked_attention'",
            c => (c["use_sliding_window"], c["layer_types"]) = (true, new JsonArray("chunked_attention", "full_attention")));
        Refused("rope_type is 'yarn'", c => c["rope_scaling"] = new JsonObject { ["rope_type"] = "yarn", ["factor"] = 4.0 });
        Refused("self_attn.o_proj.bias'", c => c["attention_bias"] = true);
        var (config, tensors) = Named.Classifier("qwen3");
        Assert.Contains("self_attn.k_norm.weight'", Named.Refusal(config, tensors.Without("model.layers.1.self_attn.k_norm.weight")));

        static void Refused(string gist, Action<JsonObject> change) =>
            Assert.Contains(gist, Assert.Throws<CheckpointException>(() => With(Small.Model(family: "qwen3"), change)).Message);
    }
}
