using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a RoBERTa classifier, as its config.json says them.</summary>
sealed record RobertaConfig(
    string Family, int Vocabulary, int Width, int Layers, int Heads, int PositionRows, int Padding, int TokenTypes, float Epsilon,
    Activation Activation, IReadOnlyList<int> HeadsPerLayer, IReadOnlyList<int> NeuronsPerLayer,
    IReadOnlyList<string> Labels) : IEncoderSizes
{
    /// <inheritdoc/>
    public int HeadWidth => Width / Heads;

    /// <inheritdoc/>
    public int Positions => PositionRows - FirstPosition;

    /// <summary>Row of the first token's position: after that of the padding token's id.</summary>
    internal int FirstPosition => Padding + 1;

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels the classification head has; 0 where there is none</param>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static RobertaConfig Read(ModelConfig config, int labels)
    {
        int width = config.RequirePositive("hidden_size"), heads = config.RequirePositive("num_attention_heads", ModelConfig.MostOfACount);
        int layers = config.RequirePositive("num_hidden_layers", ModelConfig.MostOfACount);
        int neurons = config.RequirePositive("intermediate_size");
        config.WidthOfHeads(width, heads);
        int types = config.Has("type_vocab_size") ? config.RequirePositive("type_vocab_size") : 2;
        int rows = config.RequirePositive("max_position_embeddings"), padding = config.Optional("pad_token_id", 1);
        if (padding < 0 || padding >= rows - 1)
            throw new CheckpointException($"{config.Path}: positions begin after pad_token_id ({padding}), and max_position_embeddings "
                + $"({rows}) leaves none. Take the config.json that belongs to the weights.");
        RobertaConfig read = new(
            config.Family, config.RequirePositive("vocab_size"), width, layers, heads, rows, padding, types,
            config.Epsilon("layer_norm_eps", 1e-12f), config.ActivationOf("hidden_act", "gelu"),
            config.PerLayer(OwnKeys.HeadsPerLayer, layers, heads), config.PerLayer(OwnKeys.NeuronsPerLayer, layers, neurons),
            labels > 0 ? config.Labels(labels) : []);
        config.RefuseUnknown();
        return read;
    }

    /// <summary>What the file alone says.</summary>
    /// <inheritdoc cref="ModelFamily.Facts"/>
    internal static ConfigFacts FactsOf(ModelConfig config, int labels)
    {
        RobertaConfig c = Read(config, labels);
        return new(c.Family, c.Layers, c.Heads, c.Heads, c.Width, c.HeadWidth, c.Vocabulary, c.Positions, c.Labels);
    }
}
