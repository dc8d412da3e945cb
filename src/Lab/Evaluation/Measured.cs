using System.Text.Json.Serialization;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Evaluation;

/// <summary>One model or subnetwork, measured on every set.</summary>
/// <param name="InDomain">accuracy in-domain; of scores, which are not right or wrong, without value and n 0 (as are the two after
/// it)</param>
/// <param name="OutOfDomain">accuracy out of domain, on constructions that occur in training; null where no such set was given</param>
/// <param name="Unseen">accuracy out of domain on constructions that never occur in training; null where no such set was given</param>
/// <param name="Cases">accuracy per case, all sets together</param>
/// <param name="Groups">balanced accuracy and AUC per group of cases</param>
/// <param name="InDomainLoss">cross entropy in-domain, nats per example (of text, per token; of scores the mean squared error); null for
/// baselines without probabilities</param>
/// <param name="Agreement">share of in-domain examples on which it gives the full model's answer; null for the full model</param>
/// <param name="Kl">
/// KL divergence from the full model's output distribution in-domain, nats per example (of a language model, per token); null for the full
/// model
/// </param>
/// <param name="Figures">the task's own figures, by set ("inDomain" …) and name; null where no set's task has any</param>
/// <param name="CaseFigures">the same by case, of sets that ask for scores; null where none has cases</param>
public sealed record Measured(
    Proportion InDomain, Proportion? OutOfDomain, Proportion? Unseen,
    IReadOnlyDictionary<string, Proportion> Cases,
    IReadOnlyDictionary<string, GroupFacts> Groups,
    double? InDomainLoss = null, Proportion? Agreement = null, double? Kl = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? Figures = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? CaseFigures = null)
{
    /// <summary>Whether these are figures of scores, which have no share that is right.</summary>
    [JsonIgnore]
    public bool IsOfScores => InDomain.N == 0 && Figures is { Count: > 0 };

    /// <summary>Every set by itself, in-domain first; the figures above are of all sets of a role, pooled row by row.</summary>
    public IReadOnlyList<SetFigures> Sets { get; init; } = [];
}

/// <summary>A group of cases that holds every label.</summary>
/// <param name="Set">"inDomain", "outOfDomain" or "unseen"</param>
/// <param name="Balanced">mean of the recalls of the labels</param>
/// <param name="Auc">
/// area under the ROC curve of the first label's score (probability that a random example of it scores higher than one of another label),
/// with its interval; null where the scores do not order examples
/// </param>
public sealed record GroupFacts(string Set, Proportion Balanced, Proportion? Auc);
