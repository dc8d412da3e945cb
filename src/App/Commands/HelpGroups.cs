using System.Text.RegularExpressions;

namespace Heartwood.App.Commands;

/// <summary>The options of a verb under headings, in the order in which one thinks of them.</summary>
static partial class HelpGroups
{
    const string Rest = "Fine points";

    /// <summary>The headings, each with its options; what is named nowhere stands under the last one.</summary>
    public static IReadOnlyList<(string Heading, IReadOnlyList<string> Options)> All { get; } =
    [
        ("Model and data",
        [
            "--model", "--from", "--text", "--pair", "--prompt", "--data", "--in-domain", "--out-of-domain", "--unseen", "--label-map",
            "--set", "--tokenizer", "--vocabulary", "--labels", "--no-labels", "--checkpoints",
            "--choose-on",
        ]),
        ("Parts and search",
        [
            "--mask", "--subnetwork", "--without", "--method", "--objective", "--parts", "--uniform", "--sparsity", "--target",
            "--time-table", "--seeds", "--ablation",
            "--max-examples", "--all", "--change", "--nodes", "--absolute",
        ]),
        ("Training",
        [
            "--family", "--fresh", "--layers", "--heads", "--width", "--neurons", "--positions", "--loss", "--teacher", "--epochs",
            "--steps", "--learning-rate", "--batch-tokens", "--warmup", "--final-rate", "--weight-decay", "--dropout",
        ]),
        ("Healing", ["--heal", "--heal-loss", "--scratch", "--sampled"]),
        ("Quantizing", ["--scheme"]),
        ("Measuring", ["--measure", "--random", "--draws", "--ask", "--evaluate-every", "--grid-sparsity", "--grid-seeds", "--tolerance",
            "--top", "--tokens", "--temperature", "--texts", "--length"]),
        ("Output", ["--out", "--title", "--json", "--examples", "--to", "--export", "--check", "--dry-run"]),
        (Rest, []),
    ];

    /// <summary>The lines of a help with its options under headings.</summary>
    /// <param name="lines">the help as the library lays it out, one line for each option</param>
    public static IReadOnlyList<string> Arrange(IReadOnlyList<string> lines)
    {
        int start = lines.ToList().FindIndex(line => line == "Options:"), end = start + 1;
        if (start < 0) return lines;
        while (end < lines.Count && lines[end].StartsWith("  -", StringComparison.Ordinal)) end++;
        string[] options = [.. lines.Skip(start + 1).Take(end - start - 1)];
        List<string> arranged = [.. lines.Take(start)];
        foreach (var (heading, known) in All)
        {
            string[] here = [.. options.Where(line => HeadingFor(line) == heading).OrderBy(line => PlaceIn(known, line))];
            if (here.Length == 0) continue;
            arranged.AddRange([$"{heading}:", .. here, ""]);
        }
        if (arranged[^1] == "" && (end == lines.Count || lines[end] == "")) arranged.RemoveAt(arranged.Count - 1);
        return [.. arranged, .. lines.Skip(end)];
    }

    static string HeadingFor(string line) =>
        All.FirstOrDefault(group => NamesIn(line).Any(group.Options.Contains)) is { Heading: { } heading } ? heading : Rest;

    static int PlaceIn(IReadOnlyList<string> known, string line) =>
        NamesIn(line).Select(name => known.ToList().IndexOf(name)).Where(place => place >= 0).DefaultIfEmpty(int.MaxValue).Min();

    // the names stand before the description
    static IEnumerable<string> NamesIn(string line) => Name().Matches(Left().Match(line).Value).Select(m => m.Value);

    [GeneratedRegex(@"\A  .*?(?=  |$)")]
    private static partial Regex Left();

    [GeneratedRegex("--[a-z0-9-]+")]
    private static partial Regex Name();
}
