namespace Heartwood.Lab.Evaluation;

/// <summary>The cut model.</summary>
/// <param name="Seed">seed of the subnetwork that was cut</param>
/// <param name="Sparsity">its sparsity</param>
/// <param name="Folder">where it was written, relative to the run folder</param>
/// <param name="ParametersBefore">weights of the full model</param>
/// <param name="ParametersAfter">weights of the cut model</param>
/// <param name="LargestDifference">largest difference of a logit between cut and masked model</param>
/// <param name="FullSizeDifference">the same between the model of full size that computes the same and the masked model; NaN, written as
/// null, where there is none</param>
/// <param name="Compared">on how many examples these were measured</param>
/// <param name="SecondsPer1000TokensBefore">full model, median of several passes</param>
/// <param name="SecondsPer1000TokensAfter">cut model, in turn with the other</param>
/// <param name="SpeedUp">before / after</param>
/// <param name="NoFullSize">why no model of full size was written; null where one was</param>
public sealed record CutFacts(
    ulong Seed, double Sparsity, string Folder, long ParametersBefore, long ParametersAfter,
    double LargestDifference, double FullSizeDifference, int Compared,
    double SecondsPer1000TokensBefore, double SecondsPer1000TokensAfter, double SpeedUp, string? NoFullSize = null)
{
    /// <summary>Which of the run's subnetworks it is, and why this one; null for a subnetwork from elsewhere.</summary>
    public ChoiceFacts? Choice { get; init; }
}
