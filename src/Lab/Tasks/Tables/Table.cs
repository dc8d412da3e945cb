namespace Heartwood.Lab.Tasks.Tables;

/// <summary>Rows read from a file.</summary>
/// <param name="Rows">the rows that were asked for, in the order of the file</param>
/// <param name="Source">the file</param>
/// <param name="Sha256">hash of the whole file's bytes as they were read, lower-case hexadecimal</param>
/// <param name="Skipped">rows that the preset leaves out: without an agreed label, or torn</param>
/// <param name="Problem">what the rows ask</param>
public sealed record Table(IReadOnlyList<Row> Rows, string Source, string Sha256, int Skipped, IProblem Problem)
{
    /// <summary>
    /// What a reader should know of the file and its rows: its encoding where it is not UTF-8, how many rows are left out and why, what
    /// labels are taken for.
    /// </summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The labels of all rows of the file, renamed, whichever rows were asked for.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>How many rows of the file have a label, whichever were asked for.</summary>
    public int LabelledRows { get; init; }

    /// <summary>The name of the labels' column; "" where the rows have none.</summary>
    public string LabelColumn { get; init; } = "";

    /// <summary>Whether it was a pipe (or another stream of the process), which nobody can read again.</summary>
    public bool ReadOnce { get; init; }

    /// <summary>Reads the rows that <paramref name="spec"/> asks for.</summary>
    /// <param name="spec">file, columns and choice of rows</param>
    /// <param name="labels">the labels that may occur after renaming; null for any</param>
    /// <param name="reading">what becomes of labels, and what a text file is; null for <see cref="RowReading.Usual"/></param>
    /// <exception cref="TableException">the file cannot be read, or anything is wrong with it; the message names file, line and what to
    /// do</exception>
    public static Table Read(DataSpec spec, IReadOnlyCollection<string>? labels = null, RowReading? reading = null)
    {
        DataFile file = DataFile.Read(spec.File);
        List<string> notes = [.. file.Notes];
        TableReader reader = new(spec, labels, reading);
        (IReadOnlyList<Row> rows, int skipped, TaskKind task) = reader.Read(file, notes.Add);
        if (task != TaskKind.Text && (spec.Window ?? spec.Stride) is not null)
            throw new TableException($"{spec.File}: window= and stride= are of running text, and its rows ask for "
                + $"{task.ToString().ToLowerInvariant()}. Leave them out, or write task=text.");
        return new(rows, spec.File, file.Sha256, skipped, task switch
        {
            TaskKind.Labels => Classification.Instance,
            TaskKind.Scores => Regression.Instance,
            TaskKind.Pairs => new MinimalPairs(),
            TaskKind.Prompts => new Prompts(),
            _ => new LanguageModelling(spec.Window ?? 0, spec.Stride ?? 0, spec.Rows ?? 0),
        })
        {
            Notes = [.. notes, .. reader.Notes],
            Labels = reader.Labels,
            LabelledRows = reader.LabelledRows,
            LabelColumn = reader.LabelName,
            ReadOnce = file.ReadOnce,
        };
    }

    /// <summary>Reads the file's hash again.</summary>
    /// <exception cref="TableException">the file is not what it was when the rows were read, or cannot be read</exception>
    public void RefuseChanged()
    {
        if (ReadOnce) return;                                    // a pipe was read to its end, and what came out is kept
        if (DataFile.HashOf(Source) is var now && now != Sha256)
            throw new TableException($"{Source}: expected the file as it was when it was read (SHA-256 {Sha256[..12]}…), found another "
                + $"(SHA-256 {now[..12]}…): it changed during the run. Put the old file back, or start a new run.");
    }
}
