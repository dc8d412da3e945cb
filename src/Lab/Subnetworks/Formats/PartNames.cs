using System.Globalization;
using System.Text.RegularExpressions;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks.Formats;

/// <summary>
/// The names that others give to parts, for the command line; files of Heartwood have addresses only (<see cref="Part.Parse"/>).
/// EAP-IG and MIB: <c>a3.h7</c>, <c>m3</c>. TransformerLens: <c>blocks.3.attn.hook_z</c> or <c>hook_result</c> with the head behind
/// it (<c>.7</c>, <c>[7]</c>, <c>[:, :, 7]</c>, <c> head 7</c>), <c>blocks.3.hook_mlp_out</c>. In papers: <c>L3H7</c>, <c>3.7</c>.
/// </summary>
public static partial class PartNames
{
    /// <summary>How parts may be named, for messages and help.</summary>
    public const string Known = "L3.H7 (head 7 of layer 3), L3.MLP, L3.ATT, L3 or L3.N512; "
        + "also a3.h7, m3, L3H7, 3.7, blocks.3.attn.hook_z.7, blocks.3.hook_mlp_out";

    /// <summary>Reads one name.</summary>
    /// <exception cref="FormatException">it is none that is known; the message says how parts are named</exception>
    public static Part Parse(string text)
    {
        string name = text.Trim();
        Match match = Head().Match(name);
        if (match.Success && Numbers(match) is [{ } layer, { } head]) return Heads.Kind.Part(layer, head);
        match = Mlp().Match(name);
        if (match.Success && Numbers(match) is [{ } only]) return Mlps.Kind.Part(only);
        if (Part.Find(name) is { } part) return part;
        throw new FormatException($"'{text}' names no part. Write {Known}.");
    }

    /// <summary>Reads names with commas between them.</summary>
    /// <exception cref="FormatException">one is not known, or a part is named twice</exception>
    public static IReadOnlyList<Part> ParseList(string text)
    {
        Part[] parts = [.. Comma().Split(text).Select(Parse)];
        if (parts.GroupBy(p => p).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new FormatException($"{twice.Key} is named twice in '{text}'.");
        return parts;
    }

    /// <summary>The part that EAP-IG calls so; null where it is none.</summary>
    internal static Part? OfEap(string name)
    {
        if (Eap().Match(name) is not { Success: true } match) return null;
        int?[] numbers = Numbers(match);
        if (numbers.Any(n => n is null)) return null;
        return numbers is [{ } layer, { } head] ? Heads.Kind.Part(layer, head) : Mlps.Kind.Part(numbers[0]!.Value);
    }

    static int?[] Numbers(Match match) => [.. match.Groups.Cast<Group>().Skip(1).Where(g => g.Success)
        .Select(g => int.TryParse(g.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : (int?)null)];

    [GeneratedRegex(
        @"\A(?:L([0-9]+)\.?H([0-9]+)|a([0-9]+)\.h([0-9]+)|([0-9]+)\.([0-9]+)"
            + @"|blocks\.([0-9]+)\.attn\.hook_(?:z|result)(?:[.:]|\[(?:\s*:\s*,)*\s*|\s+head\s+|\s+)([0-9]+)\s*\]?)\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Head();

    [GeneratedRegex(
        @"\A(?:L([0-9]+)\.?MLP|m([0-9]+)|blocks\.([0-9]+)\.hook_mlp_out)\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Mlp();

    [GeneratedRegex(@"\A(?:a(0|[1-9][0-9]*)\.h(0|[1-9][0-9]*)|m(0|[1-9][0-9]*))\z")]
    private static partial Regex Eap();

    // a comma outside brackets
    [GeneratedRegex(@",(?![^\[\],]*(?:,[^\[\],]*)*\])")]
    private static partial Regex Comma();
}
