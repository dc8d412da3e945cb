using Heartwood.Lab.Changes;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.Lab.Studies;

/// <summary>The tenants of the house, each a list; names that users write are looked up here and nowhere else.</summary>
public sealed record Tenants
{
    /// <summary>All that Heartwood comes with.</summary>
    public static Tenants Usual { get; } = new();

    /// <summary>The kinds of part.</summary>
    public IReadOnlyList<PartKind> PartKinds { get; init; } = Subnetworks.PartKinds.Usual;

    /// <summary>The ablations.</summary>
    public IReadOnlyList<AblationKind> Ablations { get; init; } = Subnetworks.Ablations.Ablations.Usual;

    /// <summary>What searches and training make small.</summary>
    public IReadOnlyList<IObjective> Objectives { get; init; } = Training.Objectives.Objectives.Usual;

    /// <summary>Ways to make a model of models.</summary>
    public IReadOnlyList<IChange> Changes { get; init; } = Lab.Changes.Changes.Usual;

    /// <summary>Ways to write a model for other programs.</summary>
    public IReadOnlyList<IExport> Exports { get; init; } = Lab.Exports.Exports.Usual;

    /// <summary>Ways to find subnetworks.</summary>
    public IReadOnlyList<IFinder> Finders { get; init; } = Discovery.Finders.Usual;

    /// <summary>What can be asked, in the order of the page.</summary>
    public IReadOnlyList<IQuestion> Questions { get; init; } = Lab.Questions.Questions.Usual;

    /// <summary>Refuses names that no question has.</summary>
    /// <exception cref="ArgumentException">names the first such name, and the nearest that there is</exception>
    public void RequireQuestions(IEnumerable<string> names)
    {
        string[] known = [.. Questions.Select(q => q.Name)];
        if (names.FirstOrDefault(n => !known.Contains(n)) is { } unknown)
            throw new ArgumentException(Nearest.Unknown("question", unknown, known));
    }
}
