using Heartwood.Lab.Charts;
using Heartwood.Lab.Exports;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>Models that were written for other programs, on a terminal and on a page.</summary>
public static class ExportWords
{
    /// <summary>What is to be said of one, line by line.</summary>
    public static IEnumerable<string> Lines(ExportFacts made)
    {
        yield return $"{made.Format}: {made.File}";
        if (made.HowLoaded is { } how) yield return $"In other programs: {how}.";
        if (made.Note is { } note) yield return $"Not loaded by another program: {note}.";
        if (made.LoadedBy is null) yield break;
        yield return $"{made.LoadedBy} {Compared(made)}.";
        if (Time(made) is { } time) yield return $"Its time for {Timed(made)}: {time}.";
    }

    /// <summary>All of them as a table, for the first page; nothing where there is none.</summary>
    internal static Markup Section(IReadOnlyList<ExportFacts> exports)
    {
        if (exports.Count == 0) return Markup.Empty;
        static Markup Row(ExportFacts made)
        {
            Markup note = made.Note is { } why ? Markup.From($"<span class=\"interval\">not loaded: {why}</span>")
                : Markup.From($"{made.LoadedBy ?? "not loaded by another program"}");
            string compared = made.LoadedBy is null ? "" : Compared(made);
            string time = made.LoadedBy is not null && Time(made) is { } took ? took : "";
            return $"""
                <tr><th scope="row"><code>{made.File}</code></th><td><code>{made.Model}</code></td><td>{made.Format}</td><td>{note}</td>
                <td>{compared}</td><td>{time}</td></tr>

                """;
        }
        return $"""
            <div class="every"><div class="across" tabindex="0" role="region" aria-label="Files for other programs">
            <table class="candidates exports">
            <thead><tr><th scope="col">file</th><th scope="col">of the model</th><th scope="col">format</th>
            <th scope="col">loaded by</th><th scope="col">which</th><th scope="col">time there</th></tr></thead>
            <tbody>{exports.Select(Row)}</tbody></table></div></div>

            """;
    }

    static string Compared(ExportFacts made) => made.Tokens is { } tokens
        ? Invariant($"goes on with {made.Rows} prompts as generate does for {made.SameTokens} of {tokens} tokens at least, greedily; ")
            + Invariant($"scores within {made.LargestDifference:0.0e+0}")
        : Invariant($"gives Heartwood's scores within {made.LargestDifference:0.0e+0} ({made.Rows} rows, each alone and ")
            + "in a padded batch)" + (made.SameAnswers is { } same ? Invariant($"; the same answer in {100 * same:0.0} %") : "");

    static string Timed(ExportFacts made) =>
        made.Tokens is { } each ? Invariant($"these {made.Rows} times {each} tokens") : "the rows in padded batches";

    static string? Time(ExportFacts made) => made.Seconds is not { } seconds ? null : Invariant($"{seconds * 1000:0.0} ms")
        + (made.FullSeconds is { } full ? Invariant($", {seconds / full:0.00} of {made.Beside}'s {full * 1000:0.0} ms") : "");
}
