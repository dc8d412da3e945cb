using Heartwood.Lab.Models;

namespace Heartwood.Lab.Tasks;

/// <summary>One labelled input, as a model reads it.</summary>
/// <param name="Input">tokens and their types</param>
/// <param name="Label">number of its label in the list of labels that the examples were made with</param>
/// <param name="Case">see <see cref="Row.Case"/></param>
/// <param name="Group">see <see cref="Row.Group"/></param>
public sealed record Example(Sequence Input, int Label, string Case, string Group);

/// <summary>Where token types come from when a sentence pair becomes tokens.</summary>
public enum TokenTypeRule
{
    /// <summary>0 in the first sentence, 1 in the second, as BERT was trained</summary>
    Sentence,

    /// <summary>the same, plus 2 where the token's word occurs in the other sentence: four types</summary>
    Overlap,
}
