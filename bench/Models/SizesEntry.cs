using Heartwood.Bench.Harness;

namespace Heartwood.Bench.Models;

/// <summary>How time and memory grow with tokens, layers and width.</summary>
static class SizesEntry
{
    const string About = "load, evaluate, learn masks, cut: time and memory as tokens, layers and width grow";
    static readonly string[] works = ["load", "evaluate", "mask step", "cut", "memory"];

    sealed record Point(string Size, int Tokens)
    {
        internal string Label => $"{Size}, {Tokens} tokens";
    }

    static readonly Point[] points =
    [
        .. new[] { 256, 512, 1024, 2048 }.Select(tokens => new Point("base", tokens)),
        .. new[] { 2, 4, 8, 16 }.Select(layers => new Point($"{layers}x768", 512)),
        .. new[] { 256, 512, 1024, 2048 }.Select(width => new Point($"4x{width}", 512)),
        new("large", 512),
    ];

    /// <summary>Every size in a process of its own.</summary>
    public static Entry Sizes { get; } = new("sizes", About, () =>
    {
        Dictionary<(Point, int), IReadOnlyDictionary<string, double>> measured = [];
        return from point in points from work in works select Case.Figured($"{point.Label}: {work}", threads => One(point, work, threads));

        Figure One(Point point, string work, int threads)
        {
            if (!measured.TryGetValue((point, threads), out IReadOnlyDictionary<string, double>? figures))
                measured[(point, threads)] = figures = Programs.Alone("all", threads, Synthetic.Folder(point.Size), $"{point.Tokens}");
            return work == "memory" ? new(figures[work] / 1e6, "MB") : new(figures[work], "seconds");
        }
    });
}
