using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a GPT-NeoX, as its config.json says them.</summary>
sealed record GptNeoXConfig(
    int Vocabulary, int Width, int Layers, int Heads, int Positions, float Epsilon, Activation Activation, double[] Frequencies,
    bool Parallel, bool Biased, bool Tied, IReadOnlyList<int> HeadsPerLayer, IReadOnlyList<int> NeuronsPerLayer,
    IReadOnlyList<string> Labels) : IFamilySizes
{
    internal const string BiasKey = "attention_bias";

    const string ShareKey = "rotary_pct", NewerShareKey = "partial_rotary_factor";

    /// <inheritdoc/>
    public int HeadWidth => Width / Heads;

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels the classification head has; 0 for a language model</param>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static GptNeoXConfig Read(ModelConfig config, int labels)
    {
        config.Expect("gpt_neox", "a GPT-NeoX");
        int width = config.RequirePositive("hidden_size"), heads = config.RequirePositive("num_attention_heads", ModelConfig.MostOfACount);
        int layers = config.RequirePositive("num_hidden_layers", ModelConfig.MostOfACount);
        config.WidthOfHeads(width, heads);
        double share = ShareOf(config);
        int turned = (int)(width / heads * share);
        if (share is not (> 0 and <= 1) || turned < 2 || turned % 2 != 0)
            throw new CheckpointException($"{config.Path}: of heads {width / heads} wide a share of {share} is to be turned by positions "
                + $"({ShareKey}, or {NewerShareKey}), which is {turned} values; "
                + "rotary positions turn pairs and need an even number from 2.");
        GptNeoXConfig read = new(
            config.RequirePositive("vocab_size"), width, layers, heads, LongestOf(config), config.Epsilon("layer_norm_eps", 1e-5f),
            config.ActivationOf("hidden_act", "gelu"), RotaryTable.FrequenciesOf(config, turned, share, "rotary_emb_base"),
            config.Optional("use_parallel_residual", true), config.Optional(BiasKey, true), config.Optional("tie_word_embeddings", false),
            config.PerLayer(OwnKeys.HeadsPerLayer, layers, heads),
            config.PerLayer(OwnKeys.NeuronsPerLayer, layers, config.RequirePositive("intermediate_size")),
            labels > 0 ? config.Labels(labels) : []);
        config.RefuseUnknown();
        return read;
    }

    static int LongestOf(ModelConfig config) =>
        config.Has("max_position_embeddings") ? config.RequirePositive("max_position_embeddings") : 2048;

    // older files say rotary_pct, newer ones partial_rotary_factor, by itself or among the rope_parameters
    static double ShareOf(ModelConfig config)
    {
        double older = config.Optional(ShareKey, 0.25), newer = config.Optional(NewerShareKey, older);
        double share = config.Section("rope_parameters")?.Optional(NewerShareKey, newer) ?? newer;
        return !config.Has(ShareKey) || share == older ? share
            : throw new CheckpointException($"{config.Path}: {ShareKey} is {older}, {NewerShareKey} {share}. "
                + "Correct the one that is wrong.");
    }

    /// <summary>What the file alone says.</summary>
    /// <inheritdoc cref="ModelFamily.Facts"/>
    internal static ConfigFacts FactsOf(ModelConfig config, int labels)
    {
        GptNeoXConfig c = Read(config, labels);
        return new(config.Family, c.Layers, c.Heads, c.Heads, c.Width, c.HeadWidth, c.Vocabulary, c.Positions, c.Labels);
    }
}
