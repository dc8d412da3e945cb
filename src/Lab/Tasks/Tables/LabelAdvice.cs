using System.Globalization;
using System.Text.RegularExpressions;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>The next move where a file's labels are not a model's: the whole map to paste, where the names show one, else the nearest
/// name.</summary>
public static partial class LabelAdvice
{
    /// <summary>What to write.</summary>
    /// <param name="file">the data as it was named, to which keys can be added; null where it has none</param>
    /// <param name="found">the labels of the whole file</param>
    /// <param name="model">the model's labels, in their order; some of them are not among <paramref name="found"/>, or the other way
    /// round</param>
    /// <param name="counted">whether several of the model's labels may count as one of the data's (<c>--label-map</c>)</param>
    public static string NextMove(string? file, IReadOnlyCollection<string> found, IReadOnlyList<string> model, bool counted)
    {
        string[] unknown = [.. found.Where(l => !model.Contains(l)).Order(StringComparer.Ordinal)],
            free = [.. model.Where(l => !found.Contains(l))];
        string?[] same = [.. unknown.Select(u => Same(u, model))];
        if (same.All(s => s is not null)) return $"{Renaming(file, unknown, same!)}.";
        if (unknown.Length == found.Count && unknown.Length <= model.Count && unknown.All(u => Number(u) is int n && n < model.Count))
            return $"If its numbers are those of the model's labels (not every file has them so), "
                + $"{Renaming(file, unknown, [.. unknown.Select(u => model[Number(u)!.Value])], later: true)}.";
        if (unknown.Length == found.Count && unknown.Length == model.Count && model.All(l => Number(l) is not null))
            return $"The model's labels are numbers; its card says which is which. If they stand in the alphabet's order, "
                + $"{Renaming(file, unknown, [.. model], later: true)}.";
        string[] near = [.. unknown.Select(u => Same(u, model) ?? Nearest.Among(u, free.Length > 0 ? free : model)!)];
        string advice = $"If it is {(unknown.Length == 1 ? "another name for one of them" : "the same under other names")}, "
            + $"{Renaming(file, unknown, near, later: true)}.";
        if (!counted) return advice;
        bool all = free.Length is < 2 || free.Length == model.Count || unknown.Length > 1;
        return $"{advice} If several of the model's labels count as it, say which: --label-map "
            + $"\"{(all ? $"LABEL>{unknown[0]}|LABEL>{unknown[0]}" : string.Join('|', free.Select(f => $"{f}>{unknown[0]}")))}\".";
    }

    static string Renaming(string? file, IReadOnlyList<string> from, IReadOnlyList<string> to, bool later = false)
    {
        LabelMap map = LabelMap.Parse(string.Join('|', from.Zip(to).Select(pair => $"{pair.First}>{pair.Second}")));
        string whole = file is null ? $",labels={map}" : $"{DataSpec.Parse(file).Renaming(map)}";
        return $"{(later ? "write" : "Write")} {(file is null ? $"{whole} after the file's name" : $"\"{whole}\"")}";
    }

    // equal but for case, marks and the way in which a number is written
    static string? Same(string label, IReadOnlyList<string> model) => model.FirstOrDefault(m => Plain(m) == Plain(label))
        ?? (Number(label) is { } n ? model.FirstOrDefault(m => Number(m) == n) : null);

    static string Plain(string label) => string.Concat(label.Where(char.IsLetterOrDigit)).ToUpperInvariant() is { Length: > 0 } letters
        ? letters : label;

    // 2, 2.0 and LABEL_2 are 2
    static int? Number(string label) => Numbered().Match(label) is { Success: true } match
        && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;

    [GeneratedRegex(@"^(?:LABEL_)?(\d+)(?:\.0+)?$", RegexOptions.IgnoreCase)]
    private static partial Regex Numbered();
}
