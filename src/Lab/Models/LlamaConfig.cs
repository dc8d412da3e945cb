using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a Llama or one of its likes, as its config.json says them.</summary>
sealed record LlamaConfig(
    string Family, int Vocabulary, int Width, int HeadWidth, int Layers, int Positions, float Epsilon, Activation Activation,
    double[] Frequencies, LlamaBiases Biases, bool Tied, IReadOnlyList<int?> Windows, IReadOnlyList<int[]> GroupsPerLayer,
    IReadOnlyList<int> NeuronsPerLayer, IReadOnlyList<string> Labels) : IFamilySizes
{
    /// <summary>Whether some layer of it does not see all of the longest input.</summary>
    internal bool Windowed => Windows.Any(window => window < Positions);

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels the classification head has; 0 for a language model</param>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static LlamaConfig Read(ModelConfig config, int labels)
    {
        int width = config.RequirePositive("hidden_size"), heads = config.RequirePositive("num_attention_heads", ModelConfig.MostOfACount);
        int layers = config.RequirePositive("num_hidden_layers", ModelConfig.MostOfACount), shared = config.KeyValueHeads(heads);
        if (!config.Has("head_dim") && width % heads != 0)
            throw new CheckpointException($"{config.Path}: a hidden_size of {width} does not divide into {heads} heads "
                + "(num_attention_heads), and head_dim says no width of them.");
        int headWidth = config.Has("head_dim") ? config.RequirePositive("head_dim") : width / heads;
        if (headWidth % 2 != 0)
            throw new CheckpointException($"{config.Path}: heads are {headWidth} wide; "
                + "rotary positions turn pairs and need an even number.");
        LlamaKind kind = LlamaKind.Named(config.Family);
        LlamaBiases biases = kind.Biases(config);
        LlamaConfig read = new(
            config.Family, config.RequirePositive("vocab_size"), width, headWidth, layers, LongestOf(config),
            config.Epsilon("rms_norm_eps", 1e-6f), config.ActivationOf("hidden_act", "silu"), RotaryTable.FrequenciesOf(config, headWidth),
            config.Optional(OwnKeys.Biases, false) ? new(true, true, true) : biases,
            config.Optional("tie_word_embeddings", false), kind.Windows(config, layers), config.GroupsPerLayer(layers, heads, shared),
            config.PerLayer(OwnKeys.NeuronsPerLayer, layers, config.RequirePositive("intermediate_size")),
            labels > 0 ? config.Labels(labels) : []);
        // what some publishers say next to the class's own keys (SmolLM, Falcon 3, embedding models made of Llamas), which no program reads
        config.Only("rope_interleaved", false, "queries and keys are turned in pairs of neighbours");
        config.Only("is_llama_config", true, "the model is none of the family that model_type names");
        config.Only("activation", "swiglu", "the MLP's gate is another one");
        config.Only("is_causal", true, "every token sees those after it too");
        config.RefuseUnknown(kind.Harmless);
        return read;
    }

    // The first files of Llama called it otherwise; some that people write leave it out, and it is then the default of the family's class.
    static int LongestOf(ModelConfig config) =>
        config.Has("max_position_embeddings") ? config.RequirePositive("max_position_embeddings")
        : config.Has("max_sequence_length") ? config.RequirePositive("max_sequence_length")
        : config.Family switch { "mistral" => 131072, "qwen2" => 32768, _ => 2048 };

    /// <summary>What the file alone says.</summary>
    /// <inheritdoc cref="ModelFamily.Facts"/>
    internal static ConfigFacts FactsOf(ModelConfig config, int labels)
    {
        LlamaConfig c = Read(config, labels);
        int heads = config.RequirePositive("num_attention_heads");
        return new(c.Family, c.Layers, heads, config.KeyValueHeads(heads), c.Width, c.HeadWidth, c.Vocabulary, c.Positions, c.Labels);
    }

    /// <summary>
    /// The config of the same model with every bias: as a Llama, which other software knows so, or, where a window keeps it from being one,
    /// with a key of ours.
    /// </summary>
    internal JsonObject WithBiases(JsonObject config)
    {
        JsonObject biased = (JsonObject)config.DeepClone();
        if (Windowed)
        {
            biased[OwnKeys.Biases] = true;
            return biased;
        }
        foreach (string key in new[] { "sliding_window", "use_sliding_window", "max_window_layers", "layer_types" }) biased.Remove(key);
        (biased["model_type"], biased["attention_bias"], biased["mlp_bias"]) = ("llama", true, true);
        biased["architectures"] = new JsonArray(Labels.Count > 0 ? "LlamaForSequenceClassification" : "LlamaForCausalLM");
        return biased;
    }
}

/// <summary>Which linear layers have a bias.</summary>
/// <param name="QueriesKeysValues">those of queries, keys and values</param>
/// <param name="AttentionOutput">the output projection</param>
/// <param name="Mlp">all of the MLP's</param>
sealed record LlamaBiases(bool QueriesKeysValues, bool AttentionOutput, bool Mlp)
{
    internal bool All => QueriesKeysValues && AttentionOutput && Mlp;
}
