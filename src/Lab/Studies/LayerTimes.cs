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
        IModel one = model.WithLayers([model.Layers.Count / 2]);
        int heads = one.Layers[0].Heads, neurons = one.Layers[0].Neurons;
        (int Heads, int Neurons)[] sizes = [(0, 0), (heads / 2, 0), (heads, 0), (0, neurons / 2), (0, neurons)];
        IModel[] cuts = [.. sizes.Select(size => one.WithFewer(size.Heads, size.Neurons))];
        Tokens[] kinds = computed == Tokens.All ? [Tokens.All] : [Tokens.All, computed];
        double[] seconds = Timed([() => model.Embed(batch, NoProbe.Instance), Scores,
            .. kinds.SelectMany(tokens => cuts.Select(cut => (Action)(() => Layer(cut, tokens))))], runSeconds);
        return new(model.Family, model.Width, model.HeadWidth, model.Layers.Count, heads, neurons, Here(model), length,
            batch.Tokens / 1000.0, seconds[0] + seconds[1], Fitted(0), Fitted(kinds.Length - 1));

        LayerTime Fitted(int kind)
        {
            double[] own = seconds[(2 + kind * sizes.Length)..];
            return LayerTime.Fitted(own[0], (heads, own[1], own[2]), (neurons, own[3], own[4]));
        }

        void Layer(IModel cut, Tokens tokens) => cut.Finish(
            0, all, cut.Attend(0, all, batch, tokens, NoProbe.Instance), batch, tokens, NoProbe.Instance);

        void Scores()
        {
            Pass pass = new(model, read, batch, NoProbe.Instance);
            if (places is null) pass.Scores(computed);
            else NextTokens.Each(pass, null, places, (_, _, _, _) => { });
        }
    }

    static string Here(IModel model) => $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, "
        + $"backend {Machine.BackendAt(model.Weights.Precision)}, {Machine.Threads} thread{(Machine.Threads == 1 ? "" : "s")}";

    // the best of each thing's runs, in seconds: all in turn, so that a busy moment of the machine does not hit one alone;
    // the first run packs the weights
    static double[] Timed(IReadOnlyList<Action> things, double runSeconds)
    {
        double[] best = new double[things.Count];
        Array.Fill(best, double.PositiveInfinity);
        long began = Stopwatch.GetTimestamp();
        for (int round = 0; round < LeastRuns || Stopwatch.GetElapsedTime(began).TotalSeconds < runSeconds * things.Count; round++)
            for (int i = 0; i < best.Length; i++)
            {
                using Scope scope = Scope.Open();
                long start = Stopwatch.GetTimestamp();
                things[i]();
                if (round > 0) best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        return best;
    }
}
