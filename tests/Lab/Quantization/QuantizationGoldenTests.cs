using Heartwood.Lab.Models;
using Heartwood.Lab.Quantization;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Quantization;

/// <summary>Grids, GPTQ, scales and a whole model against the programs that made them known (shared/goldens/weights).</summary>
public class QuantizationGoldenTests
{
    static readonly GoldenFolder weights = new("weights");

    [Fact]
    public void Grids_are_those_of_GPTQs_quantizer_to_the_last_code()
    {
        GoldenTensors golden = weights.Tensors("rtn");
        int compared = 0;
        foreach (string key in golden.Names.Where(name => name.EndsWith(".scale", StringComparison.Ordinal)))
        {
            string[] words = key.Split('.');                     // A.4bit.sym.row.mse.scale
            float[] matrix = words[0] == "edge" ? golden.Floats("edge.weight") : weights.Tensors("inputs").Floats($"{words[0]}.weight");
            float[] scales = golden.Floats(key), zeros = golden.Floats(key.Replace(".scale", ".zero")), values = golden.Floats(key.Replace(".scale", ".weight"));
            Grid grid = new(words[2] == "sym" ? GridKind.Symmetric : GridKind.Asymmetric, words[1][0] - '0') { HalfScales = false, Searched = words.Contains("mse") };
            int rows = scales.Length, columns = matrix.Length / rows;
            bool whole = words[3] == "tensor";
            Rounded made = whole ? new CellGrids(grid, 1, matrix.Length).Nearest(matrix) : new CellGrids(grid, rows, columns).Nearest(matrix);
            for (int row = 0; row < rows; row++)
            {
                GridStep step = made.Steps[whole ? 0 : row];
                Assert.True(Math.Abs(step.Scale - scales[row]) <= 1e-6 * scales[row] && step.Zero == zeros[row], $"{key}: row {row} {step}, {scales[row]} {zeros[row]}");
            }
            Near(values, made.Values, 1e-6, key);
            compared++;
        }
        Assert.Equal(50, compared);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    public void GPTQ_chooses_the_codes_that_its_program_chooses(string layer)
    {
        GoldenTensors golden = weights.Tensors($"gptq-{layer}"), inputs = weights.Tensors("inputs");
        float[] matrix = inputs.Floats($"{layer}.weight");
        int[] shape = [.. inputs.Shape($"{layer}.weight")];
        Moments moments = new(shape[1]);
        float[] x = inputs.Floats($"{layer}.inputs");
        moments.Add(Tensor.From(x, x.Length / shape[1], shape[1]));
        int compared = 0;
        foreach (string key in golden.Names.Where(name => name.EndsWith(".weight", StringComparison.Ordinal)))
        {
            string[] words = key.Split('.');                     // A.4bit.asym.group16.act.static.block128.weight
            int group = int.Parse(words[3]["group".Length..]), block = int.Parse(words[^2]["block".Length..]);
            Grid grid = new(words[2] == "sym" ? GridKind.Symmetric : GridKind.Asymmetric, words[1][0] - '0', Math.Max(0, group)) { HalfScales = false };
            GptqRounding gptq = new("gptq", false, new(Block: block, ByActivity: words[4] == "act", Fixed: words.Contains("static"), DeadToZero: true));
            Rounded made = gptq.Round(new(matrix, new(grid, shape[0], shape[1]), [new(0, shape[0], moments.Squares)]), default);
            Near(golden.Floats(key), made.Values, 1e-5, key);
            Near(golden.Floats(key.Replace(".weight", ".scale")), [.. made.Steps.Select(s => s.Scale)], 1e-5, key);
            compared++;
        }
        Assert.True(compared >= 20, $"{compared} cases");
    }

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    public void Scales_of_AWQ_and_SmoothQuant_are_those_of_the_formulas(string layer)
    {
        GoldenTensors golden = weights.Tensors("scales"), inputs = weights.Tensors("inputs");
        float[] matrix = inputs.Floats($"{layer}.weight"), x = inputs.Floats($"{layer}.inputs");
        int width = inputs.Shape($"{layer}.weight")[1];
        Moments moments = new(width);
        moments.Add(Tensor.From(x, x.Length / width, width));
        var awq = InputScaling.Awq(moments, [matrix], new(GridKind.MinMax, 4, 16) { HalfScales = false });
        Near(golden.Floats($"{layer}.awq.losses"), [.. awq.Losses.Select(l => (float)l)], 1e-3, "losses");
        Assert.Equal(weights.Json("scales").GetProperty($"{layer}.awq").GetProperty("best").GetInt32(), awq.Best);
        Near(golden.Floats($"{layer}.awq.scale"), [.. awq.Scales.Select(s => (float)s)], 1e-5, "scale");
        foreach (double alpha in (double[])[0.5, 0.75])
            Near(golden.Floats(FormattableString.Invariant($"{layer}.smoothquant.{alpha}.scale")),
                [.. InputScaling.Smooth(moments, [matrix], alpha).Select((s, j) => (float)(moments.Largest[j] == 0 ? 0 : s))], 1e-5, "smoothquant",
                skip: j => moments.Largest[j] == 0);
    }

    [Theory]
    [InlineData("llama-gptq.4bit", false)]
    [InlineData("llama-gptq.4bit.true_sequential", true)]
    public void A_whole_Llama_goes_where_GPTQs_own_loop_takes_it(string name, bool steps)
    {
        GoldenTensors golden = weights.Tensors(name), ids = weights.Tensors("llama-inputs");
        IModel model = GoldenFolder.Model("llama-lm").Model;
        int[] shape = [.. ids.Shape("input_ids")];
        long[] all = ids.Longs("input_ids");
        Sequence[] texts = [.. Enumerable.Range(0, shape[0]).Select(row => Sequence.Plain([.. all.AsSpan(row * shape[1], shape[1]).ToArray().Select(id => (int)id)]))];
        Scheme scheme = new() { Grid = new(GridKind.Asymmetric, 4) { HalfScales = false }, Embeddings = 0, BySteps = steps };
        QuantizedModel made = ModelQuantization.Make(model, scheme, ModelQuantization.Batches(texts, int.MaxValue));
        int off = 0;
        foreach (WeightMatrix matrix in WeightMatrix.InLayers(model))
        {
            float[] expected = golden.Floats(matrix.Name), own = matrix.Read(made.Model.Weights);
            float most = expected.Max(Math.Abs);
            for (int row = 0; row < matrix.Rows; row++)
                if (Enumerable.Range(row * matrix.Columns, matrix.Columns).Any(i => Math.Abs(expected[i] - own[i]) > 2e-5 * most)) off++;
        }
        Assert.True(off <= 1, $"{off} rows differ");             // the README allows float32 one row of one matrix
    }

    static void Near(float[] expected, float[] actual, double tolerance, string what, Predicate<int>? skip = null)
    {
        Assert.Equal(expected.Length, actual.Length);
        double most = tolerance * expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
            if (skip?.Invoke(i) != true) Assert.True(Math.Abs(expected[i] - actual[i]) <= most, $"{what}: value {i} is {actual[i]}, the golden is {expected[i]}.");
    }
}
