using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>
/// The one door between the names of a file and the usual names of its family. A body may have lost its prefix (<c>BertModel</c> saved
/// by itself), a wrapper may have put its own before all names or inside them (<c>module.</c> of DataParallel, <c>_orig_mod.</c> of a
/// compiled model, <c>model.</c> of a trainer), and of two tied tensors the file may hold either. What could be read in two ways is
/// refused by name.
/// </summary>
sealed class TensorNames
{
    // modules that only hold another one, wherever they stand; no family has such a name of its own
    static readonly string[] everywhere = ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    // what trainers and libraries call the model that they hold
    static readonly string[] holders = ["model", "base_model", "auto_model", "transformer", "encoder", "backbone", "net", "0"];

    readonly Dictionary<string, string> sources = new(StringComparer.Ordinal);
    readonly List<string> outside = [], stands = [];

    /// <summary>The file's name for each usual one, in the file's order.</summary>
    internal IReadOnlyDictionary<string, string> Sources => sources;

    /// <summary>Tensors that lie outside of what holds the rest: no head of the family.</summary>
    internal IReadOnlyList<string> Outside => outside;

    /// <summary>What the file's header says of tensors that it leaves out: that another one stands for them.</summary>
    internal IReadOnlyList<string> Stands => stands;

    /// <summary>Whether the body has the family's own prefix.</summary>
    internal bool Prefixed { get; private init; }

    /// <summary>Whether there is such a tensor, by its usual name.</summary>
    internal bool Has(string name) => sources.ContainsKey(name);

    TensorNames() { }

    /// <summary>Reads the names of a file as those of a family; null where no body of the family is among them.</summary>
    /// <param name="family">the family's names</param>
    /// <param name="names">the file's names, in its order</param>
    /// <param name="metadata">what the file's writer noted: of tied tensors, which stands for which</param>
    /// <param name="file">the file, for messages</param>
    /// <exception cref="CheckpointException">
    /// two tensors are the same by their names, or the body is where no program is known to put it
    /// </exception>
    internal static TensorNames? Read(
        FamilyNames family, IEnumerable<string> names, IReadOnlyDictionary<string, string> metadata, string file)
    {
        Dictionary<string, string> bare = new(StringComparer.Ordinal);
        foreach (string name in names)
            if (!bare.TryAdd(Unwrapped(name), name)) throw Twice(file, bare[Unwrapped(name)], name, Unwrapped(name));
        List<string> stands = [];
        foreach (var (gone, kept) in metadata)
            if (!bare.ContainsKey(Unwrapped(gone)) && bare.TryGetValue(Unwrapped(kept), out string? source))
            {
                bare.Add(Unwrapped(gone), source);
                stands.Add($"{gone} is {kept}");
            }
        if (BeforeBody(family, bare, file) is not { } before) return null;
        bool prefixed = Segments(before) is [.., var last] && last == family.Prefix;
        string outer = prefixed ? before[..^(family.Prefix.Length + 1)] : before;
        if (Segments(outer).FirstOrDefault(segment => !holders.Contains(segment)) is { } strange)
        {
            string example = bare.First(pair => pair.Key.StartsWith(before, StringComparison.Ordinal)).Value;
            throw new CheckpointException($"{file}: '{example}' has '{strange}' before what a {family.Class} calls its tensors, "
                + $"which is usual for no model of this family. If the weights are a {family.Class}'s, save them by themselves: "
                + $"names begin with '{family.Prefix}.{family.Body[0]}' or '{family.Body[0]}'. "
                + "Otherwise correct \"model_type\" in config.json.");
        }
        TensorNames read = new() { Prefixed = prefixed };
        read.stands.AddRange(stands);
        foreach (var (name, source) in bare) read.Place(family, name, source, before, outer, file);
        return read;
    }

    void Place(FamilyNames family, string name, string source, string before, string outer, string file)
    {
        bool inside = name.StartsWith(outer, StringComparison.Ordinal);
        string rest = name.StartsWith(before, StringComparison.Ordinal) ? name[before.Length..] : "";
        string usual = StartOf(family, name) >= 0 ? $"{family.Prefix}.{rest}"
            : family.Heads.Any(head => head.Owns(rest)) ? rest
            : inside ? name[outer.Length..] : name;
        if (!sources.TryAdd(usual, source)) throw Twice(file, sources[usual], source, usual);
        if (!inside) outside.Add(usual);
    }

    /// <summary>Lets a tensor stand for another.</summary>
    internal void Stand(string name, string from) => sources[name] = sources[from];

    /// <summary>Forgets a tensor.</summary>
    internal void Leave(string name) => sources.Remove(name);

    // what stands before the body's names: one and the same for all of them
    static string? BeforeBody(FamilyNames family, Dictionary<string, string> bare, string file)
    {
        (string Before, string Source)? first = null;
        foreach (var (name, source) in bare)
        {
            if (StartOf(family, name) is not (>= 0 and int start)) continue;
            string before = name[..start];
            first ??= (before, source);
            if (before != first.Value.Before)
                throw new CheckpointException($"{file}: '{first.Value.Source}' and '{source}' are tensors of two bodies, "
                    + "or of one under two prefixes; Heartwood cannot tell which to read. Keep one of them: save that model by itself.");
        }
        return first?.Before;
    }

    // where the body's own names begin; -1 in others
    static int StartOf(FamilyNames family, string name)
    {
        for (int start = 0; start >= 0 && start < name.Length; start = name.IndexOf('.', start) is >= 0 and int dot ? dot + 1 : -1)
            if (family.Body.Any(root => string.CompareOrdinal(name, start, root, 0, root.Length) == 0)) return start;
        return -1;
    }

    static string Unwrapped(string name)
    {
        string rest = string.Join('.', name.Split('.').Where(segment => !everywhere.Contains(segment)));
        return rest == "" ? name : rest;
    }

    static string[] Segments(string before) => before.Split('.', StringSplitOptions.RemoveEmptyEntries);

    static CheckpointException Twice(string file, string one, string other, string usual) =>
        new($"{file}: '{one}' and '{other}' are both '{usual}' without what wrappers put before names; "
            + "Heartwood cannot tell which to read. Keep one of them: save that model by itself.");
}
