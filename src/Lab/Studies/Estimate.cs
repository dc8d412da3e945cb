using System.Diagnostics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>What searches will take.</summary>
/// <param name="Seconds">time, from layers of the model that were run on examples of the pool, as many at once as there will be</param>
/// <param name="Bytes">memory at the most</param>
public sealed record Estimate(double Seconds, long Bytes)
{
    /// <summary>seconds of a pass per token, on all threads</summary>
    public double SecondsPerToken { get; init; }

    const int PilotTokens = 512;                                 // as fast per token as larger batches, at a fraction of the time
    const double PilotSeconds = 0.15;

    /// <summary>Estimates searches: passes forward and back with frozen weights, and what comes before them.</summary>
    /// <param name="model">the model</param>
    /// <param name="universe">the parts in play</param>
    /// <param name="problem">what is asked</param>
    /// <param name="pool">the examples that are searched on</param>
    /// <param name="methods">what each method costs</param>
    public static Estimate Searches(
        IModel model, Universe universe, IProblem problem, IReadOnlyList<Example> pool, IReadOnlyList<MethodCost> methods)
    {
        double length = pool.Average(e => problem.Inputs(e).Sum(s => s.Ids.Length));
        int mostKept = Math.Max(1, methods.Max(m => m.Each.KeptAtOnce));
        IReadOnlyList<Example> few = Thinning.Thinned(pool, (int)Math.Clamp(PilotTokens / length, 1, Math.Min(mostKept, pool.Count)));
        Batch pilot = problem.BatchOf(few);
        int[]? places = problem.Places(pilot, few);
        Dictionary<(Work, int), double> timed = [];

        double seconds = 0;
        long bytes = 0;
        foreach (MethodCost method in methods)
        {
            int atOnce = method.Each.Spreads ? Tensors.Backends.Machine.Threads : AtOnce(method.Searches);
            double rounds = method.Each.Spreads ? method.Searches / (double)atOnce : Math.Ceiling(method.Searches / (double)atOnce);
            double each = 0;
            if (method.Each.Backward > 0)
            {
                double step = PerToken(Work.Learning, atOnce);
                if (problem.OfVocabulary) step += PerToken(Work.Stream, atOnce);          // the full model passes next to the masked one
                each += method.Each.Backward * length * step;
            }
            long plain = method.Each.Forward - method.Each.Backward;
            if (plain > 0) each += plain * length * PerToken(Work.Scores, atOnce);
            seconds += each * rounds;
            double tokens = method.Each.KeptAtOnce > 0 ? length * method.Each.KeptAtOnce : Math.Max(length, PilotTokens);
            bytes = Math.Max(bytes, Memory(model, tokens, problem.OfVocabulary, atOnce));
        }
        int before = AtOnce(methods.Max(m => m.Each.Spreads ? Tensors.Backends.Machine.Threads : m.Searches));
        double pass = PerToken(Work.Scores, before) / before;                             // the parts' means, and the full model's outputs
        return new(seconds + pass * 2 * pool.Count * length, bytes) { SecondsPerToken = pass };

        double PerToken(Work kind, int atOnce)
        {
            if (!timed.TryGetValue((kind, atOnce), out double one))
                timed[(kind, atOnce)] = one = PassSeconds(model, universe, pilot, problem.Tokens, places, kind, atOnce) / pilot.Tokens;
            return one;
        }
    }

    static int AtOnce(int searches) => Math.Clamp(searches, 1, Tensors.Backends.Machine.Threads);

    // seconds of one pass over the pilot batch, from its last layer and its last two
    static double PassSeconds(IModel model, Universe universe, Batch pilot, Tokens computed, int[]? places, Work kind, int atOnce)
    {
        int length = pilot.Tokens / pilot.Count;
        double[] work =
            [.. model.Layers.Select(l => l.Heads * (4.0 * model.Width + length) * model.HeadWidth + 2.0 * model.Width * l.Neurons)];
        int last = work.Length - 1;
        double one = Timed(last);
        if (last == 0) return one;
        double perWork = Math.Max(0, Timed(last - 1) - one) / Math.Max(1, work[last - 1]);
        return one + perWork * work[..last].Sum();

        double Timed(int layer)
        {
            double[] best = new double[atOnce];
            Parallelism.For(atOnce, item =>
            {
                using Scope scope = Scope.Open();
                Tensor x = Tensor.Normal(new(1, "pilot"), 1, pilot.Tokens, model.Width), mask = Tensor.Filled(0.5f, new(universe.Count));
                IProbe probe = kind == Work.Learning ? new MaskProbe(mask.Track(), Ablation.Zero(universe)) : NoProbe.Instance;
                long began = Stopwatch.GetTimestamp();
                best[item] = double.PositiveInfinity;
                for (int run = 0; run < 3 || Stopwatch.GetElapsedTime(began).TotalSeconds < PilotSeconds; run++)
                {
                    using Scope again = Scope.Open();
                    long start = Stopwatch.GetTimestamp();
                    var attended = model.Attend(layer, x, pilot, model.TokensOf(layer, computed), probe);
                    Pass pass = new(model, model.StreamFrom(layer, x, attended, pilot, probe, computed), pilot, probe);
                    if (kind == Work.Learning) Loss(pass).Gradients(mask);
                    else if (kind == Work.Scores && places is null) pass.Scores(computed);
                    else if (kind == Work.Scores) NextTokens.Each(pass, null, places!, (_, _, _, _) => { });
                    // the first packs the weights
                    if (run > 0) best[item] = Math.Min(best[item], Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            });
            return best.Max();

            Tensor Loss(Pass pass) => places is null
                ? pass.Scores(computed).Sum()
                : NextTokens.Divergence(pass, pass with { Stream = pass.Stream.Detach(), Probe = NoProbe.Instance }, places);
        }
    }

    enum Work
    {
        Learning,                                                // a masked pass, its scores and the way back
        Scores,                                                  // a pass and its scores
        Stream,                                                  // a pass up to the scores
    }

    // of every layer: the residual stream twice, queries, keys and values, the heads' mix with two figures each, the MLP's neurons
    // and result; the widest gradients come and go; weights as read, and packed for both directions; of a vocabulary
    // the scores of as many tokens as are computed at once, with what a divergence makes of them
    static long Memory(IModel model, double tokens, bool vocabulary, int atOnce)
    {
        double stays = model.Layers.Sum(l => 3.0 * model.Width + 4.0 * l.Heads * model.HeadWidth + 2.0 * l.Heads + l.Neurons);
        double passing = 4.0 * model.Layers.Max(l => l.Neurons + model.Width);
        int packings = model.Weights.Precision == Precision.Bf16 ? 1 : 2;
        double packed = packings * model.Layers.Sum(l => 4.0 * l.Heads * model.HeadWidth * model.Width + 2.0 * l.Neurons * model.Width);
        if (vocabulary) packed += 2.0 * model.Vocabulary * model.Width;
        double scores = vocabulary ? 14.0 * Math.Min(tokens, NextTokens.RowsAtOnce(model)) * model.Vocabulary : 0;
        return (long)(sizeof(float) * (model.Weights.Count + packed + ((stays + passing) * tokens + scores) * atOnce)) + 80_000_000;
    }
}
