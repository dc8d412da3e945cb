using System.Globalization;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Tasks;

/// <summary>
/// Scores of texts or pairs, as in STS-B (Cer et al. 2017, SemEval) or for a reranker: a model with one label gives one number, on the
/// scale of the data. There is no right and wrong: figures are both correlations with the data's scores and the mean squared error.
/// </summary>
public sealed class Regression : IProblem
{
    Regression() { }

    /// <summary>The only one.</summary>
    public static Regression Instance { get; } = new();

    /// <summary>The task's name on the command line and in results.</summary>
    public const string TaskName = "scores";

    /// <summary>What the only label of a model with one number is called, as the format has it.</summary>
    public static IReadOnlyList<string> Labels { get; } = ["LABEL_0"];

    /// <inheritdoc/>
    public TaskWords Words { get; } = new(TaskName, "example", "accuracy", "A score is not right or wrong.",
        "in-domain loss, mean squared error", double.NaN)
    { Measure = "Pearson" };

    /// <inheritdoc/>
    public Tokens Tokens => Tokens.Read;

    /// <inheritdoc/>
    public bool OfVocabulary => false;

    /// <inheritdoc/>
    public bool OfOneNumber => true;

    /// <inheritdoc/>
    public int Numbers(IModel model) => 1;

    /// <summary>A score as a file writes it; null where the text is no finite number.</summary>
    public static double? Parse(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double score) && double.IsFinite((float)score) ? score
            : null;

    /// <inheritdoc/>
    public IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, InputRules rules)
    {
        Sequence[] inputs = Tasks.Inputs.EncodeTexts(rows, rules.Tokenizer, rules.MostTokens, rules.TokenTypes, rules.Source, rules.Tell);
        return [.. rows.Select((row, i) => new Example(inputs[i], 0, row.Case, row.Group)
        {
            Row = row,
            Score = rules.Unlabelled && row.Label == "" ? double.NaN : ScoreOf(row, rules),
            Pair = Tasks.Inputs.OtherInput(row, rules.Tokenizer, rules.MostTokens, rules.TokenTypes),
        })];
    }

    static double ScoreOf(Row row, InputRules rules) => Parse(row.Label) ?? throw new InvalidDataException(
        $"{Tasks.Inputs.Where(row, rules.Source)}: expected a score, a number, found '{row.Label}'. "
        + "Give the column of the scores with label=COLUMN.");

    /// <inheritdoc/>
    public int[]? Places(Batch batch, IReadOnlyList<Example> examples) => null;

    /// <inheritdoc/>
    public void Read(Pass pass, Pass? full, IReadOnlyList<Example> examples, Span<float> numbers) =>
        pass.Scores(Tokens.Read).Values.CopyTo(numbers);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Choices(ReadOnlySpan<float> numbers) => [];

    /// <inheritdoc/>
    public IReadOnlyList<TaskFigure> Figures { get; } =
    [
        new("Pearson", "", "Pearson's correlation of the model's scores with the data's.", (e, n) => (n[0], e.Score), Least: -1, Most: 1,
            Kind: FigureKind.Pearson),
        new("Spearman", "", "Spearman's rank correlation of the two; equal scores share their mean rank.", (e, n) => (n[0], e.Score),
            Least: -1, Most: 1, Kind: FigureKind.Spearman),
        new("mean squared error", "", "Mean of the squared difference between the model's score and the data's, in squares of the data's "
            + "unit.",
            (e, n) => ((n[0] - e.Score) * (n[0] - e.Score), 1), Role: FigureRole.Loss, Least: 0),
    ];
}
