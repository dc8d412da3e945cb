using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Charts;

/// <summary>One thing drawn at two values.</summary>
/// <param name="X">along</param>
/// <param name="Y">up</param>
/// <param name="Mark">how it looks and what it says; its value and interval are Y's</param>
/// <param name="Label">words next to it, where there is room; "" for none</param>
/// <param name="XInterval">X's 95 % interval, where there is one</param>
public sealed record Point(double X, double Y, Mark Mark, string Label, (double Low, double High)? XInterval = null)
{
    /// <summary>Two shares against each other.</summary>
    public static Point Shares(Proportion x, Proportion y, string kind, Shape shape, string tip, string label) =>
        new(x.Value, y.Value, Mark.Share(y, kind, shape, tip), label, (x.Low, x.High));
}

/// <summary>A chart of one figure against another, with intervals both ways and words next to the marks.</summary>
public static class Scatter
{
    const double Left = 40, Right = 330, Top = 26, Bottom = 262, Height = 300, LetterWidth = 5.7;

    /// <summary>An axis along for these values.</summary>
    public static Scale Along(IEnumerable<double> values, double ceiling) => Scale.Around(values, Left, Right, ceiling);

    /// <summary>An axis up for these values.</summary>
    public static Scale Up(IEnumerable<double> values, double ceiling) => Scale.Around(values, Bottom, Top, ceiling);

    /// <summary>Draws the points.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="heading">the words above</param>
    /// <param name="title">for those who do not see it</param>
    /// <param name="description">what is to be seen</param>
    /// <param name="points">what is drawn, the most important last</param>
    /// <param name="x">the axis along, from <see cref="Along"/></param>
    /// <param name="y">the axis up, from <see cref="Up"/></param>
    /// <param name="labels">what the axes measure</param>
    /// <param name="shares">whether each axis is a share</param>
    /// <param name="chance">accuracy by guessing along and up, null for no such lines</param>
    /// <param name="equality">whether a line shows where both are equal</param>
    public static Markup Draw(
        string id, string heading, string title, string description, IReadOnlyList<Point> points, Scale x, Scale y,
        (string X, string Y) labels, (bool X, bool Y) shares, (double X, double Y)? chance = null, bool equality = false)
    {
        var words = Place(points, x, y);
        Markup across = chance is { Y: var level } && y.Holds(level)
            ? Chart.Line("chance", Left, y.At(level), Right, y.At(level)) : Markup.Empty;
        Markup upright = chance is { X: var place } && x.Holds(place)
            ? Chart.Line("chance", x.At(place), Top, x.At(place), Bottom) : Markup.Empty;
        return Chart.Panel(id, heading, title, description, Chart.Width, Height, $"""
            {Chart.Beside(y, Left, Right, labels.Y, shares.Y)}{Chart.Below(x, Top, Bottom, labels.X, shares.X)}
            {(equality ? Equality(x, y) : Markup.Empty)}{across}
            {upright}
            {points.Select(p => Chart.Draw(p.Mark, x.At(p.X), y.At(p.Y), 4, Cross(p, x, y)))}
            <g class="words" aria-hidden="true">{words}</g>
            """);
    }

    static Markup Cross(Point p, Scale x, Scale y)
    {
        double px = x.At(p.X), py = y.At(p.Y);
        Markup along = p.XInterval is var (a, b) ? Chart.Line("whisker", x.At(a), py, x.At(b), py) : Markup.Empty;
        Markup up = p.Mark.Interval is var (c, d) ? Chart.Line("whisker", px, y.At(c), px, y.At(d)) : Markup.Empty;
        return $"{along}{up}";
    }

    static Markup Equality(Scale x, Scale y)
    {
        double low = Math.Max(x.Low, y.Low), high = Math.Min(x.High, y.High);
        return low < high ? Chart.Line("equal", x.At(low), y.At(low), x.At(high), y.At(high)) : Markup.Empty;
    }

    /// <summary>
    /// Words go to the first free place around their mark, and are left out where none is free (the mark still says them).
    /// </summary>
    static List<Markup> Place(IReadOnlyList<Point> points, Scale x, Scale y)
    {
        List<(double X, double Y, double W, double H)> taken = [.. points.Select(p => (x.At(p.X) - 5, y.At(p.Y) - 5, 10.0, 10.0))];
        List<Markup> words = [];
        foreach (var p in points.Reverse().Where(p => p.Label != ""))
        {
            double px = x.At(p.X), py = y.At(p.Y), w = LetterWidth * p.Label.Length;
            (double X, double Y, double W, double H)[] places =
                [(px + 5, py - 14, w, 11), (px + 5, py + 3, w, 11), (px - 5 - w, py - 14, w, 11), (px - 5 - w, py + 3, w, 11),
                (px + 7, py - 6, w, 11), (px - 7 - w, py - 6, w, 11), (px - w / 2, py - 18, w, 11), (px - w / 2, py + 8, w, 11),
                (px + 9, py - 24, w, 11), (px + 9, py + 13, w, 11), (px - 9 - w, py - 24, w, 11), (px - 9 - w, py + 13, w, 11),
                (px + 18, py - 6, w, 11), (px - 18 - w, py - 6, w, 11)];
            int free = Array.FindIndex(places, b =>
                b.X >= Left && b.X + b.W <= Chart.Width && b.Y >= Top - 4 && b.Y + b.H <= Bottom + 2 && !taken.Exists(t => Meet(t, b)));
            if (free < 0) continue;
            taken.Add(places[free]);
            words.Add(Chart.Text(p.Label, places[free].X, places[free].Y + 9, $"label {p.Mark.Class}"));
        }
        return words;
    }

    static bool Meet((double X, double Y, double W, double H) a, (double X, double Y, double W, double H) b) =>
        a.X < b.X + b.W && b.X < a.X + a.W && a.Y < b.Y + b.H && b.Y < a.Y + a.H;
}
