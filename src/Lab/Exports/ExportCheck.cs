using Heartwood.Lab.Models;

namespace Heartwood.Lab.Exports;

/// <summary>What an export is checked with.</summary>
/// <param name="Written">the folder or file that it wrote</param>
/// <param name="Model">the model that was written</param>
/// <param name="Rows">inputs that both are asked</param>
public sealed record ExportQuestion(string Written, IModel Model, IReadOnlyList<Sequence> Rows)
{
    /// <summary>Writes the same export of a model whose time is taken next to it, the full one of a cut; null for none.</summary>
    public Func<string>? Beside { get; init; }

    /// <summary>Threads of a run.</summary>
    public int Threads { get; init; } = 1;
}

/// <summary>What a program that is not ours made of an export.</summary>
/// <param name="LoadedBy">that program, with its version; null where it is not here</param>
/// <param name="LargestDifference">from Heartwood's scores, over all rows, alone and in padded batches; null where nothing was run</param>
/// <param name="Compared">how many numbers were compared</param>
/// <param name="Seconds">its time for all rows in padded batches, the median of several runs; null where it was not taken</param>
/// <param name="SecondsBeside">the same of the model next to it, taken in turn</param>
/// <param name="Note">where nothing was run, why, and how to get what is missing; null otherwise</param>
public sealed record ExportCheck(
    string? LoadedBy, double? LargestDifference, long Compared, double? Seconds, double? SecondsBeside, string? Note)
{
    /// <summary>The size of the largest of Heartwood's scores.</summary>
    public double LargestScore { get; init; }

    /// <summary>
    /// How far scores may differ, as a share of the largest (of 1, where it is smaller), where the export says that it is the same
    /// function; null where it is a close one.
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>
    /// Of a language model that went on with prompts, how many of its first greedy tokens are Heartwood's, the fewest of all prompts; null
    /// where it was asked otherwise.
    /// </summary>
    public int? SameTokens { get; init; }

    /// <summary>
    /// In which share of the rows, alone and in padded batches, the highest score is the same; null where that was not asked.
    /// </summary>
    public double? SameAnswers { get; init; }

    /// <summary>How many tokens followed each prompt.</summary>
    public int? Tokens { get; init; }

    /// <summary>How many prompts it went on with.</summary>
    public int? Prompts { get; init; }

    /// <summary>Whether scores differ by more than the export says.</summary>
    public bool Differs => Tolerance is { } share && LargestDifference is { } most && !(most <= share * Math.Max(1, LargestScore));

    /// <summary>Nothing was run.</summary>
    public static ExportCheck None(string why) => new(null, null, 0, null, null, why);
}
