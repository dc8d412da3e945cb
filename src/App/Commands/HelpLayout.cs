using System.Text;
using System.Text.RegularExpressions;

namespace Heartwood.App.Commands;

/// <summary>
/// Lays help out for a width: two columns where they fit, descriptions below their options where they do not. Words are wrapped and
/// never cut; a word that is longer than the line stands alone on one.
/// </summary>
static partial class HelpLayout
{
    // narrower lines have no room for two columns, still narrower ones none for an indent
    const int TwoColumns = 60, Indents = 20;

    /// <summary>The text laid out.</summary>
    /// <param name="lines">help with one line for each paragraph or option; two columns are apart by two spaces or more</param>
    /// <param name="width">characters in a line, at least 1</param>
    public static string Wrap(IReadOnlyList<string> lines, int width)
    {
        StringBuilder text = new();
        for (int i = 0; i < lines.Count; i++)
        {
            if (Parted(lines[i]) is not { } first)
            {
                Wrap(text, "", Indent(lines[i], width), lines[i], width);
                continue;
            }
            List<(string Left, string Right)> table = [first];
            while (i + 1 < lines.Count && Parted(lines[i + 1]) is { } next)
            {
                table.Add(next);
                i++;
            }
            int column = Math.Min(table.Max(row => row.Left.Length) + 2, width / 2);
            foreach (var (left, right) in table)
                if (width >= TwoColumns && left.Length + 2 <= column) Wrap(text, left.PadRight(column), column, right, width);
                else
                {
                    int indent = Indent(left, width);
                    Wrap(text, "", indent, left, width);
                    Wrap(text, "", width >= TwoColumns ? column : width >= Indents ? indent + 4 : 0, right, width);
                }
        }
        return text.ToString();
    }

    /// <summary>A command line as a shell takes it, over several lines where it is longer than one.</summary>
    /// <param name="command">the command line</param>
    /// <param name="width">characters in a line; null for one line, however long</param>
    public static string Command(string command, int? width)
    {
        if (width is not int most) return $"  {command}\n";
        (string indent, string more) = most >= Indents ? ("  ", "    ") : ("", "");
        StringBuilder text = new(indent);
        int at = indent.Length;
        string[] words = [.. ShellWord().Matches(command).Select(m => m.Value)];
        for (int i = 0; i < words.Length; i++)
        {
            int room = i == words.Length - 1 ? most : most - 2;                 // the backslash
            if (at > indent.Length && at + 1 + words[i].Length > room)
            {
                text.Append(" \\\n").Append(more);
                at = more.Length;
            }
            else if (i > 0)
            {
                text.Append(' ');
                at++;
            }
            text.Append(words[i]);
            at += words[i].Length;
        }
        return text.Append('\n').ToString();
    }

    static (string Left, string Right)? Parted(string line) =>
        TwoParts().Match(line) is { Success: true } parts ? (parts.Groups[1].Value, parts.Groups[2].Value) : null;

    static int Indent(string line, int width) => width < Indents ? 0 : line.Length - line.TrimStart(' ').Length;

    static void Wrap(StringBuilder text, string start, int indent, string words, int width)
    {
        StringBuilder line = new(start.PadRight(indent));
        bool empty = true;
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!empty && line.Length + 1 + word.Length > width)
            {
                text.Append(line).Append('\n');
                line.Clear().Append(' ', indent);
                empty = true;
            }
            line.Append(empty ? "" : " ").Append(word);
            empty = false;
        }
        text.Append(line.ToString().TrimEnd()).Append('\n');
    }

    [GeneratedRegex(@"\A( +\S(?:.*?\S)?) {2,}(\S.*)\z")]
    private static partial Regex TwoParts();

    [GeneratedRegex("(?:\"[^\"]*\"|'[^']*'|\\S)+")]
    private static partial Regex ShellWord();
}
