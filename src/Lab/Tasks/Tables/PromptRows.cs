using System.Globalization;
using System.Text.RegularExpressions;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>Answers that published prompts say only in their text.</summary>
static partial class PromptRows
{
    /// <summary>
    /// Indirect objects (Wang et al. 2023): of the two names that begin the prompt, the one that is not said again is right, the
    /// other, which gives, is wrong. The case is the prompt's first word with the order of the names, ABBA where the second gives.
    /// </summary>
    /// <exception cref="FormatException">the prompt has no two names of which one is said again</exception>
    public static Row IndirectObject(Row row)
    {
        Match names = TwoNames().Match(row.Text);
        string first = names.Groups[1].Value, second = names.Groups[2].Value, rest = row.Text[(names.Index + names.Length)..];
        bool firstGives = Regex.IsMatch(rest, $@"\b{Regex.Escape(first)}\b");
        bool secondGives = Regex.IsMatch(rest, $@"\b{Regex.Escape(second)}\b");
        if (!names.Success || firstGives == secondGives)
            throw new FormatException($"expected two names with 'and' between, of which one is said again later, found '{row.Text}'");
        string opening = row.Text.Split(' ')[0].TrimEnd(',');
        return row with
        {
            Label = " " + (firstGives ? second : first),
            Wrong = " " + (firstGives ? first : second),
            Case = row.Case == "" ? $"{opening} {(firstGives ? "BABA" : "ABBA")}" : row.Case,
            Group = row.Group == "" ? opening : row.Group,
        };
    }

    /// <summary>
    /// Years (Hanna et al. 2023): the prompt ends inside a year of the century in which another one began; two digits above that one's are
    /// right, the others wrong. The case is the century.
    /// </summary>
    /// <exception cref="FormatException">the label is not two digits</exception>
    public static Row GreaterThan(Row row)
    {
        if (row.Label.Length is not (1 or 2) || !int.TryParse(row.Label, NumberStyles.None, CultureInfo.InvariantCulture, out int year))
            throw new FormatException($"expected the two digits of a year as the label, found '{row.Label}'");
        string Digits(int from, int to) =>
            string.Join('|', Enumerable.Range(from, Math.Max(0, to - from)).Select(y => y.ToString("00", CultureInfo.InvariantCulture)));
        string century = row.Case == "" && row.Text.Length > 1 ? row.Text[^2..] : row.Case;
        return row with { Label = Digits(year + 1, 100), Wrong = Digits(0, year + 1), Case = century };
    }

    [GeneratedRegex(@"\b(\p{Lu}\w+) and (\p{Lu}\w+)\b")]
    private static partial Regex TwoNames();
}
