using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Tasks;
using Usual = Heartwood.Lab.Training.Objectives.Objectives;

namespace Heartwood.Tests.Lab.Training.Objectives;

/// <summary>Every objective against plain loops over a whole pass, for values and for gradients by mask and by weights.</summary>
public class ObjectiveTests
{
    static readonly IModel classifier = Small.Model(labels: 3), scorer = Small.Model(labels: 1), speaker = GoldenModelTests.Load("gpt2/language");

    static readonly IReadOnlyList<Example> labelled = Small.Examples(5, 3);
    static readonly IReadOnlyList<Example> scored = [.. Small.Examples(5, 1).Select((e, i) => e with { Score = i - 1.5 })];

    static IReadOnlyList<Example> Windows { get; } =
        new LanguageModelling(7, 4).Encode([new(LanguageFolder.Text(23, 3), null, ""), new(LanguageFolder.Text(5, 8), null, "")], LanguageFolder.Rules());

    static IReadOnlyList<Example> Pairs { get; } = new MinimalPairs().Encode([.. Enumerable.Range(0, 4)
        .Select(i => new Row(LanguageFolder.Text(3 + i, i + 1), LanguageFolder.Text(4 + i, i + 50), ""))], LanguageFolder.Rules());

    static readonly IModel guesser = UntrainedModel.Make("bert", new(2, 2, 8, 12, 30), 40, [], 3);

    static IReadOnlyList<Example> Hidden { get; } = new MaskedLanguageModelling(20).Encode(
        [new(LanguageFolder.Text(45, 3), null, "")], LanguageFolder.Rules(most: 30));

    static IReadOnlyList<Example> Choices { get; } = [.. Enumerable.Range(0, 4).Select(i => new Example(Sequence.Plain([5 + i, 9, 11 + i]), 0, "", "")
    {
        Next = i % 2 == 0 ? new([6], [7]) : new([6, 8, 20], [12, 13]),
        Second = i == 1 ? Sequence.Plain([7, 9, 12]) : null,
    })];

    sealed record Bed(IObjective Objective, IProblem Problem, IModel Model, IReadOnlyList<Example> Examples, Func<int, Tensor, Tensor?, Batch, double> Expected)
    {
        // a pass and the full model's, of a model under half a mask whose weights are tracked
        internal (Pass Pass, Pass Full, Tensor Mask, IModel Tracked) Passes()
        {
            IModel tracked = Model.With(Model.Config, Model.Weights.Map((_, t) => t.KeepForever().Track()));
            Tensor mask = Tensor.Filled(0.6f, new(Model.Universe().Count)).Track();
            Batch batch = Problem.BatchOf(Examples);
            return (Pass.Run(tracked, batch, new MaskProbe(mask, Ablation.Zero(Model.Universe())), Problem.Tokens),
                Pass.Run(Model, batch, NoProbe.Instance, Problem.Tokens), mask, tracked);
        }
    }

