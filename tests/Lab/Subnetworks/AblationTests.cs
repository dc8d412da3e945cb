using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Subnetworks;

[Collection("the thread team")]
public sealed class AblationTests : IDisposable
{
    readonly IModel model = Small.Model();
    readonly IReadOnlyList<Example> examples = Small.Examples(9);
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void The_mean_is_over_the_real_tokens_of_all_sequences()
    {
        Ablation mean = Ablation.Mean(model, model.Universe(), Inputs.Batches(examples, 20));
        foreach (Part part in model.Universe().Parts)
        {
            bool head = Heads.Kind.Includes(part);
            int width = head ? model.HeadWidth : model.Width, start = head ? part.Index * width : 0;
            double[] sum = new double[width];
            int tokens = 0;
            foreach (Example example in examples)                // one sequence at a time: nothing to pad, nothing to mix up
            {
                Recorder seen = new();
                model.Forward(new([example.Input]), seen, Tokens.All);
                ReadOnlySpan<float> values = seen.Seen[new(part.Layer, head ? Point.Heads : Point.MlpOut)].Values;
                for (int t = 0; t < example.Input.Ids.Length; t++, tokens++)
                    for (int d = 0; d < width; d++) sum[d] += values[t * model.Width + start + d];
            }
            Assert.Equal(examples.Sum(e => e.Input.Ids.Length), tokens);
            for (int d = 0; d < width; d++) Assert.Equal(sum[d] / tokens, mean.ConstantOf(part)[d], 1e-5);
        }
    }

    [Fact]
    public void The_mean_has_the_same_bits_on_any_number_of_threads()
    {
        int before = Machine.Threads;
        IReadOnlyList<Batch> batches = Inputs.Batches(examples, 10);
        try
        {
            Machine.Threads = 1;
            Ablation one = Ablation.Mean(model, model.Universe(), batches);
            foreach (int threads in (int[])[2, 3])
            {
                Machine.Threads = threads;
                Ablation several = Ablation.Mean(model, model.Universe(), batches);
                foreach (Part part in model.Universe().Parts) Small.SameBits(one.ConstantOf(part), several.ConstantOf(part), part.ToString());
            }
        }
        finally { Machine.Threads = before; }
    }

    [Fact]
    public void What_is_saved_is_loaded_to_the_last_bit()
    {
        Ablation ablation = Small.Absent(model, "mean");
        using (FileStream file = File.Create(temporary.At("a"))) ablation.Save(file);
        Ablation back = Ablation.Load(temporary.At("a"), model, model.Universe());
        Assert.Equal("mean", back.Name);
        foreach (Part part in model.Universe().Parts) Small.SameBits(ablation.ConstantOf(part), back.ConstantOf(part), part.ToString());
    }

    [Theory]
    [InlineData(3, 2, 8, "expected 8 means for L2.Heads, found none")]
    [InlineData(2, 2, 12, "expected 12 means for L0.Heads, found 8")]
    public void Means_of_another_model_are_refused(int layers, int heads, int width, string gist)
    {
        using (FileStream file = File.Create(temporary.At("a"))) Small.Absent(model, "mean").Save(file);
        string message = Assert.Throws<CheckpointException>(() => Ablation.Load(temporary.At("a"), model, Small.Model(layers, heads, width).Universe())).Message;
        Assert.Equal($"{temporary.At("a")}: {gist}. The file belongs to another model, or to other parts.", message);
    }

    [Fact]
    public void A_stop_ends_the_work() =>
        Assert.Throws<OperationCanceledException>(() => Ablation.Mean(model, model.Universe(), Inputs.Batches(examples, 20), new CancellationToken(true)));
}
