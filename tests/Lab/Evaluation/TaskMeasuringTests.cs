using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Tasks;

namespace Heartwood.Tests.Lab.Evaluation;

/// <summary>Figures of tasks from numbers by hand.</summary>
public class TaskMeasuringTests
{
    static Measured Of(IProblem problem, IReadOnlyList<Example> examples, float[] numbers, float[]? full = null) =>
        Measuring.Measure([new EvaluationSet("inDomain", examples, ["right", "wrong"], [0, 1]) { Problem = problem }], [numbers], full is null ? null : [full]);

    static Example[] Examples(int count, int tokens = 3) => [.. Enumerable.Range(0, count).Select(_ => new Example(Sequence.Plain(new int[tokens]), 0, "", "") { Second = Sequence.Plain(new int[tokens]), Bytes = 6 })];

    [Fact]
    public void What_is_as_likely_as_its_rival_is_not_likelier_and_so_not_right()
    {
        float[] pairs = [-5, -5, float.NaN, -4, -6, float.NaN, -6, -4, float.NaN, -7, -7, float.NaN];
        Measured m = Of(new MinimalPairs(), Examples(4), pairs, [-5, -6, 0, -4, -6, 0, -6, -4, 0, -7, -7, 0]);
        Assert.Equal(Proportion.FromCounts(1, 4), m.InDomain);
        Assert.Equal(Proportion.FromCounts(3, 4), m.Agreement);
        Assert.Equal(Proportion.FromCounts(0, 1), Of(new Prompts(), Examples(1), [-2, -2, -3, -3, float.NaN]).InDomain);
    }

    [Fact]
    public void Intervals_do_not_leave_what_a_figure_can_be()
    {
        float[] prompts = [-9, -9, float.NaN, float.NaN, 0.001f, -9, -9, float.NaN, float.NaN, 0.001f, -0.01f, -6, float.NaN, float.NaN, 2];
        var figures = Of(new Prompts(), Examples(3), prompts).Figures!["inDomain"];
        Assert.Equal((0, 1), (figures["probability of the answer"].Low, figures["probability of the answer"].High));
        Assert.Equal(1, figures["probability difference"].High);
        Assert.InRange(figures["probability difference"].Low, -1, 0);
        Assert.Equal(0, figures["KL"].Low);
        Assert.True(figures["logit difference"].Low < 0);

        var text = Of(new LanguageModelling(), Examples(3), [0.1f, 0, float.NaN, 1, 0.1f, 0, float.NaN, 2, 40, 1, float.NaN, 2]).Figures!["inDomain"];
        Assert.Equal((0.0, 1.0, 0.0), (text["loss"].Low, text["perplexity"].Low, text["bits per byte"].Low));
        Assert.All((string[])["next tokens right", "same next token"], share => Assert.True(text[share].Low >= 0 && text[share].High <= 1));
        Assert.Equal(0, text["next tokens right"].Low);
        Assert.True(text["loss"].High > text["loss"].Value);
    }

    [Fact]
    public void Windows_that_all_agree_still_leave_an_interval_to_a_share()
    {
        Measured m = Of(new LanguageModelling(), Examples(4), [1, 0, float.NaN, 2, 1, 0, float.NaN, 2, 1, 0, float.NaN, 2, 1, 0, float.NaN, 2]);
        Assert.Equal((m.InDomain.Low, m.InDomain.High), (m.Figures!["inDomain"]["next tokens right"].Low, m.Figures["inDomain"]["next tokens right"].High));
        Assert.InRange(m.InDomain.High, 0.3, 0.6);
        Assert.InRange(m.Figures["inDomain"]["same next token"].Low, 0.4, 0.7);
    }

    [Fact]
    public void Of_one_window_no_figure_has_an_interval()
    {
        Measured m = Of(new LanguageModelling(), Examples(1), [1, 1, float.NaN, float.NaN]);
        Assert.All(m.Figures!["inDomain"].Values, f => Assert.True(double.IsNaN(f.Low) && double.IsNaN(f.High)));
    }

    [Fact]
    public void A_full_model_that_is_broken_is_refused_where_another_is_compared_with_it()
    {
        IModel model = GoldenModelTests.Load("gpt2/language"), broken = model.With(model.Config, model.Weights.Map((name, t) => name.EndsWith("ln_f.weight", StringComparison.Ordinal) ? Tensor.Filled(float.NaN, t.Shape).KeepForever() : t));
        IReadOnlyList<Example> pairs = new MinimalPairs().Encode([new("aa ab ac", "ab aa ad", "")], LanguageFolder.Rules());
        Answers answers = new(pairs, problem: new MinimalPairs());
        Assert.True(float.IsNaN(answers.Scores(model)[2]));
        Assert.Contains("Pair 1 of 1", Assert.Throws<InvalidDataException>(() => answers.Scores(model, full: broken)).Message);
    }
}
