using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tokenizers;
using Heartwood.Tensors;

namespace Heartwood.Lab.Tasks;

/// <summary>
/// What is asked of a model: labels (<see cref="Classification"/>), scores (<see cref="Regression"/>), which of two sentences is likelier
/// (<see cref="MinimalPairs"/>), which answer comes next (<see cref="Prompts"/>), or running text (<see cref="LanguageModelling"/>,
/// <see cref="MaskedLanguageModelling"/>).
/// It says how rows become inputs and how a pass over them becomes a few numbers per example, from which everything else is counted.
/// </summary>
public interface IProblem
{
    /// <summary>How it is spoken of.</summary>
    TaskWords Words { get; }

    /// <summary>Which tokens the last layer computes.</summary>
    Tokens Tokens { get; }

    /// <summary>
    /// Whether it asks for tokens of the vocabulary. Distributions over it are too large to be kept: anyone who compares with another
    /// model runs both side by side.
    /// </summary>
    bool OfVocabulary { get; }

    /// <summary>Whether it asks for one number, which a model with one label gives.</summary>
    bool OfOneNumber => false;

    /// <summary>How many numbers <see cref="Read"/> gives for each example.</summary>
    int Numbers(IModel model);

    /// <summary>The same as it is asked of a model: running text is next tokens for a decoder and masked words for an encoder.</summary>
    IProblem For(IModel model) => this;

    /// <summary>An example as a step of training sees it; the same, where a task draws nothing by chance.</summary>
    /// <param name="example">the example</param>
    /// <param name="chance">random numbers of the step and of the example's place in it</param>
    Example AtStep(Example example, Chance chance) => example;

    /// <summary>Makes inputs of rows.</summary>
    /// <exception cref="InvalidDataException">a row cannot be asked of this model</exception>
    IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, InputRules rules);

    /// <summary>What masks are learned on: the same, or less where a part of it serves figures only.</summary>
    Example ToLearn(Example example) => example;

    /// <summary>The sequences of an example, in the order in which they stand in a batch.</summary>
    IReadOnlyList<Sequence> Inputs(Example example) => [example.Input];

    /// <summary>
    /// The own pair of each of an example's sequences, of which the ablation interchange takes values: two that are compared are one
    /// another's.
    /// </summary>
    IReadOnlyList<Sequence?> Pairs(Example example) => Inputs(example) is [var one, var other] ? [other, one] : [example.Pair];

    /// <summary>
    /// Rows of the stream after the last layer from which the vocabulary's scores are computed; null where a head scores labels.
    /// </summary>
    int[]? Places(Batch batch, IReadOnlyList<Example> examples);

    /// <summary>The token that is wanted at each of the <see cref="Places"/>; null where the task wants no single token.</summary>
    int[]? Targets(Batch batch, IReadOnlyList<Example> examples) => null;

    /// <summary>Reads the numbers of a batch's examples.</summary>
    /// <param name="pass">a model's pass</param>
    /// <param name="full">the full model's pass over the same batch, to compare with; without it such numbers are NaN</param>
    /// <param name="examples">the batch's examples</param>
    /// <param name="numbers">filled, [example number] row by row</param>
    void Read(Pass pass, Pass? full, IReadOnlyList<Example> examples, Span<float> numbers);

    /// <summary>Whether <see cref="Read"/> gives one of an example's numbers; what it does not give is NaN.</summary>
    /// <param name="example">the example</param>
    /// <param name="number">which of its numbers</param>
    /// <param name="compared">whether the full model ran too</param>
    bool Gives(Example example, int number, bool compared) => true;

    /// <summary>
    /// Scores, logarithms up to a constant, of the answers among which an example's label is the right one; none where there is no such
    /// choice.
    /// </summary>
    ReadOnlySpan<float> Choices(ReadOnlySpan<float> numbers);

    /// <summary>The task's own figures.</summary>
    IReadOnlyList<TaskFigure> Figures => [];
}

