namespace Heartwood.Lab.Tasks.Tables;

/// <summary>What becomes of a file's labels.</summary>
public enum LabelUse
{
    /// <summary>every row has one: to learn on, to measure on</summary>
    Needed,

    /// <summary>read where they are there: a row without one, or without an agreed one, has the label ""</summary>
    Optional,

    /// <summary>not looked at: every row has the label ""</summary>
    Ignored,
}

/// <summary>How a file is read.</summary>
/// <param name="Labels">what becomes of its labels</param>
/// <param name="ByLines">whether a text file of which nothing else is said has a text on every line, and is not one text</param>
public sealed record RowReading(LabelUse Labels = LabelUse.Needed, bool ByLines = false)
{
    /// <summary>As data to learn on and to measure on is read.</summary>
    public static RowReading Usual { get; } = new();
}
