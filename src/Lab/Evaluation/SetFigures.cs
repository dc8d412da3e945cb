using System.Text.Json.Serialization;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Evaluation;

/// <summary>What a model or subnetwork reaches on one named set.</summary>
/// <param name="Name">the set's name: what stands before = on the command line, else its file's</param>
/// <param name="Role">"inDomain", "outOfDomain" or "unseen"</param>
/// <param name="Accuracy">accuracy; of scores, which are not right or wrong, without value and n 0</param>
/// <param name="Loss">cross entropy, nats per example (of text, per token; of scores the mean squared error); null for baselines, which
/// have no probabilities</param>
/// <param name="Agreement">
/// share of examples on which it gives the full model's answer; null where there is no full model to compare with
/// </param>
/// <param name="Kl">KL divergence from the full model's output distribution, nats per example (of a language model, per token); null where
/// there is none to compare with</param>
/// <param name="Figures">the task's own figures, by name; null where it has none</param>
public sealed record SetFigures(
    string Name, string Role, Proportion Accuracy, double? Loss, Proportion? Agreement, double? Kl,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, Quantity>? Figures = null);
