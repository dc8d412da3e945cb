using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>What a set asks.</summary>
/// <param name="Words">how it is spoken of</param>
/// <param name="Figures">the task's own figures</param>
public sealed record TaskFacts(TaskWords Words, IReadOnlyList<FigureFacts> Figures)
{
    /// <summary>What a problem asks.</summary>
    public static TaskFacts Describing(IProblem problem) =>
        new(problem.Words, [.. problem.Figures.Select(f => new FigureFacts(f.Name, f.Unit, f.Meaning))]);
}

/// <summary>One figure of a task.</summary>
/// <param name="Name">its name</param>
/// <param name="Unit">its unit, "" for a plain number</param>
/// <param name="Meaning">what it is, in a sentence</param>
public sealed record FigureFacts(string Name, string Unit, string Meaning);

/// <summary>What a case is.</summary>
/// <param name="Set">"inDomain", "outOfDomain" or "unseen"</param>
/// <param name="Group">the group that it belongs to, "" where there is none</param>
/// <param name="Label">the label of all its examples; null where it holds several</param>
public sealed record CaseFacts(string Set, string Group, string? Label);
