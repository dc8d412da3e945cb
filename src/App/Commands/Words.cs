using System.Globalization;
using Heartwood.Lab.Runs;

namespace Heartwood.App.Commands;

/// <summary>Amounts in words.</summary>
static class Words
{
    /// <summary>"45 s", "12 min", "3.5 h"</summary>
    public static string Duration(double seconds)
    {
        var (amount, unit) = seconds < 90 ? (Math.Max(1, seconds), "s") : seconds < 5400 ? (seconds / 60, "min") : (seconds / 3600, "h");
        return string.Create(CultureInfo.InvariantCulture, $"{amount:0.#} {unit}");
    }

    /// <summary>"1.4 GB"</summary>
    public static string Bytes(long bytes) => DiskSpace.InWords(bytes);
}
