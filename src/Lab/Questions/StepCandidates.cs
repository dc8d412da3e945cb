using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Questions;

/// <summary>
/// The candidates of a recipe's steps in one table. The full model of a step that an earlier step made, or measured alike, is not named
/// again; a name that an earlier step has taken stands after the step's own.
/// </summary>
sealed class StepCandidates
{
    readonly List<Candidate> all = [];
    readonly List<Failure> failed = [];

    StepCandidates(IReadOnlyList<StepFacts> steps)
    {
        foreach (StepFacts step in steps)
        {
            Dictionary<string, string> names = step.Candidates.ToDictionary(c => c.Name, c => NameOf(c, step));
            all.AddRange(step.Candidates.Where(c => Same(c) is null).ToArray().Select(c => c with
            {
                Name = names[c.Name],
                From = c.From is null ? null : names.GetValueOrDefault(c.From) ?? c.From,
            }));
            failed.AddRange(step.Failures.Select(f => f with
            {
                Candidates = [.. f.Candidates.Select(n => names.GetValueOrDefault(n) ?? n)],
            }));
        }
        failed = [.. failed.DistinctBy(f => f.Sentence)];
    }

    /// <summary>The rows, in the order of the steps.</summary>
    public static IReadOnlyList<Candidate> Joined(IReadOnlyList<StepFacts> steps) => new StepCandidates(steps).all;

    /// <summary>What failed, by the names of the rows.</summary>
    public static IReadOnlyList<Failure> Failed(IReadOnlyList<StepFacts> steps) => new StepCandidates(steps).failed;

    // a candidate of an earlier step that is this one: its file, or the same model with the same figures
    Candidate? Same(Candidate c) => c.Kind switch
    {
        CandidateKind.Full => all.FirstOrDefault(a => c.File is not null && a.File == c.File)
            ?? all.FirstOrDefault(a => a.Kind == CandidateKind.Full && Figures(a) == Figures(c)),
        CandidateKind.Baseline => all.FirstOrDefault(a => a.Kind == CandidateKind.Baseline && a.Name == c.Name && Figures(a) == Figures(c)),
        _ => null,
    };

    static (long?, CandidateFigure?, CandidateFigure?, CandidateFigure?) Figures(Candidate c) =>
        (c.Weights, c.InDomain, c.OutOfDomain, c.Unseen);

    string NameOf(Candidate c, StepFacts step) =>
        Same(c)?.Name ?? (all.Any(a => a.Name == c.Name) ? $"{step.Name}: {c.Name}" : c.Name);
}
