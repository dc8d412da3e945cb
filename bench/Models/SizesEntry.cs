using Heartwood.Bench.Harness;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Bench.Models;

/// <summary>How time and memory grow with tokens, layers and width, beside what the arithmetic says.</summary>
static class SizesEntry
{
    static readonly string[] works = ["load", "evaluate", "mask step", "cut", "memory"];

    /// <summary>One size: what grows, by how much, and the work that it must be.</summary>
    sealed record Point(string Axis, double Value, string Size, int Tokens)
    {
        internal string Label => $"{Size}, {Tokens} tokens";
    }

    static readonly Point[] points =
    [
        .. new[] { 256, 512, 1024, 2048 }.Select(tokens => new Point("tokens", tokens, "base", tokens)),
        .. new[] { 2, 4, 8, 16 }.Select(layers => new Point("layers", layers, $"{layers}x768", 512)),
        .. new[] { 256, 512, 1024, 2048 }.Select(width => new Point("width", width, $"4x{width}", 512)),
        new("", 0, "large", 512),
    ];

    /// <summary>Every size in a process of its own, then the exponents: slopes of logarithms, by least squares.</summary>
    public static Entry Sizes { get; } = new("sizes", "load, evaluate, learn masks, cut: time and memory as tokens, layers and width grow", () =>
    {
        Dictionary<(Point, int), IReadOnlyDictionary<string, double>> measured = [];
        return points.SelectMany(point => works.Select(work => Case.Figured($"{point.Label}: {work}", threads =>
        {
            if (!measured.TryGetValue((point, threads), out IReadOnlyDictionary<string, double>? figures))
                measured[(point, threads)] = figures = Programs.Alone("all", threads, Synthetic.Folder(point.Size), $"{point.Tokens}");
            return work == "memory" ? new(figures[work] / 1e6, "MB") : new(figures[work], "seconds");
        })));
    })
    {
        Summaries = rows => points.Where(p => p.Axis != "").GroupBy(p => p.Axis).SelectMany(axis => works.Select(work => Exponent(rows, [.. axis], work))),
    };

    static Row Exponent(IReadOnlyList<Row> rows, Point[] axis, string work)
    {
        double measured = Slope(axis, p => rows.Single(r => r.Size == $"{p.Label}: {work}").Ours!.Value), arithmetic = Slope(axis, p => Needed(p, work));
        return new Row
        {
            Entry = rows[0].Entry,
            Size = $"{work} by {axis[0].Axis}, {axis[0].Value} to {axis[^1].Value}",
            Threads = rows[0].Threads,
            Ours = measured,
            Unit = "as exponent",
            Note = FormattableString.Invariant($"the arithmetic's exponent is {arithmetic:0.00}"),
        }.Judged(new(FormattableString.Invariant($"at most {arithmetic + 0.05:0.00}"), r => r.Ours <= arithmetic + 0.05));
    }

    // what the work must do: operations of the layers, or bytes of the weights; memory holds the weights and, for each token and layer, some rows of the layer's width
    static double Needed(Point point, string work)
    {
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(Synthetic.Folder(point.Size));
        double layers = folder.Config.RequirePositive("num_hidden_layers"), width = folder.Config.RequirePositive("hidden_size");
        double weights = folder.Weights.Names.Sum(name => (double)folder.Weights.Count(name));
        return work switch
        {
            "load" or "cut" => weights,
            "memory" => weights + point.Tokens * layers * width * 10,
            _ => point.Tokens * ((layers - 1) * (24 * width * width + 4 * 64 * width) + (4 + 20.0 / 64) * width * width),   // sequences of 64; of the last layer one token each
        };
    }

    static double Slope(Point[] axis, Func<Point, double> figure)
    {
        double[] x = [.. axis.Select(p => Math.Log(p.Value))], y = [.. axis.Select(p => Math.Log(figure(p)))];
        double meanX = x.Average(), meanY = y.Average();
        return x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
    }
}
