using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Json;

namespace Heartwood.Lab.Subnetworks.Formats;

/// <summary>A subnetwork that was read from a file of any format.</summary>
/// <param name="Mask">the subnetwork</param>
/// <param name="Source">the file</param>
/// <param name="Format">"heartwood", "mib" or "pruned-heads"</param>
/// <param name="Notes">what the format says and a subnetwork does not, or the other way; sentences</param>
public sealed record MaskFile(Subnetwork Mask, string Source, string Format, IReadOnlyList<string> Notes)
{
    /// <summary>Heartwood's own format.</summary>
    public const string Heartwood = "heartwood";

    /// <summary>Nodes and edges as MIB's circuit track and EAP-IG keep them.</summary>
    public const string Mib = "mib";

    /// <summary>The key of a Hugging Face config.</summary>
    public const string Heads = "pruned-heads";

    /// <summary>The formats that can be read and written.</summary>
    public static IReadOnlyList<string> Formats { get; } = [Heartwood, Mib, Heads];

    /// <summary>Reads a file, whatever its format.</summary>
    /// <param name="path">the file</param>
    /// <param name="model">sizes of the model that it is said to be of, for formats that do not say them; null where none was named</param>
    /// <exception cref="IOException">it cannot be read</exception>
    /// <exception cref="FormatException">it is in none of the formats; the message says what is wrong</exception>
    public static MaskFile Read(string path, ModelSizes? model = null)
    {
        MaskFile read = Parse(CheckpointException.Restating(path, () => File.ReadAllBytes(path)), path, model);
        return read.Mask.AblationFile is { Length: > 0 } beside && Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder
            ? read with { Mask = read.Mask with { AblationFile = Path.GetFullPath(Path.Combine(folder, beside)) } } : read;
    }

    /// <summary>Reads a file's content.</summary>
    /// <inheritdoc cref="Read"/>
    public static MaskFile Parse(ReadOnlySpan<byte> utf8, string source, ModelSizes? model = null)
    {
        JsonFields file = Fields(WithoutBareNames(utf8), source);
        List<string> notes = [];
        try
        {
            bool ours = file.Has("kept") || file.Has("inPlay") || (file.Has("format") && !file.Has("cfg"));
            if (ours) return new(MaskJson.Read(file, source), source, Heartwood, notes);
            if (file.Has("cfg") && file.Has("nodes")) return new(MibCircuit.Read(file, notes), source, Mib, notes);
            if (file.Has(PrunedHeads.Key) || PrunedHeads.IsBare(file)) return new(PrunedHeads.Read(file, model), source, Heads, notes);
            if (file.Has("model_type"))
                throw new FormatException($"this is a model's config.json, and it has no '{PrunedHeads.Key}': no head is gone.");
        }
        catch (FormatException error) when (!error.Message.StartsWith(source, StringComparison.Ordinal))
        {
            throw new FormatException($"{source}: {error.Message}", error);
        }
        string[] keys = [.. file.Each.Take(6).Select(p => p.Name.Length > 40 ? p.Name[..40] + "…" : p.Name)];
        throw new FormatException($"{source}: expected a subnetwork: Heartwood's own (with the key 'kept', see docs/masks.md), "
            + $"a circuit of MIB or EAP-IG (with 'cfg', 'nodes' and 'edges'), or a Hugging Face config with '{PrunedHeads.Key}'. "
            + $"Found {(keys.Length == 0 ? "an empty object" : $"the keys {string.Join(", ", keys)}")}.");
    }

    /// <summary>The object that a file of a subnetwork holds.</summary>
    /// <exception cref="FormatException">it holds something else</exception>
    internal static JsonFields Fields(ReadOnlySpan<byte> utf8, string source) =>
        new(new JsonSource(source, (message, inner) => new FormatException(message, inner), "").ObjectIn(utf8));

    /// <summary>Writes a subnetwork in a format.</summary>
    /// <exception cref="ArgumentException">the format cannot say what it is; the message says why</exception>
    public static string Write(Subnetwork mask, string format) => format switch
    {
        Heartwood => mask.ToJson(),
        Mib => MibCircuit.Write(mask),
        Heads => PrunedHeads.Write(mask),
        _ => throw new ArgumentException(Nearest.Unknown("format", format, Formats)),
    };

    /// <summary>What a format has no place for, of what a subnetwork says; a sentence, or null.</summary>
    public static string? Lost(Subnetwork mask, string format)
    {
        if (format == Heartwood) return null;
        string[] facts = [.. new (string Name, bool Said)[]
        {
            ("ablation", mask.Ablation == "mean"),
            ("method", mask.Method != ""),
            ("data", mask.Data.Count > 0),
            ("the model's hash", mask.ModelSha256 != ""),
            ("scores", format == Heads && mask.Scores.Count > 0),
        }.Where(f => f.Said).Select(f => f.Name)];
        if (facts.Length == 0) return null;
        string otherModel = format == Heads && mask.Ablation == "mean"
            ? " Heads that are gone contribute nothing there, and here they leave their mean: the pruned model is another one."
            : "";
        return $"The format {format} has no place for: {string.Join(", ", facts)}.{otherModel}";
    }

    /// <summary>
    /// The same with the names that Python writes bare, NaN, Infinity and -Infinity, in quotes, so that JSON can be read.
    /// </summary>
    internal static ReadOnlySpan<byte> WithoutBareNames(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IndexOf("NaN"u8) < 0 && utf8.IndexOf("Infinity"u8) < 0) return utf8;
        using MemoryStream quoted = new(utf8.Length + 1024);
        bool inside = false;
        for (int i = 0; i < utf8.Length;)
        {
            int length =
                inside ? 0
                : utf8[i..].StartsWith("-Infinity"u8) ? 9
                : utf8[i..].StartsWith("Infinity"u8) ? 8
                : utf8[i..].StartsWith("NaN"u8) ? 3
                : 0;
            if (length > 0)
            {
                quoted.WriteByte((byte)'"');
                quoted.Write(utf8.Slice(i, length));
                quoted.WriteByte((byte)'"');
                i += length;
                continue;
            }
            if (utf8[i] == '"') inside = !inside;
            else if (inside && utf8[i] == '\\' && i + 1 < utf8.Length) quoted.WriteByte(utf8[i++]);
            quoted.WriteByte(utf8[i++]);
        }
        return quoted.ToArray();
    }
}
