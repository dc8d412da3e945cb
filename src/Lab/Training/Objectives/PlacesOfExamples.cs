using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// Which of the places that a problem of the vocabulary scores belong to which example; they stand in the examples' order.
/// </summary>
static class PlacesOfExamples
{
    /// <summary>How many places each example has.</summary>
    internal static int[] Counts(IProblem problem, Batch batch, IReadOnlyList<Example> examples)
    {
        int[] counts = new int[examples.Count], ends = new int[examples.Count];
        for (int e = 0, sequence = 0; e < examples.Count; e++) ends[e] = sequence += problem.Inputs(examples[e]).Count;
        int example = 0;
        foreach (int place in problem.Places(batch, examples)!)
        {
            int sequence = problem.Tokens == Tokens.Read ? place : SequenceAt(batch, place);
            while (sequence >= ends[example]) example++;
            counts[example]++;
        }
        return counts;
    }

    /// <summary>The same as weights; 1 each where a head scores labels.</summary>
    internal static double[] Weights(IProblem problem, Batch batch, IReadOnlyList<Example> examples) =>
        problem.OfVocabulary ? [.. Counts(problem, batch, examples).Select(count => (double)count)] : [.. examples.Select(_ => 1.0)];

    /// <summary>Means of runs of values.</summary>
    /// <param name="values">[place]</param>
    /// <param name="counts">how many places each run has, at least one</param>
    /// <returns>[run]</returns>
    internal static Tensor MeansOf(this Tensor values, IReadOnlyList<int> counts)
    {
        Tensor[] means = new Tensor[counts.Count];
        for (int run = 0, start = 0; run < means.Length; start += counts[run], run++)
            means[run] = values.Slice(0, start, counts[run]).Mean().As(1);
        return Movement.Concatenate(0, means);
    }

    static int SequenceAt(Batch batch, int token)
    {
        int found = Array.BinarySearch(batch.Offsets, token);
        return found >= 0 ? found : ~found - 1;
    }
}
