using System.Text.Json;
using Heartwood.Lab.Checkpoints.Gguf;
using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Gguf;

/// <summary>
/// GPT-2, whose matrices are stored [in out] in its checkpoints and [out in] here. llama.cpp takes one number of heads, which makes up the
/// width, and one of neurons for all layers: a cut layer gets heads and neurons of zeros up to these, which add nothing.
/// </summary>
sealed class Gpt2Gguf : IGgufArchitecture
{
    public IReadOnlyList<string> Families => ["gpt2"];

    public double Tolerance => 1e-2;                                                            // GELU is a table in half precision there

    static Gpt2Config Read(IModel model) =>
        Gpt2Config.Read(new(JsonSerializer.SerializeToUtf8Bytes(model.Config), "config.json"), labels: 0);

    public string? WhyNot(IModel model)
    {
        Gpt2Config config = Read(model);
        if (config.Activation != Activation.GeluTanh)
            return $"llama.cpp's GPT-2 has GELU in its tanh form; this model's config says {config.Activation}.";
        return config.ScaledByWidth && !config.ScaledByLayer ? null
            : "llama.cpp's GPT-2 divides attention's scores by the root of the head's width; this model's config says otherwise "
                + "(scale_attn_weights, scale_attn_by_inverse_layer_idx).";
    }

    public GgufContent Content(IModel model)
    {
        Gpt2Config config = Read(model);
        int width = config.Width, neurons = Math.Max(1, config.NeuronsPerLayer.Max());
        IReadOnlyDictionary<string, Tensor> all = model.Weights.All;
        List<GgufTensor> tensors = [GgufRows.AsIs(GgufContent.Words, all["transformer.wte.weight"])];
        if (!config.Tied) tensors.Add(GgufRows.AsIs(GgufContent.Output, all["lm_head.weight"]));
        tensors.Add(GgufRows.AsIs(GgufContent.Positions, all["transformer.wpe.weight"]));
        for (int i = 0; i < config.Layers; i++) tensors.AddRange(Layer(i));
        tensors.Add(GgufRows.AsIs("output_norm.weight", all["transformer.ln_f.weight"]));
        tensors.Add(GgufRows.AsIs("output_norm.bias", all["transformer.ln_f.bias"]));
        return new("gpt2",
        [
            new("block_count", GgufValue.Whole(config.Layers)),
            new("context_length", GgufValue.Whole(config.Positions)),
            new("embedding_length", GgufValue.Whole(width)),
            new("feed_forward_length", GgufValue.Whole(neurons)),
            new("attention.head_count", GgufValue.Whole(config.Heads)),
            new("attention.layer_norm_epsilon", GgufValue.Real(config.Epsilon)),
        ], tensors);

        IEnumerable<GgufTensor> Layer(int i)
        {
            string from = $"transformer.h.{i}", to = $"blk.{i}";
            int span = config.HeadsPerLayer[i] * config.HeadWidth, own = config.NeuronsPerLayer[i];
            (int, int, int)[] queriesKeysValues = [(0, span, width), (span, span, width), (2 * span, span, width)];
            if (span > 0)
            {
                foreach (GgufTensor norm in Norm("attn_norm", "ln_1")) yield return norm;
                yield return GgufRows.Made($"{to}.attn_qkv.weight", [3 * width, width],
                    () => GgufRows.Transposed(all[$"{from}.attn.c_attn.weight"], queriesKeysValues, width));
                yield return GgufRows.Made($"{to}.attn_qkv.bias", [3 * width],
                    () => Spread(all[$"{from}.attn.c_attn.bias"], span, width, 3));
                yield return GgufRows.Made($"{to}.attn_output.weight", [width, width],
                    () => GgufRows.Transposed(all[$"{from}.attn.c_proj.weight"], [(0, width, width)], width));
            }
            else
            {
                foreach (GgufTensor norm in NormOfNothing("attn_norm")) yield return norm;
                yield return GgufRows.Constant($"{to}.attn_qkv.weight", 0, 3 * width, width);
                yield return GgufRows.Constant($"{to}.attn_qkv.bias", 0, 3 * width);
                yield return GgufRows.Constant($"{to}.attn_output.weight", 0, width, width);
            }
            yield return GgufRows.AsIs($"{to}.attn_output.bias", all[$"{from}.attn.c_proj.bias"]);
            if (own > 0)
            {
                foreach (GgufTensor norm in Norm("ffn_norm", "ln_2")) yield return norm;
                yield return GgufRows.Made($"{to}.ffn_up.weight", [neurons, width],
                    () => GgufRows.Transposed(all[$"{from}.mlp.c_fc.weight"], [(0, own, neurons)], width));
                yield return GgufRows.Made($"{to}.ffn_up.bias", [neurons], () => Spread(all[$"{from}.mlp.c_fc.bias"], own, neurons, 1));
                yield return GgufRows.Made($"{to}.ffn_down.weight", [width, neurons],
                    () => GgufRows.Transposed(all[$"{from}.mlp.c_proj.weight"], [(0, width, width)], neurons));
            }
            else
            {
                foreach (GgufTensor norm in NormOfNothing("ffn_norm")) yield return norm;
                yield return GgufRows.Constant($"{to}.ffn_up.weight", 0, neurons, width);
                yield return GgufRows.Constant($"{to}.ffn_up.bias", 0, neurons);
                yield return GgufRows.Constant($"{to}.ffn_down.weight", 0, width, neurons);
            }
            yield return GgufRows.AsIs($"{to}.ffn_down.bias", all[$"{from}.mlp.c_proj.bias"]);

            IEnumerable<GgufTensor> Norm(string name, string ours) => ((string[])["weight", "bias"]).Select(end =>
                GgufRows.AsIs($"{to}.{name}.{end}", all[$"{from}.{ours}.{end}"]));

            IEnumerable<GgufTensor> NormOfNothing(string name) =>
                [GgufRows.Constant($"{to}.{name}.weight", 1, width), GgufRows.Constant($"{to}.{name}.bias", 0, width)];
        }
    }

    // stretches of a vector, each with zeros up to a length
    static float[] Spread(Tensor vector, int length, int room, int times)
    {
        float[] made = new float[times * room];
        for (int i = 0; i < times; i++) vector.Values.Slice(i * length, length).CopyTo(made.AsSpan(i * room));
        return made;
    }
}
