using System.Security.Cryptography;
using System.Text;

namespace Heartwood.Lab.Charts;

/// <summary>One page of any run: one HTML file that needs no network and no other file.</summary>
/// <param name="Title">the headline: what the run was about</param>
/// <param name="Subject">the line under it, for example the model's size</param>
/// <param name="Finding">what came out, in one line</param>
/// <param name="Sentences">the same in some sentences</param>
/// <param name="Figures">the figures, in order</param>
/// <param name="Making">the section on how it was made, with the anchor "making"</param>
/// <param name="Version">version of Heartwood</param>
public sealed record Page(
    string Title, string Subject, string Finding, IReadOnlyList<string> Sentences, IReadOnlyList<Figure> Figures, Markup Making,
        string Version)
{
    /// <summary>How dark each ring of the emblem is, 0 to 1, the innermost first: a trunk with one ring per layer.</summary>
    public IReadOnlyList<double> Rings { get; init; } = [];

    /// <summary>What failed or was left out, in sentences: it stands before all else.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What stands before the sentences: the answer at a glance.</summary>
    public Markup First { get; init; } = Markup.Empty;

    /// <summary>The whole page, to be written as UTF-8. The same page gives the same bytes.</summary>
    public string Html()
    {
        string style = Resource("page.css"), script = Resource("page.js");
        Markup policy =
            $"default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; base-uri 'none'; form-action 'none'";
        Markup theme = $"<button type=\"button\" id=\"theme\" hidden>Theme: system</button>";
        IEnumerable<Markup> links = Figures.Select<Figure, Markup>(f => $"<li><a href=\"#{f.Id}\">{f.Title}</a></li>");
        Markup page = $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <meta name="generator" content="Heartwood {Version}">
            <title>{Title}: Heartwood report</title>
            <style>{Markup.Trusted(style)}</style>
            </head>
            <body>
            <a class="skip" href="#finding">To the finding</a>
            <header>
            <div class="bar"><span class="brand">{Emblem()} Heartwood report</span>{theme}</div>
            <h1>{Title}</h1>
            <p class="subject">{Subject}</p>
            </header>
            <main>
            <section id="finding" class="finding" aria-labelledby="finding-h">
            <h2 id="finding-h">{Finding}</h2>
            {Warnings.Select<string, Markup>(s => $"<p class=\"warning\">{s}</p>\n")}{First}
            <div class="said">{Sentences.Select<string, Markup>(s => $"<p>{s}</p>\n")}</div>
            </section>
            <nav aria-label="Figures"><ol>{links}<li class="last"><a href="#making">How it was made</a></li></ol></nav>
            {Figures.Select((f, i) => f.Html(i + 1))}
            {Making}
            </main>
            <footer><p>Made by Heartwood {Version}. This file holds everything it shows and asks the network for nothing.</p></footer>
            <div id="tip" role="tooltip" hidden></div><div id="say" class="hidden" aria-live="polite"></div>
            <script>{Markup.Trusted(script)}</script>
            </body>
            </html>

            """;
        return page.ToString();
    }

    Markup Emblem()
    {
        double step = 15.0 / Math.Max(1, Rings.Count);
        Markup Ring(double share, int layer)
        {
            double radius = (layer + 0.5) * step, width = 0.7 * step, opacity = 0.12 + 0.88 * share;
            return $"<circle class=\"ring\" cx=\"18\" cy=\"18\" r=\"{radius}\" stroke-width=\"{width}\" stroke-opacity=\"{opacity}\"/>";
        }
        Markup bark = $"<circle class=\"bark\" cx=\"18\" cy=\"18\" r=\"16.5\"/>";
        return $"""
            <svg class="rings" viewBox="0 0 36 36" width="36" height="36" aria-hidden="true">{bark}{Rings.Select(Ring)}</svg>
            """;
    }

    static string Hash(string text) => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    static string Resource(string name)
    {
        string full = $"{typeof(Page).Namespace}.{name}";
        using Stream stream = typeof(Page).Assembly.GetManifestResourceStream(full)
            ?? throw new InvalidOperationException($"The program holds no resource '{full}'; build it again.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
