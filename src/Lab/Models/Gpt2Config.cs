using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a GPT-2, as its config.json says them.</summary>
sealed record Gpt2Config(
    int Vocabulary, int Width, int Layers, int Heads, int Positions, float Epsilon, Activation Activation, bool ScaledByWidth, bool ScaledByLayer, bool Tied,
    IReadOnlyList<int> HeadsPerLayer, IReadOnlyList<int> NeuronsPerLayer, IReadOnlyList<string> Labels)
{
    internal int HeadWidth => Width / Heads;

    /// <summary>What a layer's queries are multiplied with so that attention, which divides scores by √headWidth, scales them as the config says.</summary>
    internal float QueryFactor(int layer) => (ScaledByWidth ? 1 : MathF.Sqrt(HeadWidth)) / (ScaledByLayer ? layer + 1 : 1);

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels the classification head has; 0 for a language model</param>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static Gpt2Config Read(ModelConfig config, int labels)
    {
        if (config.Family != "gpt2") throw new CheckpointException($"{config.Path}: model_type is '{config.Family}', a GPT-2 was expected.");
        int width = config.RequirePositive("n_embd"), heads = config.RequirePositive("n_head"), layers = config.RequirePositive("n_layer"), positions = config.RequirePositive("n_positions");
        if (width % heads != 0) throw new CheckpointException($"{config.Path}: an n_embd of {width} does not divide into {heads} heads (n_head).");
        if (config.Optional("n_ctx", positions) is var seen && seen != positions) throw new CheckpointException($"{config.Path}: n_ctx is {seen}, n_positions {positions}; Heartwood reads models where every token sees all before it, in which the two are equal.");
        Gpt2Config read = new(
            config.RequirePositive("vocab_size"), width, layers, heads, positions, config.Optional("layer_norm_epsilon", 1e-5f), config.ActivationOf("activation_function"),
            config.Optional("scale_attn_weights", true), config.Optional("scale_attn_by_inverse_layer_idx", false), config.Optional("tie_word_embeddings", true),
            config.PerLayer(OwnKeys.HeadsPerLayer, layers, heads), config.PerLayer(OwnKeys.NeuronsPerLayer, layers, config.Has("n_inner") ? config.RequirePositive("n_inner") : 4 * width),
            labels > 0 ? config.Labels(labels) : []);
        // reorder_and_upcast_attn says in which order and precision the same products are computed: here always in float32
        config.RefuseUnknown("embd_pdrop", "resid_pdrop", "attn_pdrop", "reorder_and_upcast_attn", "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout");
        return read;
    }
}
