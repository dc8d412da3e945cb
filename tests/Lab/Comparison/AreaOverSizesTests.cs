using System.Text.Json;
using Heartwood.Lab.Comparison;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Comparison;

public class AreaOverSizesTests
{
    [Fact]
    public void A_curve_that_rises_in_a_line_has_half_of_each_area()
    {
        AreaOverSizes line = AreaOverSizes.Exact([2, 3, 4, 5, 6])!;
        Assert.Equal([0, 0.25, 0.5, 0.75, 1], line.Faithfulness);
        Assert.Equal((0.5, 0.5), (line.Cpr, line.Cmd));
    }

    [Fact]
    public void What_overshoots_the_model_counts_for_performance_and_against_likeness()
    {
        AreaOverSizes over = AreaOverSizes.Exact([0, 2, 1])!;
        Assert.Equal([0, 2, 1], over.Faithfulness);
        Assert.Equal((1.25, 0.75), (over.Cpr, over.Cmd));
        Assert.Null(AreaOverSizes.Exact([1, 5, 1]));
    }

    [Fact]
    public void At_the_benchmark_s_shares_sizes_are_rounded_down_and_the_axis_begins_at_its_first_share()
    {
        double[] measured = [.. Enumerable.Range(0, 41).Select(k => k >= 4 ? 1.0 : 0)];          // whole from 4 of 40 parts on
        AreaOverSizes area = AreaOverSizes.AtBenchmarkShares(measured)!;
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], area.Faithfulness);
        Assert.Equal(0.9 + 0.05 / 2, area.Cpr, 12);
        Assert.Equal(0.045 + 0.004 + 0.05 / 2, area.Cmd, 12);
    }

    [Theory, InlineData("gpt2-lm"), InlineData("llama-lm")]
    public void The_benchmark_s_own_curves_have_its_areas(string model)
    {
        if (Files.SharedGoldens("mib") is not { } folder) { Assert.Skip("shared/goldens/mib is not beside the repository."); return; }
        JsonElement golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, $"curves-{model}.json"))).RootElement;
        Assert.Equal(golden.GetProperty("fractions").EnumerateArray().Select(f => f.GetDouble()), AreaOverSizes.BenchmarkShares);
        JsonElement[] curves = [.. golden.GetProperty("results").EnumerateArray()];
        Assert.Equal(16, curves.Length);
        foreach (JsonElement curve in curves)
        {
            AreaOverSizes area = new(AreaOverSizes.BenchmarkShares, [.. curve.GetProperty("faithfulness").EnumerateArray().Select(f => f.GetDouble())]);
            Assert.Equal(curve.GetProperty("CPR").GetDouble(), area.Cpr, 4);
            Assert.Equal(curve.GetProperty("CMD").GetDouble(), area.Cmd, 4);
        }
    }
}
