namespace Heartwood.Lab;

/// <summary>Finds the name that a mistyped name was meant to be, for error messages.</summary>
public static class Nearest
{
    const int LongestCompared = 200, FewestWithin = 4;

    /// <summary>
    /// The candidate with the smallest edit distance to <paramref name="name"/> (Levenshtein 1966; two neighbours that changed places
    /// are one change, Damerau 1964), letter case ignored, empty ones passed over; the first of equals, null where there are none.
    /// </summary>
    public static string? Among(string name, IEnumerable<string> candidates)
    {
        string wanted = Compared(name);
        return candidates.Where(candidate => candidate.Length > 0).MinBy(candidate => Distance(wanted, Compared(candidate)));
    }

    /// <summary>
    /// " Did you mean NAME?", to follow the sentence that refuses a name; "" where nothing is near: where more than one letter, and more
    /// than two in five of the longer one's, would have to change, and the name is no piece of it.
    /// </summary>
    /// <param name="name">the name that is not known</param>
    /// <param name="candidates">the names that are</param>
    public static string DidYouMean(string name, IEnumerable<string> candidates) =>
        Among(name, candidates.Where(candidate => candidate.Length > 0 && IsNear(Compared(name), Compared(candidate)))) is { } nearest
            ? $" Did you mean {nearest}?" : "";

    static bool IsNear(string name, string other)
    {
        int longer = Math.Max(name.TrimStart('-').Length, other.TrimStart('-').Length), distance = Distance(name, other);
        return (name.Length >= FewestWithin && other.Contains(name, StringComparison.Ordinal)) || (distance == 1 && longer > 1)
            || 5 * distance <= 2 * longer;
    }

    /// <summary>"There is no WHAT 'NAME'. Did you mean NEAREST? There are: A, B."</summary>
    /// <param name="what">what was named: "objective"</param>
    /// <param name="name">the name that is not known</param>
    /// <param name="known">the names that are</param>
    public static string Unknown(string what, string name, IEnumerable<string> known)
    {
        string[] all = [.. known];
        return $"There is no {what} '{name}'.{DidYouMean(name, all)} There are: {string.Join(", ", all)}.";
    }

    static string Compared(string name) => (name.Length > LongestCompared ? name[..LongestCompared] : name).ToUpperInvariant();

    static int Distance(string a, string b)
    {
        int[] before = new int[b.Length + 1], above = new int[b.Length + 1], row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            (before, above, row) = (above, row, before);
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
        }
        return row[b.Length];
    }
}
