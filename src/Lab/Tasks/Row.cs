namespace Heartwood.Lab.Tasks;

/// <summary>One example as text, before any tokenizer: a labelled sentence or pair, a minimal pair, a prompt, a document.</summary>
/// <param name="Text">the only sentence, or the first of the pair; the good sentence; the prompt; the document</param>
/// <param name="Pair">the second sentence, the bad one, the corrupted prompt; null where there is none</param>
/// <param name="Label">the label's name as the task writes it; a prompt's answers, with "|" between</param>
/// <param name="Case">the finest named slice of the data set, one label each where accuracy is to be read per label (a HANS subcase), ""
/// where there is none</param>
/// <param name="Group">a wider slice that holds every label, over which balanced accuracy and AUC make sense (a HANS heuristic, a
/// construction), "" where there is none</param>
/// <param name="Wrong">a prompt's wrong answers, with "|" between</param>
public sealed record Row(string Text, string? Pair, string Label, string Case = "", string Group = "", string Wrong = "")
{
    /// <summary>
    /// Another text in place of <see cref="Text"/>, of which the ablation interchange takes values; null where the data names no column of
    /// them.
    /// </summary>
    public string? Other { get; init; }

    /// <summary>Where it stands; no place for rows that are made.</summary>
    public RowPlace Place { get; init; }
}

/// <summary>Where a row stands in a file, for messages. All places are equal, so that rows are compared by what they say.</summary>
/// <param name="file">the file</param>
/// <param name="number">the line or the row, from 1; 0 for what says the columns' names and is no row</param>
/// <param name="unit">what is counted: "line", "row"</param>
public readonly struct RowPlace(string file, int number, string unit) : IEquatable<RowPlace>
{
    /// <summary>"train.tsv, line 7"; "" for no place.</summary>
    public override string ToString() => file is null ? "" : number == 0 ? file : $"{file}, {unit} {number}";

    /// <summary>The line or the row alone: "line 7"; "" for no place.</summary>
    public string InFile => file is null ? "" : $"{unit} {number}";

    /// <inheritdoc/>
    public bool Equals(RowPlace other) => true;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RowPlace;

    /// <inheritdoc/>
    public override int GetHashCode() => 0;

    /// <summary>Always.</summary>
    public static bool operator ==(RowPlace left, RowPlace right) => left.Equals(right);

    /// <summary>Never.</summary>
    public static bool operator !=(RowPlace left, RowPlace right) => !left.Equals(right);
}
