using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Discovery;

/// <summary>A way to find subnetworks: it scores parts. Others choose sizes, cut, measure and compare.</summary>
public interface IFinder
{
    /// <summary>What is known of it before it begins, with the options that it has.</summary>
    FinderFacts Facts { get; }

    /// <summary>The same finder with options; one that has none refuses all.</summary>
    /// <exception cref="ArgumentException">an option is not the finder's, or out of range</exception>
    IFinder With(TenantSpec options)
    {
        options.RefuseUnread();
        return this;
    }

    /// <summary>What one search costs.</summary>
    /// <param name="parts">number of parts in play</param>
    /// <param name="examples">number of examples that it is given</param>
    FinderCost Cost(int parts, int examples);

    /// <summary>Prepares a search.</summary>
    /// <exception cref="ArgumentException">it cannot be searched like this</exception>
    ISearch Begin(Search search);
}

/// <summary>
/// A search, step by step: each step follows from the state before it alone, and gives the same bits for every number of threads.
/// </summary>
public interface ISearch
{
    /// <summary>Steps taken.</summary>
    int Step { get; }

    /// <summary>Steps in all; fewer may be taken where a search may end early (then <see cref="Step"/> jumps).</summary>
    int Steps { get; }

    /// <summary>Takes one step.</summary>
    /// <returns>its figures by name, for the file of figures and the progress; none where there is nothing to tell</returns>
    /// <exception cref="InvalidOperationException">a figure is not a number</exception>
    IReadOnlyList<StepFigure> Advance();

    /// <summary>The scores so far.</summary>
    Scores Scores { get; }

    /// <summary>The parts to keep as the finder itself chooses them, in address order; null where the rank of the scores chooses.</summary>
    IReadOnlyList<Part>? OwnChoice => null;

    /// <summary>Writes everything that the next step depends on.</summary>
    void Save(Stream stream);

    /// <summary>Continues from what <see cref="Save"/> wrote.</summary>
    /// <exception cref="Checkpoints.CheckpointException">the file cannot be read or belongs to another search</exception>
    void Restore(string path);
}

/// <summary>A figure of one step.</summary>
/// <param name="Name">its name in the file of figures: "kl"</param>
/// <param name="Value">its value</param>
/// <param name="Shown">how progress shows it: "KL 0.123"; "" for not at all</param>
public readonly record struct StepFigure(string Name, double Value, string Shown = "");

/// <summary>What a search is asked.</summary>
public static class Searches
{
    /// <summary>Whether all steps are taken.</summary>
    public static bool IsDone(this ISearch search) => search.Step >= search.Steps;

    /// <summary>Takes all steps that are left, for callers that neither show nor keep them.</summary>
    public static Scores Finish(this ISearch search, CancellationToken stop = default)
    {
        while (!search.IsDone())
        {
            stop.ThrowIfCancellationRequested();
            search.Advance();
        }
        return search.Scores;
    }
}
