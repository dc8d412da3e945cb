using System.Text.Json.Serialization;

namespace Heartwood.Lab.Evaluation.Predictions;

/// <summary>One row with what each of the models that were asked says of it.</summary>
/// <param name="Set">the name of the set that it is of; "" of a text that was given by hand</param>
/// <param name="Place">where it stands in its file: "line 7", "line 1, window 3"; "" where it stands in none</param>
/// <param name="Text">the text, or the first of two; of running text the window</param>
/// <param name="Pair">the second text; null where there is none</param>
/// <param name="Label">what the data says is right: the label, the score, a prompt's answers; null where it says nothing</param>
/// <param name="Case">its case; "" where there is none</param>
/// <param name="Answers">what each model says, in the order in which they were asked</param>
public sealed record PredictedRow(
    string Set, string Place, string Text, string? Pair, string? Label, string Case, IReadOnlyList<RowAnswer> Answers)
{
    /// <summary>Whether two models answer differently; null of one model, and where there is no answer that could be another.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Differ => Answers is not [var one, var other] ? null
        : one.Answer is not null && other.Answer is not null ? one.Answer != other.Answer
        : one.Likeliest is { Count: > 0 } && other.Likeliest is { Count: > 0 }
            ? !one.Likeliest.Select(place => place.Tokens[0].Text).SequenceEqual(other.Likeliest.Select(place => place.Tokens[0].Text))
            : null;

    /// <summary>How far two models lie apart, for the order of rows: of scores and losses the difference; 0 where there is none.</summary>
    [JsonIgnore]
    public double Distance => Answers is not [var one, var other] ? 0
        : one.Score is { } a && other.Score is { } b ? Math.Abs(a - b)
        : one.Figures?.GetValueOrDefault("loss") is { } x && other.Figures?.GetValueOrDefault("loss") is { } y ? Math.Abs(x - y) : 0;
}

/// <summary>What one model says of one row. What does not apply is left out.</summary>
/// <param name="Model">what the model is called</param>
public sealed record RowAnswer(string Model)
{
    /// <summary>the label that it gives; of two sentences the likelier one; of a prompt's answers the likelier ones</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Answer { get; init; }

    /// <summary>whether that is what the data says is right</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Right { get; init; }

    /// <summary>the number that a model of scores gives</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Score { get; init; }

    /// <summary>what it chose among, the likeliest first</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Choice>? Choices { get; init; }

    /// <summary>
    /// the task's figures of this row, by name: "loss", "perplexity", "difference"; of text its "log-probability" in nats
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Figures { get; init; }

    /// <summary>the likeliest tokens at each place that was asked for: after the text, or at each masked word</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LikelyPlace>? Likeliest { get; init; }
}

/// <summary>One of the answers that a model chooses among.</summary>
/// <param name="Name">the label, the sentence, the answer</param>
/// <param name="Probability">its share among the choices</param>
/// <param name="LogProbability">of a label ln of that share; of a sentence or an answer ln of its probability by the model, nats</param>
public sealed record Choice(string Name, double Probability, double LogProbability);

/// <summary>The likeliest tokens at one place of a text.</summary>
/// <param name="Place">"next", or "mask 1", "mask 2" …</param>
/// <param name="Tokens">the tokens, the likeliest first</param>
public sealed record LikelyPlace(string Place, IReadOnlyList<LikelyToken> Tokens);

/// <summary>A token that a model finds likely.</summary>
/// <param name="Text">what it says</param>
/// <param name="Id">its number in the vocabulary</param>
/// <param name="Probability">its probability by the model</param>
public sealed record LikelyToken(string Text, int Id, double Probability);
