using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>What the questions about a core's heads are asked of.</summary>
/// <param name="Loaded">the model with its tokenizer</param>
/// <param name="Sets">the sets to measure on</param>
/// <param name="Absence">what absent parts leave behind</param>
/// <param name="Core">the core's parts</param>
/// <param name="MostTokens">longest input; 0 for the model's own</param>
/// <param name="Seed">seed of all draws</param>
/// <param name="Draws">random draws beside each figure</param>
/// <param name="Folder">the run that keeps what is done</param>
/// <param name="Progress">is told how far the work is</param>
/// <param name="Stop">ends it</param>
sealed record Subject(
    LoadedModel Loaded, Sets Sets, Absence Absence, IReadOnlyList<Part> Core, int MostTokens, ulong Seed, int Draws, RunFolder Folder, IProgress<Progress> Progress, CancellationToken Stop)
{
    /// <summary>Below so many draws, a rank says little.</summary>
    public const int LeastDraws = 20;

    public IModel Model => Loaded.Model;

    public Universe Universe => Absence.Universe;

    public IReadOnlyList<Part> CoreHeads => [.. Core.Where(Heads.Kind.Includes)];

    /// <summary>Heads outside the core, in address order.</summary>
    public IReadOnlyList<Part> OtherHeads => [.. Universe.PartsOf(Heads.Kind).Except(Core)];

    /// <summary>The in-domain set and the one out of domain, with at most so many examples each, spread evenly.</summary>
    public IReadOnlyList<(EvaluationSet Set, IReadOnlyList<Row> Rows)> Two(int most) => [.. Sets.Thin(most).Each.Where(s => s.Set.Use is "inDomain" or "outOfDomain")];

    /// <summary>A mask of ones but for these parts.</summary>
    public float[] Without(params IEnumerable<Part> absent)
    {
        float[] mask = new float[Universe.Count];
        mask.AsSpan().Fill(1);
        foreach (Part part in absent) mask[Universe.PlaceOf(part)] = 0;
        return mask;
    }

    /// <summary>A mask of zeros but for these parts.</summary>
    public float[] Only(IEnumerable<Part> kept) => Without(Universe.Parts.Except(kept));

    /// <summary>Adds to a count of what is done, and tells it.</summary>
    public Action<int> Advance(string stage, long total, string unit)
    {
        long done = 0;
        return more => Progress.Report(new(stage, Interlocked.Add(ref done, more), total, unit));
    }
}
