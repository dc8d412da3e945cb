using Heartwood.Bench.Harness;
using Heartwood.Bench.Models;
using Heartwood.Bench.Ops;

namespace Heartwood.Bench;

/// <summary>Every entry, in the order of --help and of the page.</summary>
static class Entries
{
    /// <summary>The list; name a new entry here.</summary>
    public static IReadOnlyList<Entry> All { get; } =
    [
        GemmEntries.Gemm,
        GemmEntries.Ragged,
        GemmEntries.Gradients,
        GemmEntries.Avx2,
        OpEntries.Ops,
        OpTableEntry.OpTable,
        ForwardEntries.Encoder,
        ForwardEntries.Mnli,
        TrainingEntries.Training,
        SubnetworkEntries.MaskStep,
        SubnetworkEntries.Cut,
        SubnetworkEntries.Ablations,
        MemoryEntry.Memory,
        StartEntry.Start,
        SizesEntry.Sizes,
        ProfileEntry.Profile,
        Bf16Entry.Bf16,
        TokenizerEntry.Tokenizers,
    ];

    /// <summary>One line about an entry of that name.</summary>
    public static string About(string name) => All.Single(e => e.Name == name).About;
}
