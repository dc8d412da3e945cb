using System.Globalization;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>How figures are said on a terminal: plain characters, every share with its interval.</summary>
public static class Said
{
    /// <summary>A share with its interval: "97.9 % (97.1 to 98.4, n = 2000)".</summary>
    public static string Share(Proportion? share) => share is null or { N: 0 } ? "not measured"
        : share is { N: 1, Low: 0, High: 1 } ? Text($"{share.Value * 100:0.0} % (no interval, n = 1)")
        : Text($"{share.Value * 100:0.0} % ({share.Low * 100:0.0} to {share.High * 100:0.0}, n = {share.N})");

    /// <summary>A share alone: " 97.9 %".</summary>
    public static string Percent(Proportion? share) => share is null ? "not measured" : Text($"{share.Value * 100,5:0.0} %");

    /// <summary>A probability: "0.0310", "2.9e-21".</summary>
    public static string Probability(double p) => p.ToString(p < 1e-4 ? "0.0e+0" : "0.0000", CultureInfo.InvariantCulture);

    /// <summary>The first sixteen of some names.</summary>
    public static string Short(IReadOnlyList<string> parts) =>
        string.Join(' ', parts.Take(16)) + (parts.Count > 16 ? Text($" … ({parts.Count})") : "");

    /// <summary>Whether figures are of scores, which have no share that is right.</summary>
    public static bool AreOfScores(Measured measured) => measured is { InDomain.N: 0, Figures.Count: > 0 };

    /// <summary>The tasks' own figures, one line per set.</summary>
    public static string Figures(IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? figures)
    {
        List<string> lines = [];
        foreach (var (set, own) in (figures ?? new Dictionary<string, IReadOnlyDictionary<string, Quantity>>())
            .OrderBy(f => f.Key, StringComparer.Ordinal))
            lines.Add($"    {Measurements.Name(set)}: {string.Join("; ", own.Select(f => Figure(f.Key, f.Value)))}\n");
        return string.Concat(lines);
    }

    static string Figure(string name, Quantity q)
    {
        if (double.IsNaN(q.Value)) return Text($"{name} none (one of the two never changes, n = {q.N})");
        string interval = double.IsNaN(q.Low) ? "no interval" : Text($"{q.Low:0.0000} to {q.High:0.0000}");
        return Text($"{name} {q.Value:0.0000} ({interval}, n = {q.N})");
    }

    /// <summary>A text in the invariant culture.</summary>
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
