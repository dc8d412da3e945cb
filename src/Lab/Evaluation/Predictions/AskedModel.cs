using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation.Predictions;

/// <summary>A model that is asked for predictions: all of it, or what a mask leaves.</summary>
/// <param name="Name">what it is called in the results</param>
/// <param name="Loaded">the model</param>
public sealed record AskedModel(string Name, LoadedModel Loaded)
{
    /// <summary>one number per part in play, 0 for ablated; null for all of the model</summary>
    public float[]? Mask { get; init; }

    /// <summary>what stands in for ablated parts; null without a mask</summary>
    public Ablation? Ablation { get; init; }

    /// <summary>What it gives on the examples of a set, [example number] row by row.</summary>
    /// <param name="set">the set</param>
    /// <param name="advance">told how many examples are done</param>
    /// <param name="stop">ends the work</param>
    public float[] Numbers(EvaluationSet set, Action<int>? advance, CancellationToken stop)
    {
        Answers answers = new(set.Examples, problem: set.Problem);
        return Mask is null ? answers.Scores(Loaded.Model, advance, stop)
            : answers.Scores(Loaded.Model, [Mask], Ablation, advance, stop)[0];
    }
}
