namespace Heartwood.Lab.Tasks.Tables;

/// <summary>What a file's rows ask.</summary>
public enum TaskKind
{
    /// <summary>labels of texts or pairs: <see cref="Classification"/></summary>
    Labels,

    /// <summary>scores of texts or pairs: <see cref="Regression"/></summary>
    Scores,

    /// <summary>which of two sentences is likelier: <see cref="MinimalPairs"/></summary>
    Pairs,

    /// <summary>which answer comes next: <see cref="Tasks.Prompts"/></summary>
    Prompts,

    /// <summary>running text: <see cref="LanguageModelling"/></summary>
    Text,
}

/// <summary>Which columns of a file are what: by name, or by number from 1 where the file has no header.</summary>
/// <param name="Text">the only sentence, or the first of the pair; the good one, the prompt, the document</param>
/// <param name="Pair">the second sentence, the bad one, the corrupted prompt; null where there is none</param>
/// <param name="Label">the label, or a prompt's answer</param>
/// <param name="Case">the case, null where there is none</param>
/// <param name="Group">the group of cases, null where there is none</param>
/// <param name="Wrong">a prompt's wrong answer</param>
public sealed record Columns(
    string? Text = null, string? Pair = null, string? Label = null, string? Case = null, string? Group = null, string? Wrong = null)
{
    /// <summary>Another text in place of the first, of which the ablation interchange takes values; null where there is none.</summary>
    public string? Other { get; init; }
}

/// <summary>How a published data set is laid out.</summary>
/// <param name="Name">what <c>preset=</c> calls it</param>
/// <param name="Columns">which columns are what</param>
/// <param name="Header">whether the first line names the columns</param>
/// <param name="Skip">labels whose rows are left out and counted: "-" stands for no agreement in MNLI and SNLI, −1 for the same (and for
/// labels that are not published) where the datasets library writes these and GLUE</param>
/// <param name="SkipShort">whether rows with too few columns are left out and counted, as published loaders of QQP do: some of its
/// questions are torn in two</param>
/// <param name="Task">what its rows ask</param>
/// <param name="Marks">further columns that it is known by</param>
/// <param name="OtherLabel">another name of its label's column, which the datasets library writes</param>
/// <param name="Derive">makes a row whole of what the file says only in its text; refuses with a <see cref="FormatException"/></param>
public sealed record Preset(
    string Name, Columns Columns, bool Header = true, IReadOnlyList<string>? Skip = null, bool SkipShort = false,
    TaskKind Task = TaskKind.Labels, IReadOnlyList<string>? Marks = null, string? OtherLabel = null, Func<Row, Row>? Derive = null)
{
    static readonly string[] disagreed = ["-", "-1", "-1.0"];


    /// <summary>
    /// All presets: GLUE as published (Wang et al. 2019), HANS (McCoy et al. 2019), PAWS (Zhang et al. 2019) and plain layouts of the same
    /// data; BLiMP (Warstadt et al. 2020), IOI and greater-than as EAP-IG publishes them, and plain layouts of such data.
    /// </summary>
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("hans", new("sentence1", "sentence2", "gold_label", "subcase", "heuristic")),
        new("mnli", new("sentence1", "sentence2", "gold_label"), Skip: disagreed),
        new("nli", new("premise", "hypothesis", "label"), Skip: disagreed),
        new("qqp", new("question1", "question2", "is_duplicate"), Skip: disagreed, SkipShort: true, OtherLabel: "label"),
        new("qnli", new("question", "sentence", "label"), Skip: disagreed),
        new("rte", new("sentence1", "sentence2", "label"), Skip: disagreed),
        new("paws", new("sentence1", "sentence2", "label")),
        new("mrpc", new("#1 String", "#2 String", "Quality"), Skip: disagreed),
        new("stsb", new("sentence1", "sentence2", "score"), Skip: disagreed, Task: TaskKind.Scores, OtherLabel: "label"),
        new("sst2", new("sentence", Label: "label"), Skip: disagreed),
        new("sst2-plain", new("1", Label: "2"), Header: false),
        new("cola", new("4", Label: "2"), Header: false),
        new("blimp", new("sentence_good", "sentence_bad", Case: "UID", Group: "linguistics_term"), Task: TaskKind.Pairs),
        new("pairs", new("good", "bad"), Task: TaskKind.Pairs),
        new("ioi", new("clean", "corrupted"), Task: TaskKind.Prompts, Marks: ["correct_idx", "incorrect_idx"],
            Derive: PromptRows.IndirectObject),
        new("greater-than", new("clean", "corrupted", "label"), Task: TaskKind.Prompts, Derive: PromptRows.GreaterThan),
        new("prompts", new("text", "corrupted", "answer", Wrong: "wrong"), Task: TaskKind.Prompts),
        new("text", new("text"), Task: TaskKind.Text),
    ];

    /// <summary>The preset of this name.</summary>
    /// <exception cref="FormatException">there is none; the message lists them</exception>
    public static Preset Named(string name) => All.FirstOrDefault(preset => preset.Name == name)
        ?? throw new FormatException(Nearest.Unknown("preset", name, All.Select(preset => preset.Name)));

    /// <summary>
    /// The preset that a file's first line shows: the one with the most columns among those whose columns are all there (a layout of single
    /// sentences only where there are no others, which could be the pair, but for idx, which numbers rows);
    /// a layout without header by what its cells hold. Null where none fits.
    /// </summary>
    /// <param name="first">the cells of the first line</param>
    public static Preset? Detect(IReadOnlyList<string?> first) => first switch
    {
        [_, "0" or "1"] => Named("sst2-plain"),
        [_, "0" or "1", "" or "*", _] => Named("cola"),
        _ => All.Where(preset => preset.Header && preset.Names.Concat(preset.Marks ?? [])
            .All(name => first.Contains(name) || first.Contains(preset.OtherOf(name)))
            && (preset.Columns.Pair is not null || first.Count(name => name != "idx") == preset.Names.Count()))
                .MaxBy(preset => preset.Names.Count()),
    };

    /// <summary>
    /// The layout with labels whose other columns are all that a first line has (and idx): a published test set without its labels, or the
    /// same laid out by hand. Null where none fits.
    /// </summary>
    /// <inheritdoc cref="Detect"/>
    public static Preset? DetectWithoutLabels(IReadOnlyList<string?> first) => All.FirstOrDefault(preset => preset.Header
        && preset.Task is TaskKind.Labels or TaskKind.Scores
        && preset.Names.Except([preset.Columns.Label]).ToHashSet().SetEquals(first.Where(name => name != "idx")));

    // the name that the datasets library has for a column; the same where it has no other
    string OtherOf(string name) => name == Columns.Label && OtherLabel is { } other ? other : name;

    /// <summary>The name of the label's column in a file with these columns.</summary>
    internal string? LabelIn(IReadOnlyList<string?> first) => Columns.Label is { } label && !first.Contains(label)
        && first.Contains(OtherOf(label)) ? OtherOf(label) : Columns.Label;

    IEnumerable<string> Names =>
        new[] { Columns.Text, Columns.Pair, Columns.Label, Columns.Case, Columns.Group, Columns.Wrong }.OfType<string>();
}
