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
            : throw new CheckpointException($"{config.Path}: '{key}' should be {layers} whole numbers from 0 to {most}, it is "
                + $"[{string.Join(", ", each)}].");
    }

    /// <summary>
    /// How many heads each key and value head of each layer serves: models that Heartwood cut say which are left, in others all are alike.
    /// </summary>
    /// <param name="config">the file</param>
    /// <param name="layers">number of layers</param>
    /// <param name="heads">heads of a whole layer</param>
    /// <param name="shared">key and value heads of a whole layer, which divide the heads</param>
    /// <exception cref="CheckpointException">the lists do not fit each other</exception>
    internal static int[][] GroupsPerLayer(this ModelConfig config, int layers, int heads, int shared)
    {
        int most = heads / shared;
        int[] each = config.PerLayer(OwnKeys.HeadsPerLayer, layers, heads), uncut = [.. Enumerable.Repeat(most, shared)];
        int[][] groups = config.Optional(OwnKeys.HeadsPerKeyValueHead, Array.ConvertAll(each, _ => uncut));
        for (int i = 0; i < layers; i++)
            if (groups.Length != layers || groups[i].Length > shared || groups[i].Any(g => g < 1 || g > most) || groups[i].Sum() != each[i])
                throw new CheckpointException($"{config.Path}: '{OwnKeys.HeadsPerKeyValueHead}' should be {layers} lists, each of at most "
                    + $"{shared} whole numbers from 1 to {most} whose sum is the layer's '{OwnKeys.HeadsPerLayer}'.");
        return groups;
    }

    /// <summary>Refuses the config of another family.</summary>
    /// <param name="config">the file</param>
    /// <param name="family">what <c>model_type</c> should be</param>
    /// <param name="inWords">the family in words, for example "a BERT"</param>
    /// <exception cref="CheckpointException">it is another</exception>
    internal static void Expect(this ModelConfig config, string family, string inWords)
    {
        if (config.Family != family)
            throw new CheckpointException($"{config.Path}: model_type is '{config.Family}', {inWords} was expected.");
    }

    /// <summary>The width of a head, of which all together are as wide as the residual stream.</summary>
    /// <param name="config">the file</param>
    /// <param name="width">the stream's width</param>
    /// <param name="heads">number of heads</param>
    /// <param name="keys">how the file calls both, the first with its article</param>
    /// <exception cref="CheckpointException">the width does not divide into the heads</exception>
    internal static int WidthOfHeads(this ModelConfig config, int width, int heads, (string Width, string Heads)? keys = null)
    {
        (string ofWidth, string ofHeads) = keys ?? ("a hidden_size", "num_attention_heads");
        return width % heads == 0 ? width / heads : throw new CheckpointException(
            $"{config.Path}: {ofWidth} of {width} does not divide into {heads} heads ({ofHeads}).");
    }

    /// <summary>How many labels a classification head has.</summary>
    /// <param name="config">the file</param>
    /// <param name="weights">the weights</param>
    /// <param name="bias">the bias of its last layer</param>
    /// <exception cref="CheckpointException">there is no such head</exception>
    internal static int LabelsOfHead(this ModelConfig config, Weights weights, string bias) =>
        weights.Has(bias) ? weights.All[bias].Count : throw new CheckpointException(
            $"{config.Path}: the weights have no classification head ('{bias}'). "
            + "Fine-tune the model first: heartwood train --from FOLDER.");

    /// <summary>How many key and value heads a whole layer has: as many as heads, where the file does not say it.</summary>
    /// <exception cref="CheckpointException">the heads do not divide into as many groups</exception>
    internal static int KeyValueHeads(this ModelConfig config, int heads)
    {
        const string Key = "num_key_value_heads";
        int shared = config.Has(Key) ? config.RequirePositive(Key, ModelConfig.MostOfACount) : heads;
        return heads % shared == 0 ? shared
            : throw new CheckpointException($"{config.Path}: {heads} heads (num_attention_heads) do not divide into groups for {shared} "
                + $"key and value heads ({Key}).");
    }

    /// <summary>The MLP's activation. Several names stand for one function, whose terms are only added in another order.</summary>
    /// <param name="config">the file</param>
    /// <param name="key">the key</param>
    /// <param name="otherwise">the name where there is none: the family's own default</param>
    /// <exception cref="CheckpointException">the key names a function that is not known</exception>
    internal static Activation ActivationOf(this ModelConfig config, string key, string otherwise) => config.Optional(key, otherwise) switch
    {
        "gelu" or "gelu_python" => Activation.GeluErf,
        "gelu_new" or "gelu_fast" or "gelu_accurate" or "gelu_pytorch_tanh" => Activation.GeluTanh,
        "relu" => Activation.Relu,
        "silu" or "swish" => Activation.Silu,
        var other => throw new CheckpointException(
            $"{config.Path}: {key} is '{other}'; Heartwood knows gelu, gelu_new, gelu_pytorch_tanh, relu and silu."),
    };

    /// <summary>What is added to a variance before a norm divides by its root.</summary>
    /// <exception cref="CheckpointException">it is no number, or below 0 or above 1</exception>
    internal static float Epsilon(this ModelConfig config, string key, float otherwise)
    {
        float epsilon = config.Optional(key, otherwise);
        return epsilon is >= 0 and <= 1 ? epsilon : throw new CheckpointException(
            $"{config.Path}: {key} is {epsilon}; what is added to a variance lies between 0 and 1. "
            + "Take the config.json that belongs to the weights.");
    }

    /// <summary>Refuses a key that, at another value than the format's default, would change what is computed.</summary>
    /// <param name="config">the file</param>
    /// <param name="key">the key</param>
    /// <param name="expected">its default, and the only value that is understood</param>
    /// <param name="why">what another value means</param>
    /// <exception cref="CheckpointException">it has another value</exception>
    internal static void Only<T>(this ModelConfig config, string key, T expected, string why) where T : notnull
    {
        if (config.Optional(key, expected) is var found && !found.Equals(expected))
            throw new CheckpointException($"{config.Path}: '{key}' is {Said(found)}: {why}. "
                + $"Heartwood reads models where it is {Said(expected)}; use one of those.");

        static string Said(T value) => value is bool yes ? (yes ? "true" : "false") : $"'{value}'";
    }

    /// <summary>
    /// The weights without an output matrix that is not read: the model has labels, or the word embeddings are its output.
    /// </summary>
    /// <param name="config">the file</param>
    /// <param name="weights">the weights</param>
    /// <param name="labels">whether the model has labels</param>
    /// <param name="tied">whether the word embeddings are its output</param>
    /// <param name="words">what the family calls them</param>
    /// <param name="output">what it calls the output matrix</param>
    /// <exception cref="CheckpointException">config and weights contradict each other</exception>
    internal static Weights WithoutOutput(
        this ModelConfig config, Weights weights, bool labels, bool tied, string words, string output = "lm_head.weight")
    {
        if (!labels && tied && weights.Has(output) && weights.Has(words)
            && !weights.All[output].Values.SequenceEqual(weights.All[words].Values))
            throw new CheckpointException($"{config.Path}: tie_word_embeddings says that output and word embeddings are one matrix, but "
                + $"{output} is not {words}. Set tie_word_embeddings to false if the model was trained so.");
        return weights.Map((name, t) => name == output && (labels || tied) ? null : t);
    }
}
