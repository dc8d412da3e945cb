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
            new((Programs.Alone("mask-steps", threads, Synthetic.Folder("base"), "2048")["bytes"] - FileSize) / Gigabyte, "GiB")) with { Target = Target.AtMost(2, "2 GiB") },

        Case.Figured("10,000 mask-learning steps, the demo's model: growth after the first 2,000", threads =>
        {
            IReadOnlyDictionary<string, double> f = Programs.Alone("many-steps", threads);
            double grown = f[$"resident {Alone.Looks[^1]}"] / f[$"resident {Alone.Looks[1]}"] - 1;
            return new(grown, "of what it was", $"resident (of it held by scopes) {string.Join(", ", Alone.Looks.Select(step => FormattableString.Invariant($"at step {step:N0} {f[$"resident {step}"] / 1e6:0.0} MB ({f[$"held {step}"] / 1e6:0.0})")))}");
        }) with { Target = Target.AtMost(0.02, "0.02: nothing but chance") },
    ]);

    static double FileSize => new FileInfo(Path.Combine(Synthetic.Folder("base"), Checkpoint.SingleFile)).Length;
}
