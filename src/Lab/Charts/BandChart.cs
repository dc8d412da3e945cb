using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Charts;

/// <summary>One point of a line, with the band over seeds that it is the mean of.</summary>
/// <param name="X">where along</param>
/// <param name="Y">mean, smallest and largest</param>
/// <param name="Tip">what it says when pointed at</param>
/// <param name="Upright">an interval drawn as an upright line; null for none</param>
public sealed record BandPoint(double X, Band Y, string Tip, (double Low, double High)? Upright = null);

/// <summary>A line with its band.</summary>
/// <param name="Class">its colour's class</param>
/// <param name="Shape">its marks' shape</param>
/// <param name="Points">its points, left to right</param>
public sealed record BandLine(string Class, Shape Shape, IReadOnlyList<BandPoint> Points);

/// <summary>Figures along an axis as lines, each with the range over its seeds.</summary>
public static class BandChart
{
    const double Left = 44, Right = 332, Top = 26, Bottom = 232, Height = 272;

    /// <summary>An axis up for these values, which never leaves <paramref name="floor"/> to <paramref name="ceiling"/>.</summary>
    public static Scale Up(IEnumerable<double> values, double ceiling, double floor = 0) =>
        Scale.Around(values, Bottom, Top, ceiling, floor);

    /// <summary>An axis along from one value to another.</summary>
    public static Scale Along(double low, double high) => new(low, high > low ? high : low + 1, Left + 4, Right);

    /// <summary>Draws lines.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="heading">the words above</param>
    /// <param name="title">for those who do not see it</param>
    /// <param name="description">what is to be seen</param>
    /// <param name="lines">the lines, the most important last</param>
    /// <param name="x">the axis along, from <see cref="Along"/></param>
    /// <param name="ticks">the words under it, each with its place</param>
    /// <param name="y">the axis up, from <see cref="Up"/></param>
    /// <param name="labels">what the axes measure</param>
    /// <param name="percent">whether the axis up is a share</param>
    /// <param name="levels">values up at which a line is drawn through, each with its class</param>
    public static Markup Draw(
        string id, string heading, string title, string description, IReadOnlyList<BandLine> lines, Scale x,
        IReadOnlyList<(double At, string Words)> ticks, Scale y,
        (string X, string Y) labels, bool percent, IReadOnlyList<(double Value, string Class)>? levels = null)
    {
        Markup Tick((double At, string Words) tick)
        {
            double at = x.At(tick.At);
            return $"{Chart.Line("grid", at, Top, at, Bottom)}{Chart.Text(tick.Words, at, Bottom + 13, "tick", "middle")}";
        }
        return Chart.Panel(id, heading, title, description, Chart.Width, Height, $"""
            {Chart.Beside(y, Left, Right, labels.Y, percent)}
            <g aria-hidden="true">{Shown(ticks, x).Select(Tick)}
            {Chart.Text(labels.X, (Left + Right) / 2, Bottom + 28, "axis", "middle")}</g>
            {(levels ?? []).Where(l => y.Holds(l.Value)).Select(l => Chart.Line(l.Class, Left, y.At(l.Value), Right, y.At(l.Value)))}
            {lines.Where(l => l.Points.Count > 0).Select(l => Ground(l, x, y))}
            {lines.SelectMany(l => l.Points.Select(p => Drawn(l, p, x, y)))}
            """);
    }

    static Markup Drawn(BandLine line, BandPoint point, Scale x, Scale y)
    {
        double at = x.At(point.X);
        Markup? whisker = point.Upright is { } u ? Chart.Line("whisker", at, y.At(u.Low), at, y.At(u.High)) : null;
        return Chart.Draw(new(point.Y.Mean, line.Class, line.Shape, point.Tip), at, y.At(point.Y.Mean), 3.1, whisker);
    }

    static Markup Ground(BandLine line, Scale x, Scale y)
    {
        IEnumerable<Markup> Path(IEnumerable<(double X, double Y)> points) =>
            points.Select<(double X, double Y), Markup>(p => $"{x.At(p.X)},{y.At(p.Y)} ");
        var there = line.Points;
        (double X, double Y)[] round = [.. there.Select(p => (p.X, p.Y.High)), .. there.Reverse().Select(p => (p.X, p.Y.Low))];
        return $"""
            <g class="{line.Class}" aria-hidden="true"><polygon class="range" points="{Path(round)}"/>
            <polyline class="path" points="{Path(there.Select(p => (p.X, p.Y.Mean)))}"/></g>

            """;
    }

    // words that would touch the ones before them are left out
    static IEnumerable<(double At, string Words)> Shown(IReadOnlyList<(double At, string Words)> ticks, Scale x)
    {
        double free = double.NegativeInfinity;
        foreach (var tick in ticks)
        {
            double half = 2.9 * tick.Words.Length;
            if (x.At(tick.At) - half < free || x.At(tick.At) + half > Chart.Width) continue;
            free = x.At(tick.At) + half + 5;
            yield return tick;
        }
    }
}
