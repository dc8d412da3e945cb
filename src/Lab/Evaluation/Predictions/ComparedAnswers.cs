using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Evaluation.Predictions;

/// <summary>How two models' answers to the same rows lie apart. What does not apply is null.</summary>
/// <param name="First">the first model</param>
/// <param name="Second">the second</param>
/// <param name="N">rows that both were asked</param>
/// <param name="Differ">share of the rows with an answer that get another one</param>
/// <param name="BothRight">rows that both answer right; null where nobody says what is right</param>
/// <param name="OnlyFirstRight">rows that the first alone answers right</param>
/// <param name="OnlySecondRight">rows that the second alone answers right</param>
/// <param name="BothWrong">rows that both answer wrong</param>
/// <param name="Accuracy">accuracy of the first minus accuracy of the second, on the same rows</param>
/// <param name="Figures">by name: the figure by the second minus that by the first, mean over rows, with Student's interval; of scores
/// "score" and "size of the difference"</param>
public sealed record ComparedAnswers(
    string First, string Second, int N, Proportion? Differ, int? BothRight, int? OnlyFirstRight, int? OnlySecondRight, int? BothWrong,
    PairedDifference? Accuracy, IReadOnlyDictionary<string, Average>? Figures)
{
    // figures that mean over rows say little of
    static readonly string[] leftOut = ["tokens"];

    /// <summary>Compares the answers of rows that two models were asked.</summary>
    public static ComparedAnswers Over(string first, string second, IReadOnlyList<PredictedRow> rows)
    {
        PredictedRow[] answered = [.. rows.Where(row => row.Differ is not null)];
        (bool First, bool Second)[] right = [.. rows.Where(r => r.Answers is [{ Right: not null }, { Right: not null }])
            .Select(r => (r.Answers[0].Right!.Value, r.Answers[1].Right!.Value))];
        bool known = right.Length > 0;
        int? Count(bool one, bool other) => known ? right.Count(r => r == (one, other)) : null;
        Dictionary<string, Average> figures = [];
        foreach (string name in rows.SelectMany(r => r.Answers[0].Figures?.Keys ?? []).Distinct().Except(leftOut))
            figures[name] = Average.Over(rows.Select(r => In(r.Answers[1], name) - In(r.Answers[0], name)));
        if (rows.Any(r => r.Answers[0].Score is not null))
        {
            double[] apart = [.. rows.Select(r => (r.Answers[1].Score ?? double.NaN) - (r.Answers[0].Score ?? double.NaN))];
            figures["score"] = Average.Over(apart);
            figures["size of the difference"] = Average.Over(apart.Select(Math.Abs));
        }
        return new(first, second, rows.Count,
            answered.Length == 0 ? null : Proportion.FromCounts(answered.Count(r => r.Differ == true), answered.Length),
            Count(true, true), Count(true, false), Count(false, true), Count(false, false),
            known ? PairedDifference.Between([.. right.Select(r => r.First)], [.. right.Select(r => r.Second)]) : null,
            figures.Count == 0 ? null : figures);
    }

    static double In(RowAnswer answer, string name) =>
        answer.Figures is { } figures && figures.TryGetValue(name, out double value) ? value : double.NaN;
}
