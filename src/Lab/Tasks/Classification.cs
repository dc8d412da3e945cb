using Heartwood.Lab.Models;

namespace Heartwood.Lab.Tasks;

/// <summary>
/// Labelled texts or pairs: the numbers of an example are the scores that a model gives to its labels (a language model: to what comes
/// next).
/// </summary>
public sealed class Classification : IProblem
{
    Classification() { }

    /// <summary>The only one.</summary>
    public static Classification Instance { get; } = new();

    /// <inheritdoc/>
    public TaskWords Words { get; } = new("classification", "example", "accuracy",
        "Accuracy is the share of examples that get their label.", "in-domain loss, nats per example", double.NaN);

    /// <inheritdoc/>
    public Tokens Tokens => Tokens.Read;

    /// <inheritdoc/>
    public bool OfVocabulary => false;

    /// <inheritdoc/>
    public int Numbers(IModel model) => model.Scores();

    /// <inheritdoc/>
    public IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, InputRules rules) =>
        Tasks.Inputs.Encode(rows, rules.Tokenizer, rules.Labels, rules.MostTokens, rules.TokenTypes, rules.Source, rules.Tell,
            rules.Unlabelled);

    /// <inheritdoc/>
    public int[]? Places(Batch batch, IReadOnlyList<Example> examples) => null;

    /// <inheritdoc/>
    public void Read(Pass pass, Pass? full, IReadOnlyList<Example> examples, Span<float> numbers) =>
        pass.Scores(Tokens.Read).Values.CopyTo(numbers);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Choices(ReadOnlySpan<float> numbers) => numbers;
}
