namespace Heartwood.Lab.Tasks.Tables;

/// <summary>Which columns of a file are what: by name, or by number from 1 where the file has no header.</summary>
/// <param name="Text">the only sentence, or the first of the pair</param>
/// <param name="Pair">the second sentence, null where there is none</param>
/// <param name="Label">the label</param>
/// <param name="Case">the case, null where there is none</param>
/// <param name="Group">the group of cases, null where there is none</param>
public sealed record Columns(string? Text = null, string? Pair = null, string? Label = null, string? Case = null, string? Group = null);

/// <summary>How a published data set is laid out.</summary>
/// <param name="Name">what <c>preset=</c> calls it</param>
/// <param name="Columns">which columns are what</param>
/// <param name="Header">whether the first line names the columns</param>
/// <param name="Skip">labels whose rows are left out and counted: "-" stands for no agreement in MNLI and SNLI</param>
/// <param name="SkipShort">whether rows with too few columns are left out and counted, as published loaders of QQP do: some of its questions are torn in two</param>
public sealed record Preset(string Name, Columns Columns, bool Header = true, IReadOnlyList<string>? Skip = null, bool SkipShort = false)
{
    /// <summary>All presets: GLUE as published (Wang et al. 2019), HANS (McCoy et al. 2019), PAWS (Zhang et al. 2019) and plain layouts of the same data.</summary>
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("hans", new("sentence1", "sentence2", "gold_label", "subcase", "heuristic")),
        new("mnli", new("sentence1", "sentence2", "gold_label"), Skip: ["-"]),
        new("nli", new("premise", "hypothesis", "label"), Skip: ["-"]),
        new("qqp", new("question1", "question2", "is_duplicate"), SkipShort: true),
        new("qnli", new("question", "sentence", "label")),
        new("rte", new("sentence1", "sentence2", "label")),
        new("paws", new("sentence1", "sentence2", "label")),
        new("mrpc", new("#1 String", "#2 String", "Quality")),
        new("sst2", new("sentence", Label: "label")),
        new("sst2-plain", new("1", Label: "2"), Header: false),
        new("cola", new("4", Label: "2"), Header: false),
    ];

    /// <summary>The preset of this name.</summary>
    /// <exception cref="FormatException">there is none; the message lists them</exception>
    public static Preset Named(string name) => All.FirstOrDefault(preset => preset.Name == name)
        ?? throw new FormatException($"There is no preset '{name}'. There are: {string.Join(", ", All.Select(preset => preset.Name))}. Nearest: '{Nearest.Of(name, All.Select(preset => preset.Name))}'.");

    /// <summary>
    /// The preset that a file's first line shows: the one with the most columns among those whose columns are all there (a layout of single sentences only where there are no others, which could be the pair);
    /// a layout without header by what its cells hold. Null where none fits.
    /// </summary>
    /// <param name="first">the cells of the first line</param>
    public static Preset? Detect(IReadOnlyList<string?> first) => first switch
    {
        [_, "0" or "1"] => Named("sst2-plain"),
        [_, "0" or "1", "" or "*", _] => Named("cola"),
        _ => All.Where(preset => preset.Header && preset.Names.All(first.Contains) && (preset.Columns.Pair is not null || first.Count == preset.Names.Count())).MaxBy(preset => preset.Names.Count()),
    };

    IEnumerable<string> Names => new[] { Columns.Text, Columns.Pair, Columns.Label, Columns.Case, Columns.Group }.OfType<string>();
}
