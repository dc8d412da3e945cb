using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Lab.Evaluation;

/// <summary>
/// What a model has to beat: something that learns from the same rows without a transformer. It gives scores as a model does,
/// so that accuracy, cases, balanced accuracy and AUC are counted by the same code.
/// </summary>
public interface IBaseline
{
    /// <summary>Its name in tables: "majority", "word overlap".</summary>
    string Name { get; }

    /// <summary>
    /// The log-probability of every label for one row, nats, in the order of the labels it was fitted with; the row's own label is not
    /// read.
    /// </summary>
    float[] Scores(Row row);
}

/// <summary>Always gives the commonest label of the training rows; its scores are the logarithms of the labels' shares.</summary>
public sealed class MajorityBaseline : IBaseline
{
    readonly float[] scores;

    MajorityBaseline(float[] scores) => this.scores = scores;

    /// <inheritdoc/>
    public string Name => "majority";

    /// <summary>Counts the labels.</summary>
    /// <param name="rows">training rows</param>
    /// <param name="labels">the labels' names; the scores stand in this order, and the first of equally common ones wins</param>
    /// <exception cref="ArgumentException">there are no rows, or a row's label is not among them</exception>
    public static MajorityBaseline Fit(IReadOnlyList<Row> rows, IReadOnlyList<string> labels)
    {
        var counts = new int[labels.Count];
        foreach (int label in Places(rows, labels)) counts[label]++;
        return new([.. counts.Select(c => MathF.Log((float)c / rows.Count))]);
    }

    /// <inheritdoc/>
    public float[] Scores(Row row) => [.. scores];

    /// <summary>The place of each row's label among the labels.</summary>
    internal static int[] Places(IReadOnlyList<Row> rows, IReadOnlyList<string> labels)
    {
        if (rows.Count == 0) throw new ArgumentException("A baseline needs training rows; there are none.", nameof(rows));
        var places = labels.Select((label, place) => (label, place)).ToDictionary(l => l.label, l => l.place);
        return [.. rows.Select((row, i) => places.TryGetValue(row.Label, out int place) ? place
            : throw new ArgumentException($"Training row {i + 1} has label '{row.Label}'; the labels are {string.Join(", ", labels)}. "
                + "Map it to one of them, or name it as a label.", nameof(rows)))];
    }
}

/// <summary>A baseline of the data's labels in a model's place: the first of the model's labels that count as one of the data's gets its
/// score, the others nothing.</summary>
/// <param name="inner">fitted to the data's labels</param>
/// <param name="mapped">for each label of the model, the label of the data that it counts as</param>
public sealed class CountedBaseline(IBaseline inner, IReadOnlyList<int> mapped) : IBaseline
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public float[] Scores(Row row) => inner.Scores(row) is var scores
        ? [.. mapped.Select((label, k) => mapped.Take(k).Contains(label) ? float.NegativeInfinity : scores[label])] : [];
}

/// <summary>The baselines that fit what is asked, measured.</summary>
static class Baselines
{
    const int MostRows = 60_000;

    /// <summary>Fits baselines to training data and measures them on the sets, by name; none where none fits.</summary>
    /// <param name="data">training data; may be none where all sets ask for scores</param>
    /// <param name="loaded">the model that they stand next to</param>
    /// <param name="labelMap">what the model's labels count as</param>
    /// <param name="sets">what to measure on</param>
    public static Dictionary<string, Measured> Measure(IReadOnlyList<DataSource> data, LoadedModel loaded, string labelMap, Sets sets)
    {
        loaded.RefuseMixed(data);
        IReadOnlyList<Row> rows = Thinning.Thinned<Row>([.. data.SelectMany(d => d.Rows)], MostRows);
        if (sets.AllScored)
            return rows.Count > 0 ? Figures(ConstantBaseline.Fit(rows, "mean of training scores"), WordOverlapScores.Fit(rows))
                : Figures(ConstantBaseline.Fit(sets.InDomainRows, "best constant (in-domain mean)"));
        if (rows.Count == 0 || !sets.AllLabelled || DataSource.ProblemOf(data) is not Classification) return [];
        LabelMatch match = LabelMatch.Find(loaded.Labels, LabelMap.Parse(labelMap), data);
        return Figures(new CountedBaseline(MajorityBaseline.Fit(rows, match.Names), match.Mapped),
            new CountedBaseline(WordOverlapBaseline.Fit(rows, match.Names), match.Mapped));

        Dictionary<string, Measured> Figures(params IBaseline[] baselines) =>
            baselines.ToDictionary(b => b.Name, b => sets.Measure(sets.Scores(b), null) with { InDomainLoss = null });
    }
}
