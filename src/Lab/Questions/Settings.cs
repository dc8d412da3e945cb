using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>What kind of run a page is of.</summary>
public enum RunKind
{
    /// <summary>a study: subnetworks found, measured, compared, cut</summary>
    Study,

    /// <summary>all that a paper asks of a model: a page of questions and answers</summary>
    Paper,

    /// <summary>a model's training</summary>
    Training,

    /// <summary>several runs side by side</summary>
    Comparison,

    /// <summary>every part alone ablated, without a search</summary>
    Ablation,

    /// <summary>a model quantized in several ways</summary>
    Quantization,
}

/// <summary>What a run was asked, as far as questions need it.</summary>
public sealed record Settings
{
    /// <summary>what is studied, for the page's headline</summary>
    public string Title { get; init; } = "";

    /// <summary>what kind of run it is</summary>
    public RunKind Kind { get; init; }

    /// <summary>seeds that were searched with; the first keys all draws</summary>
    public IReadOnlyList<ulong> Seeds { get; init; } = [1];

    /// <summary>sparsities that were searched at, the main one first</summary>
    public IReadOnlyList<Target> Sparsities { get; init; } = [];

    /// <summary>
    /// whether the finder gives another subnetwork for another seed: where it does not, chance says nothing about what seeds share
    /// </summary>
    public bool Seeded { get; init; } = true;

    /// <summary>share of the subnetworks that must keep a part for the wider core, 1 for no wider one</summary>
    public double CoreShare { get; init; } = 1;

    /// <summary>random draws next to each figure</summary>
    public int Draws { get; init; } = 20;

    /// <summary>at most so many examples per set where parts are ablated; 0 for all</summary>
    public int AblationExamples { get; init; }

    /// <summary>longest input in tokens; 0 for the model's own</summary>
    public int MaxLength { get; init; }

    /// <summary>what the model's labels count as</summary>
    public string LabelMap { get; init; } = "";

    /// <summary>how far below its model a subnetwork may lie and still count as good as it, a fraction</summary>
    public double Tolerance { get; init; } = 0.03;

    /// <summary>at most so many examples per set where heads are looked at closely; 0 for all</summary>
    public int HeadExamples { get; init; } = 400;

    /// <summary>sparsities searched at checkpoints</summary>
    public IReadOnlyList<Target> GridSparsities { get; init; } = [];

    /// <summary>seeds searched with at checkpoints</summary>
    public IReadOnlyList<ulong> GridSeeds { get; init; } = [];

    /// <summary>at most so many checkpoints are searched at</summary>
    public int GridCheckpoints { get; init; } = 6;

    /// <summary>how masks are learned, where a question searches itself</summary>
    public PruningOptions Pruning { get; init; } = new();

    /// <summary>names of questions that are asked beyond the usual ones</summary>
    public IReadOnlyList<string> Asked { get; init; } = [];

    /// <summary>Below so many draws, a rank says little: questions about heads draw at least as many.</summary>
    public const int LeastDraws = 20;

    /// <summary>Draws next to each figure of a question about heads.</summary>
    public int HeadDraws => Math.Max(LeastDraws, Draws);

    /// <summary>Whether the study searched all that the grid asks for.</summary>
    public bool HasGrid => GridSparsities.All(Sparsities.Contains) && GridSeeds.All(Seeds.Contains);
}

/// <summary>What is known before a run begins, for the cost of its questions.</summary>
/// <param name="Universe">the parts in play</param>
/// <param name="Layers">layers of the model</param>
/// <param name="Sets">the sets that will be measured on</param>
/// <param name="Settings">what is asked</param>
/// <param name="Checkpoints">how many checkpoints of training there will be</param>
/// <param name="Reused">whether the last checkpoint's searches are the study's own</param>
public sealed record Prospect(Universe Universe, int Layers, Sets Sets, Settings Settings, int Checkpoints, bool Reused)
{
    /// <summary>Heads in play.</summary>
    public int Heads => Universe.CountOf(Lab.Subnetworks.Heads.Kind);

    /// <summary>Searches of the study.</summary>
    public int OwnSearches => Settings.Seeds.Count * Settings.Sparsities.Count;

    /// <summary>Searches at checkpoints.</summary>
    public int GridSearches
    {
        get
        {
            int searched = Math.Min(Settings.GridCheckpoints, Checkpoints) - (Reused ? 1 : 0);
            return Math.Max(0, searched) * Settings.GridSparsities.Count * Settings.GridSeeds.Count;
        }
    }

    /// <summary>Examples of the in-domain set and of the last of in-domain and out of domain, where heads are looked at closely.</summary>
    public (int Near, int Far, int All) HeadExamples
    {
        get
        {
            int[] examples = [.. Sets.Thin(Settings.HeadExamples).Each.Select(s => s.Set)
                .Where(s => s.Use is "inDomain" or "outOfDomain").Select(s => s.Examples.Count)];
            return examples.Length == 0 ? (0, 0, 0) : (examples[0], examples[^1], examples.Sum());
        }
    }

    /// <summary>Heads of the core at most: as if it had every head that a subnetwork of the main sparsity keeps.</summary>
    public int CoreHeads => Settings.Sparsities[0].IsSparsity ? Math.Min(Universe.KeptAt(Settings.Sparsities[0].Value), Heads) : Heads;
}