/// <summary>A pass of a model up to the residual stream after its last layer.</summary>
/// <param name="Model">the model</param>
/// <param name="Stream">[token width] of the tokens that the problem has computed</param>
/// <param name="Batch">its input</param>
/// <param name="Probe">sees what is still to come</param>
public readonly record struct Pass(IModel Model, Tensor Stream, Batch Batch, IProbe Probe)
{
    /// <summary>A whole pass.</summary>
    public static Pass Run(IModel model, Batch batch, IProbe probe, Tokens tokens) =>
        new(model, model.Stream(batch, probe, tokens), batch, probe);

    /// <summary>What passed the sites that were to be recorded.</summary>
    public IReadOnlyDictionary<Site, Tensor>? Seen { get; init; }

    /// <summary>A whole pass whose values at some sites are kept for reading.</summary>
    /// <param name="model">the model</param>
    /// <param name="batch">its input</param>
    /// <param name="probe">acts first</param>
    /// <param name="tokens">the tokens that the last layer computes</param>
    /// <param name="sites">the sites to record</param>
    public static Pass Recorded(IModel model, Batch batch, IProbe probe, Tokens tokens, IReadOnlyList<Site> sites)
    {
        if (sites.Count == 0) return Run(model, batch, probe, tokens);
        HashSet<Site> wanted = [.. sites];
        Recorder recorder = new(wanted.Contains, probe);
        return Run(model, batch, recorder, tokens) with { Seen = recorder.Seen };
    }

    /// <summary>What passed a site that was recorded.</summary>
    /// <exception cref="InvalidOperationException">it was not recorded</exception>
    public Tensor At(Site site) => Seen?.GetValueOrDefault(site)
        ?? throw new InvalidOperationException($"{site} was not recorded in this pass.");

    /// <summary>Scores of a head that are known already: <see cref="Scores"/> gives them, and no pass is made.</summary>
    public Tensor? Known { get; init; }

    /// <summary>A pass whose scores were kept from an earlier one; it has no stream.</summary>
    /// <param name="model">the model</param>
    /// <param name="batch">its input</param>
    /// <param name="scores">what its head gave, [batch label]</param>
    public static Pass Remembered(IModel model, Batch batch, Tensor scores) =>
        new(model, Tensor.Zeros(0, model.Width), batch, NoProbe.Instance) { Known = scores };

    /// <summary>Scores from the whole stream, as a classification head or a language model gives them.</summary>
    /// <param name="tokens">the tokens that the stream is of</param>
    public Tensor Scores(Tokens tokens) => Known ?? Model.Score(Stream, Batch, tokens, Probe);

    /// <summary>A language model's scores from some rows of the stream, [place vocabulary].</summary>
    public Tensor ScoresAt(int[] places) => Model.Score(Stream.Rows(places), Batch, Tokens.All, Probe);
}

/// <summary>How a model reads text.</summary>
/// <param name="Tokenizer">its tokenizer</param>
/// <param name="MostTokens">longest input</param>
/// <param name="TokenTypes">where token types come from</param>
/// <param name="Labels">the labels, in the order of their numbers</param>
/// <param name="Source">where the rows come from, for messages</param>
/// <param name="Tell">hears what a reader should know of the rows</param>
public sealed record InputRules(
    Tokenizer Tokenizer, int MostTokens, TokenTypeRule TokenTypes, IReadOnlyList<string> Labels, string Source, Action<string> Tell)
{
    /// <summary>A text for a language model: after the token that begins texts, where the tokenizer has one.</summary>
    /// <exception cref="InvalidDataException">the text is too long or has no token that could be scored</exception>
    /// <param name="text">the text</param>
    /// <param name="row">the row that it is of, for its place</param>
    internal int[] Plain(string text, Row row)
    {
        string where = Inputs.Where(row, Source);
        int[] ids = [.. Begin, .. Tokenizer.EncodeText(text).Ids];
        if (ids.Length > MostTokens)
            throw new InvalidDataException($"{where}: '{Short(text)}' is {ids.Length} tokens long, the model takes {MostTokens}. "
                + "Leave such rows out; cut off, they would be others.");
        if (ids.Length < 2)
            throw new InvalidDataException($"{where}: '{Short(text)}' is {ids.Length} token{(ids.Length == 1 ? "" : "s")} long, "
                + "and a language model scores tokens that follow others. Leave such rows out.");
        return ids;
    }

    /// <summary>Whether a row may have no label, see <see cref="DataSource.MayLackLabels"/>.</summary>
    public bool Unlabelled { get; init; }

    /// <summary>The token that begins texts, where the tokenizer has one.</summary>
    internal int[] Begin { get; init; } = Tokenizer.Begin is int id ? [id] : [];

    internal static string Short(string text) => text.Length <= 60 ? text : $"{text[..60]}…";
}

