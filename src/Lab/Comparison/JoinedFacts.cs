using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Comparison;

/// <summary>Several runs in one table: what <c>compare RUN RUN … --out RUN</c> answers.</summary>
/// <param name="Runs">the runs, each with its full model, in the order in which they were named</param>
/// <param name="Differences">what they were asked otherwise, or had otherwise</param>
/// <param name="Rows">every subnetwork of every run that was measured</param>
/// <param name="Groups">overlap and core of subnetworks that can be compared part by part</param>
/// <param name="Apart">what stands in the table and in no group, with the reason</param>
public sealed record JoinedRuns(
    IReadOnlyList<JoinedRun> Runs, IReadOnlyList<Difference> Differences, IReadOnlyList<JoinedRow> Rows, IReadOnlyList<JoinedGroup> Groups,
    IReadOnlyList<string> Apart);

/// <summary>One run of several.</summary>
/// <param name="Name">what it is called in the table: its folder's name, or its whole path where two have the same</param>
/// <param name="Folder">its folder</param>
/// <param name="Model">its model</param>
/// <param name="ModelSha256">hash of the model's weights</param>
/// <param name="Universe">the parts in play, in words: "bert, 4 layers of 8 heads, 36 parts in play: heads, mlps"</param>
/// <param name="Full">the full model, measured</param>
public sealed record JoinedRun(string Name, string Folder, string Model, string ModelSha256, string Universe, Measured Full);

/// <summary>What runs differ in.</summary>
/// <param name="What">an option as the manifest has it, or "model", "data", "version", "backend"</param>
/// <param name="ByRun">what each run has, by its name; "" where it has none</param>
public sealed record Difference(string What, IReadOnlyDictionary<string, string> ByRun);

/// <summary>One subnetwork of one run.</summary>
/// <param name="Run">the run's name</param>
/// <param name="Method">how it was found, as the run calls it</param>
/// <param name="Found">the subnetwork, measured on the run's sets</param>
/// <param name="Random">random parts of the same make, measured on the same sets</param>
public sealed record JoinedRow(string Run, string Method, MeasuredSubnetwork Found, MeasuredSubnetwork Random);

/// <summary>Subnetworks of the same universe, method and size, of one or several runs.</summary>
/// <param name="Universe">the parts in play, in words</param>
/// <param name="Method">the method</param>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Members">the subnetworks: "run a, seed 3"</param>
/// <param name="Pairs">overlap of each pair against chance</param>
/// <param name="Core">the parts that all keep, against chance</param>
public sealed record JoinedGroup(
    string Universe, string Method, Target TargetSparsity, IReadOnlyList<string> Members, IReadOnlyList<JoinedPair> Pairs, CoreFacts Core);

/// <summary>Overlap of two subnetworks of a group.</summary>
/// <param name="A">the first: "run a, seed 3"</param>
/// <param name="B">the second</param>
/// <param name="Shared">how many parts both keep</param>
/// <param name="Jaccard">shared / kept by either</param>
/// <param name="Expected">how many shared parts chance gives</param>
/// <param name="Low">lower end of chance's 95 % interval</param>
/// <param name="High">upper end</param>
/// <param name="PValue">probability of at least as many by chance, exact</param>
/// <param name="Corrected">the same after Holm's correction for the pairs of the group</param>
public sealed record JoinedPair(
    string A, string B, int Shared, double Jaccard, double Expected, double Low, double High, double PValue, double Corrected);
