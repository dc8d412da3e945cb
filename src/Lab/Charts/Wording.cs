using System.Globalization;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Charts;

/// <summary>How numbers are said to a reader: accuracies in percent, differences in points, always with their uncertainty.</summary>
public static class Wording
{
    const string NotMeasured = "not measured";

    /// <summary>"97.8 %"; a share below 1 is never rounded up to 100 %, nor one above 0 down to 0 %.</summary>
    public static string Percent(double share) => double.IsNaN(share) ? NotMeasured : $"{Digits(share)}\u00A0%";

    /// <summary>"97.1 to 98.4 %".</summary>
    public static string Range(double low, double high) =>
        double.IsNaN(low) || double.IsNaN(high) ? NotMeasured
        : Digits(low) == Digits(high) ? Percent(low) : $"{Digits(low)} to {Percent(high)}";

    /// <summary>The same of a share that may not have been measured.</summary>
    public static string Percent(Proportion? share) => share is null or { N: 0 } ? NotMeasured : Percent(share.Value);

    /// <summary>"97.8 % (97.1 to 98.4 %, n = 2,000)"; one example may have none.</summary>
    public static string Full(Proportion? p) => p is null or { N: 0 } ? NotMeasured
        : p is { N: 1, Low: 0, High: 1 } ? $"{Percent(p.Value)} (no interval, {Examples(p.N)})"
        : $"{Percent(p.Value)} ({Range(p.Low, p.High)}, {Examples(p.N)})";

    /// <summary>"97.8 % (97.1 to 98.4 %)".</summary>
    public static string Short(Proportion? p) => p is null or { N: 0 } ? NotMeasured : $"{Percent(p.Value)} ({Range(p.Low, p.High)})";

    /// <summary>"2.1 points", a difference between two shares.</summary>
    public static string Points(double difference) => double.IsNaN(difference) ? NotMeasured
        : string.Create(CultureInfo.InvariantCulture, $"{Signed(100 * difference, "0.0")}\u00A0points");

    /// <summary>"p = 0.31", "p = 0.013", "p = 2.9e-21".</summary>
    public static string Probability(double p) => double.IsNaN(p) ? "p not computed"
        : p <= 0 ? "p\u00A0<\u00A01e-15"
        : $"p\u00A0=\u00A0{(p is > 0 and < 0.001 ? Small(p) : p.ToString(p < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture))}";

    /// <summary>"2,000".</summary>
    public static string Count(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"n = 2,000".</summary>
    public static string Examples(long n) => $"n\u00A0=\u00A0{Count(n)}";

    /// <summary>"6 subnetworks", "1 subnetwork".</summary>
    public static string Count(int n, string noun) => n == 1 ? $"1 {noun}" : $"{Count(n)} {noun}s";

    /// <summary>"sparsity 0.60".</summary>
    public static string Sparsity(Target size) => $"{size.UnitName} {Number(size.Value, "0.0#")}";

    /// <summary>The same where it is understood that it is a size: "0.5", "time 0.5".</summary>
    public static string Short(Target size) => size.IsSparsity ? Number(size.Value, "0.0#") : Sparsity(size);

    /// <summary>A number in a pattern of the invariant culture, with a true minus sign.</summary>
    public static string Number(double? value, string pattern) => value is not { } v || double.IsNaN(v) ? NotMeasured : Signed(v, pattern);

    /// <summary>A small number, "2.4e-6".</summary>
    public static string Small(double value) =>
        double.IsNaN(value) ? NotMeasured : value == 0 ? "0" : value.ToString("0.0e-0", CultureInfo.InvariantCulture);

    /// <summary>"1 min 58 s".</summary>
    public static string Time(double seconds) => double.IsNaN(seconds) ? NotMeasured
        : seconds < 60 ? $"{Number(seconds, "0.0")} s"
        : seconds < 3600 ? $"{Number(Math.Floor(seconds / 60), "0")} min {Number(seconds % 60, "00")} s"
        : $"{Number(Math.Floor(seconds / 3600), "0")} h {Number(Math.Floor(seconds % 3600 / 60), "00")} min";

    /// <summary>"a, b and c".</summary>
    public static string List(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.Take(words.Count - 1))} and {words[^1]}";

    /// <summary>The first sixteen of some names, and how many there are where these are not all.</summary>
    public static string First(IReadOnlyList<string> names) =>
        string.Join(' ', names.Take(16)) + (names.Count > 16 ? $" … ({Count(names.Count)})" : "");

    /// <summary>The same words for a terminal: an ordinary space wherever a page may not break the line.</summary>
    public static string Plain(string words) => words.Replace('\u00A0', ' ');

    /// <summary>The words as a heading begins.</summary>
    public static string Capital(string words) => words == "" ? "" : char.ToUpperInvariant(words[0]) + words[1..];

    static string Signed(double value, string pattern) => value.ToString(pattern, CultureInfo.InvariantCulture).Replace('-', '−');

    static string Digits(double share)
    {
        string one = Signed(100 * share, "0.0");
        return one == "100.0" ? share >= 1 ? "100" : Signed(Math.Floor(share * 1e4) / 100, "0.00")
            : one == "0.0" ? share <= 0 ? "0" : "below 0.1" : one;
    }
}
