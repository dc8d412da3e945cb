namespace Heartwood.Lab.Evaluation;

/// <summary>What changes made of one subnetwork, where they stand, and what was proved of them.</summary>
/// <param name="Seed">seed of the subnetwork</param>
/// <param name="Sparsity">its sparsity</param>
/// <param name="ParametersBefore">weights of the full model</param>
/// <param name="Changes">each change</param>
public sealed record ChangesFacts(ulong Seed, double Sparsity, long ParametersBefore, IReadOnlyList<ChangeFacts> Changes)
{
    /// <summary>Bytes of the full model's weights as they are stored.</summary>
    public long BytesBefore { get; init; }
}

/// <summary>One change.</summary>
/// <param name="Name">its name</param>
/// <param name="Claim">what it claims; "" where it was not made</param>
/// <param name="Exports">where the model was written, by the name of the export</param>
/// <param name="Parameters">weights of the new model; 0 where it was not made</param>
/// <param name="LargestDifference">largest difference of a logit from what was claimed; NaN where it was not made</param>
/// <param name="Compared">on how many examples that was measured</param>
/// <param name="Speed">
/// time of the full model and of the new one, of the first change and of those that change the number of weights; else null
/// </param>
/// <param name="WhyNot">why it was not made; null where it was</param>
public sealed record ChangeFacts(
    string Name, string Claim, IReadOnlyDictionary<string, string> Exports, long Parameters, double LargestDifference, int Compared,
    SpeedFacts? Speed, string? WhyNot = null)
{
    /// <summary>How most of its numbers are stored: "F32", "F16", "BF16", as in the file that the full model was read from.</summary>
    public string Dtype { get; init; } = "";

    /// <summary>Bytes of its weights as stored; 0 where it was not made.</summary>
    public long Bytes { get; init; }

    /// <summary>
    /// The largest difference before its weights were rounded to the dtypes that they are stored in; null where storing rounds nothing.
    /// </summary>
    public double? BeforeStoring { get; init; }

    /// <summary>How other programs load it, or why they do not; null where nothing is to be said of it.</summary>
    public string? HowLoaded { get; init; }

    /// <summary>
    /// Its own figures, of the model as it is stored, on every role's sets (cases and single sets left out); null where it was not timed.
    /// </summary>
    public Measured? Own { get; init; }
}

/// <summary>Two models, timed in turn on the same examples.</summary>
/// <param name="SecondsPer1000TokensBefore">the full model, median of several passes</param>
/// <param name="SecondsPer1000TokensAfter">the other</param>
public sealed record SpeedFacts(double SecondsPer1000TokensBefore, double SecondsPer1000TokensAfter)
{
    /// <summary>before / after</summary>
    public double SpeedUp => SecondsPer1000TokensBefore / SecondsPer1000TokensAfter;
}
