using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a GPT-2, as its config.json says them.</summary>
sealed record Gpt2Config(
    int Vocabulary, int Width, int Layers, int Heads, int Positions, float Epsilon, Activation Activation,
    bool ScaledByWidth, bool ScaledByLayer, bool Tied,
    IReadOnlyList<int> HeadsPerLayer, IReadOnlyList<int> NeuronsPerLayer, IReadOnlyList<string> Labels) : IFamilySizes
{
    /// <inheritdoc/>
    public int HeadWidth => Width / Heads;

    /// <summary>
    /// What a layer's queries are multiplied with so that attention, which divides scores by √headWidth, scales them as the config says.
    /// </summary>
    internal float QueryFactor(int layer) => (ScaledByWidth ? 1 : MathF.Sqrt(HeadWidth)) / (ScaledByLayer ? layer + 1 : 1);

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels the classification head has; 0 for a language model</param>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static Gpt2Config Read(ModelConfig config, int labels)
    {
        config.Expect("gpt2", "a GPT-2");
        int width = WidthOf(config), heads = config.RequirePositive("n_head", "num_attention_heads", ModelConfig.MostOfACount);
        int layers = config.RequirePositive("n_layer", "num_hidden_layers", ModelConfig.MostOfACount);
        int positions = config.RequirePositive("n_positions", "max_position_embeddings");
        config.WidthOfHeads(width, heads, ("an n_embd", "n_head"));
        if (config.Optional("n_ctx", positions) is var seen && seen != positions)
            throw new CheckpointException($"{config.Path}: n_ctx is {seen}, n_positions {positions}; Heartwood reads models where every "
                + "token sees all before it, in which the two are equal.");
        Gpt2Config read = new(
            config.RequirePositive("vocab_size"), width, layers, heads, positions,
            config.Epsilon("layer_norm_epsilon", 1e-5f), config.ActivationOf("activation_function", "gelu_new"),
            config.Optional("scale_attn_weights", true), config.Optional("scale_attn_by_inverse_layer_idx", false),
            config.Optional("tie_word_embeddings", true),
            config.PerLayer(OwnKeys.HeadsPerLayer, layers, heads),
            config.PerLayer(OwnKeys.NeuronsPerLayer, layers, config.Has("n_inner") ? config.RequirePositive("n_inner") : 4 * width),
            labels > 0 ? config.Labels(labels) : []);
        // reorder_and_upcast_attn says in which order and precision the same products are computed: here always in float32. What begins
        // with summary_ is of a head for multiple choice. GPT-1's program left n_special (tokens of its own, counted in vocab_size since)
        // and predict_special_tokens (whether its loss counted them) in the files of gpt2-medium to gpt2-xl and their many descendants.
        config.RefuseUnknown("reorder_and_upcast_attn", "n_special", "predict_special_tokens",
            "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout");
        return read;
    }

    /// <summary>Width of the residual stream.</summary>
    /// <exception cref="CheckpointException">no key says it</exception>
    internal static int WidthOf(ModelConfig config) => config.RequirePositive("n_embd", "hidden_size");

    /// <summary>What the file alone says.</summary>
    /// <inheritdoc cref="ModelFamily.Facts"/>
    internal static ConfigFacts FactsOf(ModelConfig config, int labels)
    {
        Gpt2Config c = Read(config, labels);
        return new(config.Family, c.Layers, c.Heads, c.Heads, c.Width, c.HeadWidth, c.Vocabulary, c.Positions, c.Labels);
    }
}
