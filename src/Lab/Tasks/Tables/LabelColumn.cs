using System.Globalization;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>
/// Judges a file's label column by all its rows, before any are chosen: whether it holds labels or scores, and what becomes of rows
/// whose annotators did not agree, which SNLI and MNLI mark with "-" and the datasets library, there and in GLUE, with −1.
/// </summary>
/// <param name="spec">what was asked of the file</param>
/// <param name="preset">its layout</param>
/// <param name="column">the column's name</param>
/// <param name="optional">whether a row without a label stays, with the label ""</param>
sealed class LabelColumn(DataSpec spec, Preset preset, string column, bool optional = false)
{
    const int MostClasses = 20;                                  // more different whole numbers are scores
    static readonly string[] marks = ["-", "-1", "-1.0"];

    readonly List<string> notes = [];
    readonly HashSet<string> seen = [];
    readonly Dictionary<string, int> leftOut = [];

    /// <summary>What a reader should know of the rows.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>The labels of all rows, renamed.</summary>
    public IReadOnlyList<string> Labels { get; private set; } = [];

    /// <summary>How many rows of the file have a label.</summary>
    public int Rows { get; private set; }

    /// <summary>How many rows are left out for their label.</summary>
    public int LeftOut => leftOut.Values.Sum();

    /// <summary>Whether rows with this label are none, by what the file's layout or <c>without=</c> says.</summary>
    public bool Leaves(string label) => spec.Without.Contains(label) || IsMark(label);

    bool IsMark(string label) => (preset.Skip?.Contains(label) ?? false) && !spec.Labels.Sources.Contains(label);

    /// <summary>The name that a label of the file becomes.</summary>
    public string Renamed(string label)
    {
        seen.Add(label);
        return spec.Labels[label];
    }

    /// <summary>Says what the rows ask, and takes those out that have no label.</summary>
    /// <param name="rows">all rows of the file; of those that <see cref="Leaves"/> names, the label is the file's own</param>
    /// <exception cref="TableException">a name that never occurs is renamed or left out, it is not clear what −1 means, or the column
    /// numbers the rows</exception>
    public TaskKind Settle(List<Row> rows)
    {
        RefuseUnknown("labels= renames", spec.Labels.Sources);
        RefuseUnknown("without= leaves out", spec.Without);
        int all = rows.Count;
        double[]? numbers = Numbers(rows.Select(r => r.Label).Where(label => label != "" && !marks.Contains(label)));
        bool scale = preset.Task == TaskKind.Scores
            || (spec.Task is null && numbers is not null && (Fractions(numbers) || numbers.Distinct().Count() > MostClasses));
        // among other negative ones
        bool minusIsScore = scale && ((spec.Task == TaskKind.Scores && preset.Skip is null) || (numbers?.Any(n => n < 0) ?? false));
        bool Out(Row row) => spec.Without.Contains(row.Label) || (IsMark(row.Label) && !(minusIsScore && row.Label != "-"));
        int unlabelled = optional ? Unlabel(rows, Out) : 0;
        foreach (Row row in rows.Where(Out)) leftOut[row.Label] = leftOut.GetValueOrDefault(row.Label) + 1;
        rows.RemoveAll(Out);
        Row[] with = optional ? [.. rows.Where(r => r.Label != "")] : [.. rows];
        (Labels, Rows) = ([.. with.Select(r => r.Label).Distinct()], with.Length);
        if (rows.Count == 0) throw Empty(all);
        RefuseUnclear(scale, minusIsScore);
        if (LeftOut > 0) notes.Add($"{spec.File}: {LeftOut:N0} of {all:N0} rows {(LeftOut == 1 ? "is" : "are")} left out, {Why()}.");
        if (unlabelled > 0)
            notes.Add($"{spec.File}: {unlabelled:N0} of {all:N0} rows {(unlabelled == 1 ? "has" : "have")} no label "
                + "that says what is right.");
        if (!scale) return TaskKind.Labels;
        if (preset.Task == TaskKind.Labels) Announce(with, [.. with.Select(r => Regression.Parse(r.Label)!.Value)]);
        return TaskKind.Scores;
    }

