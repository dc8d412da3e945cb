using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation.Predictions;

/// <summary>The likeliest tokens at some places of texts.</summary>
static class LikelyTokens
{
    const int TokensAtOnce = 1024;

    /// <summary>Runs a model over inputs and reads what it says at some of their tokens.</summary>
    /// <param name="asked">the model, whole or masked</param>
    /// <param name="inputs">each input with the tokens at which the scores are read: the one before the next word, or a masked one</param>
    /// <param name="count">how many of the likeliest</param>
    /// <param name="advance">told how many inputs are done</param>
    /// <param name="stop">ends the work</param>
    /// <returns>for each input, for each of its places, the likeliest tokens, the likeliest first</returns>
    public static IReadOnlyList<IReadOnlyList<IReadOnlyList<LikelyToken>>> At(
        AskedModel asked, IReadOnlyList<(Sequence Input, int[] Places)> inputs, int count, Action<int>? advance, CancellationToken stop)
    {
        IModel model = asked.Loaded.Model;
        using Scope outside = Scope.Open();
        var batches = Inputs.Pack([.. inputs.Select(i => i.Input.Ids.Length)], TokensAtOnce);
        var found = new IReadOnlyList<IReadOnlyList<LikelyToken>>[inputs.Count];
        int words = asked.Loaded.WordsSaid();
        Parallelism.For(batches.Count, b =>
        {
            stop.ThrowIfCancellationRequested();
            using Scope scope = Scope.Open();
            var (start, size) = batches[b];
            Batch batch = new([.. inputs.Skip(start).Take(size).Select(i => i.Input)]);
            IProbe probe = asked.Mask is { } mask
                ? new MaskProbe(Tensor.From(mask, mask.Length), asked.Ablation!, asked.Ablation!.On(model, batch, Tokens.All))
                : NoProbe.Instance;
            int[] places = [.. Enumerable.Range(0, size)
                .SelectMany(i => inputs[start + i].Places.Select(place => batch.Offsets[i] + place))];
            var likely = new IReadOnlyList<LikelyToken>[places.Length];
            NextTokens.Each(Pass.Run(model, batch, probe, Tokens.All), null, places,
                (i, logs, _, _) => likely[i] = Best(logs[..words], count, asked.Loaded));
            for (int i = 0, at = 0; i < size; at += inputs[start + i].Places.Length, i++)
                found[start + i] = likely[at..(at + inputs[start + i].Places.Length)];
            advance?.Invoke(size);
        });
        return found;
    }

    // of equally likely ones the lower id first
    static LikelyToken[] Best(ReadOnlySpan<float> logs, int count, LoadedModel loaded)
    {
        PriorityQueue<int, (float Log, int Id)> best = new();    // the worst of the best comes out first
        for (int id = 0; id < logs.Length; id++)
        {
            if (!float.IsFinite(logs[id]) && !float.IsNegativeInfinity(logs[id]))
                throw new InvalidDataException($"The log-probability of token {id} is {logs[id]}. A weight, or what stands in for ablated "
                    + "parts, is not finite: take other weights, or another ablation.");
            if (best.Count == count && best.TryPeek(out _, out var worst) && logs[id] <= worst.Log) continue;
            if (best.Count == count) best.Dequeue();
            best.Enqueue(id, (logs[id], -id));
        }
        int[] ids = new int[best.Count];
        for (int i = ids.Length - 1; i >= 0; i--) ids[i] = best.Dequeue();
        LikelyToken[] tokens = new LikelyToken[ids.Length];
        for (int i = 0; i < ids.Length; i++)
            tokens[i] = new(loaded.Tokenizer.Decode([ids[i]], skipSpecial: false), ids[i], Math.Exp(logs[ids[i]]));
        return tokens;
    }
}
