extern alias bench;

using System.Text.Json;
using bench::Heartwood.Bench.Harness;

namespace Heartwood.Tests.Bench;

/// <summary>Rows of the benchmark: judged, written, compared.</summary>
public class RowTests
{
    internal static Row Sample(string size = "8 × 8", int threads = 1, double? ours = 0.5, string entry = "gemm") => new() { Entry = entry, Size = size, Threads = threads, Ours = ours };

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
        Assert.Equal(["entry", "size", "threads", "ours", "peers", "ratio", "peakShare", "target", "met"], json.EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("peers").GetProperty("onnxruntime").ValueKind);
        Assert.Equal(JsonSerializer.Serialize(row, Json.Options), JsonSerializer.Serialize(json.Deserialize<Row>(Json.Options), Json.Options));
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
        Assert.False(row.Met ?? false);
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
        double[] calm = [.. Enumerable.Range(0, 25).Select(i => 1 + 0.01 * (i % 5))], drifting = [.. calm.Select((t, i) => t * (1 + i))];
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
    public void Intervals_stand_beside_their_figures()
    {
        Row row = With(Sample(), ("torch", 1.0)) with { RatioInterval = new(0.4, 0.6), PeakShare = 0.9, PeakInterval = new(0.88, 0.92), Rounds = 12 };
        var (heads, cells) = Tables.Of([row.Judged(null)]);
        Assert.Equal(["what", "threads", "ours", "torch", "ours / best", "of peak", "rounds"], heads);
        Assert.Equal(["0.50 (0.40 to 0.60)", "90.0 % (88.0 to 92.0)", "12"], cells[0][^3..]);
    }

    [Fact]
    public void Two_threads_are_compared_with_one_where_both_were_timed()
    {
        Row[] rows = [Sample(ours: 1.9), Sample(threads: 2, ours: 1.0), Sample("only one"), Sample("brief", 1, 9e-6), Sample("brief", 2, 4e-6) with { OneThread = 4e-6, GainInterval = new(0.9, 1.1), HandOver = 1e-6, Moving = 1e-6, MovingGain = 2 }, Sample("bytes") with { Unit = "bytes" }, Sample("bytes", 2) with { Unit = "bytes" }];
        Row[] gains = [.. Results.Threads(rows)];
        Assert.Equal([("gemm: 8 × 8", true), ("gemm: brief", false)], gains.Select(g => (g.Size, g.Met!.Value)));
        Assert.Equal(1.9, gains[0].Ours!.Value, 1e-12);
        Assert.Equal("1.00 times (0.90 to 1.10)", Tables.OursOf(gains[1]));      // what was measured in turn, not what was measured before
        Assert.Contains("at most 1.60 times", gains[1].Limit);
        Assert.Contains("computing nothing gains 2.00 times", gains[1].Limit);
        rows[4] = rows[4] with { Moving = 1e-7 };                // a fortieth of the time bounds nothing
        Assert.DoesNotContain("computing nothing", Results.Threads(rows).Last().Limit);
        Row apart = Sample("gemm: 8 × 8", 2, 1.83) with { Entry = Results.ApartEntry, Unit = "times", OursInterval = new(1.80, 1.86), Rounds = 9 };
        Assert.Equal("twice, once on each thread with nothing shared: 1.83 times (1.80 to 1.86)", Results.Threads([.. rows, apart]).First().Limit);
    }

    [Theory]
    [InlineData(0.00123, null, "1.23 ms")]
    [InlineData(0.0000456, null, "45.6 µs")]
    [InlineData(123.4, null, "123 s")]
    [InlineData(3221225472.0, "bytes", "3.00 GiB")]
    [InlineData(1.856, "times", "1.86 times")]
    [InlineData(null, null, "")]
    public void Figures_are_written_with_three_digits(double? value, string? unit, string text) => Assert.Equal(text, Tables.Value(value, unit));
}
