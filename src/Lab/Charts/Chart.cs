using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Charts;

/// <summary>The shapes of marks: told apart without colour.</summary>
public enum Shape
{
    /// <summary>a filled disc</summary>
    Disc,

    /// <summary>an open ring</summary>
    Ring,

    /// <summary>a filled diamond</summary>
    Diamond,

    /// <summary>a filled square</summary>
    Square,

    /// <summary>a cross</summary>
    Cross,
}

/// <summary>One thing drawn at one value.</summary>
/// <param name="Value">where</param>
/// <param name="Class">its colour's class: full, sub, core, random, base</param>
/// <param name="Shape">its shape</param>
/// <param name="Tip">what it says when pointed at, one line per fact</param>
/// <param name="Interval">its 95 % interval, where it is drawn</param>
public sealed record Mark(double Value, string Class, Shape Shape, string Tip, (double Low, double High)? Interval = null)
{
    /// <summary>A share as a mark, with its interval.</summary>
    public static Mark Share(Proportion p, string kind, Shape shape, string tip) => new(p.Value, kind, shape, tip, (p.Low, p.High));
}

/// <summary>
/// The small pieces that every chart is made of. Coordinates are SVG units; a panel is <see cref="Width"/> of them wide and reads well at
/// that many pixels.
/// </summary>
public static class Chart
{
    /// <summary>A panel's width, chosen to fit a phone.</summary>
    public const double Width = 350;

    /// <summary>A chart with its title and text alternative, in a box that can be focused and that scrolls when it must.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="heading">the words above it, "" for none</param>
    /// <param name="title">what it shows, for those who do not see it</param>
    /// <param name="description">what is to be seen</param>
    /// <param name="width">in SVG units; wider than a panel makes it scroll on a phone</param>
    /// <param name="height">in SVG units</param>
    /// <param name="content">the drawing</param>
    public static Markup Panel(
        string id, string heading, string title, string description, double width, double height, Markup content)
    {
        string wide = width > Width ? " wide" : "";
        Markup box = $"viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\"";
        return $"""
            <div class="panel">{(heading == "" ? Markup.Empty : Markup.From($"<h3>{heading}</h3>"))}
            <div class="plot" tabindex="0" role="group" aria-label="{title}. Arrow keys walk through the marks.">
            <svg id="{id}" class="chart{wide}" {box} role="img" aria-labelledby="{id}-t {id}-d">
            <title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>
            {content}</svg></div></div>

            """;
    }

    /// <summary>A mark with its words, drawn at a point.</summary>
    public static Markup Draw(Mark mark, double x, double y, double radius = 3.6, Markup? whisker = null) =>
        $"<g class=\"mark {mark.Class}\"><title>{mark.Tip}</title>{whisker ?? Markup.Empty}{Symbol(mark.Shape, x, y, radius)}</g>\n";

    /// <summary>A shape alone.</summary>
    public static Markup Symbol(Shape shape, double x, double y, double r) => shape switch
    {
        Shape.Disc => $"<circle class=\"fill\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>",
        Shape.Ring => $"<circle class=\"open\" cx=\"{x}\" cy=\"{y}\" r=\"{r - 0.4}\"/>",
        Shape.Square => $"<rect class=\"fill\" x=\"{x - 0.9 * r}\" y=\"{y - 0.9 * r}\" width=\"{1.8 * r}\" height=\"{1.8 * r}\"/>",
        Shape.Diamond => $"<path class=\"fill\" d=\"M{x} {y - 1.45 * r}L{x + 1.45 * r} {y}L{x} {y + 1.45 * r}L{x - 1.45 * r} {y}Z\"/>",
        _ => $"<path class=\"open\" d=\"M{x - r} {y - r}L{x + r} {y + r}M{x - r} {y + r}L{x + r} {y - r}\"/>",
    };

    /// <summary>A line.</summary>
    public static Markup Line(string kind, double x1, double y1, double x2, double y2) =>
        $"<line class=\"{kind}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>";

    /// <summary>Words. Anchors: start, middle, end.</summary>
    public static Markup Text(string words, double x, double y, string kind = "", string anchor = "start") =>
        $"<text class=\"{kind}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>";

    /// <summary>Grid lines up and the words of a horizontal axis under them.</summary>
    /// <param name="x">the axis</param>
    /// <param name="top">where grid lines end</param>
    /// <param name="bottom">where the axis lies</param>
    /// <param name="label">what it measures</param>
    /// <param name="percent">whether ticks are shares</param>
    public static Markup Below(Scale x, double top, double bottom, string label, bool percent)
    {
        string pattern = x.Pattern(5, percent);
        Markup Ticked(double value)
        {
            double at = x.At(value);
            return $"{Line("grid", at, top, at, bottom)}{Text(Tick(value, pattern, percent), at, bottom + 13, "tick", "middle")}";
        }
        return $"""
            <g aria-hidden="true">{x.Ticks(5).Select(Ticked)}
            {Text(label, (x.From + x.To) / 2, bottom + 28, "axis", "middle")}</g>
            """;
    }

    /// <summary>
    /// Grid lines across and the words of a vertical axis next to them; its label stands above it, to be read without turning the head.
    /// </summary>
    public static Markup Beside(Scale y, double left, double right, string label, bool percent)
    {
        string pattern = y.Pattern(5, percent);
        Markup Ticked(double value)
        {
            double at = y.At(value);
            return $"{Line("grid", left, at, right, at)}{Text(Tick(value, pattern, percent), left - 6, at + 3.5, "tick", "end")}";
        }
        return $"""
            <g aria-hidden="true">{y.Ticks(5).Select(Ticked)}
            {Text(label, 2, y.To - 10, "axis")}</g>
            """;
    }

    /// <summary>An entry of the key under a figure: a symbol and its meaning.</summary>
    public static Markup Key(Shape shape, string kind, string meaning)
    {
        Markup symbol = $"<g class=\"mark-key {kind}\">{Symbol(shape, 7, 7, 4)}</g>";
        Markup box = $"<svg viewBox=\"0 0 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\">{symbol}</svg>";
        return $"<span class=\"key\">{box} {meaning}</span> ";
    }

    /// <summary>The key's entry of a bar under the marks.</summary>
    public static Markup BandKey(string meaning) => $"<span class=\"key\"><span class=\"swatch\"></span> {meaning}</span> ";

    static string Tick(double value, string pattern, bool percent) =>
        percent ? $"{Wording.Number(100 * value, pattern)}%" : Wording.Number(value, pattern);
}
