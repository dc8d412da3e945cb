namespace Heartwood.Lab.Charts;

/// <summary>Bars from zero, each with its figure written at its end.</summary>
public static class Bars
{
    /// <summary>Draws bars.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="heading">the words above</param>
    /// <param name="title">for those who do not see it</param>
    /// <param name="description">what is to be seen</param>
    /// <param name="bars">each with its name, its length, its class and the words at its end</param>
    public static Markup Draw(
        string id, string heading, string title, string description,
        IReadOnlyList<(string Name, double Value, string Class, string Words)> bars)
    {
        const double left = 74, rowHeight = 34;
        double longest = bars.Max(b => b.Value), right = Chart.Width - 10;
        Scale x = new(0, longest > 0 ? longest : 1, left, right - 6 * bars.Max(b => b.Words.Length));
        double height = 10 + rowHeight * bars.Count;
        Markup Bar((string Name, double Value, string Class, string Words) bar, int i)
        {
            double top = 8 + i * rowHeight, end = x.At(bar.Value);
            Markup fill =
                $"<rect class=\"fill\" x=\"{left}\" y=\"{top}\" width=\"{Math.Max(1, end - left)}\" height=\"22\" rx=\"1.5\"/>";
            return $"""
                <g class="mark bar {bar.Class}"><title>{bar.Name}: {bar.Words}</title>{fill}</g>
                {Chart.Text(bar.Name, left - 8, top + 15, "label", "end")}{Chart.Text(bar.Words, end + 6, top + 15, "value")}
                """;
        }
        return Chart.Panel(id, heading, title, description, Chart.Width, height, $"""
            {bars.Select(Bar)}
            {Chart.Line("zero", left, 2, left, height - 2)}
            """);
    }
}
