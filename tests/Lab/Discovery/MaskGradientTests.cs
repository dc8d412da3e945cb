using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public class MaskGradientTests
{
    [Theory, InlineData("at=1"), InlineData("score=absolute,examples=10"), InlineData("at=0.5,score=squared,batch-size=3")]
    public void What_every_finder_promises_is_kept(string options) =>
        FinderRules.AreKept(FinderRules.With(new MaskGradient(), options), FinderRules.Asked());

    [Theory, InlineData(1), InlineData(0.4)]
    public void It_is_how_fast_the_loss_falls_as_a_part_comes_in(double at)
    {
        Search search = FinderRules.Asked(16);
        double[] scores = [.. new MaskGradient(new(At: at)).Begin(search).Finish().Values];
        for (int part = 0; part < scores.Length; part++)
        {
            double step = 2e-2, above = Loss(search, at, part, step), below = Loss(search, at, part, -step);
            Assert.Equal((below - above) / (2 * step), scores[part], 2e-3);
        }
    }

    static double Loss(Search search, double at, int part, double step)
    {
        using Scope scope = Scope.Open();
        Tensor mask = Tensor.Filled((float)at, new(search.Universe.Count));
        mask.Change()[part] += (float)step;
        Batch batch = Classification.Instance.BatchOf(search.Examples);
        return search.Model.Forward(batch, search.Masked(mask, batch, search.Examples)).CrossEntropy([.. search.Examples.Select(e => e.Label)]).Item;
    }

    [Fact]
    public void Absolute_and_squared_are_of_each_example_s_own_slope_or_of_their_mean()
    {
        Search search = FinderRules.Asked(9);
        double[][] each = [.. search.Examples.Select(e => Of("signed", search with { Examples = [e] }))];
        double[] Mean(Func<double, double> of) => [.. Enumerable.Range(0, each[0].Length).Select(p => each.Average(s => of(s[p])))];
        Same(Mean(s => s), Of("signed", search));
        Same(Mean(Math.Abs), Of("absolute", search));
        Same(Mean(s => s * s), Of("squared", search));
        Same([.. Mean(s => s).Select(Math.Abs)], Of("absolute-mean", search));
        Same([.. Mean(s => s).Select(s => s * s)], Of("squared-mean", search));
    }

    static double[] Of(string score, Search search) => [.. new MaskGradient(new(Score: score)).Begin(search).Finish().Values];

    static void Same(double[] expected, double[] actual)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5);
    }

    /// <summary>−the logit of the label.</summary>
    sealed class LabelLogits : IObjective
    {
        public string Name => "label-logit";

        public string Meaning => "the label's logit, with a minus sign";

        public bool NeedsReference => false;

        public string? WhyNot(IProblem problem) => null;

        public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
        {
            Tensor scores = pass.Scores(problem.Tokens);
            int labels = scores.Shape.Last;
            return scores.As(scores.Count, 1).Rows([.. examples.Select((e, row) => row * labels + e.Label)]).As(examples.Count) * -1;
        }
    }

    [Theory, InlineData("bert"), InlineData("roberta")]
    public void With_zero_ablation_it_is_captum_s_activation_times_gradient_summed_over_positions(string family)
    {
        if (Files.SharedGoldens("captum") is not { } folder || Files.SharedGoldens("models") is not { } models)
        {
            Assert.Skip("shared/goldens/captum and shared/goldens/models are not beside the repository.");
            return;
        }
        using HuggingFaceFolder open = HuggingFaceFolder.Open(Path.Combine(models, $"{family}-classifier"));
        IModel model = ModelFolder.Load(open);
        using SafetensorsFile input = SafetensorsFile.Open(Path.Combine(models, $"{family}-classifier", "outputs.safetensors"));
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(folder, $"layers-{family}.safetensors"));
        int[] ids = Ints(input, "input.input_ids"), real = Ints(input, "input.attention_mask"), labels = Ints(input, "input.labels");
        int[] types = input.Contains("input.token_type_ids") ? Ints(input, "input.token_type_ids") : new int[ids.Length];
        int rows = labels.Length, positions = ids.Length / rows;
        Universe universe = model.Universe([Heads.Kind]);
        float[][] expected = [.. Enumerable.Range(0, model.Layers.Count).Select(l => Floats(golden, $"head_activation_x_gradient.layer{l}"))];
        for (int row = 0; row < rows; row++)
        {
            int[] own = [.. Enumerable.Range(row * positions, positions).Where(t => real[t] == 1)];
            Example example = new(new([.. own.Select(t => ids[t])], [.. own.Select(t => types[t])]), labels[row], "", "");
            Search search = new(model, universe, Ablation.Zero(universe), Classification.Instance, [example]) { Objective = new LabelLogits() };
            IReadOnlyDictionary<Part, double> scores = new MaskGradient().Begin(search).Finish().ByPart(universe);
            foreach (var (part, score) in scores)
            {
                int heads = model.Layers[part.Layer].Heads;
                double sum = Enumerable.Range(0, positions).Sum(t => (double)expected[part.Layer][(row * positions + t) * heads + part.Index]);
                Assert.True(Math.Abs(score - sum) <= 1e-4 * Math.Max(1, Math.Abs(sum)), $"row {row}, {part}: {score}, captum has {sum}");
            }
        }
    }

    static float[] Floats(SafetensorsFile file, string name)
    {
        float[] values = new float[file.Count(name)];
        file.Read(name, values);
        return values;
    }

    static int[] Ints(SafetensorsFile file, string name) => Array.ConvertAll(Floats(file, name), v => (int)v);

    [Fact]
    public void It_costs_one_pass_there_and_back_for_each_example()
    {
        Assert.Equal((512 * 3, 100 * 3), (new MaskGradient().Cost(36, 8000).Passes, new MaskGradient().Cost(36, 100).Passes));
        Assert.Contains("'at' takes a number from 0 to 1", FinderRules.Refusal(new MaskGradient(), "at=2"));
    }
}
