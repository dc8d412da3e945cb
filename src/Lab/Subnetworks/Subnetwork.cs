using System.Text.Json;

namespace Heartwood.Lab.Subnetworks;

/// <summary>The kept parts of a model, with the scores that they were chosen by and where they came from.</summary>
/// <param name="Seed">seed it was found with</param>
/// <param name="Method">how it was found, for example "structured pruning"</param>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Parts">number of parts of the universe</param>
/// <param name="Kept">the kept parts, in address order</param>
/// <param name="Scores">score of every part; higher is kept first; empty for random subnetworks</param>
/// <param name="Absence">"mean" or "zero"</param>
/// <param name="ModelSha256">hash of the model's weights file</param>
public sealed record Subnetwork(
    ulong Seed, string Method, double TargetSparsity, int Parts, IReadOnlyList<Part> Kept, IReadOnlyDictionary<Part, double> Scores, string Absence, string ModelSha256)
{
    /// <summary>The fraction of parts that are absent.</summary>
    public double Sparsity => 1 - (double)Kept.Count / Parts;

    /// <summary>Reads the JSON that <see cref="ToJson"/> makes.</summary>
    /// <exception cref="FormatException">it is not a subnetwork; the message says what is wrong</exception>
    public static Subnetwork FromJson(string json, string source)
    {
        try
        {
            File file = JsonSerializer.Deserialize<File>(json, Options) ?? throw new FormatException($"{source}: expected a subnetwork, found null.");
            Part[] kept = [.. (file.Kept ?? throw new FormatException($"{source}: the key 'kept' is missing: the addresses of the kept parts.")).Select(address => Part.Parse(address ?? "null")).Order()];
            if (kept.Distinct().Count() != kept.Length) throw new FormatException($"{source}: a part stands twice in 'kept'.");
            if (file.Parts < 1 || kept.Length > file.Parts) throw new FormatException($"{source}: {kept.Length} parts are kept out of {file.Parts}.");
            if (file.Absence is not (null or "mean" or "zero")) throw new FormatException($"{source}: 'absence' should be mean or zero, it is '{file.Absence}'.");
            return new(file.Seed, file.Method ?? "", file.TargetSparsity, file.Parts, kept,
                (file.Scores ?? []).ToDictionary(s => Part.Parse(s.Key), s => s.Value), file.Absence ?? "mean", file.ModelSha256 ?? "");
        }
        catch (JsonException error)
        {
            throw new FormatException($"{source}: expected a subnetwork as JSON: {error.Message}", error);
        }
        catch (FormatException error) when (!error.Message.StartsWith(source, StringComparison.Ordinal))
        {
            throw new FormatException($"{source}: {error.Message}", error);
        }
    }

    /// <summary>The subnetwork as JSON, addresses as text.</summary>
    public string ToJson() => JsonSerializer.Serialize(new File(
        Seed, Method, TargetSparsity, Sparsity, Parts, [.. Kept.Select(p => p.ToString())], Scores.OrderBy(s => s.Key).ToDictionary(s => s.Key.ToString(), s => s.Value), Absence, ModelSha256), Options) + "\n";

    static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    sealed record File(ulong Seed, string? Method, double TargetSparsity, double Sparsity, int Parts, string?[]? Kept, Dictionary<string, double>? Scores, string? Absence, string? ModelSha256);
}
