using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a DistilBERT, as its config.json says them.</summary>
sealed record DistilBertConfig(
    int Vocabulary, int Width, int Layers, int Heads, int Positions, Activation Activation,
    IReadOnlyList<int> HeadsPerLayer, IReadOnlyList<int> NeuronsPerLayer, IReadOnlyList<string> Labels) : IEncoderSizes
{
    /// <summary>What its class adds to every variance; no key says it.</summary>
    internal const float Epsilon = 1e-12f;

    /// <inheritdoc/>
    public int HeadWidth => Width / Heads;

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels the classification head has; 0 where there is none</param>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static DistilBertConfig Read(ModelConfig config, int labels)
    {
        config.Expect("distilbert", "a DistilBERT");
        int width = config.RequirePositive("dim"), heads = config.RequirePositive("n_heads", ModelConfig.MostOfACount);
        int layers = config.RequirePositive("n_layers", ModelConfig.MostOfACount), neurons = config.RequirePositive("hidden_dim");
        config.WidthOfHeads(width, heads, ("a dim", "n_heads"));
        // how positions began in training: what they are now is in the weights
        config.Optional("sinusoidal_pos_embds", false);
        DistilBertConfig read = new(
            config.RequirePositive("vocab_size"), width, layers, heads, config.RequirePositive("max_position_embeddings"),
            config.ActivationOf("activation", "gelu"),
            config.PerLayer(OwnKeys.HeadsPerLayer, layers, heads), config.PerLayer(OwnKeys.NeuronsPerLayer, layers, neurons),
            labels > 0 ? config.Labels(labels) : []);
        config.RefuseUnknown("tie_weights_");                    // of the head that guesses words
        return read;
    }

    /// <summary>What the file alone says.</summary>
    /// <inheritdoc cref="ModelFamily.Facts"/>
    internal static ConfigFacts FactsOf(ModelConfig config, int labels)
    {
        DistilBertConfig c = Read(config, labels);
        return new(config.Family, c.Layers, c.Heads, c.Heads, c.Width, c.HeadWidth, c.Vocabulary, c.Positions, c.Labels);
    }
}
