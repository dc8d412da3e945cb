namespace Heartwood.Lab.Runs;

/// <summary>How far a long piece of work is; a display adds rate and time left.</summary>
/// <param name="Stage">what is being done, in a few words: "finding subnetworks, seed 3"</param>
/// <param name="Done">how much is done, in <paramref name="Unit"/></param>
/// <param name="Total">how much there is to do, in <paramref name="Unit"/></param>
/// <param name="Unit">what is counted: "steps", "examples", "ablations"</param>
/// <param name="Note">figures worth a look while it runs: "loss 0.31", or ""</param>
public readonly record struct Progress(string Stage, long Done, long Total, string Unit, string Note = "");