    // rows without a label, or without an agreed one, stay; what without= names goes
    int Unlabel(List<Row> rows, Func<Row, bool> isOut)
    {
        int count = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Label != "" && (!isOut(rows[i]) || spec.Without.Contains(rows[i].Label))) continue;
            rows[i] = rows[i] with { Label = "" };
            count++;
        }
        return count;
    }

    string Why() => leftOut.Keys.All(spec.Without.Contains) ? $"whose label is {Quoted(leftOut.Keys)} (without=)"
        : $"without an agreed label ({Quoted(leftOut.Keys)}). If that is a class, rename it: "
            + $",labels={leftOut.Keys.First(k => !spec.Without.Contains(k))}>NAME";

    void RefuseUnknown(string what, IEnumerable<string> names)
    {
        if (names.FirstOrDefault(label => !seen.Contains(label)) is not { } never) return;
        throw new TableException($"{spec.File}: {what} '{never}', which never occurs.{Nearest.DidYouMean(never, seen)} "
            + $"There are: {Shown(seen)}.");
    }

    TableException Empty(int all)
    {
        if (leftOut.Keys.All(spec.Without.Contains)) return new($"{spec.File}: without= leaves no row. There are: {Shown(seen)}.");
        string without = leftOut.Keys.Any(k => k != "-")
            ? $": the label of all {all} is {Quoted(leftOut.Keys)}, as in test files whose labels are not published" : "";
        return TableException.At(spec.File, 1, $"expected rows with labels after this line, found none ({LeftOut} without an agreed "
            + $"label{without}). Give the file that holds the data, for example the development set.");
    }

    // in layouts that are not known nobody says what -1 is; in those that are, a class 1 without a class 0 makes it look like one
    void RefuseUnclear(bool scale, bool minusIsScore)
    {
        string? mark = marks.FirstOrDefault(m => seen.Contains(m) && !spec.Labels.Sources.Contains(m) && !spec.Without.Contains(m));
        if (mark is null || (minusIsScore && mark != "-") || (mark == "-" && seen.Contains("+"))) return;
        bool known = IsMark(mark);
        if (known && (scale || mark == "-" || !Labels.Contains("1") || Labels.Contains("0"))) return;
        string found = known ? $"there is a label 1 and no 0, so that {mark} may be a class"
            : "it often marks rows without an agreed label, and may be a class";
        string scores = mark == "-" ? "" : " If the column holds scores: ,task=scores.";
        throw new TableException($"{spec.File}: the label '{mark}' in column '{column}' is not clear: {found}. To leave its rows out, "
            + $"add ,without={mark} to the file's name; if it is a class, give it a name: ,labels={mark}>NAME.{scores}");
    }

    void Announce(Row[] rows, double[] scores)
    {
        bool fractions = Fractions(scores);
        int different = scores.Distinct().Count();
        if (!fractions && different == rows.Length)
            throw new TableException($"{spec.File}: expected labels or scores in column '{column}', found another whole number in each "
                + $"of {different:N0} rows, as a column has that numbers them. Give the labels' column with label=COLUMN; if these are "
                + $"scores, add task=scores, if they are labels, task=labels.");
        notes.Add(string.Create(CultureInfo.InvariantCulture,
            $"{spec.File}: column '{column}' holds {different:N0} different numbers{(fractions ? " with decimals" : "")} ({scores.Min()} "
                + $"to {scores.Max()}), so they are read as scores, not as labels of classes (task=scores). If they are classes, add "
                + $"task=labels to the file's name."));
    }

    static bool Fractions(double[] numbers) => numbers.Any(n => n != Math.Floor(n));

    static double[]? Numbers(IEnumerable<string> labels)
    {
        double?[] read = [.. labels.Distinct().Select(Regression.Parse)];
        return read.Length > 0 && read.All(n => n is not null) ? [.. read.Select(n => n!.Value)] : null;
    }

    static string Quoted(IEnumerable<string> labels) => string.Join(", ", labels.Select(l => $"'{l}'"));

    static string Shown(IEnumerable<string> labels) => string.Join(", ", labels.Take(20).Select(l => l.Length > 60 ? l[..60] + "…" : l))
        + (labels.Count() > 20 ? $" and {labels.Count() - 20} more" : "");
}