    static readonly Dictionary<string, Bed> beds = new()
    {
        ["cross-entropy"] = new(new CrossEntropy(), Classification.Instance, classifier, labelled, (e, scores, _, _) => -Log(scores, e)[labelled[e].Label]),
        ["kl-to-full"] = new(new KlToFull(), Classification.Instance, classifier, labelled, (e, scores, full, _) => Kl(Log(full!, e), Log(scores, e))),
        ["kl-to-full of text"] = new(new KlToFull(), new LanguageModelling(), speaker, Windows, (e, scores, full, batch) => Enumerable
            .Range(batch.Offsets[e] + Windows[e].From - 1, LanguageModelling.Scored(Windows[e])).Average(p => Kl(Log(full!, p), Log(scores, p)))),
        ["squared-error"] = new(new SquaredError(), Regression.Instance, scorer, scored, (e, scores, _, _) => Math.Pow(scores.Values[e] - scored[e].Score, 2)),
        ["squared-error-to-full"] = new(new SquaredErrorToFull(), Regression.Instance, scorer, scored,
            (e, scores, full, _) => Math.Pow(scores.Values[e] - full!.Values[e], 2)),
        ["next-token"] = new(new NextToken(), new LanguageModelling(), speaker, Windows, (e, scores, _, batch) => Enumerable
            .Range(batch.Offsets[e] + Windows[e].From - 1, LanguageModelling.Scored(Windows[e])).Average(p => -Log(scores, p)[batch.Ids[p + 1]])),
        ["pair-margin"] = new(new PairMargin(), new MinimalPairs(), speaker, Pairs, (e, scores, _, batch) =>
            LogProbability(scores, batch, 2 * e + 1) - LogProbability(scores, batch, 2 * e)),
        ["logit-difference"] = new(new LogitDifference(), new Prompts(), speaker, Choices, (e, scores, _, batch) =>
        {
            double[] logs = Log(scores, batch.Last[e < 2 ? e : e + 1]);                // the second prompt has a corrupted one after it
            return Math.Log(Choices[e].Next!.Wrong.Sum(t => Math.Exp(logs[t]))) - Math.Log(Choices[e].Next!.Right.Sum(t => Math.Exp(logs[t])));
        }),
        ["masked-words"] = new(new MaskedWords(), new MaskedLanguageModelling(), guesser, Hidden, (e, scores, _, batch) => Hidden[e].Hidden!.Places
            .Zip(Hidden[e].Hidden!.Ids).Average(h => -Log(scores, batch.Offsets[e] + h.First)[h.Second])),
        ["logit-difference of labels"] = new(new LogitDifference(), Classification.Instance, classifier, labelled, (e, scores, _, _) =>
        {
            double p = Math.Exp(Log(scores, e)[labelled[e].Label]);
            return Math.Log(1 - p) - Math.Log(p);
        }),
    };

    public static TheoryData<string> All => [.. beds.Keys];

    static double[] Log(Tensor scores, int row)
    {
        float[] values = scores.Values.Slice(row * scores.Shape.Last, scores.Shape.Last).ToArray();
        double most = values.Max(), sum = values.Sum(v => Math.Exp(v - most));
        return [.. values.Select(v => v - most - Math.Log(sum))];
    }

    static double Kl(double[] p, double[] q) => p.Zip(q, (a, b) => Math.Exp(a) * (a - b)).Sum();

    static double LogProbability(Tensor scores, Batch batch, int sequence) => Enumerable
        .Range(batch.Offsets[sequence], batch.Offsets[sequence + 1] - batch.Offsets[sequence] - 1).Sum(p => Log(scores, p)[batch.Ids[p + 1]]);

    static Tensor Whole(Bed bed, Pass pass) => bed.Model.Output == Output.Labels ? pass.Scores(Tokens.Read)
        : pass.Model.Forward(pass.Batch, pass.Probe, Tokens.All);

    [Theory, MemberData(nameof(All))]
    public void Every_example_has_the_number_of_the_formula(string name)
    {
        Bed bed = beds[name];
        var (pass, full, _, _) = bed.Passes();
        Tensor losses = bed.Objective.Losses(bed.Problem, pass, full, bed.Examples), scores = Whole(bed, pass), of = Whole(bed, full);
        Assert.Equal([bed.Examples.Count], losses.Shape.Axes.ToArray());
        for (int e = 0; e < bed.Examples.Count; e++) Assert.Equal(bed.Expected(e, scores, of, pass.Batch), losses.Values[e], 2e-5);
    }

    [Theory, MemberData(nameof(All))]
    public void The_mean_is_the_weighted_mean_of_the_numbers_in_value_and_in_every_gradient(string name)
    {
        Bed bed = beds[name];
        var (pass, full, mask, tracked) = bed.Passes();
        Tensor[] by = [mask, .. tracked.Weights.All.Values];
        double[] weights = bed.Objective.Weights(bed.Problem, pass, bed.Examples);
        Tensor losses = bed.Objective.Losses(bed.Problem, pass, full, bed.Examples), mean = bed.Objective.Mean(bed.Problem, pass, full, bed.Examples);
        Tensor expected = (losses * Tensor.From([.. weights.Select(w => (float)(w / weights.Sum()))], weights.Length)).Sum();
        Assert.Equal(expected.Item, mean.Item, 1e-5);
        Tensor[] wanted = expected.Gradients(by), actual = mean.Gradients(by);
        for (int i = 0; i < by.Length; i++) Small.Close(wanted[i].Values, actual[i].Values, $"gradient {i}");
        Assert.Contains(wanted[0].Values.ToArray(), slope => Math.Abs(slope) > 1e-4f);
    }

