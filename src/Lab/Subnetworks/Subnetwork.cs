using System.Text;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks.Formats;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// The kept parts of a model, with the scores that they were chosen by and where they came from. <c>docs/masks.md</c> is its file.
/// </summary>
/// <param name="Seed">seed it was found with</param>
/// <param name="Method">how it was found, for example "structured pruning"</param>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Parts">number of parts in play: of the kinds that <see cref="InPlay"/> names</param>
/// <param name="Kept">the kept parts, in address order</param>
/// <param name="Scores">score of every part; higher is kept first; empty for random subnetworks</param>
/// <param name="Ablation">what stands in for ablated parts, as <c>--ablation</c> takes it: "mean", "zero"; "" where it is not known</param>
/// <param name="ModelSha256">hash of the model's weights; "" where it is not known</param>
public sealed record Subnetwork(
    ulong Seed, string Method, Target TargetSparsity, int Parts, IReadOnlyList<Part> Kept, IReadOnlyDictionary<Part, double> Scores,
    string Ablation, string ModelSha256)
{
    /// <summary>Names of the kinds of part in play, or <see cref="KeptEdges.Name"/>; parts of other kinds are all present.</summary>
    public IReadOnlyList<string> InPlay { get; init; } = PartKinds.InPlay;

    /// <summary>The kept edges, where edges are in play.</summary>
    public KeptEdges? Edges { get; init; }

    /// <summary>What is known of the model's sizes; null where nothing is.</summary>
    public ModelSizes? Model { get; init; }

    /// <summary>The data that it was found on.</summary>
    public IReadOnlyList<DataOrigin> Data { get; init; } = [];

    /// <summary>The method's options, as text by name.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Where the means of ablated parts are: a safetensors file, beside this subnetwork's or relative to it; "" where they are not kept.
    /// </summary>
    public string AblationFile { get; init; } = "";

    /// <summary>The version of Heartwood that wrote it; "" where it was not Heartwood, or not known.</summary>
    public string Version { get; init; } = "";

    /// <summary>The fraction of what is in play that is ablated: of the edges, where edges are, else of the parts.</summary>
    public double Sparsity => Edges is { } edges ? 1 - (double)edges.Kept.Count / edges.Count : 1 - (double)Kept.Count / Parts;

    /// <summary>
    /// Reads the JSON that <see cref="ToJson"/> makes, and that of older versions. Files of others are read by <see cref="MaskFile"/>.
    /// </summary>
    /// <exception cref="FormatException">it is not a subnetwork; the message says what is wrong</exception>
    public static Subnetwork FromJson(string json, string source) => MaskJson.Read(Encoding.UTF8.GetBytes(json), source);

    /// <summary>The subnetwork as JSON, addresses as text.</summary>
    public string ToJson() => MaskJson.Write(this);

    /// <summary>
    /// The same with exactly so many parts kept (edges, where edges are in play): those of the highest scores,
    /// ties to the lower address. What has no score is kept first, as in the formats that leave scores out.
    /// </summary>
    /// <param name="count">how many stay</param>
    /// <param name="absolute">whether scores count by their size alone</param>
    /// <exception cref="ArgumentException">there are no scores, or not as many parts</exception>
    public Subnetwork Top(long count, bool absolute = false)
    {
        long all = Edges?.Count ?? Parts;
        string what = Edges is null ? "parts" : "edges";
        if (count < 0 || count > all) throw new ArgumentException($"{count} {what} cannot be kept of {all}.");
        if (Edges is null ? Scores.Count == 0 : Edges.Scores.Count == 0)
            throw new ArgumentException($"The subnetwork has no scores of its {what}, so they cannot be ranked. "
                + "Take the file that its method wrote with scores.");
        if (Model is null && (Edges?.Scores.Count ?? Scores.Count) < all)
            throw new ArgumentException($"The subnetwork has scores of {Edges?.Scores.Count ?? Scores.Count} of {all} {what} and does "
                + "not say which the others are. Name the model: --model FOLDER.");
        Subnetwork chosen;
        if (Edges is null) chosen = this with { Kept = Highest(Model?.Parts(InPlay) ?? Scores.Keys, Scores, (int)count, absolute) };
        else
        {
            IEnumerable<Edge> edges = Model is null ? Edges.Scores.Keys : Edge.All(Model);
            KeptEdges highest = Edges with { Kept = Highest(edges, Edges.Scores, (int)Math.Min(count, int.MaxValue), absolute) };
            chosen = this with { Edges = highest, Kept = highest.Touched };
        }
        return chosen with { TargetSparsity = chosen.Sparsity };
    }

    /// <summary>
    /// The same as a subnetwork of heads and MLP blocks: those that kept edges begin or end in. It
    /// computes something else than the circuit, in which those parts are joined by the kept edges only.
    /// </summary>
    /// <exception cref="ArgumentException">it has no edges</exception>
    public Subnetwork Nodes()
    {
        if (Edges is null) throw new ArgumentException("The subnetwork is one of parts already: there are no edges to take the nodes of.");
        string method = $"the nodes of a circuit{(Method == "" ? "" : $" ({Method})")}";
        Subnetwork nodes = this with { InPlay = PartKinds.InPlay, Kept = Edges.Touched, Edges = null, Method = method };
        return nodes with { TargetSparsity = nodes.Sparsity };
    }

    static T[] Highest<T>(IEnumerable<T> all, IReadOnlyDictionary<T, double> scores, int count, bool absolute)
        where T : struct, IComparable<T>
    {
        return [.. all.OrderByDescending(Rank).ThenBy(p => p).Take(count).Order()];

        double Rank(T p) =>
            !scores.TryGetValue(p, out double score) ? double.PositiveInfinity
            : absolute ? Math.Abs(score)
            : score;
    }
}

/// <summary>Data that a subnetwork was found on.</summary>
/// <param name="Source">the file, as it was named</param>
/// <param name="Rows">rows read; 0 where it is not known</param>
/// <param name="Sha256">hash of the file; "" where it is not known</param>
public sealed record DataOrigin(string Source, int Rows, string Sha256);
