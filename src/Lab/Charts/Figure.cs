using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Charts;

/// <summary>Charts that are there to be opened: what differs less than what is shown.</summary>
/// <param name="Summary">what is in it</param>
/// <param name="Panels">its charts</param>
public sealed record Fold(string Summary, IReadOnlyList<Markup> Panels)
{
    /// <summary>How many rows of cases, groups or pairs are shown; the rest is folded.</summary>
    public const int Rows = 10;

    /// <summary>How many panels of the same kind stand side by side; the rest is folded.</summary>
    public const int Beside = 3;

    /// <summary>Those that differ most, the most different first, and the rest in their order; a rest of two is no rest.</summary>
    /// <param name="names">what to choose from</param>
    /// <param name="shares">what to compare of each: how far apart the intervals of two of them lie, so that few examples do not
    /// count as much as many</param>
    public static (IReadOnlyList<string> Shown, IReadOnlyList<string> Others) Differing(
        IReadOnlyList<string> names, Func<string, IEnumerable<Proportion?>> shares)
    {
        double Width(string name)
        {
            Proportion[] all = [.. shares(name).OfType<Proportion>().Where(p => p.N > 0 && !double.IsNaN(p.Value))];
            return all.Length == 0 ? double.NegativeInfinity : all.Max(p => p.Low) - all.Min(p => p.High);
        }
        int most = names.Count <= Rows + 2 ? names.Count : Rows;
        string[] shown = [.. names.OrderByDescending(Width).Take(most)];
        return (shown, [.. names.Where(name => !shown.Contains(name))]);
    }

    /// <summary>The box that opens.</summary>
    public Markup Html => $"""
        <details class="more">
        <summary>{Summary}</summary>
        <div class="panels {Figure.Layout(Panels.Count)}">{Panels}</div></details>

        """;
}

/// <summary>One section of the report: a figure with the sentence that reads it, how it is drawn, and its table.</summary>
/// <param name="Id">its anchor</param>
/// <param name="Title">its heading</param>
/// <param name="Reading">what it means and how uncertain that is</param>
/// <param name="Panels">its charts; none where nothing was measured</param>
/// <param name="Keys">what marks look like</param>
/// <param name="Note">how to read them</param>
/// <param name="Tables">the figures that it shows</param>
public sealed record Figure(string Id, string Title, string Reading, IReadOnlyList<Markup> Panels, IReadOnlyList<Markup> Keys, Markup Note,
    IReadOnlyList<Table> Tables)
{
    /// <summary>Whether the title asks and the reading, under the drawing, answers: a paper's order.</summary>
    public bool Answers { get; init; }

    /// <summary>What is there to be opened: closer looks, one box each.</summary>
    public IReadOnlyList<Markup> Closer { get; init; } = [];

    /// <summary>Charts that are there to be opened, one box each.</summary>
    public IReadOnlyList<Fold> Folded { get; init; } = [];

    // beyond so many letters words stand in two columns where nothing stands beside them
    const int LongWords = 260;

    /// <summary>How so many panels stand: alone, by two or by three.</summary>
    internal static string Layout(int panels) => panels == 1 ? "alone" : panels is 2 or 4 ? "by-two" : "by-three";

    // one or two charts have their words beside them
    string Place => Panels.Count is 1 or 2 ? $" beside {(Panels.Count == 1 ? "one" : "two")}" : "";

    /// <summary>The section.</summary>
    /// <param name="number">its number among the figures</param>
    public Markup Html(int number) => $"""
        <section class="figure{(Answers ? " answers" : "")}{Place}" id="{Id}" aria-labelledby="{Id}-h">
        <h2 id="{Id}-h"><span class="number">{number}</span> {Title}</h2>
        {(Answers ? Markup.Empty : Words)}{(Panels.Count == 0 ? Markup.Empty : Drawing)}{(Answers ? Words : Markup.Empty)}
        {Folded.Where(f => f.Panels.Count > 0).Select(f => f.Html)}{Closer}{Tables.Where(t => t.Rows.Count > 0).Select(t => t.Html)}
        </section>

        """;

    Markup Words => $"<p class=\"reading{(Reading.Length > LongWords ? " long" : "")}\">{Reading}</p>\n";

    Markup Drawing => $"""
        <figure>
        <div class="panels {Layout(Panels.Count)}">{Panels}</div>
        <figcaption>{(Keys.Count == 0 ? Markup.Empty : Markup.From($"<p class=\"keys\">{Keys}</p>"))}<p>{Note}</p></figcaption>
        </figure>
        """;
}
