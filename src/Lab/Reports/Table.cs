using System.Globalization;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Reports;

/// <summary>The table behind a figure: sortable and downloadable in the page, in full precision; shares as fractions, 0 to 1.</summary>
/// <param name="Name">the downloaded file's name, without ending</param>
/// <param name="Caption">what the rows are</param>
/// <param name="Columns">the columns' names</param>
/// <param name="Rows">one cell per column: text, a whole number, a double or null</param>
internal sealed record Table(string Name, string Caption, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows)
{
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
        <thead><tr>{Columns.Select<string, Markup>(c => $"<th scope=\"col\" aria-sort=\"none\"><button type=\"button\">{c}</button></th>")}</tr></thead>
        <tbody>{Rows.Select<IReadOnlyList<object?>, Markup>(r => $"<tr>{r.Select(Cell)}</tr>\n")}</tbody></table></div></details>
        """;

    static Markup Cell(object? value) => value switch
    {
        null or double.NaN => $"<td></td>",
        double d => $"<td class=\"n\" data-v=\"{d.ToString("R", CultureInfo.InvariantCulture)}\">{Short(d)}</td>",
        int or long or ulong => $"<td class=\"n\">{Convert.ToString(value, CultureInfo.InvariantCulture)}</td>",
        _ => $"<td>{value.ToString()}</td>",
    };

    static string Short(double d) => d != 0 && Math.Abs(d) < 5e-4 ? Wording.Small(d) : Wording.Number(d, "0.0000");
}
