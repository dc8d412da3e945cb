using System.Globalization;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation;

/// <summary>
/// Runs models over examples and gives their numbers; batches run beside
/// one another, each with the same result whatever the number of threads.
/// </summary>
public sealed class Answers
{
    readonly IProblem problem;
    readonly (Batch Batch, IReadOnlyList<Example> Examples)[] batches;
    readonly int[] starts;

    /// <summary>Packs the examples.</summary>
    /// <param name="examples">what to answer</param>
    /// <param name="tokensPerBatch">most tokens that pass the model at once</param>
    /// <param name="problem">what is asked; null for the scores of the labels</param>
    public Answers(IReadOnlyList<Example> examples, int tokensPerBatch = 1024, IProblem? problem = null)
    {
        this.problem = problem ?? Classification.Instance;
        batches = [.. Inputs.Packed(examples, tokensPerBatch, this.problem)];
        starts = [0, .. batches.Select(b => b.Examples.Count)];
        for (int i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
    }

    /// <summary>Number of tokens in all examples.</summary>
    public long Tokens => batches.Sum(b => (long)b.Batch.Tokens);

    /// <summary>
    /// A model's numbers, [example number] row by row: scores of the labels, or what <see cref="IProblem.Read"/>
    /// says; of a language model without a problem the scores of the token that comes next.
    /// </summary>
    /// <param name="model">the model</param>
    /// <param name="advance">told the number of examples that a batch finished</param>
    /// <param name="stop">ends the work</param>
    /// <param name="full">the full model, to be compared with where it must
    /// pass beside (<see cref="IProblem.OfVocabulary"/>); null for none</param>
    /// <exception cref="InvalidDataException">a number that the problem reads is NaN or infinite</exception>
    public float[] Scores(IModel model, Action<int>? advance = null, CancellationToken stop = default, IModel? full = null) =>
        Scores(model, [], null, advance, stop, null, full)[0];

    /// <summary>
    /// Numbers of one model under several masks, [example number] row by row for each mask (one unmasked where
    /// there is none). What stands before the first part in which a mask differs from <paramref name="shared"/>
    /// is computed once for all masks: the layers below, and that layer's attention up to its heads' mixes.
    /// </summary>
    /// <param name="model">the full model</param>
    /// <param name="masks">each with one number per part</param>
    /// <param name="ablation">what stands in for ablated parts; null only without masks</param>
    /// <param name="advance">told the number of examples × masks that a batch finished</param>
    /// <param name="stop">ends the work</param>
    /// <param name="shared">a mask that the others differ from in few parts, best in
    /// late ones; null for one of ones. It changes no score, only the time.</param>
    /// <param name="full">see above</param>
    /// <exception cref="InvalidDataException">see above</exception>
    public float[][] Scores(
        IModel model, IReadOnlyList<float[]> masks, Ablation? ablation, Action<int>? advance = null,
        CancellationToken stop = default, float[]? shared = null, IModel? full = null)
    {
        using Scope outside = Scope.Open();
        (float[]? Mask, int From)[] passes = [(null, 0)];
        if (masks.Count > 0)
            passes = [.. masks.Select(mask => ((float[]?)mask, FirstDifference(ablation!.Universe, model, mask, shared)))];
        int width = problem.Numbers(model), deepest = passes.Max(p => p.From);
        float[][] numbers = [.. passes.Select(_ => new float[starts[^1] * width])];
        Parallelism.For(batches.Length, b =>
        {
            stop.ThrowIfCancellationRequested();
            using Scope scope = Scope.Open();
            var (batch, examples) = batches[b];
            Pass? beside = full is not null && problem.OfVocabulary ? Pass.Run(full, batch, NoProbe.Instance, problem.Tokens) : null;
            IReadOnlyDictionary<Site, Tensor>? values = ablation?.On(model, batch, problem.Tokens, problem.PairsOf(examples));
            IProbe below = ProbeOf(shared, ablation, values);
            Tensor x = model.Embed(batch, below);
            for (int layer = 0; layer <= deepest; layer++)
            {
                using Scope here = Scope.Open();
                var tokens = model.TokensOf(layer, problem.Tokens);
                Tensor mixes = model.Attend(layer, x, batch, tokens, below);
                for (int p = 0; p < passes.Length; p++)
                {
                    if (passes[p].From != layer) continue;
                    using Scope inside = Scope.Open();
                    IProbe probe = ProbeOf(passes[p].Mask, ablation, values);
                    Pass pass = new(model, model.StreamFrom(layer, x, mixes, batch, probe, problem.Tokens), batch, probe);
                    Span<float> read = numbers[p].AsSpan(starts[b] * width, examples.Count * width);
                    problem.Read(pass, beside, examples, read);
                    RefuseBroken(read, examples, starts[b], beside is not null);
                }
                if (layer < deepest) x = Scope.Replace(x, model.Finish(layer, x, mixes, batch, tokens, below).Keep());
            }
            advance?.Invoke(examples.Count * passes.Length);
        });
        return numbers;
    }

    /// <summary>The largest difference of any score of these examples between a model and another one under a mask.</summary>
    public double LargestDifference(IModel cut, IModel model, float[] mask, Ablation ablation, CancellationToken stop = default)
    {
        using Scope outside = Scope.Open();
        double[] most = new double[batches.Length];
        Parallelism.For(batches.Length, b =>
        {
            stop.ThrowIfCancellationRequested();
            using Scope scope = Scope.Open();
            var (batch, examples) = batches[b];
            Pass one = Pass.Run(cut, batch, NoProbe.Instance, problem.Tokens);
            var ablated = ablation.On(model, batch, problem.Tokens, problem.PairsOf(examples));
            Pass other = Pass.Run(model, batch, ProbeOf(mask, ablation, ablated), problem.Tokens);
            if (problem.Places(batch, examples) is { } places) most[b] = NextTokens.Difference(one, other, places);
            else
            {
                Tensor difference = one.Scores(problem.Tokens) - other.Scores(problem.Tokens);
                most[b] = Math.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(difference.Values));
            }
        });
        return most.DefaultIfEmpty(0).Max();
    }

