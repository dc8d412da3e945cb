using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation;

/// <summary>Always gives the same score: the mean of the training rows', which no other constant beats on them in squared error. It
/// correlates with nothing.</summary>
public sealed class ConstantBaseline : IBaseline
{
    readonly float score;

    ConstantBaseline(float score, string name) => (this.score, Name) = (score, name);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Takes the mean.</summary>
    /// <param name="rows">rows whose labels are scores</param>
    /// <param name="name">its name in tables</param>
    /// <exception cref="ArgumentException">there are no rows, or a label is no number</exception>
    public static ConstantBaseline Fit(IReadOnlyList<Row> rows, string name) => new((float)Scores(rows).Average(), name);

    /// <inheritdoc/>
    public float[] Scores(Row row) => [score];

    /// <summary>The rows' scores.</summary>
    internal static double[] Scores(IReadOnlyList<Row> rows) => rows.Count == 0
        ? throw new ArgumentException("A baseline needs training rows; there are none.", nameof(rows))
        : [.. rows.Select((row, i) => Regression.Parse(row.Label)
            ?? throw new ArgumentException($"Training row {i + 1}: expected a score, a number, found '{row.Label}'.", nameof(rows)))];
}

/// <summary>
/// A linear model of scores on word overlap: least squares over the features that <see cref="WordOverlapBaseline"/> sees, one row at
/// a time with AdaGrad, of scores that are centred and scaled by the training rows' own. The same rows and options give the same bits.
/// </summary>
public sealed class WordOverlapScores : IBaseline
{
    readonly WordFeatures features;
    readonly double[] weights;
    readonly double mean, deviation;

    WordOverlapScores(WordFeatures features, double mean, double deviation) =>
        (this.features, this.mean, this.deviation, weights) = (features, mean, deviation, new double[features.Count]);

    /// <inheritdoc/>
    public string Name => "word overlap";

    /// <summary>Fits the weights.</summary>
    /// <param name="rows">training rows, whose labels are scores</param>
    /// <param name="options">null for the defaults</param>
    /// <exception cref="ArgumentException">there are no rows, or a label is no number</exception>
    public static WordOverlapScores Fit(IReadOnlyList<Row> rows, WordOverlapOptions? options = null)
    {
        options ??= new();
        double[] scores = ConstantBaseline.Scores(rows);
        double mean = scores.Average(), deviation = Math.Sqrt(scores.Average(s => (s - mean) * (s - mean)));
        WordOverlapScores baseline = new(new(rows, options.Words, options.MinimumRows), mean, deviation);
        if (deviation == 0) return baseline;
        int[][] on = [.. rows.Select(baseline.features.Present)];
        int[] order = [.. Enumerable.Range(0, rows.Count)];
        double[] squares = new double[baseline.weights.Length];
        Chance chance = new(options.Seed, "word overlap baseline");
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            chance.At(epoch).Stream().Shuffle<int>(order);
            foreach (int row in order) baseline.Step(on[row], (scores[row] - mean) / deviation, squares, options);
        }
        return baseline;
    }

    /// <inheritdoc/>
    public float[] Scores(Row row) => [(float)(mean + deviation * features.Present(row).Sum(feature => weights[feature]))];

    void Step(int[] on, double wanted, double[] squares, WordOverlapOptions options)
    {
        double error = on.Sum(feature => weights[feature]) - wanted;
        foreach (int feature in on)
        {
            double slope = error + options.Decay * weights[feature];
            squares[feature] += slope * slope;
            if (squares[feature] > 0) weights[feature] -= options.Rate * slope / Math.Sqrt(squares[feature]);
        }
    }
}
