using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Exports;

namespace Heartwood.Lab.Questions;

/// <summary>What the run of a recipe made: one entry for each of its steps.</summary>
/// <param name="Title">the recipe's title</param>
/// <param name="About">what it studies; "" where it says nothing</param>
/// <param name="Recipe">the recipe's file</param>
/// <param name="Settings">the values of its settings, by name</param>
/// <param name="Steps">the steps, in the order in which they run</param>
/// <param name="Seconds">how long the run took so far</param>
public sealed record StepsFacts(
    string Title, string About, string Recipe, IReadOnlyDictionary<string, string> Settings, IReadOnlyList<StepFacts> Steps,
    double Seconds);

/// <summary>How far a step is.</summary>
public enum StepStatus
{
    /// <summary>it ran to its end</summary>
    Done,

    /// <summary>it could not be done</summary>
    Failed,

    /// <summary>it has not been run, or not to its end</summary>
    Waiting,
}

/// <summary>One step of a recipe's run.</summary>
/// <param name="Name">its name</param>
/// <param name="Verb">the verb of the command line</param>
/// <param name="Command">the command that does the same</param>
/// <param name="Status">how far it is</param>
/// <param name="Folder">its folder in the run's; null where it has none of its own, or it is not there</param>
/// <param name="Page">its page, from the run's folder; null where it has none</param>
/// <param name="Headline">what came out, in a line; what stopped it, where it failed</param>
/// <param name="Sentences">the same in sentences, as its own page has them; none where it has no page</param>
/// <param name="Said">what the verb says on the terminal; "" before it is done</param>
/// <param name="Seconds">how long it took; null before it is done</param>
/// <param name="Figures">its main figures; none where it measures no accuracy</param>
public sealed record StepFacts(
    string Name, string Verb, string Command, StepStatus Status, string? Folder, string? Page, string Headline,
    IReadOnlyList<string> Sentences, string Said, double? Seconds, IReadOnlyList<StepFigures> Figures)
{
    /// <summary>Its own table of candidates, files as seen from the run's folder; none where it measures no models.</summary>
    public IReadOnlyList<Candidate> Candidates { get; init; } = [];

    /// <summary>What failed in it.</summary>
    public IReadOnlyList<Failure> Failures { get; init; } = [];

    /// <summary>What it wrote for other programs, files as seen from the run's folder.</summary>
    public IReadOnlyList<ExportFacts> Exports { get; init; } = [];
}

/// <summary>What a figure of a step is of.</summary>
public enum StepFigureKind
{
    /// <summary>the full model</summary>
    Full,

    /// <summary>subnetworks that were found</summary>
    Subnetworks,

    /// <summary>random parts of the same make</summary>
    Random,

    /// <summary>a baseline that needs no model</summary>
    Baseline,
}

/// <summary>
/// Accuracy of one thing that a step measured. Of a model: its share, with the 95 % interval; of several subnetworks: the mean, the least
/// and the largest.
/// </summary>
/// <param name="Name">what it is: "full model", "integrated at sparsity 0.5"</param>
/// <param name="Kind">which kind of thing</param>
/// <param name="Count">how many models or subnetworks</param>
/// <param name="InDomain">in-domain; null where it was not measured</param>
/// <param name="OutOfDomain">out of domain; null where it was not measured</param>
public sealed record StepFigures(string Name, StepFigureKind Kind, int Count, MeanAndRange? InDomain, MeanAndRange? OutOfDomain);
