using System.Text.Json;
using System.Text.Json.Serialization;

namespace Heartwood.Bench.Harness;

/// <summary>One line of the results.</summary>
sealed record Row
{
    /// <summary>Name of the entry.</summary>
    public required string Entry { get; init; }

    /// <summary>What was measured and how large.</summary>
    public required string Size { get; init; }

    /// <summary>Threads that computed.</summary>
    public required int Threads { get; init; }

    /// <summary>Our median, in seconds or in <see cref="Unit"/>; null in summaries that have none.</summary>
    public double? Ours { get; init; }

    /// <summary>Unit of <see cref="Ours"/>; null for seconds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Unit { get; init; }

    /// <summary>
    /// Between what ends <see cref="Ours"/> lies, in its unit; null where the ratio has the interval, or nothing was measured in
    /// rounds.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Interval? OursInterval { get; init; }

    /// <summary>Median seconds of each peer; null for one that is absent.</summary>
    public SortedDictionary<string, double?> Peers { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Ours over the best peer's.</summary>
    public double? Ratio { get; init; }

    /// <summary>Share of the machine's peak, which was measured in turn with ours.</summary>
    public double? PeakShare { get; init; }

    /// <summary>Between what ends <see cref="Ratio"/> lies.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Interval? RatioInterval { get; init; }

    /// <summary>Between what ends <see cref="PeakShare"/> lies.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Interval? PeakInterval { get; init; }

    /// <summary>How many rounds the medians are of; null where nothing was measured in turn.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Rounds { get; init; }

    /// <summary>Median seconds of the same work on one thread, measured in turn with that of several.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? OneThread { get; init; }

    /// <summary>Between what ends lies how many times as fast as one thread several are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Interval? GainInterval { get; init; }

    /// <summary>What must hold.</summary>
    public string? Target { get; init; }

    /// <summary>Whether it does; null without a target, or where nothing was there to compare with.</summary>
    public bool? Met { get; init; }

    /// <summary>The configuration of each peer that was its fastest, and was measured.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SortedDictionary<string, string>? Configurations { get; init; }

    /// <summary>Why a peer is absent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SortedDictionary<string, string>? Absent { get; init; }

    /// <summary>What the reader must know.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }

    /// <summary>Whether only --only measures it; such a row stays when the rest of its entry is measured again.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Asked { get; init; }

    /// <summary>Whether <see cref="Ours"/> is a time.</summary>
    [JsonIgnore]
    public bool Timed => Ours is not null && Unit is null;

    /// <summary>This row with its ratio taken and its target judged.</summary>
    public Row Judged(Target? target)
    {
        double[] there = [.. Peers.Values.OfType<double>()];
        double? ratio = Ours is { } ours && there.Length > 0 ? ours / there.Min() : null;
        Row row = this with { Ratio = Ratio ?? ratio };
        return target is null ? row : row with { Target = target.Text, Met = target.Holds(row) };
    }
}

/// <summary>How results are written.</summary>
static class Json
{
    /// <summary>Names as in JavaScript, indented, signs as they are.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    /// <summary>The same on one line: rows as they are kept, and what peers are sent.</summary>
    public static JsonSerializerOptions Line { get; } = new(Options) { WriteIndented = false };
}
