using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>What the file of a family gives to those who do not know the family.</summary>
/// <param name="Load">the model of a config and its weights</param>
/// <param name="Head">name of a tensor that checkpoints with a classification head hold</param>
/// <param name="WithNewHead">the model with a fresh classification head, in place of any that it has, for these labels, by this seed</param>
/// <param name="Fresh">what a classifier made from nothing consists of</param>
/// <param name="ReadsTokenTypes">whether tokens have types</param>
sealed record ModelFamily(
    Func<ModelConfig, Weights, IModel> Load, string Head, Func<ModelConfig, Weights, IReadOnlyList<string>, ulong, IModel> WithNewHead, Func<FreshRequest, FreshPlan> Fresh, bool ReadsTokenTypes = false)
{
    /// <summary>What a config alone says, with a head of so many labels (0: none, or a language model's); whatever in it is not understood is refused.</summary>
    public required Func<ModelConfig, int, ConfigFacts> Facts { get; init; }
}
