using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Evaluation;

/// <summary>What a candidate is.</summary>
public enum CandidateKind
{
    /// <summary>the full model</summary>
    Full,

    /// <summary>a subnetwork that was found, as the cut model that it is</summary>
    Subnetwork,

    /// <summary>random parts of the same make: as many of each kind as a subnetwork has</summary>
    Random,

    /// <summary>what one would have without a subnetwork: a baseline that needs no model, the same architecture from scratch</summary>
    Baseline,

    /// <summary>a cut that was trained for a short while</summary>
    Healed,

    /// <summary>a model whose weights are stored in fewer bits</summary>
    Quantized,
}

/// <summary>What a candidate reaches on the sets of one role, pooled row by row.</summary>
/// <param name="Measure">what is measured: "accuracy" where an example is right or wrong, else the name of the task's figure:
/// "perplexity", "Pearson"</param>
/// <param name="Value">its value; an accuracy is a fraction, 0 to 1</param>
/// <param name="N">on how many examples</param>
/// <param name="Low">lower end of the 95 % interval; null where there is none</param>
/// <param name="High">upper end; null where there is none</param>
public sealed record CandidateFigure(string Measure, double Value, int N, double? Low, double? High)
{
    /// <summary>What a share that is right is called.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>A share as a figure; null where nothing was measured.</summary>
    public static CandidateFigure? From(Proportion? share) =>
        share is null or { N: 0 } || double.IsNaN(share.Value) ? null : new(Accuracy, share.Value, share.N, share.Low, share.High);

    /// <summary>A task's own figure; null where nothing was measured.</summary>
    public static CandidateFigure? From(string measure, Quantity? figure)
    {
        static double? Known(double end) => double.IsNaN(end) ? null : end;
        return figure is null || double.IsNaN(figure.Value) ? null
            : new(measure, figure.Value, figure.N, Known(figure.Low), Known(figure.High));
    }
}

/// <summary>One answer to "which model should I ship?": what it reaches, what it costs, and where it is.</summary>
/// <param name="Name">its name: of a subnetwork its file's, without ending</param>
/// <param name="Kind">what it is</param>
/// <param name="InDomain">what it reaches in-domain; null where that was not measured</param>
/// <param name="OutOfDomain">the same out of domain</param>
/// <param name="Unseen">the same on constructions that never occur in training</param>
/// <param name="Weights">how many weights it has; null of what has none</param>
/// <param name="Bytes">bytes that its weights take as they are stored, or would be; null of what has none</param>
/// <param name="SecondsPer1000Tokens">measured time, of a healed cut that of the cut, whose shapes it has; null where it was not
/// timed</param>
/// <param name="File">the written model, else the mask; null where there is neither</param>
/// <param name="Chosen">whether it is the one that was written</param>
/// <param name="Reason">why it was chosen, in a sentence; null of the others</param>
/// <param name="From">the name of the candidate that this one began as; null where there is none</param>
public sealed record Candidate(
    string Name, CandidateKind Kind, CandidateFigure? InDomain, CandidateFigure? OutOfDomain, CandidateFigure? Unseen, long? Weights,
    long? Bytes, double? SecondsPer1000Tokens, string? File, bool Chosen, string? Reason, string? From);
