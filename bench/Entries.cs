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
        SubnetworkEntries.KnockOuts,
        MemoryEntry.Memory,
        StartEntry.Start,
        InterruptionsEntry.Interruptions,
        ApartEntry.Apart,
        SizesEntry.Sizes,
        PredictionEntry.Prediction,
        ProfileEntry.Profile,
        Bf16Entry.Bf16,
        TokenizerEntry.Tokenizers,
    ];
}
