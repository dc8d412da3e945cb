namespace Heartwood.Lab.Charts;

/// <summary>One square of a map.</summary>
/// <param name="Strength">how strongly it is filled, −1 to 1; below zero in the opposite colour</param>
/// <param name="Words">what is written in it, at most three letters</param>
/// <param name="Tip">what it says when pointed at</param>
/// <param name="Ringed">whether it is outlined</param>
public sealed record Cell(double Strength, string Words, string Tip, bool Ringed);

/// <summary>One row of a map of rows and columns.</summary>
/// <param name="Label">its name, at the left</param>
/// <param name="Cells">one square per column; null for none</param>
/// <param name="Parted">whether a gap parts it from the row above</param>
public sealed record HeatRow(string Label, IReadOnlyList<Cell?> Cells, bool Parted = false);

/// <summary>A map of rows and columns.</summary>
public static class HeatMap
{
    const double LetterWidth = 6, Gap = 6, Top = 22, Words = 18, AxisWidth = 5.4, Wide = 720;
    const int LongestLabel = 44;

    /// <summary>Draws a map.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="heading">the words above</param>
    /// <param name="title">for those who do not see it</param>
    /// <param name="description">what is to be seen</param>
    /// <param name="rows">the rows, top to bottom</param>
    /// <param name="columns">the columns' names, "" for none; a name that would touch the one before it is left out</param>
    /// <param name="parted">the columns (from 0) before which there is a gap</param>
    /// <param name="axis">what the columns are</param>
    /// <param name="least">the least width of a column, where all names must be seen</param>
    public static Markup Draw(
        string id, string heading, string title, string description, IReadOnlyList<HeatRow> rows, IReadOnlyList<string> columns,
        IReadOnlyCollection<int> parted, string axis, double least = 0)
    {
        double left = 8 + LetterWidth * rows.Select(r => Math.Min(LongestLabel, r.Label.Length)).DefaultIfEmpty(0).Max();
        bool written = rows.Any(r => r.Cells.Any(c => c is { Words: not "" }));
        // next to long names a panel's width leaves no room
        double room = left > Chart.Width / 2 ? Wide : Chart.Width;
        double gap = columns.Count > 40 ? 2 : Gap;
        double height = written ? 22 : 15;
        double share = (room - left - 4 - gap * parted.Count) / Math.Max(1, columns.Count);
        double width = Math.Clamp(share, Math.Max(least, written ? Words + 4 : 6), Math.Max(least, 34));
        double[] x = new double[columns.Count + 1];
        x[0] = left;
        for (int c = 0; c < columns.Count; c++)
        {
            if (parted.Contains(c)) x[c] += gap;
            x[c + 1] = x[c] + width;
        }
        Markup drawn = $"";
        double y = Top, free = 0;
        foreach (HeatRow row in rows)
        {
            y += row.Parted ? Gap : 0;
            string label = row.Label.Length <= LongestLabel ? row.Label : $"{row.Label[..(LongestLabel - 1)]}…";
            drawn.AppendFormatted(Chart.Text(label, left - 5, y + height / 2 + 3.8, "label", "end"));
            for (int c = 0; c < row.Cells.Count; c++)
                if (row.Cells[c] is { } cell) drawn.AppendFormatted(Draw(cell, x[c], y, width, height));
            y += height;
        }
        IEnumerable<Markup> Names()
        {
            for (int c = 0; c < columns.Count; c++)
            {
                double half = columns[c].Length * LetterWidth / 2, middle = Math.Max(half + 1, x[c] + width / 2);
                if (columns[c] == "" || middle - half < free) continue;
                free = middle + half + 3;
                yield return Chart.Text(columns[c], middle, Top - 7, "tick", "middle");
            }
        }
        double right = Math.Max(x[^1], columns.Count == 0 ? 0 : x[^2] + width / 2 + columns[^1].Length * LetterWidth / 2) + 4;
        return Chart.Panel(id, heading, title, description, Math.Max(Chart.Width, Math.Max(right, AxisWidth * axis.Length)), y + 22, $"""
            <g aria-hidden="true">{Names()}{Chart.Text(axis, 2, y + 15, "axis")}</g>
            {drawn}
            """);
    }

    /// <summary>One square.</summary>
    public static Markup Draw(Cell cell, double x, double y, double width, double height)
    {
        double strength = Math.Clamp(Math.Abs(cell.Strength), 0, 1), air = width < 12 ? 0.5 : 1;
        string kind = (cell.Strength < 0 ? " gain" : "")
            + (strength > 0.75 ? " strong" : strength == 0 ? " faint" : "")
            + (cell.Ringed ? " ringed" : "");
        Markup place = $"x=\"{x + air}\" y=\"{y + air}\" width=\"{width - 2 * air}\" height=\"{height - 2 * air}\" rx=\"{2 * air}\"";
        Markup heat = $"<rect class=\"heat\" fill-opacity=\"{strength}\" {place}/>";
        string size = Math.Min(width, height) < 22 ? "small" : "";
        Markup words = cell.Words == ""
            ? Markup.Empty : Chart.Text(cell.Words, x + width / 2, y + height / 2 + 3.6, size, "middle");
        return $"""
            <g class="mark cell{kind}"><title>{cell.Tip}</title><rect class="ground" {place}/>{heat}
            {words}</g>

            """;
    }
}
