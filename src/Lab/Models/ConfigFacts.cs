using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>What a model's config.json says without its weights.</summary>
/// <param name="Family">the family, as config.json calls it</param>
/// <param name="Layers">number of layers</param>
/// <param name="Heads">heads of a whole layer; a cut model has fewer in some</param>
/// <param name="KeyValueHeads">key and value heads of a whole layer, which heads share where they are fewer</param>
/// <param name="Width">width of the residual stream</param>
/// <param name="HeadWidth">width of one head</param>
/// <param name="Vocabulary">number of token ids</param>
/// <param name="Positions">longest input in tokens</param>
/// <param name="Labels">names of the labels; none without a classification head</param>
public sealed record ConfigFacts(
    string Family, int Layers, int Heads, int KeyValueHeads, int Width, int HeadWidth, int Vocabulary, int Positions,
        IReadOnlyList<string> Labels)
{
    /// <summary>Reads a config as its family does when it loads a model.</summary>
    /// <param name="config">the file</param>
    /// <param name="labels">how many labels a classification head has; 0 where there is none, as in a language model</param>
    /// <exception cref="CheckpointException">
    /// the family is not known, a key is missing or of another type, or a key is not understood and its value could matter
    /// </exception>
    public static ConfigFacts Read(ModelConfig config, int labels) =>
        ModelFolder.FamilyOf(config.Family, config.Path).Facts(config, labels);
}
