using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// Relations of queries, keys and values (Wang et al. 2021, "MiniLMv2", eq. 3 to 5): in one layer, how each token of a sequence stands to
/// the others, as a distribution, compared with the full model's: KL divergence, a mean over tokens, relation heads and the three kinds,
/// nats. Neither widths nor numbers of heads need be the same.
/// </summary>
public sealed class RelationsToFull : IObjective
{
    static readonly Point[] kinds = [Point.Query, Point.Key, Point.Value];

    /// <inheritdoc/>
    public string Name => "relations-to-full";

    /// <inheritdoc/>
    public string Meaning => "KL divergence of the relations of queries, keys and values from the full model's, nats";

    /// <inheritdoc/>
    public bool NeedsReference => true;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) => null;

    /// <summary>
    /// The last layer in which all tokens are computed and both models have heads: the last of a language model, the last but one of a
    /// classifier, whose last layer computes what is read.
    /// </summary>
    /// <inheritdoc/>
    public IReadOnlyList<SitePair> Sites(IProblem problem, IModel model, IModel full)
    {
        IReadOnlyList<(int Own, int Full)> map = LayerMap.Uniform.Pairs(model, full);
        int last = problem.Tokens == Tokens.All ? map.Count - 1 : map.Count - 2;
        for (int own = last; own >= 0; own--)
            if (model.Layers[own].Heads > 0 && full.Layers[map[own].Full].Heads > 0)
                return [.. kinds.Select(kind => new SitePair(new(own, kind), new(map[own].Full, kind)))];
        throw new ArgumentException($"Relations are compared in a layer in which both models have heads and all tokens are computed, and "
            + $"the {map.Count} layers of the smaller model have none. Compare outputs or layers instead.");
    }

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        ByExample(problem, examples, (offsets, some) => Mean(problem, pass, reference!.Value, offsets, some));

    /// <summary>What compares all tokens of a batch, asked of each example's alone.</summary>
    /// <param name="problem">what is asked</param>
    /// <param name="examples">the batch's examples</param>
    /// <param name="compare">is given where the example's sequences end, from 0, and what takes its rows out of a batch's</param>
    /// <returns>[example]</returns>
    internal static Tensor ByExample(
        IProblem problem, IReadOnlyList<Example> examples, Func<int[], Func<Tensor, Tensor>, Tensor> compare)
    {
        int[] tokens = LayersToFull.TokensOf(problem, examples);
        Tensor[] each = new Tensor[tokens.Length];
        for (int i = 0, start = 0; i < tokens.Length; start += tokens[i], i++)
        {
            int[] rows = [.. Enumerable.Range(start, tokens[i])];
            int[] ends = [.. problem.Inputs(examples[i]).Select(input => input.Ids.Length)];
            each[i] = compare(Offsets(ends), values => values.Rows(rows)).As(1);
        }
        return Movement.Concatenate(0, each);
    }

    /// <inheritdoc/>
    public double[] Weights(IProblem problem, Pass pass, IReadOnlyList<Example> examples) =>
        [.. LayersToFull.TokensOf(problem, examples).Select(tokens => (double)tokens)];

    /// <inheritdoc/>
    public Tensor Mean(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        Mean(problem, pass, reference!.Value, pass.Batch.Offsets, values => values);

    Tensor Mean(IProblem problem, Pass pass, Pass reference, int[] offsets, Func<Tensor, Tensor> some)
    {
        Tensor? sum = null;
        IReadOnlyList<SitePair> sites = Sites(problem, pass.Model, reference.Model);
        foreach (SitePair pair in sites)
        {
            (Tensor own, Tensor full) = (some(pass.At(pair.Own)), some(reference.At(pair.Full)));
            int heads = RelationHeads(own.Shape.Last, full.Shape.Last, reference.Model.Layers[pair.Full.Layer].Heads);
            Tensor one = own.RelationKl(full, offsets, heads, pass.Model.Causal);
            sum = sum is null ? one : sum + one;
        }
        return sum! * (1f / sites.Count);
    }

    static int[] Offsets(int[] lengths)
    {
        int[] offsets = new int[lengths.Length + 1];
        for (int i = 0; i < lengths.Length; i++) offsets[i + 1] = offsets[i] + lengths[i];
        return offsets;
    }

    /// <summary>As many relation heads as the full model has heads, or the most below that which divide both widths.</summary>
    internal static int RelationHeads(int width, int fullWidth, int heads)
    {
        while (width % heads != 0 || fullWidth % heads != 0) heads--;
        return heads;
    }
}
