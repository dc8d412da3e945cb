using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Lab.Tasks;

/// <summary>
/// Which labels data has and what each of a model's labels counts as there. A map is for every set that has the names it makes: where
/// all labels of a set's file are names that the map gives or leaves, it is applied, else the model's own names are taken.
/// </summary>
/// <param name="Names">names of the data's labels</param>
/// <param name="Mapped">for each label of the model, the place of the name that it counts as</param>
/// <param name="Renamed">whether the map was applied</param>
public sealed record LabelMatch(IReadOnlyList<string> Names, IReadOnlyList<int> Mapped, bool Renamed)
{
    /// <summary>Finds it for the sources of one use.</summary>
    /// <param name="model">the model's labels</param>
    /// <param name="map">what they count as</param>
    /// <param name="sources">labelled data; whole files decide, so that it does not matter which of their rows were chosen</param>
    /// <exception cref="InvalidDataException">the map renames what is none of the model's labels; or a label of the data is neither the
    /// model's nor one that the map makes, then the message gives the map to paste</exception>
    public static LabelMatch Find(IReadOnlyList<string> model, LabelMap map, IReadOnlyList<DataSource> sources)
    {
        if (map.Sources.FirstOrDefault(l => !model.Contains(l)) is { } from)
            throw Unknown($"renames '{from}', which is none of the model's labels ({string.Join(", ", model)})", from, model,
                near => map.ToString().Replace($"{from}>", $"{near}>"));
        string[] renamed = [.. model.Select(l => map[l])], names = [.. renamed.Distinct()];
        HashSet<string> files = [.. sources.SelectMany(s => s.Labels)],
            rows = [.. sources.SelectMany(s => s.Rows).Select(r => r.Label).Where(l => l != "")];
        LabelMatch own = new(model, [.. Enumerable.Range(0, model.Count)], false),
            counted = new(names, [.. renamed.Select(r => Array.IndexOf(names, r))], map.Sources.Count > 0);
        if (files.IsSubsetOf(names)) return counted;
        if (files.IsSubsetOf(model) || rows.IsSubsetOf(model)) return own;
        if (rows.IsSubsetOf(names)) return counted;
        string? unknown = rows.FirstOrDefault(l => !names.Contains(l) && !model.Contains(l));
        if (unknown is null)
            throw new InvalidDataException($"{string.Join(", ", sources.Select(s => s.Name))}: of the labels {string.Join(", ", rows)} "
                + $"some are only the model's own ({string.Join(", ", model)}) and some only what --label-map makes of them "
                + $"({string.Join(", ", names)}). Rename those of the model's own in the file: ,labels={map} after its name.");
        DataSource source = sources.First(s => s.Rows.Any(r => r.Label == unknown));
        string mapped = map.Sources.Count > 0 ? $"With --label-map they are {string.Join(", ", names)}. " : "";
        throw new InvalidDataException($"{source.Name}: the label '{unknown}' is none of the model's ({string.Join(", ", model)}). "
            + $"{mapped}{LabelAdvice.NextMove(source.Spec, source.Labels, names, counted: map.Sources.Count == 0)}");
    }

    /// <summary>Refuses a map that makes names which are nobody's, and one that changes nothing.</summary>
    /// <param name="model">the model's labels</param>
    /// <param name="map">the map</param>
    /// <param name="sources">all labelled data</param>
    /// <param name="applied">whether it was applied to any of them</param>
    /// <exception cref="InvalidDataException">a name does not exist, or the map is applied to nothing</exception>
    public static void RequireKnown(IReadOnlyList<string> model, LabelMap map, IReadOnlyList<DataSource> sources, bool applied)
    {
        string[] there = [.. sources.SelectMany(s => s.Labels).Distinct()];
        if (map.Sources.Count > 0 && !applied)
            throw new InvalidDataException($"--label-map \"{map}\" would change nothing: all labels of the data "
                + $"({string.Join(", ", there.Take(20))}) are the model's own, and some are not among those that the map leaves. Leave "
                + $"it out; to make the data's labels fewer, rename them in the file: ,labels=A>B after its name.");
        if (map.Targets.FirstOrDefault(l => !there.Contains(l) && !model.Contains(l)) is { } to)
            throw Unknown($"makes labels count as '{to}', which no data here has ({string.Join(", ", there.Take(20))})", to, there,
                near => string.Join('|', map.ToString().Split('|')
                .Select(p => p.EndsWith($">{to}", StringComparison.Ordinal) ? $"{p.Split('>')[0]}>{near}" : p)));
    }

    static InvalidDataException Unknown(string what, string name, IReadOnlyList<string> candidates, Func<string, string> corrected)
    {
        string near = Nearest.Among(name, candidates) ?? name;
        string map = corrected(near);
        string whole = map.Split('|').Any(pair => pair.Split('>') is [var from, var to] && from == to) ? ""
            : $" Then: --label-map \"{map}\".";
        return new($"--label-map {what}.{Nearest.DidYouMean(name, candidates)}{whole}");
    }
}
