using Heartwood.Lab.Changes;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Studies;

/// <summary>What to make of a subnetwork, and how to write it.</summary>
/// <param name="Changes">the changes, with their options</param>
/// <param name="Exports">the exports, with theirs</param>
/// <param name="LeaveOut">whether a change that cannot be made is left out and told, as among the usual ones; else it is refused</param>
public sealed record ChangeRequest(IReadOnlyList<IChange> Changes, IReadOnlyList<IExport> Exports, bool LeaveOut)
{
    /// <summary>What <c>cut</c> does when nothing is named: the cut model and the one of full size, as Hugging Face folders.</summary>
    public static ChangeRequest Usual => new([new CutChange(), new FullSizeChange()], [new HuggingFaceExport()], LeaveOut: true);

    /// <summary>Reads changes and exports as the command line gives them.</summary>
    /// <param name="changes">each NAME,key=value,…; none for the usual ones</param>
    /// <param name="exports">the same of exports</param>
    /// <param name="tenants">where names are looked up</param>
    /// <exception cref="ArgumentException">a name is unknown or given twice, or an option is not its tenant's</exception>
    public static ChangeRequest Read(IReadOnlyList<string> changes, IReadOnlyList<string> exports, Tenants tenants)
    {
        IChange[] asked = [.. changes.Select(text => Spec(text, "change", tenants.Changes, c => c.Name, (c, s) => c.With(s)))];
        IExport[] written = [.. exports.Select(text => Spec(text, "export", tenants.Exports, e => e.Name, (e, s) => e.With(s)))];
        RefuseTwice("--change", asked.Select(c => c.Name));
        RefuseTwice("--export", written.Select(e => e.Name));
        return new(asked.Length > 0 ? asked : Usual.Changes, written.Length > 0 ? written : Usual.Exports, LeaveOut: asked.Length == 0);
    }

    static T Spec<T>(string text, string kind, IReadOnlyList<T> tenants, Func<T, string> name, Func<T, TenantSpec, T> with) where T : class
    {
        TenantSpec spec = TenantSpec.Parse(text, kind);
        return with(spec.Among(tenants, name), spec);
    }

    static void RefuseTwice(string option, IEnumerable<string> names)
    {
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"{option} names {twice.Key} twice, and both would be written to one place. Leave one out.");
    }
}
