using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>What a head gives scores to, as far as Heartwood reads heads.</summary>
enum HeadKind
{
    /// <summary>the labels of a sequence</summary>
    Labels,

    /// <summary>the token that comes next</summary>
    Vocabulary,

    /// <summary>the token that stands in a place that is hidden: an encoder that guesses masked words</summary>
    MaskedWords,

    /// <summary>something else: it is refused by its name</summary>
    Other,
}

/// <summary>One head that the models of a family come with.</summary>
/// <param name="Kind">what it gives scores to</param>
/// <param name="Ending">how the class of such a model ends, for example "ForSequenceClassification"</param>
/// <param name="Does">what it does, as a message says it: "labels every token"</param>
/// <param name="Tensors">its tensors: whole names, or beginnings that end in a dot</param>
sealed record HeadNames(HeadKind Kind, string Ending, string Does, params string[] Tensors)
{
    /// <summary>What must be there too, where the config does not say which of several heads of the same tensors it is.</summary>
    internal string[] Typical { get; init; } = [];

    /// <summary>The heads of Llama and its likes.</summary>
    internal static HeadNames[] OfLlamas { get; } =
    [
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "score.") { Typical = ["score.bias"] },
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "score.weight"),
        new(HeadKind.Other, "ForQuestionAnswering", "finds where an answer stands", "qa_outputs."),
        new(HeadKind.Vocabulary, "ForCausalLM", "tells which token comes next", "lm_head.weight"),
    ];

    /// <summary>Whether a tensor is one of the head's.</summary>
    internal bool Owns(string name) => Tensors.Any(tensor => FamilyNames.Matches(name, tensor));
}

/// <summary>
/// The names that a family's checkpoints have. Its file says them once; how they may be changed on the way is the business of
/// <see cref="TensorNames"/>.
/// </summary>
/// <param name="Class">how the names of its classes begin, for example "Bert"</param>
/// <param name="Prefix">what the body's names begin with, for example "bert"</param>
/// <param name="Body">beginnings of the body's names after the prefix, each with its dot</param>
/// <param name="Words">the word embeddings, without the prefix</param>
/// <param name="Heads">its heads; where the config does not say which it is, the first that fits</param>
/// <param name="ModelTypes">which values of <c>model_type</c> the names leave open, of the family's own</param>
sealed record FamilyNames(string Class, string Prefix, string[] Body, string Words, HeadNames[] Heads, Func<NamesSeen, string[]> ModelTypes)
{
    /// <summary>Matrices that are the word embeddings once more, where output and embeddings are tied.</summary>
    internal string[] Outputs { get; init; } = [];

    /// <summary>Whether they are tied where the config does not say it.</summary>
    internal bool Tied { get; init; }

    /// <summary>The word embeddings' whole name.</summary>
    internal string WholeWords => $"{Prefix}.{Words}";

    /// <summary>Whether a usual name is one of the body's.</summary>
    internal bool IsBody(string name) => name.StartsWith($"{Prefix}.", StringComparison.Ordinal);

    internal static bool Matches(string name, string tensor) =>
        tensor.EndsWith('.') ? name.StartsWith(tensor, StringComparison.Ordinal) : name == tensor;
}

/// <summary>What there is to tell a family by, where its config does not.</summary>
/// <param name="Config">the config</param>
/// <param name="Prefixed">whether the file has the family's own prefix</param>
/// <param name="ShapeOf">a tensor's axes by its usual name; null where there is none</param>
/// <param name="All">the usual names of all tensors</param>
sealed record NamesSeen(ModelConfig Config, bool Prefixed, Func<string, IReadOnlyList<int>?> ShapeOf, IEnumerable<string> All);
