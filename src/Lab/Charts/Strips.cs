namespace Heartwood.Lab.Charts;

/// <summary>One row of a strip chart.</summary>
/// <param name="Label">its name, at the left (above it where names are long)</param>
/// <param name="Marks">what is drawn on it, the most important last</param>
/// <param name="Note">small words under the name</param>
/// <param name="Band">a bar under the marks: a range, an interval of chance</param>
/// <param name="Right">words at the right end</param>
public sealed record Strip(
    string Label, IReadOnlyList<Mark> Marks, string Note = "", (double Low, double High)? Band = null, string Right = "")
{
    /// <summary>A row that only parts the others.</summary>
    public static Strip Heading(string words) => new(words, []) { IsHeading = true };

    /// <summary>Whether the row only parts the others.</summary>
    public bool IsHeading { get; private init; }
}

/// <summary>A chart of rows that share one horizontal axis.</summary>
public static class Strips
{
    const double LetterWidth = 5.6, Top = 8;
    const int LongestBeside = 24, LongestAbove = 50;

    /// <summary>Draws rows.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="heading">the words above</param>
    /// <param name="title">for those who do not see it</param>
    /// <param name="description">what is to be seen</param>
    /// <param name="rows">the rows, top to bottom; what is not a number is not drawn</param>
    /// <param name="values">the axis; where it is drawn is decided here</param>
    /// <param name="axis">what it measures</param>
    /// <param name="percent">whether it is a share</param>
    /// <param name="lanes">whether every mark has a line of its own in its row (with room for its interval), or marks only step aside for
    /// each other</param>
    /// <param name="reference">values at which a line is drawn through all rows, each with its class</param>
    public static Markup Draw(
        string id, string heading, string title, string description, IReadOnlyList<Strip> rows, Scale values, string axis, bool percent,
        bool lanes = false, IReadOnlyList<(double Value, string Class)>? reference = null)
    {
        rows = [.. rows.Select(OnlyNumbers)];
        int longest = rows.Where(r => !r.IsHeading).Select(r => Math.Max(r.Label.Length, r.Note.Length * 9 / 10)).DefaultIfEmpty(0).Max();
        bool above = longest > LongestBeside;
        double right = Chart.Width - Math.Max(17, 6 + LetterWidth * rows.Select(r => r.Right.Length).DefaultIfEmpty(0).Max());
        var x = values with { From = above ? 17 : 8 + LetterWidth * longest + 8, To = right };
        int most = rows.Select(r => r.Marks.Count).Append(1).Max();
        double lane = Math.Clamp(23.0 / most, 2.4, 5), y = Top;
        Markup drawn = $"";
        foreach (var row in rows)
        {
            double words = above && !row.IsHeading ? row.Note == "" ? 13 : 25 : 0;
            double marks = row.IsHeading ? 22 : Math.Max(row.Note == "" || above ? 19 : 31, lanes ? lane * row.Marks.Count + 7 : 19);
            drawn.AppendFormatted(row.IsHeading
                ? Chart.Text(row.Label, 2, y + 15, "part")
                : Row(row, x, y + words, marks, above, lanes ? lane : 0));
            y += words + marks;
        }
        return Chart.Panel(id, heading, title, description, Chart.Width, y + 38, $"""
            {Chart.Below(x, Top, y + 4, axis, percent)}
            {(reference ?? []).Where(r => x.Holds(r.Value)).Select(r => Chart.Line(r.Class, x.At(r.Value), Top, x.At(r.Value), y + 4))}
            {drawn}
            """);
    }

    static Strip OnlyNumbers(Strip row) => row with
    {
        Marks = [.. row.Marks.Where(m => double.IsFinite(m.Value))],
        Band = row.Band is var (low, high) && double.IsFinite(low + high) ? row.Band : null,
    };

    static Markup Row(Strip row, Scale x, double top, double height, bool above, double lane)
    {
        double middle = top + height / 2;
        var offsets = lane > 0 ? [.. row.Marks.Select((_, i) => (i - (row.Marks.Count - 1) / 2.0) * lane)] : Aside(row.Marks, x, height);
        double label = above ? top - (row.Note == "" ? 1 : 13) : middle + (row.Note == "" ? 3.8 : -2.5);
        Markup Drawn(Mark mark, int i)
        {
            double y = middle + offsets[i];
            return Chart.Draw(mark, x.At(mark.Value), y, Radius(mark, lane), Whisker(mark, x, y));
        }
        return $"""
            <g class="row">{Chart.Line("rule", above ? 2 : x.From, middle, x.To, middle)}
            {(row.Band is var (low, high) ? Bar(x.At(low), x.At(high), top + 3, height - 6) : Markup.Empty)}
            {Chart.Text(Short(row.Label), 2, label, "label")}
            {(row.Note == "" ? Markup.Empty : Chart.Text(row.Note, 2, above ? top - 1 : middle + 10, "note"))}
            {(row.Right == "" ? Markup.Empty : Chart.Text(row.Right, Chart.Width - 2, middle + 3.8, "value", "end"))}
            {row.Marks.Select(Drawn)}</g>

            """;
    }

    static Markup Bar(double from, double to, double top, double height) =>
        $"<rect class=\"band\" x=\"{from}\" y=\"{top}\" width=\"{Math.Max(1, to - from)}\" height=\"{height}\"/>";

    /// <summary>A name that fits; the tip says the whole of it.</summary>
    static string Short(string name) => name.Length <= LongestAbove ? name : $"{name[..(LongestAbove - 1)]}…";

    static double Radius(Mark mark, double lane) => lane > 0 ? Math.Clamp(lane / 2 + 0.3, 1.8, 3.4) : mark.Class == "random" ? 2.8 : 3.4;

    static Markup Whisker(Mark mark, Scale x, double y) =>
        mark.Interval is var (low, high) && double.IsFinite(low + high) ? Chart.Line("whisker", x.At(low), y, x.At(high), y) : Markup.Empty;

    /// <summary>How far each mark steps up or down so that it hides no other, as far as the row has room.</summary>
    static double[] Aside(IReadOnlyList<Mark> marks, Scale x, double height)
    {
        const double step = 4.4;
        int room = Math.Max(0, (int)((height / 2 - 3) / step));
        double[] offsets = new double[marks.Count];
        List<(double X, int Lane)> placed = [];
        IEnumerable<int> order = Enumerable.Range(0, marks.Count)
            .OrderBy(i => marks[i].Class is "sub" or "random" ? 1 : 0).ThenBy(i => marks[i].Value);
        foreach (int i in order)
        {
            double at = x.At(marks[i].Value);
            int lane = Enumerable.Range(0, 2 * room + 1).Select(k => (k + 1) / 2 * (k % 2 == 0 ? 1 : -1))
                .OrderBy(l => placed.Count(p => p.Lane == l && Math.Abs(p.X - at) < 6.2)).ThenBy(Math.Abs).First();
            placed.Add((at, lane));
            offsets[i] = lane * step;
        }
        return offsets;
    }
}
