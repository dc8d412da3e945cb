using System.Text.Json.Nodes;

namespace Heartwood.Lab.Models;

/// <summary>The size of a model that is made from nothing.</summary>
/// <param name="Layers">number of layers</param>
/// <param name="Heads">heads per layer</param>
/// <param name="Width">width of the residual stream, a multiple of the heads</param>
/// <param name="Neurons">neurons of each MLP</param>
/// <param name="Positions">longest input in tokens</param>
public sealed record ModelSize(int Layers = 4, int Heads = 8, int Width = 128, int Neurons = 256, int Positions = 128);

/// <summary>How a fresh model's attention begins.</summary>
public enum FreshStart
{
    /// <summary>all independent</summary>
    Independent,

    /// <summary>
    /// positions are sinusoids (Vaswani et al. 2017, section 3.5) and each head's keys begin equal to its queries, so that tokens attend to
    /// their likes from the first step
    /// </summary>
    Matching,
}

/// <summary>A model that is to be made from nothing.</summary>
/// <param name="Family">its family, as config.json calls it</param>
/// <param name="Size">its size</param>
/// <param name="Vocabulary">number of token ids</param>
/// <param name="TokenTypes">number of token types, for families that read them</param>
/// <param name="Labels">names of its labels; none for a model that gives scores to the vocabulary, whose output is the word embeddings'
/// matrix</param>
/// <param name="Start">how attention begins</param>
sealed record FreshRequest(string Family, ModelSize Size, int Vocabulary, int TokenTypes, IReadOnlyList<string> Labels, FreshStart Start)
{
    /// <summary>Whether it gives scores to the vocabulary and not to labels.</summary>
    internal bool OfVocabulary => Labels.Count == 0;

    /// <summary>
    /// The content of config.json, of the family's own keys: before them stand the architecture, which <see cref="NewHead"/> writes, and
    /// the family, after them the padding token, which a fresh vocabulary begins with.
    /// </summary>
    internal JsonObject Config(JsonObject own)
    {
        JsonObject config = new() { ["architectures"] = null, ["model_type"] = Family };
        foreach (var (key, value) in own) config[key] = value?.DeepClone();
        config["pad_token_id"] = 0;
        return config;
    }

    /// <summary>Matching keys are the queries' numbers.</summary>
    internal string KeyPurpose(string key, string query) => Start == FreshStart.Matching ? query : key;
}

/// <summary>What a fresh model consists of.</summary>
/// <param name="Config">the content of config.json</param>
/// <param name="Weights">its weights, in the order of the checkpoint</param>
sealed record FreshPlan(JsonObject Config, IReadOnlyList<FreshWeight> Weights);

/// <summary>One weight of a fresh model.</summary>
/// <param name="Name">its checkpoint name</param>
/// <param name="Constant">its values, where none are random</param>
/// <param name="Deviation">standard deviation of random values; their mean is 0</param>
/// <param name="Axes">its shape</param>
/// <param name="Purposes">which random numbers; several for a matrix of several matrices side by side; none for constants</param>
/// <param name="Waves">whether it is sines and cosines of positions instead</param>
sealed record FreshWeight(string Name, float Constant, float Deviation, int[] Axes, string[] Purposes, bool Waves = false)
{
    /// <summary>The axis along which several matrices stand one after another; the last as a rule.</summary>
    internal int Along { get; init; } = Axes.Length - 1;

    /// <summary>Standard deviation of fresh embeddings.</summary>
    internal const float EmbeddingDeviation = 0.05f;

    internal static FreshWeight Embedding(string name, string purpose, int rows, int width, bool waves = false) =>
        new(name, 0, EmbeddingDeviation, [rows, width], [purpose], waves);

    internal static FreshWeight[] Norm(string name, int width) =>
        [new($"{name}.weight", 1, 0, [width], []), new($"{name}.bias", 0, 0, [width], [])];

    /// <summary>
    /// A matrix stored [out in] of the variance 2 / (in + out), without bias (Glorot and Bengio 2010, eq. 16 as a normal).
    /// </summary>
    internal static FreshWeight Matrix(string name, string purpose, int output, int input) =>
        new($"{name}.weight", 0, MathF.Sqrt(2f / (output + input)), [output, input], [purpose]);

    /// <summary>The same with a bias of zeros.</summary>
    internal static FreshWeight[] Linear(string name, string purpose, int output, int input) =>
        [Matrix(name, purpose, output, input), new($"{name}.bias", 0, 0, [output], [])];

    /// <summary>
    /// The same, where the rows of several such matrices stand one after another: queries, keys and values of one head, then of the next.
    /// </summary>
    /// <param name="name">its name</param>
    /// <param name="purposes">which random numbers each piece has, in their order; all pieces are alike high</param>
    /// <param name="rows">rows of one piece</param>
    /// <param name="output">rows of one of the matrices, all its pieces together</param>
    /// <param name="input">columns</param>
    internal static FreshWeight[] Interleaved(string name, string[] purposes, int rows, int output, int input) =>
        [new($"{name}.weight", 0, MathF.Sqrt(2f / (output + input)), [rows * purposes.Length, input], purposes) { Along = 0 },
            new($"{name}.bias", 0, 0, [rows * purposes.Length], [])];

    /// <summary>The same stored [in out], several such matrices side by side.</summary>
    internal static FreshWeight[] InputFirst(string name, string[] purposes, int input, int output) =>
        [new($"{name}.weight", 0, MathF.Sqrt(2f / (output + input)), [input, output * purposes.Length], purposes),
            new($"{name}.bias", 0, 0, [output * purposes.Length], [])];
}