    [Fact]
    public void The_divergence_over_a_vocabulary_has_the_same_mean_whether_weights_are_trained_or_frozen()
    {
        Bed bed = beds["kl-to-full of text"];
        var (trained, full, mask, _) = bed.Passes();
        Pass frozen = Pass.Run(bed.Model, trained.Batch, new MaskProbe(mask, Ablation.Zero(bed.Model.Universe())), Tokens.All);
        Tensor a = bed.Objective.Mean(bed.Problem, trained, full, bed.Examples), b = bed.Objective.Mean(bed.Problem, frozen, full, bed.Examples);
        Assert.Equal(a.Item, b.Item, 1e-5);
        Small.Close(a.Gradients(mask)[0].Values, b.Gradients(mask)[0].Values, "slope by the mask");
    }

    [Fact]
    public void The_next_tokens_gradient_by_every_weight_is_that_of_one_pass_that_keeps_all_scores()
    {
        Bed bed = beds["next-token"];
        var (pass, _, mask, tracked) = bed.Passes();
        Tensor[] by = [mask, .. tracked.Weights.All.Values];
        int[] places = bed.Problem.Places(pass.Batch, bed.Examples)!, targets = bed.Problem.Targets(pass.Batch, bed.Examples)!;
        Tensor[] whole = Whole(bed, pass).Rows(places).CrossEntropy(targets).Gradients(by);
        Tensor[] pieces = bed.Objective.Mean(bed.Problem, pass, null, bed.Examples).Gradients(by);
        for (int i = 0; i < by.Length; i++) Small.Close(whole[i].Values, pieces[i].Values, $"gradient {i}");
    }

    [Fact]
    public void An_objective_that_cannot_be_asked_of_a_problem_is_refused_with_those_that_can()
    {
        Assert.Equal("The objective kl-to-full is of probabilities, and the divergence of one number's is always 0. "
            + "For scores there are: squared-error, squared-error-to-full, layers-to-full, directions-to-full, attention-to-full, relations-to-full.",
            Assert.Throws<ArgumentException>(() => Usual.Check(new KlToFull(), Regression.Instance)).Message);
        Assert.Contains("The objective pair-margin compares the two sentences of a pair, and this is text.",
            Assert.Throws<ArgumentException>(() => Usual.Check(new PairMargin(), new LanguageModelling())).Message);
        Assert.Contains("Did you mean next-token?",
            Assert.Throws<ArgumentException>(() => Usual.Named(Usual.Usual, "next-tokens")).Message);
    }

    [Fact]
    public void Every_usual_objective_has_a_test_of_its_formula_and_a_name_of_its_own()
    {
        string[] names = [.. Usual.Usual.Select(o => o.Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Empty(names.Except(beds.Keys).Except(DistillationTests.Inside));
    }

    [Fact]
    public void A_search_makes_small_what_it_is_given()
    {
        float[] full = [.. classifier.Forward(Classification.Instance.BatchOf(labelled), NoProbe.Instance).Values];
        PruningOptions options = new(Steps: 3, BatchSize: 5, LogAlpha: 0);
        Universe universe = classifier.Universe();
        Search asked = new(classifier, universe, Ablation.Zero(universe), Classification.Instance, labelled)
        {
            FullScores = () => full,
            Sparsity = 0.3,
            Seed = 3,
        };
        PruningLine First(IObjective? objective) => new PruningSearch(asked with { Objective = objective }, options).Take();
        PruningLine usual = First(null), kl = First(new KlToFull()), labels = First(new CrossEntropy());
        Assert.Equal(usual, kl);
        Assert.NotEqual(usual.Distance, labels.Distance);
        Assert.Equal(usual.Sparsity, labels.Sparsity);
    }
}