/// <summary>How a task is spoken of.</summary>
/// <param name="Name">"classification", "scores", "minimal pairs", "prompts", "text"</param>
/// <param name="Example">one of its examples: "pair"</param>
/// <param name="Accuracy">what share is called accuracy, for axes: "pairs right"</param>
/// <param name="Meaning">the same in a sentence</param>
/// <param name="Loss">what the in-domain loss is, with its unit</param>
/// <param name="Guessing">the share that guessing reaches; NaN where that is not known</param>
public sealed record TaskWords(string Name, string Example, string Accuracy, string Meaning, string Loss, double Guessing)
{
    /// <summary>The figure by which models are told apart in one table; "" for the share that is right.</summary>
    public string Measure { get; init; } = "";

    /// <summary>The loss as an axis says it, without what stands in brackets: "in-domain loss, nats per pair".</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string ShortLoss => Loss.IndexOf(" (", StringComparison.Ordinal) is > 0 and int from && Loss.IndexOf(')') is > 0 and int to
        ? Loss.Remove(from, to + 1 - from) : Loss;

    /// <summary>Whether less of that figure is better.</summary>
    public bool LessIsBetter { get; init; }
}

/// <summary>What a figure stands for besides itself.</summary>
public enum FigureRole
{
    /// <summary>nothing</summary>
    None,

    /// <summary>accuracy, where the task has no choice to be right about</summary>
    Accuracy,

    /// <summary>the loss, where it has none</summary>
    Loss,

    /// <summary>the share of answers that are the full model's, where it has none</summary>
    Agreement,

    /// <summary>the KL divergence from the full model</summary>
    Kl,
}

/// <summary>How a figure comes from what the examples add to it.</summary>
public enum FigureKind
{
    /// <summary>the sum of the first terms by the sum of the second</summary>
    Ratio,

    /// <summary>Pearson's correlation of the first terms with the second</summary>
    Pearson,

    /// <summary>Spearman's rank correlation of the first terms with the second</summary>
    Spearman,
}

/// <summary>A figure of a task: a ratio of two sums over examples, or a correlation over them, so that its interval can be one over
/// examples.</summary>
/// <param name="Name">"logit difference"</param>
/// <param name="Unit">"nats", "nats per token", "share"</param>
/// <param name="Meaning">what it is, in a sentence</param>
/// <param name="Term">what an example adds to the upper and to the lower sum (of a correlation: its pair of values), by its numbers; NaN
/// where it was not measured</param>
/// <param name="Shown">what is shown of the ratio, a function that rises; null for itself</param>
/// <param name="Role">what it stands for besides itself</param>
/// <param name="Least">the smallest that what is shown can be</param>
/// <param name="Most">the largest</param>
/// <param name="Kind">ratio or correlation</param>
public sealed record TaskFigure(
    string Name, string Unit, string Meaning, FigureTerm Term, Func<double, double>? Shown = null, FigureRole Role = FigureRole.None,
    double Least = double.NegativeInfinity, double Most = double.PositiveInfinity,
    FigureKind Kind = FigureKind.Ratio);

/// <summary>What an example adds to both sums of a figure.</summary>
/// <param name="example">the example</param>
/// <param name="numbers">its numbers, as <see cref="IProblem.Read"/> gives them</param>
public delegate (double Sum, double Per) FigureTerm(Example example, ReadOnlySpan<float> numbers);
