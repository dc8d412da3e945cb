extern alias bench;

using System.Text.Json;
using bench::Heartwood.Bench.Harness;

namespace Heartwood.Tests.Bench;

/// <summary>Rows of the benchmark: judged, written, compared.</summary>
public class RowTests
{
    internal static Row Sample(string size = "8 × 8", int threads = 1, double? ours = 0.5) =>
        new() { Entry = "gemm", Size = size, Threads = threads, Ours = ours };

    static Row With(Row row, params (string Name, double? Seconds)[] peers)
    {
        foreach (var (name, seconds) in peers) row.Peers[name] = seconds;
        return row;
    }

    [Fact]
    public void A_row_is_written_with_the_names_that_others_read()
    {
        Row row = With(Sample(), ("torch", 1.0), ("onnxruntime", null)).Judged(Target.RatioAtMost(0.85));
        JsonElement json = JsonSerializer.SerializeToElement(row, Json.Options);
        string[] names = ["entry", "size", "threads", "ours", "peers", "ratio", "peakShare", "target", "met"];
        Assert.Equal(names, json.EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("peers").GetProperty("onnxruntime").ValueKind);
        Row? read = json.Deserialize<Row>(Json.Options);
        Assert.Equal(JsonSerializer.Serialize(row, Json.Options), JsonSerializer.Serialize(read, Json.Options));
    }

    [Fact]
    public void The_ratio_is_against_the_best_peer()
    {
        Row row = With(Sample(), ("torch", 1.0), ("onnxruntime", 0.625)).Judged(Target.RatioAtMost(0.85));
        Assert.Equal(0.8, row.Ratio!.Value, 1e-12);
        Assert.True(row.Met);
        Assert.Equal("at most 0.85 of the best peer", row.Target);
        Assert.False(With(Sample(ours: 0.6), ("torch", 0.7)).Judged(Target.RatioAtMost(0.85)).Met);
    }

    [Fact]
    public void Without_a_peer_that_is_there_a_target_is_not_judged()
    {
        Row row = With(Sample(), ("torch", null)).Judged(Target.Faster);
        Assert.Null(row.Ratio);
        Assert.Null(row.Met);
        Assert.Equal("faster than the best peer", row.Target);
    }

    [Theory]
    [InlineData(new[] { 3.0, 1.0, 2.0 }, 2.0)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 3.0 }, 2.5)]
    [InlineData(new[] { 7.0 }, 7.0)]
    public void The_median_is_the_middle(double[] values, double median) => Assert.Equal(median, Measuring.Median(values));

    [Fact]
    public void A_ratio_has_an_interval_that_what_slows_both_in_a_round_does_not_widen()
    {
        double[] calm = [.. Enumerable.Range(0, 25).Select(i => 1 + 0.01 * (i % 5))];
        double[] drifting = [.. calm.Select((t, i) => t * (1 + i))];
        Interval same = Interval.OfRatio([.. drifting.Select(t => t / 2)], drifting), apart = Interval.OfRatio(drifting, calm);
        Assert.Equal((0.5, 0.5), (same.Low, same.High));
        Assert.Equal(0, same.HalfWidth, 1e-12);
        Assert.InRange(Measuring.Median(drifting) / Measuring.Median(calm), apart.Low, apart.High);
        Assert.True(apart.HalfWidth > 0.1);
        Assert.Equal(new(1, 1), same.Times(2));
    }

    [Fact]
    public void A_mean_is_surer_than_the_figures_that_it_is_of()
    {
        Interval[] each = [new(0.9, 1.1), new(0.9, 1.1), new(0.9, 1.1), new(0.9, 1.1)];
        Interval mean = Interval.OfMean(each, 1)!;
        Assert.Equal(each[0].HalfWidth / 2, mean.HalfWidth, 1e-2);
        Assert.InRange(1, mean.Low, mean.High);
        Assert.Null(Interval.OfMean([.. each, null], 1));
    }

    [Fact]
    public void Intervals_stand_next_to_their_figures()
    {
        Row row = With(Sample(), ("torch", 1.0)) with
        {
            RatioInterval = new(0.4, 0.6),
            PeakShare = 0.9,
            PeakInterval = new(0.88, 0.92),
            Rounds = 12,
        };
        var (heads, cells) = Tables.HeadsAndCells([row.Judged(null)]);
        Assert.Equal(["what", "threads", "ours", "torch", "ours / best", "of peak", "rounds"], heads);
        Assert.Equal(["0.50 (0.40 to 0.60)", "90.0 % (88.0 to 92.0)", "12"], cells[0][^3..]);
    }

    [Theory]
    [InlineData(0.00123, null, "1.23 ms")]
    [InlineData(0.0000456, null, "45.6 µs")]
    [InlineData(123.4, null, "123 s")]
    [InlineData(3221225472.0, "bytes", "3.00 GiB")]
    [InlineData(1.856, "times", "1.86 times")]
    [InlineData(null, null, "")]
    public void Figures_are_written_with_three_digits(double? value, string? unit, string text) =>
        Assert.Equal(text, Tables.Value(value, unit));
}
