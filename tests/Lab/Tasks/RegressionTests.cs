using System.Buffers.Binary;
using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Tasks;

public class RegressionTests
{
    static readonly IProblem problem = Regression.Instance;
    static readonly IObjective error = new SquaredError();

    static Example Scored(double score, int[]? ids = null, int[]? types = null) => new(new(ids ?? [1, 2], types ?? [0, 0]), 0, "",
        "")
    { Score = score };

    [Fact]
    public void The_loss_is_the_mean_squared_error_and_its_gradient_is_that_of_the_formula()
    {
        Tensor scores = Tensor.From([1f, 2f, 4.5f], 3, 1).Track();
        Example[] examples = [Scored(0), Scored(3.5), Scored(4)];
        Tensor loss = error.Mean(problem, Pass.Remembered(Small.Model(), problem.BatchOf(examples), scores), null, examples);
        Assert.Equal((1 + 2.25f + 0.25f) / 3, loss.Item, 1e-6f);
        float[] slopes = loss.Gradients(scores)[0].Values.ToArray();                   // 2 (score − wanted) / 3
        Assert.Equal([2 / 3f, -1f, 1 / 3f], slopes.Select(s => MathF.Round(s, 6)), (a, b) => Math.Abs(a - b) < 1e-6f);
    }

    [Theory, InlineData("1.25", 1.25), InlineData(" 3 ", 3.0), InlineData("1e-2", 0.01), InlineData("-0.5", -0.5), InlineData("nan", null),
        InlineData("1e999", null), InlineData("1e39", null), InlineData("1,5", null), InlineData("good", null), InlineData("", null)]
    public void A_score_is_a_number_that_is_finite(string text, double? score) => Assert.Equal(score, Regression.Parse(text));

    [Fact]
    public void Other_tasks_are_not_trained_on() =>
        Assert.Contains("not on minimal pairs", Assert.Throws<InvalidDataException>(() => Objectives.ToTrain(new MinimalPairs())).Message);

    [Fact]
    public void Scores_loss_and_every_gradient_of_transformers_one_number_model_are_equal()
    {
        if (Files.SharedGoldens("models") is not { } models)
        {
            Assert.Skip(
            "shared/goldens/models is not beside the repository, nor under HEARTWOOD_GOLDENS."); return;
        }
        string folder = Path.Combine(models, "bert-regression");
        using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
        IModel model = ModelFolder.Load(open);
        Assert.True(model.GivesOneNumber());
        Golden golden = new(Path.Combine(folder, "outputs.safetensors"));
        float[] ids = golden["input.input_ids"], mask = golden["input.attention_mask"], types = golden["input.token_type_ids"],
            wanted = golden["input.labels"];
        int rows = wanted.Length, positions = ids.Length / rows;
        Example[] examples = [.. Enumerable.Range(0, rows).Select(r => Scored(wanted[r], Row(ids, r), Row(types, r)))];

        string[] names = [.. golden.Names.Where(n => n.StartsWith("gradient.", StringComparison.Ordinal))];
        Assert.Equal(model.Weights.All.Count, names.Length);
        IModel tracked = model.With(model.Config, model.Weights.Map((_, t) => t.Track()));
        Pass pass = Pass.Run(tracked, problem.BatchOf(examples), NoProbe.Instance, Tokens.Read);
        Tensor scores = pass.Scores(Tokens.Read), loss = error.Mean(problem, pass with { Known = scores }, null, examples);
        Assert.Equal([rows, 1], scores.Shape.Axes.ToArray());
        for (int r = 0; r < rows; r++) Assert.Equal(golden["logits"][r], scores.Values[r], 1e-5f);
        Assert.Equal(golden["loss"][0], loss.Item, 1e-5f * Math.Max(1, golden["loss"][0]));
        Tensor[] slopes = loss.Gradients([.. names.Select(n => tracked.Weights.All[n["gradient.".Length..]])]);
        for (int i = 0; i < names.Length; i++)
        {
            float[] expected = golden[names[i]];
            float most = expected.Max(Math.Abs), tolerance = 1e-5f * most + 1e-6f;
            for (int k = 0; k < expected.Length; k++) Assert.True(Math.Abs(expected[k] - slopes[i].Values[k]) <= tolerance,
                $"{names[i]}: value {k} is {slopes[i].Values[k]}, the golden is {expected[k]}.");
        }

        int[] Row(float[] of, int row) => [.. Enumerable.Range(0, positions).Where(p => mask[row * positions + p] == 1)
            .Select(p => (int)of[row * positions + p])];
    }

    /// <summary>Tensors of a golden file, of float32 or int64.</summary>
    sealed class Golden
    {
        readonly byte[] bytes;
        readonly JsonElement header;
        readonly int data;

        public Golden(string path)
        {
            bytes = File.ReadAllBytes(path);
            data = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
            header = JsonDocument.Parse(bytes.AsMemory(8, data - 8)).RootElement;
        }

        public IEnumerable<string> Names => header.EnumerateObject().Select(t => t.Name);

        public float[] this[string name]
        {
            get
            {
                JsonElement tensor = header.GetProperty(name);
                int[] ends = tensor.GetProperty("data_offsets").Ints();
                byte[] its = bytes[(data + ends[0])..(data + ends[1])];
                return tensor.GetProperty("dtype")
                    .GetString() == "I64" ? [.. its.Chunk(8).Select(b => (float)BinaryPrimitives.ReadInt64LittleEndian(b))]
                    : [.. its.Chunk(4).Select(b => BinaryPrimitives.ReadSingleLittleEndian(b))];
            }
        }
    }
}
