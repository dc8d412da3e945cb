using System.Text.RegularExpressions;

namespace Heartwood.Lab.Tasks;

/// <summary>
/// Names of sets: what stands before = on the command line (<c>hans=heuristics.tsv,preset=hans</c>), else the file's own.
/// </summary>
static partial class SetNames
{
    /// <summary>Parts a name from the data that it names.</summary>
    /// <param name="spec">DATA or NAME=DATA</param>
    /// <returns>the name, null where none is given, and the data</returns>
    public static (string? Name, string Data) Part(string spec)
    {
        Match match = Given().Match(spec);
        return !match.Success || File.Exists(spec) ? (null, spec) : (match.Groups["name"].Value, spec[match.Length..]);
    }

    /// <summary>The name of data that was given none: its file's without folder and endings, a part's of the made-up language.</summary>
    public static string Usual(string data)
    {
        string file = Path.GetFileName(data.Split(',')[0]);
        int colon = file.IndexOf(':'), ending = file.IndexOf('.', 1);
        return file[(colon + 1)..(ending > colon ? ending : file.Length)];
    }

    /// <summary>Names that tell the sets of a role apart: those that are the same give way to the data's own words.</summary>
    /// <param name="names">a name for each set</param>
    /// <param name="data">the data of each, in words</param>
    public static IReadOnlyList<string> Distinct(IReadOnlyList<string> names, IReadOnlyList<string> data) =>
        [.. names.Select((name, i) => names.Count(n => n == name) > 1 ? data[i] : name)];

    [GeneratedRegex(@"\A(?<name>[A-Za-z][A-Za-z0-9._-]*)=(?=.)")]
    private static partial Regex Given();
}
