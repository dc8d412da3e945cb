using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>What several families' configs say in the same way.</summary>
static class ConfigReading
{
    /// <summary>How many heads or neurons each layer has: models that Heartwood cut say how much of each layer is left.</summary>
    /// <exception cref="CheckpointException">the list is not one number from 0 to <paramref name="most"/> per layer</exception>
    internal static int[] PerLayer(this ModelConfig config, string key, int layers, int most)
    {
        int[] each = config.Optional(key, Enumerable.Repeat(most, layers).ToArray());
        return each.Length == layers && each.All(n => n >= 0 && n <= most) ? each
            : throw new CheckpointException($"{config.Path}: '{key}' should be {layers} whole numbers from 0 to {most}, it is [{string.Join(", ", each)}].");
    }

    /// <summary>The MLP's activation.</summary>
    /// <exception cref="CheckpointException">the key is missing or names a function that is not known</exception>
    internal static Activation ActivationOf(this ModelConfig config, string key) => config.Require<string>(key) switch
    {
        "gelu" => Activation.GeluErf,
        "gelu_new" or "gelu_pytorch_tanh" => Activation.GeluTanh,
        "relu" => Activation.Relu,
        "silu" or "swish" => Activation.Silu,
        var other => throw new CheckpointException($"{config.Path}: {key} is '{other}'; Heartwood knows gelu, gelu_new, gelu_pytorch_tanh, relu and silu."),
    };

    /// <summary>The weights without an output matrix that is not read: the model has labels, or the word embeddings are its output.</summary>
    /// <exception cref="CheckpointException">config and weights contradict each other</exception>
    internal static Weights WithoutOutput(this ModelConfig config, Weights weights, bool labels, bool tied, string words)
    {
        const string Output = "lm_head.weight";
        if (!labels && tied && weights.Has(Output) && weights.Has(words) && !weights.All[Output].Values.SequenceEqual(weights.All[words].Values))
            throw new CheckpointException($"{config.Path}: tie_word_embeddings says that output and word embeddings are one matrix, but {Output} is not {words}. Set tie_word_embeddings to false if the model was trained so.");
        return weights.Map((name, t) => name == Output && (labels || tied) ? null : t);
    }
}
