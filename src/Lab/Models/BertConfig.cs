using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a BERT, as its config.json says them.</summary>
sealed record BertConfig(
    int Vocabulary, int Width, int Layers, int Heads, int Positions, int TokenTypes, float Epsilon, Activation Activation, bool Tied,
    IReadOnlyList<int> HeadsPerLayer, IReadOnlyList<int> NeuronsPerLayer, IReadOnlyList<string> Labels) : IEncoderSizes
{
    /// <inheritdoc/>
    public int HeadWidth => Width / Heads;

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels the classification head has; 0 where there is none</param>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static BertConfig Read(ModelConfig config, int labels)
    {
        config.Expect("bert", "a BERT");
        int width = config.RequirePositive("hidden_size"), heads = config.RequirePositive("num_attention_heads", ModelConfig.MostOfACount);
        int layers = config.RequirePositive("num_hidden_layers", ModelConfig.MostOfACount);
        int neurons = config.RequirePositive("intermediate_size");
        config.WidthOfHeads(width, heads);
        BertConfig read = new(
            config.RequirePositive("vocab_size"), width, layers, heads, config.RequirePositive("max_position_embeddings"),
            config.Has("type_vocab_size") ? config.RequirePositive("type_vocab_size") : 2,
            config.Epsilon("layer_norm_eps", 1e-12f), config.ActivationOf("hidden_act", "gelu"),
            config.Optional("tie_word_embeddings", true),
            config.PerLayer(OwnKeys.HeadsPerLayer, layers, heads), config.PerLayer(OwnKeys.NeuronsPerLayer, layers, neurons),
            labels > 0 ? config.Labels(labels) : []);
        config.RefuseUnknown(OwnKeys.TokenTypes);
        return read;
    }

    /// <summary>What the file alone says.</summary>
    /// <inheritdoc cref="ModelFamily.Facts"/>
    internal static ConfigFacts FactsOf(ModelConfig config, int labels)
    {
        BertConfig c = Read(config, labels);
        return new(config.Family, c.Layers, c.Heads, c.Heads, c.Width, c.HeadWidth, c.Vocabulary, c.Positions, c.Labels);
    }
}
