using Heartwood.Lab.Charts;
using Heartwood.Lab.Reports.Sections;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>The figures of the paper's page in its order: each title a question, then the figure, then the sentence that answers it.</summary>
internal static class PaperPage
{
    /// <summary>The figures.</summary>
    /// <param name="study">everything that was measured</param>
    /// <param name="paper">the paper's answers</param>
    public static IReadOnlyList<Figure> Figures(Findings study, PaperFacts paper)
    {
        Findings main = new(Only(study.Result, study.Result.Core.TargetSparsity));
        return [.. ((Figure?[])[
            Curve.Draw(study, paper),
            Asking(Domains.Draw(main), "Do subnetworks that are equal in-domain generalize alike?"),
            paper.Generalization is { } g ? Generalization.Draw(study, paper, g) : null,
            Asking(Frequencies.Draw(main), "Is there a core that all subnetworks share?"),
            paper.Frequencies is { } f ? Shift.Draw(study, f) : null,
            Asking(Sections.KnockOuts.Draw(main), "What does the model lose without the core, and what can the core do alone?"),
            paper.Attention is { } a ? Attended.Draw(a) : null,
            paper.Needs is { } n ? Needed.Draw(n) : null,
            paper.AddBack is { } b ? AddedBack.Draw(b) : null,
            Emerging.Draw(study, paper),
            WithoutCore.Draw(study, paper),
            Sizes.Draw(study, paper),
            Asking(SingleParts.Draw(main), "Which single parts does the model need, in-domain and out of domain?"),
            Asking(Cuts.Draw(main), "What does a subnetwork save once it is cut out?")]).OfType<Figure>().Select(f => f with { Answers = true })];
    }

    static Figure? Asking(Figure? figure, string question) => figure is null ? null : figure with { Title = question };

    /// <summary>The result of one sparsity alone.</summary>
    static RunResult Only(RunResult all, double sparsity) => all with
    {
        Subnetworks = [.. all.Subnetworks.Where(s => s.TargetSparsity == sparsity)],
        RandomSubnetworks = [.. all.RandomSubnetworks.Where(s => s.TargetSparsity == sparsity)],
        Overlap = [.. all.Overlap.Where(o => o.TargetSparsity == sparsity)],
        Frequencies = [.. all.Frequencies.Where(f => f.TargetSparsity == sparsity)],
        Cores = [.. all.Cores.Where(c => c.TargetSparsity == sparsity && c.Share >= 1)],
        Correlation = [.. all.Correlation.Where(c => c.TargetSparsity == sparsity)],
    };
}
