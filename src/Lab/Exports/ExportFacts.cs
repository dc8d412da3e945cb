namespace Heartwood.Lab.Exports;

/// <summary>A model that was written for other programs.</summary>
/// <param name="File">the file or folder</param>
/// <param name="Format">the export's name</param>
/// <param name="LoadedBy">the program that loaded it, with its version; null where none did</param>
/// <param name="LargestDifference">of its scores from Heartwood's; null where they were not compared</param>
/// <param name="Rows">how many rows were compared, each alone and in a padded batch, or gone on with</param>
/// <param name="Seconds">that program's time for all rows in padded batches, or for all tokens that follow; null where it was not
/// taken</param>
/// <param name="FullSeconds">of a run's cut or healed cut, the same of the full model (as exactly as the format writes it), taken in
/// turn; of a close export of another model, of the exact one; null of others</param>
/// <param name="Note">where it was to be checked and was not, why, and how to get what is missing; null otherwise</param>
public sealed record ExportFacts(
    string File, string Format, string? LoadedBy, double? LargestDifference, int Rows, double? Seconds, double? FullSeconds, string? Note)
{
    /// <summary>
    /// Of a language model that went on with prompts there, how many of its first greedy tokens are those that generate says, the fewest of
    /// all prompts; null where none went on.
    /// </summary>
    public int? SameTokens { get; init; }

    /// <summary>
    /// Of an export that is a close function only, in which share of the rows, alone and in padded batches, the highest score is the same.
    /// </summary>
    public double? SameAnswers { get; init; }

    /// <summary>What <see cref="FullSeconds"/> is of, in words; null where there is none.</summary>
    public string? Beside { get; init; }

    /// <summary>How many tokens followed each prompt.</summary>
    public int? Tokens { get; init; }

    /// <summary>How other programs load it, or why they do not; null where nothing is to be said of it.</summary>
    public string? HowLoaded { get; init; }

    /// <summary>The folder of the model that was written.</summary>
    public string Model { get; init; } = "";
}
