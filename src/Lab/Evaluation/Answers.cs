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

    /// <summary>A model's scores, [example label] row by row; of a language model [example vocabulary], for the token that comes next.</summary>
    public float[] Of(IModel model, Action<int>? advance = null, CancellationToken stop = default) => Of(model, [], null, advance, stop)[0];

    /// <summary>Scores of one model under several masks, [example label] row by row for each mask (one unmasked where there is none). What stands before the first part in which a mask differs from <paramref name="shared"/> is computed once for all masks: the layers below, and that layer's attention up to its heads' mixes.</summary>
    /// <param name="model">the full model</param>
    /// <param name="masks">each with one number per part</param>
    /// <param name="absence">what absent parts leave behind; null only without masks</param>
    /// <param name="advance">told the number of examples × masks that a batch finished</param>
    /// <param name="stop">ends the work</param>
    /// <param name="shared">a mask that the others differ from in few parts, best in late ones; null for one of ones. It changes no score, only the time.</param>
    public float[][] Of(IModel model, IReadOnlyList<float[]> masks, Absence? absence, Action<int>? advance = null, CancellationToken stop = default, float[]? shared = null)
    {
        using Scope outside = Scope.Open();
        IProbe below = shared is null ? NoProbe.Instance : new MaskProbe(Tensor.From(shared, shared.Length), absence!);
        (IProbe Probe, int From)[] passes = [(NoProbe.Instance, 0)];
        if (masks.Count > 0)
            passes = [.. masks.Select(mask => ((IProbe)new MaskProbe(Tensor.From(mask, mask.Length), absence!), FirstDifference(model, mask, shared)))];
        int width = model.Scores(), deepest = passes.Max(p => p.From);
        float[][] scores = [.. passes.Select(_ => new float[count * width])];
        int[] starts = [0, .. batches.Select(b => b.Count)];
        for (int i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        Parallelism.For(batches.Count, b =>
        {
            stop.ThrowIfCancellationRequested();
            using Scope scope = Scope.Open();
            Batch batch = batches[b];
            Tensor x = model.Embed(batch, below);
            for (int layer = 0; layer <= deepest; layer++)
            {
                using Scope here = Scope.Open();
                var tokens = model.TokensOf(layer);
                Tensor mixes = model.Attend(layer, x, batch, tokens, below);
                for (int p = 0; p < passes.Length; p++)
                {
                    if (passes[p].From != layer) continue;
                    using Scope pass = Scope.Open();
                    model.ForwardFrom(layer, x, mixes, batch, passes[p].Probe).Values.CopyTo(scores[p].AsSpan(starts[b] * width));
                }
                if (layer < deepest) x = Scope.Replace(x, model.Finish(layer, x, mixes, batch, tokens, below).Keep());
            }
            advance?.Invoke(batch.Count * passes.Length);
        });
        return scores;
    }

    // the layer of the first part in which two masks differ; the last layer where they do not
    static int FirstDifference(IModel model, float[] mask, float[]? shared)
    {
        IReadOnlyList<Part> parts = model.Universe().Parts;
        for (int i = 0; i < mask.Length; i++) if (mask[i] != (shared?[i] ?? 1)) return parts[i].Layer;
        return model.Layers.Count - 1;
    }
}
