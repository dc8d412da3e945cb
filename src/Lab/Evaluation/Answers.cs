using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation;

/// <summary>Runs models over examples and gives their scores; batches run beside one another, each with the same result whatever the number of threads.</summary>
public sealed class Answers
{
    readonly IReadOnlyList<Batch> batches;
    readonly int count;

    /// <summary>Packs the examples.</summary>
    /// <param name="examples">what to answer</param>
    /// <param name="tokensPerBatch">most tokens that pass the model at once</param>
    public Answers(IReadOnlyList<Example> examples, int tokensPerBatch = 1024)
    {
        batches = Inputs.Batches(examples, tokensPerBatch);
        count = examples.Count;
    }

    /// <summary>Number of tokens in all examples.</summary>
    public long Tokens => batches.Sum(b => (long)b.Tokens);

    /// <summary>A model's scores, [example label] row by row.</summary>
    public float[] Of(IModel model, Action<int>? advance = null, CancellationToken stop = default) => Of(model, [], null, advance, stop)[0];

    /// <summary>Scores of one model under several masks, [example label] row by row for each mask (one unmasked where there is none). Layers below a mask's first absent part are computed once for all masks.</summary>
    /// <param name="model">the full model</param>
    /// <param name="masks">each with one number per part</param>
    /// <param name="absence">what absent parts leave behind; null only without masks</param>
    /// <param name="advance">told the number of examples × masks that a batch finished</param>
    /// <param name="stop">ends the work</param>
    public float[][] Of(IModel model, IReadOnlyList<float[]> masks, Absence? absence, Action<int>? advance = null, CancellationToken stop = default)
    {
        int labels = model.Labels.Count, passes = Math.Max(1, masks.Count);
        int[] first = [.. masks.Select(mask => FirstLayer(model, mask))];
        float[][] scores = [.. Enumerable.Range(0, passes).Select(_ => new float[count * labels])];
        int[] starts = [0, .. batches.Select(b => b.Count)];
        for (int i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        Parallelism.For(batches.Count, b =>
        {
            stop.ThrowIfCancellationRequested();
            using Scope scope = Scope.Open();
            Batch batch = batches[b];
            List<Tensor> streams = [model.Embed(batch, NoProbe.Instance)];       // the residual stream that enters each layer
            int deepest = first.Length == 0 ? model.Layers.Count : first.Max();
            for (int layer = 0; layer < deepest; layer++) streams.Add(InScope(() => model.Layer(layer, streams[layer], batch, NoProbe.Instance)));
            for (int m = 0; m < passes; m++)
            {
                using Scope pass = Scope.Open();
                Tensor logits = masks.Count == 0
                    ? model.Classify(streams[^1], batch, NoProbe.Instance)
                    : model.ForwardFrom(first[m], streams[first[m]], batch, new MaskProbe(Tensor.From(masks[m], masks[m].Length), absence!));
                logits.Values.CopyTo(scores[m].AsSpan(starts[b] * labels));
            }
            advance?.Invoke(batch.Count * passes);
        });
        return scores;
    }

    static Tensor InScope(Func<Tensor> compute)
    {
        using Scope scope = Scope.Open();
        return compute().Keep();
    }

    // the first layer that a mask changes; behind the last where it changes none
    static int FirstLayer(IModel model, float[] mask)
    {
        int place = Array.FindIndex(mask, m => m != 1);
        return place < 0 ? model.Layers.Count : model.Universe().Parts[place].Layer;
    }
}
