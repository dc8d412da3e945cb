namespace Heartwood.Lab.Charts;

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

    /// <summary>The section.</summary>
    /// <param name="number">its number among the figures</param>
    public Markup Html(int number) => $"""
        <section class="figure{(Answers ? " answers" : "")}" id="{Id}" aria-labelledby="{Id}-h">
        <h2 id="{Id}-h"><span class="number">{number}</span> {Title}</h2>
        {(Answers ? Markup.Empty : Words)}{(Panels.Count == 0 ? Markup.Empty : Drawing)}{(Answers ? Words : Markup.Empty)}
        {Closer}{Tables.Where(t => t.Rows.Count > 0).Select(t => t.Html)}
        </section>

        """;

    Markup Words => $"<p class=\"reading\">{Reading}</p>\n";

    Markup Drawing => $"""
        <figure>
        <div class="panels {(Panels.Count % 3 == 0 ? "by-three" : Panels.Count == 1 ? "alone" : "by-two")}">{Panels}</div>
        <figcaption>{(Keys.Count == 0 ? Markup.Empty : Markup.From($"<p class=\"keys\">{Keys}</p>"))}<p>{Note}</p></figcaption>
        </figure>
        """;
}
