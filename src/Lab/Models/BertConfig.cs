using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of a BERT classifier, as its config.json says them.</summary>
sealed record BertConfig(
    int Vocabulary, int Width, int Layers, int Heads, int Positions, int TokenTypes, float Epsilon, Activation Activation,
    IReadOnlyList<int> HeadsPerLayer, IReadOnlyList<int> NeuronsPerLayer, IReadOnlyList<string> Labels)
{
    internal int HeadWidth => Width / Heads;

    /// <summary>Reads and checks a config.json; unknown keys that matter are refused.</summary>
    /// <exception cref="CheckpointException">a key is missing, of another type, or not understood</exception>
    internal static BertConfig Read(ModelConfig config, int labels)
    {
        if (config.Family != "bert") throw new CheckpointException($"{config.Path}: model_type is '{config.Family}', a BERT was expected.");
        int width = config.RequirePositive("hidden_size"), heads = config.RequirePositive("num_attention_heads"), layers = config.RequirePositive("num_hidden_layers"), neurons = config.RequirePositive("intermediate_size");
        if (width % heads != 0) throw new CheckpointException($"{config.Path}: a hidden_size of {width} does not divide into {heads} heads (num_attention_heads).");
        BertConfig read = new(
            config.RequirePositive("vocab_size"), width, layers, heads, config.RequirePositive("max_position_embeddings"), config.RequirePositive("type_vocab_size"),
            config.Optional("layer_norm_eps", 1e-12f), config.ActivationOf("hidden_act"),
            config.PerLayer(OwnKeys.HeadsPerLayer, layers, heads), config.PerLayer(OwnKeys.NeuronsPerLayer, layers, neurons), config.Labels(labels));
        config.RefuseUnknown("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout", OwnKeys.TokenTypes);
        return read;
    }
}
