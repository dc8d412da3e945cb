using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Bench.Models;

/// <summary>Sentence pairs of real lengths and random words, so that the benchmark needs no data.</summary>
static class Pairs
{
    /// <summary>
    /// Lengths in tokens of 256 pairs of MNLI's matched development set, spread evenly over its 9,815 (mean 39.4; of all 39.1),
    /// under BERT's English tokenizer, special tokens included, at most 128.
    /// </summary>
    static readonly int[] mnli =
    [
        24, 18, 39, 35, 38, 11, 28, 13, 29, 44, 53, 29, 19, 67, 12, 40, 45, 14, 22, 39, 20, 8, 25, 18, 28, 32, 30, 24, 23, 22, 44, 12,
        36, 26, 18, 31, 37, 34, 49, 48, 31, 17, 53, 9, 36, 16, 36, 18, 14, 29, 13, 34, 27, 36, 31, 58, 40, 24, 42, 62, 48, 76, 75, 43,
        35, 41, 26, 43, 45, 78, 44, 50, 12, 104, 18, 28, 50, 33, 36, 28, 69, 46, 12, 28, 64, 53, 36, 37, 118, 41, 42, 43, 48, 76, 51, 14,
        60, 38, 45, 55, 26, 58, 28, 36, 43, 40, 60, 26, 41, 40, 65, 30, 39, 48, 34, 34, 22, 53, 25, 56, 30, 36, 41, 37, 26, 39, 27, 42,
        18, 60, 73, 40, 37, 28, 66, 40, 50, 9, 44, 61, 33, 51, 42, 28, 44, 41, 19, 49, 56, 54, 34, 41, 25, 41, 55, 34, 21, 20, 99, 29,
        43, 39, 53, 29, 21, 58, 34, 20, 37, 74, 25, 65, 35, 22, 16, 21, 21, 25, 40, 62, 41, 78, 42, 25, 41, 22, 82, 38, 16, 20, 39, 34,
        22, 30, 25, 71, 17, 20, 22, 61, 25, 25, 24, 14, 14, 52, 48, 40, 63, 34, 28, 60, 55, 44, 38, 23, 30, 70, 38, 51, 23, 42, 53, 34,
        30, 79, 31, 50, 47, 65, 31, 46, 43, 32, 59, 27, 45, 28, 48, 91, 33, 53, 72, 47, 79, 49, 70, 36, 27, 35, 54, 30, 59, 59, 68, 30,
    ];

    /// <summary>
    /// Where the batch of 32 starts whose tokens and longest pair are nearest the averages of the eight: 1,218 tokens, at most 82
    /// (1,261 and 84).
    /// </summary>
    const int Typical = 160;

    /// <summary>The lengths of one batch of 32 pairs.</summary>
    public static int[] Batch => mnli[Typical..(Typical + 32)];

    /// <summary>The lengths of <paramref name="count"/> pairs, from the beginning and round again.</summary>
    public static int[] Lengths(int count) => [.. Enumerable.Range(0, count).Select(i => mnli[i % mnli.Length])];

    /// <summary>Inputs of these lengths: random words of a model, all in the first sentence, with random labels.</summary>
    public static IReadOnlyList<Example> Examples(IReadOnlyList<int> lengths, IModel model)
    {
        ChanceStream chance = new Chance(1, "benchmark's pairs").Stream();
        return [.. lengths.Select(length =>
        {
            int[] words = [.. Enumerable.Range(0, length).Select(_ => chance.Below(model.Vocabulary))];
            return new Example(new(words, new int[length]), chance.Below(model.Labels.Count), "", "");
        })];
    }

    /// <summary>The examples as one batch.</summary>
    public static Batch AsBatch(this IReadOnlyList<Example> examples) => new([.. examples.Select(e => e.Input)]);
}
