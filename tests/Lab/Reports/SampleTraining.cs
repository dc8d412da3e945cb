using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Questions;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>Made-up trainings, to judge their page by.</summary>
static class SampleTraining
{
    /// <summary>A classifier that is measured in-domain and out of domain.</summary>
    public static Result Usual { get; } = Make(labels: true);

    /// <summary>A language model, measured by its figures.</summary>
    public static Result OfText { get; } = Make(labels: false);

    static Result Make(bool labels)
    {
        RunResult sample = SampleResult.Usual;
        LossPoint[] losses = [.. Enumerable.Range(1, 50).Select(i => new LossPoint(120 * i, 2.0 / i, 1.0 / i, 3.0 / i, 120))];
        Dictionary<string, IReadOnlyDictionary<string, Quantity>> Figures(int i) => ((string[])["inDomain", "outOfDomain"]).ToDictionary(
            s => s, IReadOnlyDictionary<string, Quantity> (_) => new Dictionary<string, Quantity> { ["perplexity"] = new(9.0 / i, 40, 8.0 / i, 10.0 / i) });
        TrainingPoint Point(int i) => labels
            ? new(600 * i, 1.0 / i, Proportion.FromCounts(1000 + 90 * i, 2000), Proportion.FromCounts(400 + 40 * i, 840)) : new(600 * i, 1.0 / i, Figures: Figures(i));
        var final = labels ? sample.Full : sample.Full with { InDomain = Proportion.FromCounts(0, 0), OutOfDomain = null, Figures = Figures(10) };
        TrainingFacts facts = new("runs/model", 6000, final, labels ? sample.Baselines : sample.Baselines.Take(0).ToDictionary(), losses,
            [.. Enumerable.Range(1, 10).Select(Point)]);
        IQuestion Named(string name) => RunResult.Questions.Single(q => q.Name == name);
        return new(sample.Manifest, [new(Named("training"), facts, null),
            new(Named("making"), new MakingFacts("Training of a fresh model", RunKind.Training, sample.Model, 60), null)]);
    }
}
