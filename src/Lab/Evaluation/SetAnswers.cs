using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>One set with what a model gave on it: which answers are right, the loss, the task's figures.</summary>
sealed class SetAnswers
{
    readonly EvaluationSet set;
    readonly float[] numbers;
    readonly int width;
    readonly double[][] logs;                                    // [example choice], of tasks with a choice
    readonly int[] answers;

    /// <param name="set">the set</param>
    /// <param name="numbers">[example number] row by row</param>
    public SetAnswers(EvaluationSet set, float[] numbers)
    {
        (this.set, this.numbers, width) = (set, numbers, set.Examples.Count == 0 ? 0 : numbers.Length / set.Examples.Count);
        logs = [.. All.Select(i => Measuring.LogSoftmax(set.Problem.Choices(Row(i))))];
        answers = [.. logs.Select(l => l.Length == 0 ? -1 : set.MapLabel[Choice(l)])];
    }

    public string Use => set.Use;

    public IReadOnlyList<Example> Examples => set.Examples;

    /// <summary>Numbers of the examples.</summary>
    public IEnumerable<int> All => Enumerable.Range(0, set.Examples.Count);

    /// <summary>Whether an example has an answer that is right or wrong.</summary>
    public bool Chooses => logs.Length == 0 || logs[0].Length > 0;

    /// <summary>Whether there is a share that is right: of scores there is none.</summary>
    public bool HasShare => Chooses || set.Problem.Figures.Any(f => f.Role == FigureRole.Accuracy);

    public bool IsRight(int example) => answers[example] == set.Examples[example].Label;

    /// <summary>
    /// The number of its answer among the data's labels (of two that are compared, 0 for the first); −1 without a choice.
    /// </summary>
    public int AnswerTo(int example) => answers[example];

    /// <summary>
    /// Logarithms of the choices' probabilities as the model gives them: of labels softmax over those of the data, of tokens its own.
    /// </summary>
    public double[] LogsOf(int example) => !Chooses ? []
        : set.Problem.OfVocabulary ? [.. set.Problem.Choices(Row(example)).ToArray().Select(log => (double)log)]
        : [.. set.Labels.Select((_, label) => LogOf(label, example))];

    /// <summary>What a model that gives one number gives.</summary>
    public double NumberOf(int example) => Row(example)[0];

    /// <summary>
    /// The task's own figures of one example, by name, but for correlations, which one example has not, and what was not measured.
    /// </summary>
    public IEnumerable<(TaskFigure Figure, double Sum, double Per)> TermsOf(int example)
    {
        foreach (TaskFigure figure in set.Problem.Figures.Where(f => f.Kind == FigureKind.Ratio))
            if (figure.Term(set.Examples[example], Row(example)) is { Sum: not double.NaN, Per: not 0 } term)
                yield return (figure, term.Sum, term.Per);
    }

    /// <summary>What one example adds to loss and accuracy, as sums; NaN for what there is none of.</summary>
    public ExampleWorth WorthOf(int example)
    {
        if (Chooses) return new(LogOf(set.Examples[example].Label, example), 1, IsRight(example) ? 1 : 0, 1);
        var (loss, per) = Term(FigureRole.Loss, example);
        var (hits, of) = Term(FigureRole.Accuracy, example);
        return new(-loss, per, hits, of);
    }

    (double Sum, double Per) Term(FigureRole role, int example) =>
        set.Problem.Figures.FirstOrDefault(f => f.Role == role) is { } figure ? figure.Term(set.Examples[example], Row(example))
            : (double.NaN, double.NaN);

    /// <summary>The share that is right.</summary>
    public Proportion Share(IEnumerable<int> which)
    {
        int[] all = [.. which];
        return Chooses ? Proportion.FromCounts(all.Count(IsRight), all.Length)
            : FigureOver(FigureRole.Accuracy, all)?.AsShare() ?? Proportion.FromCounts(0, 0);
    }

    /// <summary>Cross entropy, mean over examples (or what the task says).</summary>
    public double? Loss(IReadOnlyCollection<int> which) =>
        Chooses ? which.Average(i => -LogOf(set.Examples[i].Label, i)) : FigureOver(FigureRole.Loss, which)?.Value;

    /// <summary>How often it gives the full model's answer.</summary>
    public Proportion? AgreementWith(SetAnswers full, IReadOnlyCollection<int> which) =>
        !Chooses ? FigureOver(FigureRole.Agreement, which)?.AsShare()
        : Proportion.FromCounts(which.Count(i => Choice(full.logs[i]) == Choice(logs[i])), which.Count);

