using System.Text.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Training;

/// <summary>
/// Training runs and losses of torch and transformers, shared/goldens/training. The golden's learning rates are handed in, for its schedule
/// begins at a rate of 0 and ours does not (see its README, section 1; our schedule is Devlin et al.'s, the first step has a rate too).
/// </summary>
public class TrainingGoldenTests
{
    public static TheoryData<string, string> Runs =>
        [.. from model in (string[])["bert-classifier", "llama-lm"] from run in (string[])["adamw-linear", "adamw-cosine", "clip-at-4"] select (model, run)];

    [Theory, MemberData(nameof(Runs))]
    public void Every_step_has_the_loss_and_the_norm_of_the_golden_and_the_weights_end_where_its_do(string model, string run)
    {
        GoldenFolder folder = new("training");
        ModelGolden golden = GoldenFolder.Model(model);
        JsonElement record = folder.Json($"trajectories-{model}").GetProperty(run), settings = record.GetProperty("settings");
        JsonElement[] steps = [.. record.GetProperty("steps").EnumerateArray()];
        double[] rates = [.. steps.Select(step => step.GetProperty("learning_rate")[0].GetDouble())];
        IProblem problem = golden.Model.Output == Output.Labels ? Classification.Instance : new LanguageModelling();
        Example[] examples = [.. Examples(golden)];
        Trainer trainer = new(golden.Model, examples, new(Steps: steps.Length, TokensPerBatch: 1000, LearningRate: settings.GetProperty("lr").GetDouble(),
            Clip: settings.GetProperty("clip").GetDouble(), WeightDecay: 0.01), problem)
        { Rates = rates };

        for (int i = 0; i < steps.Length; i++)
        {
            TrainingLine line = trainer.Advance();
            double loss = steps[i].GetProperty("loss").GetDouble(), norm = steps[i].GetProperty("gradient_norm").GetDouble();
            Assert.Equal(loss, line.Loss, 2e-5);
            Assert.Equal(norm, line.GradientNorm, 1e-4 * norm);
            Assert.Equal(rates[i], line.Rate, 1e-12);
        }
        Ends(trainer.Model, record.GetProperty("tensors"), folder.Tensors($"trajectory-{model}-{run}"));
    }

    static void Ends(IModel model, JsonElement facts, GoldenTensors after)
    {
        const string Noise = "attention.self.key.bias";              // its true gradient is 0, and Adam divides rounding by itself (README)
        foreach (JsonProperty tensor in facts.EnumerateObject().Where(t => !t.Name.EndsWith(Noise, StringComparison.Ordinal)))
        {
            float[] values = model.Weights.All[tensor.Name].Values.ToArray();
            Assert.Equal(tensor.Value.GetProperty("sum").GetDouble(), values.Sum(v => (double)v), 5e-4);
            Assert.Equal(tensor.Value.GetProperty("sum_of_squares").GetDouble(), values.Sum(v => (double)v * v), 5e-4);
        }
        foreach (string name in after.Names.Where(n => !n.EndsWith(Noise, StringComparison.Ordinal)))
        {
            float[] expected = after.Floats(name), actual = model.Weights.All[name].Values.ToArray();
            double[] differences = [.. expected.Zip(actual, (e, a) => Math.Abs((double)e - a))];
            Assert.True(differences.Max() <= 2e-4 && differences.Average() <= 1e-6, $"{name}: {differences.Max()}, on average {differences.Average()}");
        }
    }

    // the rows of the golden's batch; its tokens are all real in a language model
    static IEnumerable<Example> Examples(ModelGolden golden)
    {
        Batch batch = golden.Batch;
        long[] labels = golden.Outputs.Longs("input.labels");
        for (int s = 0; s < batch.Count; s++)
        {
            Range tokens = batch.Offsets[s]..batch.Offsets[s + 1];
            int label = golden.Model.Output == Output.Labels ? (int)labels[s] : 0;
            yield return new(new(batch.Ids[tokens], batch.TokenTypes[tokens]), label, "", "");
        }
    }

    [Fact]
    public void Cross_entropy_and_its_gradient_are_torchs()
    {
        GoldenTensors golden = new GoldenFolder("training").Tensors("losses");
        int[] labels = [.. golden.Longs("input.labels").Select(label => (int)label)];
        Tensor student = golden.Tensor("input.student").Track(), loss = student.CrossEntropy(labels);
        Near(golden, "ce", loss, student, [.. Enumerable.Range(0, labels.Length)]);
        Near(golden, "ce", student.CrossEntropies(labels).Mean(), student, [.. Enumerable.Range(0, labels.Length)]);
    }

    [Fact]
    public void Rows_without_a_label_are_left_out_of_the_mean_as_torch_leaves_out_those_of_minus_100()
    {
        GoldenTensors golden = new GoldenFolder("training").Tensors("losses");
        long[] all = golden.Longs("input.labels_ignore");
        int[] rows = [.. Enumerable.Range(0, all.Length).Where(row => all[row] >= 0)];
        Assert.True(rows.Length < all.Length);
        Tensor student = golden.Tensor("input.student").Track();
        Near(golden, "ce_ignore", student.Rows(rows).CrossEntropy([.. rows.Select(row => (int)all[row])]), student, rows);
    }

    static void Near(GoldenTensors golden, string name, Tensor loss, Tensor student, int[] rows)
    {
        float expected = golden.Floats($"loss.{name}")[0];
        Assert.Equal(expected, loss.Item, 2e-6 * expected);
        Tensor slope = loss.Gradients(student)[0];
        golden.Near($"gradient.{name}.student", slope.Values, 3e-6);
        int width = student.Shape.Last;
        foreach (int row in Enumerable.Range(0, student.Shape[0]).Except(rows)) Assert.All(slope.Values.Slice(row * width, width).ToArray(), s => Assert.Equal(0, s));
    }
}
