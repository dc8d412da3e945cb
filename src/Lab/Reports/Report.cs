using System.Security.Cryptography;
using System.Text;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Reports.Paper;
using Heartwood.Lab.Reports.Sections;

namespace Heartwood.Lab.Reports;

/// <summary>The report of a run: one HTML file that needs no network and no other file.</summary>
public static class Report
{
    /// <summary>The whole page, to be written as UTF-8. The same result gives the same bytes.</summary>
    /// <param name="result">what a run found</param>
    public static string Html(RunResult result)
    {
        Findings study = new(result);
        string style = Resource("report.css"), script = Resource("report.js");
        IReadOnlyList<Figure> figures = FiguresOf(study);
        Markup page = $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <meta name="generator" content="Heartwood {result.Manifest.Version}">
            <title>{result.Title}: Heartwood report</title>
            <style>{Markup.Trusted(style)}</style>
            </head>
            <body>
            <a class="skip" href="#finding">To the finding</a>
            <header>
            <div class="bar"><span class="brand">{Rings(study)} Heartwood report</span><button type="button" id="theme" hidden>Theme: system</button></div>
            <h1>{result.Title}</h1>
            <p class="subject">{Making.Size(result.Model)}</p>
            </header>
            <main>
            <section id="finding" class="finding" aria-labelledby="finding-h">
            <h2 id="finding-h">{Finding.Headline(study)}</h2>
            {Finding.Sentences(study).Select<string, Markup>(s => $"<p>{s}</p>\n")}
            </section>
            <nav aria-label="Figures"><ol>{figures.Select<Figure, Markup>(f => $"<li><a href=\"#{f.Id}\">{f.Title}</a></li>")}<li class="last"><a href="#making">How it was made</a></li></ol></nav>
            {figures.Select((f, i) => f.Html(i + 1))}
            {Making.Draw(result)}
            </main>
            <footer><p>Made by Heartwood {result.Manifest.Version}. This file holds everything it shows and asks the network for nothing.</p></footer>
            <div id="tip" role="tooltip" hidden></div><div id="say" class="hidden" aria-live="polite"></div>
            <script>{Markup.Trusted(script)}</script>
            </body>
            </html>

            """;
        return page.ToString();
    }

    /// <summary>The titles of the figures, which ask in a paper's run, and the sentences that read them.</summary>
    public static IReadOnlyList<(string Title, string Reading)> Answers(RunResult result) => [.. FiguresOf(new(result)).Select(f => (f.Title, f.Reading))];

    static IReadOnlyList<Figure> FiguresOf(Findings study) => study.Result.Paper is { } paper ? PaperPage.Figures(study, paper) : [.. ((Figure?[])[
        Domains.Draw(study), TaskFigures.Draw(study), Losses.Draw(study), Cases.OfSubnetworks(study), Groups.Draw(study), Frequencies.Draw(study), Overlaps.Draw(study),
        Sections.KnockOuts.Draw(study), Cases.OfKnockOuts(study), SingleParts.Draw(study), Cuts.Draw(study)]).OfType<Figure>()];

    /// <summary>The model as a trunk: one ring per layer, the first innermost, each as dark as the share of its parts that the subnetworks keep.</summary>
    static Markup Rings(Findings study)
    {
        var kept = study.Result.Frequencies.FirstOrDefault(f => f.Subnetworks > 0);
        double[] shares = [.. Enumerable.Range(0, study.Result.Model.Layers).Select(l =>
            kept?.Kept.Where(k => k.Key.StartsWith($"L{l}.", StringComparison.Ordinal)).Select(k => (double)k.Value / kept.Subnetworks).DefaultIfEmpty(0).Average() ?? 0.5)];
        double step = 15.0 / Math.Max(1, shares.Length);
        Markup Ring(double share, int layer) =>
            $"<circle class=\"ring\" cx=\"18\" cy=\"18\" r=\"{(layer + 0.5) * step}\" stroke-width=\"{0.7 * step}\" stroke-opacity=\"{0.12 + 0.88 * share}\"/>";
        return $"""
            <svg class="rings" viewBox="0 0 36 36" width="36" height="36" aria-hidden="true"><circle class="bark" cx="18" cy="18" r="16.5"/>{shares.Select(Ring)}</svg>
            """;
    }

    static string Hash(string text) => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    static string Resource(string name)
    {
        string full = $"{typeof(Report).Namespace}.{name}";
        using Stream stream = typeof(Report).Assembly.GetManifestResourceStream(full) ?? throw new InvalidOperationException($"The program holds no resource '{full}'; build it again.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
