using System.Diagnostics;
using System.Runtime.InteropServices;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Lab.Studies;

/// <summary>
/// How long a pass takes here with fewer heads and neurons: one layer of the model is run with all, half and none of each, and what stands
/// before and after the layers is run once. A layer's time is taken to be linear in its heads and in its neurons.
/// </summary>
static class LayerTimes
{
    const double MostWork = 4e9;
    const int MostTokens = 512, FewestTokens = 64, LeastRuns = 3;

    /// <summary>Seconds that each thing is run for where the table decides what is found.</summary>
    internal const double ToDecide = 0.25;

    /// <summary>Runs what has to be run, in a second or so.</summary>
    /// <param name="model">the full model</param>
    /// <param name="problem">what is asked</param>
    /// <param name="pool">examples, of which some are run</param>
    /// <param name="runSeconds">seconds that each thing is run for, at least three times</param>
    internal static TimeTable Measure(IModel model, IProblem problem, IReadOnlyList<Example> pool, double runSeconds = 0.02)
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
        double outside = Timed(() => model.Embed(batch, NoProbe.Instance), runSeconds) + Timed(Scores, runSeconds);
        IModel one = model.WithLayers([model.Layers.Count / 2]);
        LayerTime inner = TimesFor(Tokens.All);
        return new(model.Family, model.Width, model.HeadWidth, model.Layers.Count, one.Layers[0].Heads, one.Layers[0].Neurons, Here(model),
            length, batch.Tokens / 1000.0, outside, inner, computed == Tokens.All ? inner : TimesFor(computed));

        void Scores()
        {
            Pass pass = new(model, read, batch, NoProbe.Instance);
            if (places is null) pass.Scores(computed);
            else NextTokens.Each(pass, null, places, (_, _, _, _) => { });
        }

        LayerTime TimesFor(Tokens tokens)
        {
            int heads = one.Layers[0].Heads, neurons = one.Layers[0].Neurons;
            double none = Layer(0, 0);
            return LayerTime.Fitted(none,
                (heads, Layer(heads / 2, 0), Layer(heads, 0)), (neurons, Layer(0, neurons / 2), Layer(0, neurons)));

            double Layer(int keptHeads, int keptNeurons)
            {
                IModel some = one.WithFewer(keptHeads, keptNeurons);
                return Timed(() => some.Finish(
                    0, all, some.Attend(0, all, batch, tokens, NoProbe.Instance), batch, tokens, NoProbe.Instance), runSeconds);
            }
        }
    }

    static string Here(IModel model) => $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, "
        + $"backend {Machine.BackendAt(model.Weights.Precision)}, {Machine.Threads} thread{(Machine.Threads == 1 ? "" : "s")}";

    // the best of some runs; the first packs the weights
    static double Timed(Action run, double runSeconds)
    {
        double best = double.PositiveInfinity;
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < LeastRuns || Stopwatch.GetElapsedTime(began).TotalSeconds < runSeconds; i++)
        {
            using Scope scope = Scope.Open();
            long start = Stopwatch.GetTimestamp();
            run();
            if (i > 0) best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}
