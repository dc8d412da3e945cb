using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary>
/// Names of tenants in help. Options say {finders} and the like, since they are made before it is known which tenants the command line
/// has; the help that is printed names those of its own lists.
/// </summary>
static class TenantNames
{
    /// <summary>Stands for the finders' names.</summary>
    public const string Finders = "{finders}";

    /// <summary>Stands for the objectives' names.</summary>
    public const string Objectives = "{objectives}";

    /// <summary>Stands for the ablations' names with what each does.</summary>
    public const string Ablations = "{ablations}";

    /// <summary>Stands for the names of the kinds of part.</summary>
    public const string PartKinds = "{kinds of part}";

    /// <summary>Stands for the names of questions that are asked only by name.</summary>
    public const string Questions = "{questions}";

    /// <summary>Stands for the changes' names with what each does.</summary>
    public const string Changes = "{changes}";

    /// <summary>Stands for the exports' names with what each writes.</summary>
    public const string Exports = "{exports}";

    /// <summary>A text with the names of these tenants in it.</summary>
    public static string Fill(string text, Tenants tenants) => text
        .Replace(Finders, Listed(tenants.Finders.Select(f => f.Facts.Name)), StringComparison.Ordinal)
        .Replace(Objectives, Listed(tenants.Objectives.Select(o => o.Name)), StringComparison.Ordinal)
        .Replace(Ablations, Explained(tenants.Ablations.Select(a => (a.Name, a.Does))), StringComparison.Ordinal)
        .Replace(PartKinds, Listed(tenants.PartKinds.Select(k => k.Name)), StringComparison.Ordinal)
        .Replace(Questions, Listed(tenants.Questions.Where(q => !q.Usual).Select(q => q.Name)), StringComparison.Ordinal)
        .Replace(Changes, Explained(tenants.Changes.Select(c => (c.Name, c.InWords))), StringComparison.Ordinal)
        .Replace(Exports, Explained(tenants.Exports.Select(e => (e.Name, e.InWords))), StringComparison.Ordinal);

    static string Listed(IEnumerable<string> names) =>
        names.ToArray() is [_, _, ..] several ? $"{string.Join(", ", several[..^1])} or {several[^1]}" : names.FirstOrDefault("none");

    static string Explained(IEnumerable<(string Name, string InWords)> tenants) =>
        string.Join("; ", tenants.Select(t => $"{t.Name}: {t.InWords}"));
}
