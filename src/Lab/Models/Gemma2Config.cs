using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a Gemma 2, as its config.json says them.</summary>
sealed record Gemma2Config(
    int Vocabulary, int Width, int HeadWidth, int Layers, int Positions, float Epsilon, Activation Activation, double[] Frequencies,
    float QueryFactor, float? ScoreCap, float? FinalCap, bool AttentionBiases, bool OwnBiases, bool Tied, IReadOnlyList<int?> Windows,
    IReadOnlyList<int[]> GroupsPerLayer, IReadOnlyList<int> NeuronsPerLayer, IReadOnlyList<string> Labels) : IFamilySizes
{
    const string LayerTypes = "layer_types", Full = "full_attention", Sliding = "sliding_attention";

    /// <summary>Whether the last matrix of attention has a bias.</summary>
    internal bool OutputBiases => AttentionBiases || OwnBiases;

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels the classification head has; 0 for a language model</param>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static Gemma2Config Read(ModelConfig config, int labels)
    {
        config.Expect("gemma2", "a Gemma 2");
        int heads = config.RequirePositive("num_attention_heads", ModelConfig.MostOfACount), shared = KeyValueHeadsOf(config);
        int layers = config.RequirePositive("num_hidden_layers", ModelConfig.MostOfACount);
        if (heads % shared != 0)
            throw new CheckpointException($"{config.Path}: {heads} heads (num_attention_heads) do not divide into groups for {shared} "
                + "key and value heads (num_key_value_heads).");
        int headWidth = config.Has("head_dim") ? config.RequirePositive("head_dim") : 256;
        if (headWidth % 2 != 0)
            throw new CheckpointException($"{config.Path}: heads are {headWidth} wide (head_dim); "
                + "rotary positions turn pairs and need an even number.");
        Gemma2Config read = new(
            config.RequirePositive("vocab_size"), config.RequirePositive("hidden_size"), headWidth, layers,
            config.Has("max_position_embeddings") ? config.RequirePositive("max_position_embeddings") : 8192,
            config.Epsilon("rms_norm_eps", 1e-6f), config.ActivationOf("hidden_activation", "gelu_pytorch_tanh"),
            RotaryTable.FrequenciesOf(config, headWidth), (float)Math.Sqrt(headWidth / Above("query_pre_attn_scalar", 256)!.Value),
            (float?)Above("attn_logit_softcapping", 50), (float?)Above("final_logit_softcapping", 30),
            config.Optional("attention_bias", false), config.Optional(OwnKeys.Biases, false), config.Optional("tie_word_embeddings", true),
            WindowsOf(config, layers),
            config.GroupsPerLayer(layers, heads, shared),
            config.PerLayer(OwnKeys.NeuronsPerLayer, layers, config.RequirePositive("intermediate_size")),
            labels > 0 ? config.Labels(labels) : []);
        // the class reads hidden_activation alone; this one stands in published files from before that
        config.RefuseUnknown("hidden_act");
        return read;

        // null is another thing than missing: no cap
        double? Above(string key, double otherwise)
        {
            if (!config.Has(key) && config.ToJson().ContainsKey(key) && key != "query_pre_attn_scalar")
            {
                config.Optional(key, otherwise);
                return null;
            }
            double value = config.Optional(key, otherwise);
            return value > 0 && double.IsFinite(value) ? value
                : throw new CheckpointException($"{config.Path}: {key} is {value}; it should be above 0. "
                    + "Take the config.json that belongs to the weights.");
        }
    }

    static int KeyValueHeadsOf(ModelConfig config) =>
        config.Has("num_key_value_heads") ? config.RequirePositive("num_key_value_heads", ModelConfig.MostOfACount) : 4;

    // the layers that layer_types names; where it is missing, every other one from the first
    static int?[] WindowsOf(ModelConfig config, int layers)
    {
        int window = config.Optional("sliding_window", 4096);
        if (window < 1 || (!config.Has("sliding_window") && config.ToJson().ContainsKey("sliding_window")))
            throw new CheckpointException($"{config.Path}: sliding_window is {(window < 1 ? window : "null")}; every other layer of a "
                + "Gemma 2 has a window, in which a token sees itself at least: 1 or more.");
        string[] kinds = config.Optional(LayerTypes, KindsUnsaid(layers));
        if (kinds.Length != layers)
            throw new CheckpointException(
                $"{config.Path}: layer_types should name {layers} layers (num_hidden_layers), it names {kinds.Length}.");
        if (kinds.FirstOrDefault(kind => kind is not (Full or Sliding)) is { } strange)
            throw new CheckpointException($"{config.Path}: layer_types names '{strange}'; Heartwood knows {Full} and {Sliding}.");
        return [.. kinds.Select(kind => kind == Sliding ? window : (int?)null)];
    }

    static string[] KindsUnsaid(int layers) => [.. Enumerable.Range(0, layers).Select(i => i % 2 == 0 ? Sliding : Full)];

    /// <summary>What the file alone says.</summary>
    /// <inheritdoc cref="ModelFamily.Facts"/>
    internal static ConfigFacts FactsOf(ModelConfig config, int labels)
    {
        Gemma2Config c = Read(config, labels);
        int heads = config.RequirePositive("num_attention_heads");
        return new(config.Family, c.Layers, heads, KeyValueHeadsOf(config), c.Width, c.HeadWidth, c.Vocabulary, c.Positions, c.Labels);
    }
}
