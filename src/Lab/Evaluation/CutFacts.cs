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
    /// <summary>How most of its numbers are stored: "F32", "F16", "BF16", as in the file that the full model was read from.</summary>
    public string Dtype { get; init; } = "";

    /// <summary>Bytes of the full model's weights as stored, and of the cut model's.</summary>
    public long BytesBefore { get; init; }

    /// <inheritdoc cref="BytesBefore"/>
    public long BytesAfter { get; init; }

    /// <summary>
    /// The largest difference before the weights were rounded to the dtypes that they are stored in; null where storing rounds nothing.
    /// </summary>
    public double? BeforeStoring { get; init; }

    /// <summary>How other programs load the cut model, or why they do not.</summary>
    public string? HowLoaded { get; init; }

    /// <summary>
    /// The cut model's own figures, of the weights as they are stored, on every role's sets; cases and single sets are left out.
    /// </summary>
    public Measured? Own { get; init; }

    /// <summary>Which of the run's subnetworks it is, and why this one; null for a subnetwork from elsewhere.</summary>
    public ChoiceFacts? Choice { get; init; }
}
