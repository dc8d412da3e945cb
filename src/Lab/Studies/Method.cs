using System.Globalization;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Studies;

/// <summary>A finder as a study uses it.</summary>
/// <param name="Label">its name in the run: that of the finder, with a number where the run has the same finder before</param>
/// <param name="Finder">the finder with its options</param>
/// <param name="Options">its options with the values in use, as text</param>
public sealed record Method(string Label, IFinder Finder, IReadOnlyDictionary<string, string> Options)
{
    /// <summary>What the first method's files and a request without methods say.</summary>
    public const string Usual = "structured-pruning";

    /// <summary>Reads methods as <c>--method</c> gives them.</summary>
    /// <exception cref="ArgumentException">there is none, one is unknown or has a key that it does not take, or two are equal</exception>
    public static IReadOnlyList<Method> ReadAll(IReadOnlyList<string> texts, Tenants tenants)
    {
        if (texts.Count == 0) throw new ArgumentException("--method needs at least one finder.");
        if (texts.GroupBy(t => t).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"--method '{twice.Key}' is given twice. Leave one out, or give them other options.");
        List<Method> read = [];
        foreach (string text in texts)
        {
            TenantSpec spec = TenantSpec.Parse(text, "method");
            IFinder finder = spec.Among(tenants.Finders, f => f.Facts.Name).With(spec);
            int before = read.Count(m => m.Finder.Facts.Name == spec.Name);
            read.Add(new(before == 0 ? spec.Name : $"{spec.Name}-{before + 1}", finder, spec.Values));
        }
        return read;
    }

    /// <summary>The searches that a study makes: one per seed where it is seeded, one per size where scores depend on it.</summary>
    public IReadOnlyList<MethodSearch> Searches(StudyRequest request)
    {
        FinderFacts facts = Finder.Facts;
        ulong?[] seeds = facts.Seeded ? [.. request.Seeds.Select(s => (ulong?)s)] : [null];
        return facts.SizeDependent
            ? [.. request.Sparsities.SelectMany(sparsity => seeds.Select(seed => new MethodSearch(this, seed, [sparsity])))]
            : [.. seeds.Select(seed => new MethodSearch(this, seed, request.Sparsities))];
    }

    /// <summary>What the searches cost.</summary>
    public MethodCost Cost(StudyRequest request, int parts, int examples) =>
        new(Label, Searches(request).Count, Finder.Cost(parts, examples));

    /// <summary>The name of a subnetwork's file, without its ending.</summary>
    /// <param name="sparsity">its target</param>
    /// <param name="seed">its seed; null where the finder is not seeded</param>
    internal string NameAt(Target sparsity, ulong? seed) => Named($"{Label}{Size(sparsity)}", seed);

    internal static string Size(Target target) => $"-{target.InNames}";

    internal static string Named(string name, ulong? seed) => seed is null ? name : $"{name}-seed-{seed}";
}

/// <summary>One search of a method.</summary>
/// <param name="Method">the method</param>
/// <param name="Seed">its seed; null where the finder is not seeded</param>
/// <param name="Sparsities">the sizes that its scores serve: one where they depend on it, else all that are asked for</param>
public sealed record MethodSearch(Method Method, ulong? Seed, IReadOnlyList<Target> Sparsities)
{
    /// <summary>The name of its state and of its figures, without an ending.</summary>
    internal string Name => Method.Named(
        Method.Finder.Facts.SizeDependent ? $"{Method.Label}{Method.Size(Sparsities[0])}" : Method.Label, Seed);

    /// <summary>The files of its subnetworks, by sparsity.</summary>
    internal IReadOnlyList<(Target Sparsity, string File)> Files =>
        [.. Sparsities.Select(sparsity => (sparsity, $"subnetworks/{Method.NameAt(sparsity, Seed)}.json"))];

    /// <summary>What it is called while it runs.</summary>
    internal string InWords
    {
        get
        {
            string seed = Seed is null ? "" : $", seed {Seed}";
            string size = Method.Finder.Facts.SizeDependent ? string.Create(CultureInfo.InvariantCulture, $" at {Sparsities[0]:0.##}") : "";
            return $"{SearchProgress.Finding} by {Method.Label}{seed}{size}";
        }
    }
}

/// <summary>What a method costs in a study.</summary>
/// <param name="Label">the method</param>
/// <param name="Searches">number of its searches</param>
/// <param name="Each">what each of them costs</param>
public sealed record MethodCost(string Label, int Searches, FinderCost Each)
{
    /// <summary>Passes of an example in all; a pass back counts two.</summary>
    public long Passes => Searches * Each.Passes;

    /// <summary>For example "structured-pruning: 6 searches, 921,600 passes of an example".</summary>
    public string InWords => string.Create(CultureInfo.InvariantCulture,
        $"{Label}: {Searches} search{(Searches == 1 ? "" : "es")}, {(Passes == 0 ? "no pass" : $"{Passes:N0} passes")} of an example");
}
