using System.Diagnostics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>
/// How long a pass takes here with fewer heads and neurons: one layer of the model is run with all, half and none of each, and what stands
/// before and after the layers is run once. A layer's time is taken to be linear in its heads and in its neurons.
/// </summary>
sealed class LayerTimes
{
    const double RunSeconds = 0.02, MostWork = 4e9;
    const int MostTokens = 512, FewestTokens = 64, LeastRuns = 3;

    readonly double thousands, outside;
    readonly Times inner, last;

    LayerTimes(double thousands, double outside, Times inner, Times last) =>
        (this.thousands, this.outside, this.inner, this.last) = (thousands, outside, inner, last);

    /// <summary>Runs what has to be run, in a second or so.</summary>
    /// <param name="model">the full model</param>
    /// <param name="problem">what is asked</param>
    /// <param name="pool">examples, of which some are run</param>
    internal static LayerTimes Measure(IModel model, IProblem problem, IReadOnlyList<Example> pool)
    {
        long inLayers = model.Layers.Sum(layer => 4L * layer.Heads * model.HeadWidth * model.Width + 2L * layer.Neurons * model.Width);
        double tokens = Math.Clamp(MostWork * model.Layers.Count / Math.Max(1, inLayers), FewestTokens, MostTokens);
        double length = pool.Average(e => problem.Inputs(e).Sum(s => s.Ids.Length));
        IReadOnlyList<Example> few = Thinning.Thinned(pool, (int)Math.Clamp(tokens / length, 1, pool.Count));
        Batch batch = problem.BatchOf(few);
        int[]? places = problem.Places(batch, few);
        Tokens computed = problem.Tokens;

        using Scope scope = Scope.Open();
        Tensor all = Tensor.Normal(new(1, "pilot"), 1, batch.Tokens, model.Width);
        Tensor read = computed == Tokens.All ? all : Tensor.Normal(new(1, "pilot"), 1, batch.Count, model.Width);
        double outside = Timed(() => model.Embed(batch, NoProbe.Instance)) + Timed(Scores);
        IModel one = model.WithLayers([model.Layers.Count / 2]);
        Times inner = TimesFor(Tokens.All);
        return new(batch.Tokens / 1000.0, outside, inner, computed == Tokens.All ? inner : TimesFor(computed));

        void Scores()
        {
            Pass pass = new(model, read, batch, NoProbe.Instance);
            if (places is null) pass.Scores(computed);
            else NextTokens.Each(pass, null, places, (_, _, _, _) => { });
        }

        Times TimesFor(Tokens tokens)
        {
            int heads = one.Layers[0].Heads, neurons = one.Layers[0].Neurons;
            double none = Layer(0, 0);
            return new(none,
                new(heads, Layer(heads / 2, 0) - none, Layer(heads, 0) - none),
                new(neurons, Layer(0, neurons / 2) - none, Layer(0, neurons) - none));

            double Layer(int keptHeads, int keptNeurons)
            {
                IModel some = one.WithFewer(keptHeads, keptNeurons);
                return Timed(() => some.Finish(
                    0, all, some.Attend(0, all, batch, tokens, NoProbe.Instance), batch, tokens, NoProbe.Instance));
            }
        }
    }

    // the best of some runs; the first packs the weights
    static double Timed(Action run)
    {
        double best = double.PositiveInfinity;
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < LeastRuns || Stopwatch.GetElapsedTime(began).TotalSeconds < RunSeconds; i++)
        {
            using Scope scope = Scope.Open();
            long start = Stopwatch.GetTimestamp();
            run();
            if (i > 0) best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }

    /// <summary>Time of a pass of a cut model.</summary>
    internal double SecondsPer1000Tokens(CutSize size)
    {
        double layers = size.Layers.SkipLast(1).Sum(layer => inner.Seconds(layer.Heads, layer.Neurons));
        if (size.Layers.Count > 0) layers += last.Seconds(size.Layers[^1].Heads, size.Layers[^1].Neurons);
        return (outside + layers) / thousands;
    }

    // a layer with neither heads nor neurons, and what each of the two adds
    sealed record Times(double None, Adds Heads, Adds Neurons)
    {
        public double Seconds(int heads, int neurons) => None + Heads.Seconds(heads) + Neurons.Seconds(neurons);
    }

    // seconds with half of them and with all
    sealed record Adds(int Count, double Half, double All)
    {
        public double Seconds(int count)
        {
            int half = Count / 2;
            if (count == 0 || Count == 0) return 0;
            double each = half == 0 ? All / Count : (All - Half) / (Count - half);
            return Math.Max(0, All + (count - Count) * each);
        }
    }
}
