namespace Heartwood.Lab;

/// <summary>Finds the name that a mistyped name was meant to be, for error messages.</summary>
public static class Nearest
{
    const int LongestCompared = 200;

    /// <summary>
    /// The candidate with the smallest edit distance (Levenshtein 1966) to <paramref name="name"/>,
    /// letter case ignored, empty ones passed over; the first of equals, null where there are none.
    /// </summary>
    public static string? Among(string name, IEnumerable<string> candidates)
    {
        string wanted = Compared(name);
        return candidates.Where(candidate => candidate.Length > 0).MinBy(candidate => Distance(wanted, Compared(candidate)));
    }

    /// <summary>
    /// " Did you mean NAME?", to follow the sentence that refuses a name; "" where nothing is near: where more than two in five of the
    /// longer one's letters would have to change.
    /// </summary>
    /// <param name="name">the name that is not known</param>
    /// <param name="candidates">the names that are</param>
    public static string DidYouMean(string name, IEnumerable<string> candidates) =>
        Among(name, candidates) is { } nearest && IsNear(Compared(name), Compared(nearest)) ? $" Did you mean {nearest}?" : "";

    static bool IsNear(string name, string other) =>
        5 * Distance(name, other) <= 2 * Math.Max(name.TrimStart('-').Length, other.TrimStart('-').Length);

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
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[b.Length];
    }
}
