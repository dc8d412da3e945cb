using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>What the file of a family gives to those who do not know the family.</summary>
/// <param name="Load">the model of a config and its weights, under the family's usual names</param>
/// <param name="Names">the names that its checkpoints have</param>
/// <param name="WithNewHead">a body, and nothing else, under a fresh classification head for these labels, by this seed</param>
/// <param name="Fresh">what a model made from nothing consists of</param>
/// <param name="ReadsTokenTypes">whether tokens have types</param>
sealed record ModelFamily(
    Func<ModelConfig, Weights, IModel> Load, FamilyNames Names,
    Func<ModelConfig, Weights, IReadOnlyList<string>, ulong, IModel> WithNewHead,
    Func<FreshRequest, FreshPlan> Fresh, bool ReadsTokenTypes = false)
{
    /// <summary>
    /// Whether a model of it can give scores to the vocabulary: a language model, or an encoder that guesses masked words.
    /// </summary>
    public bool HasVocabularyHead => Names.Heads.Any(head => head.Kind is HeadKind.Vocabulary or HeadKind.MaskedWords);

    /// <summary>
    /// What a config alone says, with a head of this number of labels (0: none, or a language model's); what in it is not understood is
    /// refused.
    /// </summary>
    public required Func<ModelConfig, int, ConfigFacts> Facts { get; init; }
}