    /// <summary>Divergence from the full model: over the labels, or what the task's figure says, where that was measured.</summary>
    public double? DivergenceFrom(SetAnswers full, IReadOnlyCollection<int> which)
    {
        return set.Problem.OfVocabulary || !Chooses ? FigureOver(FigureRole.Kl, which)?.Value
            : which.Average(example => Divergence(full, example));
    }

    double Divergence(SetAnswers full, int example) => full.logs[example]
        .Select((p, k) => double.IsNegativeInfinity(p) ? 0 : Math.Exp(p) * (p - logs[example][k])).Sum();

    /// <summary>What each example adds to both sums of the divergence from the full model; none where the task has none.</summary>
    public IEnumerable<(double Sum, double Per)> DivergenceTerms(SetAnswers full)
    {
        if (!set.Problem.OfVocabulary && Chooses) return All.Select(example => (Divergence(full, example), 1.0));
        return set.Problem.Figures.FirstOrDefault(f => f.Role == FigureRole.Kl) is not { } figure ? []
            : All.Select(example => figure.Term(set.Examples[example], Row(example))).Where(term => !double.IsNaN(term.Sum));
    }

    /// <summary>Logarithm of the probability of one of the data's labels: of all the model's labels that count as it.</summary>
    public double LogOf(int label, int example)
    {
        double[] its = [.. logs[example].Where((_, k) => set.MapLabel[k] == label)];
        double most = its.DefaultIfEmpty(double.NegativeInfinity).Max();
        return its.Length == 1 || double.IsNegativeInfinity(most) ? most : most + Math.Log(its.Sum(l => Math.Exp(l - most)));
    }

    /// <summary>The task's own figures, those that were measured, by name.</summary>
    public IReadOnlyDictionary<string, Quantity> Figures => FiguresOf(All);

    /// <summary>The same of some examples.</summary>
    public IReadOnlyDictionary<string, Quantity> FiguresOf(IEnumerable<int> which) =>
        set.Examples.Count == 0 ? new Dictionary<string, Quantity>()
        : set.Problem.Figures.Select(f => (f.Name, Figure: FigureOver(f, which))).Where(f => f.Figure is not null)
            .ToDictionary(f => f.Name, f => f.Figure!);

    Quantity? FigureOver(FigureRole role, IEnumerable<int> which) => set.Problem.Figures.FirstOrDefault(f => f.Role == role) is { } figure
        ? FigureOver(figure, which) : null;

    // of the examples on which it was measured
    Quantity? FigureOver(TaskFigure figure, IEnumerable<int> which)
    {
        (double Sum, double Per)[] terms = [.. which.Select(i => figure.Term(set.Examples[i], Row(i))).Where(t => !double.IsNaN(t.Sum))];
        if (terms.Length == 0) return null;
        if (figure.Kind != FigureKind.Ratio) return Correlated(figure.Kind, [.. terms.Select(t => t.Sum)], [.. terms.Select(t => t.Per)]);
        Quantity ratio = Quantity.Ratio(terms), seen = figure.Shown is { } shown ? ratio.Through(shown) : ratio;
        if (figure.Role is not (FigureRole.Accuracy or FigureRole.Agreement) || seen.N <= 1) return seen.Within(figure.Least, figure.Most);
        Proportion share = seen.AsShare();
        return seen with { Low = share.Low, High = share.High };
    }

    // a figure that never changes correlates with nothing: NaN
    static Quantity Correlated(FigureKind kind, double[] x, double[] y)
    {
        if (kind == FigureKind.Spearman && RankCorrelation.Between(x, y) is var ranks)
            return new(ranks.Rho ?? double.NaN, ranks.N, ranks.Low ?? double.NaN, ranks.High ?? double.NaN);
        Correlation linear = Correlation.Between(x, y);
        return new(linear.Pearson ?? double.NaN, linear.N, linear.Low ?? double.NaN, linear.High ?? double.NaN);
    }

    // of a right and a wrong answer that are as likely as one another the right one is not likelier
    int Choice(double[] logs) => set.Problem.OfVocabulary ? logs[0] > logs[1] ? 0 : 1 : Measuring.Largest(logs);

    ReadOnlySpan<float> Row(int example) => numbers.AsSpan(example * width, width);
}
