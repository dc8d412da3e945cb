using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a Qwen3, as its config.json says them.</summary>
sealed record Qwen3Config(
    int Vocabulary, int Width, int HeadWidth, int Layers, int Positions, float Epsilon, Activation Activation, double[] Frequencies,
    bool AttentionBiases, bool MlpBiases, bool Tied, IReadOnlyList<int?> Windows, IReadOnlyList<int[]> GroupsPerLayer,
    IReadOnlyList<int> NeuronsPerLayer, IReadOnlyList<string> Labels) : IFamilySizes
{
    // what its class has where the key is missing
    const int WidthOfHeads = 128, LongestInput = 32768;

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels the classification head has; 0 for a language model</param>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static Qwen3Config Read(ModelConfig config, int labels)
    {
        config.Expect("qwen3", "a Qwen3");
        int heads = config.RequirePositive("num_attention_heads", ModelConfig.MostOfACount), shared = config.KeyValueHeads(heads);
        int layers = config.RequirePositive("num_hidden_layers", ModelConfig.MostOfACount);
        int headWidth = config.Has("head_dim") ? config.RequirePositive("head_dim") : WidthOfHeads;
        if (headWidth % 2 != 0)
            throw new CheckpointException($"{config.Path}: heads are {headWidth} wide (head_dim); "
                + "rotary positions turn pairs and need an even number.");
        bool attention = config.Optional("attention_bias", false), ours = config.Optional(OwnKeys.Biases, false);
        Qwen3Config read = new(
            config.RequirePositive("vocab_size"), config.RequirePositive("hidden_size"), headWidth, layers,
            config.Has("max_position_embeddings") ? config.RequirePositive("max_position_embeddings") : LongestInput,
            config.Epsilon("rms_norm_eps", 1e-6f), config.ActivationOf("hidden_act", "silu"), RotaryTable.FrequenciesOf(config, headWidth),
            attention || ours, ours, config.Optional("tie_word_embeddings", false), SlidingWindows.OfUpperLayers(config, layers),
            config.GroupsPerLayer(layers, heads, shared),
            config.PerLayer(OwnKeys.NeuronsPerLayer, layers, config.RequirePositive("intermediate_size")),
            labels > 0 ? config.Labels(labels) : []);
        config.RefuseUnknown();
        return read;
    }

    /// <summary>What the file alone says.</summary>
    /// <inheritdoc cref="ModelFamily.Facts"/>
    internal static ConfigFacts FactsOf(ModelConfig config, int labels)
    {
        Qwen3Config c = Read(config, labels);
        int heads = config.RequirePositive("num_attention_heads");
        return new(config.Family, c.Layers, heads, config.KeyValueHeads(heads), c.Width, c.HeadWidth, c.Vocabulary, c.Positions, c.Labels);
    }
}
