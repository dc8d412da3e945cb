using System.Globalization;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Charts;

/// <summary>The table of a figure: sortable and downloadable in the page, in full precision; shares as fractions, 0 to 1.</summary>
/// <param name="Name">the downloaded file's name, without ending</param>
/// <param name="Caption">what the rows are</param>
/// <param name="Columns">the columns' names</param>
/// <param name="Rows">one cell per column: text, a whole number, a double or null</param>
public sealed record Table(string Name, string Caption, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows)
{
    const int Long = 1000;

    /// <summary>The four columns of a proportion.</summary>
    public static string[] ColumnsOf(string name) => [name, $"{name} n", $"{name} low", $"{name} high"];

    /// <summary>The four cells of a proportion, empty where there is none.</summary>
    public static object?[] CellsOf(Proportion? p) => p is null ? [null, null, null, null] : [p.Value, p.N, p.Low, p.High];

    /// <summary>The table in a box that opens.</summary>
    public Markup Html => $"""
        <details class="data">
        <summary>Table: {Caption} <span class="count">({Wording.Count(Rows.Count, "row")})</span></summary>
        <div class="tools"><button type="button" class="csv" data-table="table-{Name}">Download {Name}.csv</button></div>
        <div class="scroll" tabindex="0" role="region" aria-label="Table: {Caption}">
        <table id="table-{Name}" data-name="{Name}"><caption class="hidden">{Caption}</caption>
        <thead><tr>{Headings}</tr></thead>
        <tbody>{HtmlRows}</tbody></table>{(AsLines ? Lines : Markup.Empty)}</div></details>
        """;

    IEnumerable<Markup> Headings =>
        Columns.Select<string, Markup>(c => $"<th scope=\"col\" aria-sort=\"none\"><button type=\"button\">{c}</button></th>");

    IEnumerable<Markup> HtmlRows =>
        AsLines ? [] : Rows.Select<IReadOnlyList<object?>, Markup>(r => $"<tr>{r.Select(Cell)}</tr>\n");

    /// <summary>
    /// Whether the rows stand as lines of text, of which the page makes rows when somebody wants them: a long table's markup would weigh
    /// four times as much as its cells.
    /// </summary>
    bool AsLines => Rows.Count > Long && !Rows.Any(r => r.Any(c => c is string text && text.AsSpan().ContainsAny('\t', '\n')));

    /// <summary>
    /// One line a row, cells parted by tabs, and of each column a letter for what it holds: t text, n whole numbers, r real ones.
    /// </summary>
    Markup Lines
    {
        get
        {
            string kinds = string.Concat(Columns.Select((_, c) => KindOf(c)));
            string lines = string.Join('\n', Rows.Select(r => string.Join('\t', r.Select(Exact))));
            return $"<pre class=\"lines\" data-kinds=\"{kinds}\">{lines}</pre>";
        }
    }

    char KindOf(int column)
    {
        IEnumerable<object> cells = Rows.Select(r => Plain(r[column])).OfType<object>();
        return cells.All(c => c is double) ? 'r' : cells.All(c => c is int or long or ulong) ? 'n' : 't';
    }

    // a sparsity is a number, a size in another unit is text
    static object? Plain(object? value) => value is not Target size ? value : size.IsSparsity ? size.Value : size.ToString();

    static string Exact(object? value) => Plain(value) switch
    {
        null or double.NaN => "",
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    static Markup Cell(object? value) => Plain(value) switch
    {
        null or double.NaN => $"<td></td>",
        double d => $"<td class=\"n\" data-v=\"{Exact(d)}\">{Short(d)}</td>",
        int or long or ulong => $"<td class=\"n\">{Exact(value)}</td>",
        _ => $"<td>{Exact(value)}</td>",
    };

    // the page's script says numbers of lines in the same way
    static string Short(double d) => d != 0 && Math.Abs(d) < 5e-4 ? Wording.Small(d) : Wording.Number(d, "0.0000");
}
