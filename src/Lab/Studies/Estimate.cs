using System.Diagnostics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>What a search will take.</summary>
/// <param name="Seconds">time, from the arithmetic and this machine's measured speed</param>
/// <param name="Bytes">memory at the most</param>
public sealed record Estimate(double Seconds, long Bytes)
{
    /// <summary>Estimates mask learning: forward and backward passes with frozen weights.</summary>
    /// <param name="model">the model</param>
    /// <param name="pool">the examples that masks are learned on</param>
    /// <param name="steps">steps of one search</param>
    /// <param name="batch">examples in a batch</param>
    /// <param name="searches">number of searches</param>
    /// <param name="precision">of products with the weights</param>
    public static Estimate Of(IModel model, IReadOnlyList<Example> pool, int steps, int batch, int searches, Precision precision)
    {
        double length = pool.Average(e => e.Input.Ids.Length), tokens = length * Math.Min(batch, pool.Count);
        double perToken = model.Layers.Sum(l => 2.0 * model.Width * (4.0 * l.Heads * model.HeadWidth + 2.0 * l.Neurons) + 4.0 * l.Heads * model.HeadWidth * length);
        double operations = perToken * 2 * tokens * steps * searches + perToken * length * pool.Count;    // the backward pass costs what the forward pass does: no weight gradients
        int atOnce = Math.Min(searches, Tensors.Backends.Machine.Threads);
        // activations kept for the backward pass, in floats per token: of the stream 8 and of heads 7 in every layer, of neurons 4; gradients take the room of what is done with
        double kept = model.Layers.Sum(l => 8.0 * model.Width + 7.0 * l.Heads * model.HeadWidth + 4.0 * l.Neurons + l.Heads * length) * tokens;
        // the weights as read, packed for both directions, and once more while they are read
        long bytes = (long)(sizeof(float) * ((precision == Precision.Bf16 ? 3.2 : 4.2) * model.Weights.Count + kept * atOnce)) + 120_000_000;
        return new(operations / (0.45 * OperationsPerSecond(model.Width, precision) * Math.Min(Tensors.Backends.Machine.Threads, Math.Max(1, searches))), bytes);
    }

    // one thread's speed in a matrix product of the model's width; about a fifth of a second
    static double OperationsPerSecond(int width, Precision precision)
    {
        using IDisposable choice = Tensors.Backends.Machine.At(precision);
        const int tokens = 512;
        double best = 0;
        Parallelism.For(2, item =>
        {
            using Scope scope = Scope.Open();
            Tensor x = Tensor.Normal(new(1, "speed"), 1, tokens, width), w = Tensor.Normal(new(2, "speed"), 1, width, width).KeepForever();
            long began = Stopwatch.GetTimestamp();
            while (item == 0 && Stopwatch.GetElapsedTime(began).TotalSeconds < 0.2)
            {
                using Scope pass = Scope.Open();
                long start = Stopwatch.GetTimestamp();
                x.Linear(w);
                best = Math.Max(best, 2.0 * tokens * width * width / Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        });
        return best;
    }
}
