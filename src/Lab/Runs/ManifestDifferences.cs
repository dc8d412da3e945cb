namespace Heartwood.Lab.Runs;

/// <summary>Tells whether what is asked now is the run that a folder holds.</summary>
static class ManifestDifferences
{
    /// <summary>Options that do not shape a result, so that a run may be resumed with others.</summary>
    // what a recipe's text says is compared step by step and setting by setting: comments may change
    static readonly string[] Free = ["out", "threads", "json", "verbose", "recipe.text"];

    /// <summary>Refuses to resume a run by a command that asks for another.</summary>
    /// <exception cref="IOException">the two differ; the message names each difference</exception>
    public static void Refuse(string folder, Manifest first, Manifest now)
    {
        string[] differences = [.. Between(first, now)];
        if (differences.Length > 0)
            throw new IOException($"The folder '{folder}' holds another run: {string.Join("; ", differences)}. "
                + $"Give another folder with --out, or run the first command again: {first.Command}");
    }

    /// <summary>Each difference in a few words; none where the second resumes the first.</summary>
    public static IEnumerable<string> Between(Manifest first, Manifest now)
    {
        foreach (string option in first.Request.Keys.Union(now.Request.Keys).Except(Free).Order(StringComparer.Ordinal))
            if (Value(first, option) is var was && Value(now, option) is var wanted && was != wanted)
                yield return $"{option} was {was ?? "not given"}, now {wanted ?? "not given"}";
        if (!first.Seeds.SequenceEqual(now.Seeds))
            yield return $"seeds were {string.Join(' ', first.Seeds)}, now {string.Join(' ', now.Seeds)}";
        if (first.ModelSha256 != now.ModelSha256) yield return "the model's weights have changed since it began";
        foreach (string use in first.Data.Concat(now.Data).Select(d => d.Use).Distinct())
            if (!Hashes(first, use).SequenceEqual(Hashes(now, use)))
            {
                string sources = string.Join(", ", now.Data.Where(d => d.Use == use).Select(d => $"'{d.Source}'"));
                yield return $"the {use} data {sources} has changed since it began";
            }
        if (first.Version != now.Version) yield return $"it was begun by Heartwood {first.Version}, this is {now.Version}";
        if (first.Backend != now.Backend)
            yield return $"the backend was {first.Backend}, now {now.Backend}{Force(first.Backend.Split('-'), now.Backend.Split('-'))}";
    }

    // a backend is an instruction set and, after a dash, how it computes bf16; another precision was named already
    static string Force(string[] first, string[] now) => first[0] != now[0] ? $" (HEARTWOOD_BACKEND={first[0]} forces it)"
        : first.Length == now.Length ? " (bf16 by the processor's own instruction, or without it: HEARTWOOD_NO_MACHINE_CODE)" : "";

    static string? Value(Manifest manifest, string option) => manifest.Request.TryGetValue(option, out string? value) ? value : null;

    static IEnumerable<string> Hashes(Manifest manifest, string use) => manifest.Data.Where(d => d.Use == use).Select(d => d.Sha256);
}
