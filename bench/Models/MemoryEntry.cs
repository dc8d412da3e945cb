using Heartwood.Bench.Harness;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Bench.Models;

/// <summary>How much memory the work takes, each piece in a process of its own.</summary>
static class MemoryEntry
{
    const double Gigabyte = 1L << 30;

    /// <summary>Loading, a step of mask learning, and many steps.</summary>
    public static Entry Memory { get; } = new("memory", "resident memory: loading, a step of mask learning, ten thousand steps", () =>
    [
        Case.Figured("loading BERT-base: growth at the most, of the file's size", threads =>
        {
            double grown = Programs.Alone("load", threads, Synthetic.Folder("base"))["bytes"];
            return new(grown / FileSize, "of the file", FormattableString.Invariant($"{grown / 1e6:0} MB of {FileSize / 1e6:0} MB"));
        }) with { Target = Target.AtMost(1.15, "1.15 of the file") },

        Case.Figured("a mask-learning step, BERT-base, 2,048 tokens: all of the process, beyond the weights' file", threads =>
        {
            double all = Programs.Alone("mask-steps", threads, Synthetic.Folder("base"), "2048")["bytes"];
            return new((all - FileSize) / Gigabyte, "GiB");
        }) with { Target = Target.AtMost(2, "2 GiB") },

        Case.Figured("10,000 mask-learning steps, the demo's model: growth after the first 2,000", threads =>
        {
            IReadOnlyDictionary<string, double> figures = Programs.Alone("many-steps", threads);
            double Megabytes(string what, int step) => figures[$"{what} {step}"] / 1e6;
            double grown = Megabytes("resident", Alone.Looks[^1]) / Megabytes("resident", Alone.Looks[1]) - 1;
            IEnumerable<string> looks = Alone.Looks.Select(step => FormattableString.Invariant(
                $"at step {step:N0} {Megabytes("resident", step):0.0} MB ({Megabytes("held", step):0.0})"));
            return new(grown, "of what it was", $"resident (of it held by scopes) {string.Join(", ", looks)}");
        }) with { Target = Target.AtMost(0.02, "0.02: nothing but chance") },
    ]);

    static double FileSize => new FileInfo(Path.Combine(Synthetic.Folder("base"), Checkpoint.SingleFile)).Length;
}
