using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Heartwood.Lab.Charts;

/// <summary>
/// HTML or SVG that is safe to put on the page. It is only ever made from an interpolated string, whose holes are encoded:
/// <c>Markup cell = $"&lt;td&gt;{name}&lt;/td&gt;";</c> is harmless whatever <c>name</c> holds, and forgetting to encode is impossible.
/// </summary>
[InterpolatedStringHandler]
public sealed class Markup(int literalLength, int holes)
{
    readonly StringBuilder text = new(literalLength + 16 * holes);

    /// <summary>Nothing.</summary>
    public static Markup Empty => $"";

    /// <summary>Names an interpolated string's type where the compiler cannot see it: in a conditional, in a lambda.</summary>
    public static Markup From(Markup markup) => markup;

    /// <summary>Text that is known not to come from outside: the program's own style sheet and script.</summary>
    public static Markup Trusted(string resource)
    {
        Markup markup = $"";
        markup.AppendLiteral(resource);
        return markup;
    }

    /// <summary>The program's own words between the holes.</summary>
    public void AppendLiteral(string literal) => text.Append(literal);

    /// <summary>Text from outside, encoded; control characters that no HTML document may hold become U+FFFD.</summary>
    public void AppendFormatted(string? value) => text.Append(WebUtility.HtmlEncode(Printable(value)));

    /// <summary>Markup, as it is.</summary>
    public void AppendFormatted(Markup? value) => text.Append(value?.text);

    /// <summary>Pieces of markup, one after another.</summary>
    public void AppendFormatted(IEnumerable<Markup> values)
    {
        foreach (var value in values) text.Append(value.text);
    }

    /// <summary>A length or coordinate, to two decimals.</summary>
    public void AppendFormatted(double value) => text.Append(value.ToString("0.##", CultureInfo.InvariantCulture));

    /// <summary>A count.</summary>
    public void AppendFormatted(int value) => text.Append(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The markup's characters.</summary>
    public override string ToString() => text.ToString();

    static string? Printable(string? value) => value is null || !value.Any(Forbidden) ? value
        : string.Concat(value.Select(c => Forbidden(c) ? '\uFFFD' : c));

    static bool Forbidden(char c) => char.IsControl(c) && c is not ('\n' or '\t');
}