    // a probe serves one pass at a time
    static IProbe ProbeOf(float[]? mask, Ablation? ablation, IReadOnlyDictionary<Site, Tensor>? values) =>
        mask is null ? NoProbe.Instance : new MaskProbe(Tensor.From(mask, mask.Length), ablation!, values);

    // a broken model answers nothing: neither rightly nor wrongly
    void RefuseBroken(ReadOnlySpan<float> numbers, IReadOnlyList<Example> examples, int before, bool compared)
    {
        int width = numbers.Length / examples.Count;
        for (int i = 0; i < numbers.Length; i++)
        {
            if (float.IsFinite(numbers[i]) || !problem.Gives(examples[i / width], i % width, compared)) continue;
            string name = problem.Words.Example, which = examples[i / width].Case is { Length: > 0 } its ? $" ({its})" : "";
            string kind = problem.OfVocabulary ? "log-probabilities" : "scores";
            string where = string.Create(CultureInfo.InvariantCulture,
                $"{char.ToUpperInvariant(name[0])}{name[1..]} {before + i / width + 1} of {starts[^1]}{which}");
            string found = numbers[i].ToString(CultureInfo.InvariantCulture);
            throw new InvalidDataException($"{where}: expected finite {kind}, found {found}. "
                + "A weight, or what stands in for ablated parts, is not finite: take other weights, or another ablation.");
        }
    }

    // the layer of the first part in which two masks differ; the last layer where they do not
    static int FirstDifference(Universe universe, IModel model, float[] mask, float[]? shared)
    {
        for (int i = 0; i < mask.Length; i++) if (mask[i] != (shared?[i] ?? 1)) return universe.Places[i].Site.Layer;
        return model.Layers.Count - 1;
    }
}
