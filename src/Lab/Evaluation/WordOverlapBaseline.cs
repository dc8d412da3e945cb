using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation;

/// <summary>How the word-overlap baseline is fitted.</summary>
/// <param name="Words">whether it also sees which words the second sentence has, and which of them the first lacks</param>
/// <param name="MinimumRows">in how many training rows a word must occur to be seen</param>
/// <param name="Epochs">how often each row is read</param>
/// <param name="Rate">AdaGrad's learning rate</param>
/// <param name="Decay">how strongly the weights of a row's features are pulled to 0 at each step (squared penalty)</param>
/// <param name="Seed">keys the order of the rows</param>
public sealed record WordOverlapOptions(
    bool Words = true, int MinimumRows = 3, int Epochs = 8, double Rate = 0.02, double Decay = 1e-3, ulong Seed = 0);

/// <summary>
/// A linear model on word overlap: multinomial logistic regression, trained one row at a time with AdaGrad (Duchi, Hazan and
/// Singer 2011, JMLR 12:2121, figure 1, diagonal). It has no word order at all, so that what a transformer does beyond it, it does
/// by structure. The same rows and options give the same bits.
/// </summary>
public sealed class WordOverlapBaseline : IBaseline
{
    readonly WordFeatures features;
    readonly double[] weights;                                   // [feature label]
    readonly int labels;

    WordOverlapBaseline(WordFeatures features, int labels) =>
        (this.features, this.labels, weights) = (features, labels, new double[features.Count * labels]);

    /// <inheritdoc/>
    public string Name => "word overlap";

    /// <summary>Fits the weights.</summary>
    /// <param name="rows">training rows; pairs, or single sentences (then it is a bag of words)</param>
    /// <param name="labels">the labels' names; the scores stand in this order</param>
    /// <param name="options">null for the defaults</param>
    /// <exception cref="ArgumentException">there are no rows, or a row's label is not among the labels</exception>
    public static WordOverlapBaseline Fit(IReadOnlyList<Row> rows, IReadOnlyList<string> labels, WordOverlapOptions? options = null)
    {
        options ??= new();
        int[] right = MajorityBaseline.Places(rows, labels);
        var baseline = new WordOverlapBaseline(new(rows, options.Words, options.MinimumRows), labels.Count);
        int[][] on = [.. rows.Select(baseline.features.Present)];
        int[] order = [.. Enumerable.Range(0, rows.Count)];
        var squares = new double[baseline.weights.Length];
        var chance = new Chance(options.Seed, "word overlap baseline");
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            chance.At(epoch).Stream().Shuffle<int>(order);
            foreach (int row in order) baseline.Step(on[row], right[row], squares, options);
        }
        return baseline;
    }

    /// <inheritdoc/>
    public float[] Scores(Row row) => [.. LogProbabilities(features.Present(row)).Select(s => (float)s)];

    void Step(int[] on, int right, double[] squares, WordOverlapOptions options)
    {
        double[] slopes = LogProbabilities(on);                  // of the loss, by each label's score: probability − (1 if right)
        for (int label = 0; label < labels; label++) slopes[label] = Math.Exp(slopes[label]) - (label == right ? 1 : 0);
        foreach (int feature in on)
            for (int label = 0; label < labels; label++)
            {
                int at = feature * labels + label;
                double slope = slopes[label] + options.Decay * weights[at];
                squares[at] += slope * slope;
                if (squares[at] > 0) weights[at] -= options.Rate * slope / Math.Sqrt(squares[at]);
            }
    }

    double[] LogProbabilities(int[] on)
    {
        var scores = new double[labels];
        foreach (int feature in on)
            for (int label = 0; label < labels; label++) scores[label] += weights[feature * labels + label];
        double largest = scores.Max(), total = largest + Math.Log(scores.Sum(s => Math.Exp(s - largest)));
        for (int label = 0; label < labels; label++) scores[label] -= total;
        return scores;
    }
}
