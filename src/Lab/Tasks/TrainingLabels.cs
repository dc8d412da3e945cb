namespace Heartwood.Lab.Tasks;

/// <summary>The labels that a new classifier gets from its training data.</summary>
static class TrainingLabels
{
    const int Most = 100, Few = 20;

    /// <summary>The labels of the rows, sorted.</summary>
    /// <exception cref="InvalidDataException">there are so many that the column seems to hold something else: texts, or numbers of
    /// rows</exception>
    public static IReadOnlyList<string> Collect(IReadOnlyList<DataSource> training)
    {
        foreach (DataSource source in training)
        {
            bool stated = source.Spec is { } spec && Tasks.Tables.DataSpec.Parse(spec).Task is not null;
            int labels = source.Labels.Count, rows = source.LabelledRows;
            if (stated || source.Spec is null || (labels <= Most && (labels <= Few || 2 * labels <= rows))) continue;
            throw new InvalidDataException($"{source.Name}: column '{source.LabelColumn}' has {labels:N0} different labels "
                + $"({Shown(source)}), too many for classes in {rows:N0} rows. Give the labels' column with label=COLUMN; if they are "
                + $"scores, add task=scores to the file's name, if they are classes after all, task=labels.");
        }
        return [.. training.SelectMany(d => d.Rows).Select(r => r.Label).Distinct().Order(StringComparer.Ordinal)];
    }

    static string Shown(DataSource source) =>
        string.Join(", ", source.Labels.Take(3).Select(l => $"'{(l.Length > 40 ? l[..40] + "…" : l)}'")) + ", …";
}
