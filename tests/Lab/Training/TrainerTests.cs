using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Training;

[Collection("the thread team")]
public sealed class TrainerTests : IDisposable
{
    static readonly IModel model = Small.Model();
    static readonly IReadOnlyList<Example> examples = Small.Examples(14);
    static readonly TrainingOptions options = new(Seed: 5, Epochs: 2, TokensPerBatch: 24, LearningRate: 0.01, Dropout: 0.1);
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static (List<TrainingLine> Lines, IModel Model) Run(Trainer trainer)
    {
        List<TrainingLine> lines = [];
        while (trainer.Step < trainer.Steps) lines.Add(trainer.Advance());
        return (lines, trainer.Model);
    }

    string Saved(Trainer trainer)
    {
        using FileStream file = File.Create(temporary.At("state"));
        trainer.Save(file);
        return file.Name;
    }

    [Fact]
    public void Resumed_after_any_step_every_later_figure_and_weight_has_the_same_bits()
    {
        var (lines, trained) = Run(new(model, examples, options));
        Assert.InRange(lines.Count, 6, 20);
        for (int stop = 0; stop <= lines.Count; stop++)
        {
            Trainer first = new(model, examples, options), second = new(model, examples, options);
            while (first.Step < stop) first.Advance();
            second.Restore(Saved(first));
            Assert.Equal(stop, second.Step);
            var (rest, same) = Run(second);
            Assert.Equal(lines.Skip(stop), rest);
            Small.SameBits(trained, same);
        }
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        int before = Machine.Threads;
        try
        {
            Machine.Threads = 1;
            var (lines, trained) = Run(new(model, examples, options));
            foreach (int threads in (int[])[2, 3])
            {
                Machine.Threads = threads;
                var (others, same) = Run(new(model, examples, options));
                Assert.Equal(lines, others);
                Small.SameBits(trained, same);
            }
        }
        finally { Machine.Threads = before; }
    }

    [Fact]
    public void Another_seed_gives_another_run()
    {
        Trainer one = new(model, examples, options), other = new(model, examples, options with { Seed = 6 });
        Assert.NotEqual(Run(one).Lines.Select(l => l.Loss), Run(other).Lines.Select(l => l.Loss));
    }

    [Fact]
    public void Every_epoch_uses_every_example_once_in_another_order()
    {
        Example[] lengths = [.. Enumerable.Range(3, 10).Select(n => new Example(new(new int[n], new int[n]), n % 2, "", ""))];
        int[] seen = [.. Run(new(model, lengths, options with { TokensPerBatch = 1, Epochs = 3 })).Lines.Select(l => l.Tokens)];        // one example at a time, known by its length
        Assert.Equal(30, seen.Length);
        int[][] epochs = [.. seen.Chunk(10)];
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(3, 10), epoch.Order()));
        Assert.NotEqual(epochs[0], epochs[1]);
        Assert.NotEqual(epochs[1], epochs[2]);
    }

    [Fact]
    public void Batches_hold_as_many_tokens_as_fit()
    {
        List<TrainingLine> lines = Run(new(model, examples, options)).Lines;
        Assert.All(lines, l => Assert.InRange(l.Tokens, 1, 24));
        Assert.Equal(2 * examples.Sum(e => e.Input.Ids.Length), lines.Sum(l => l.Tokens));
        Assert.Equal((int)Math.Round(lines.Count * 0.75), new Trainer(model, examples, options with { Epochs = 1.5 }).Steps, 1.0);
        Assert.Equal(7, new Trainer(model, examples, options with { Steps = 7 }).Steps);
    }

    [Fact]
    public void The_loss_falls_and_the_model_that_was_given_stays()
    {
        float[] before = model.Weights.All["classifier.weight"].Values.ToArray();
        List<TrainingLine> lines = Run(new(model, examples, options with { Steps = 60, TokensPerBatch = 200, Dropout = 0 })).Lines;
        Assert.True(lines[^1].Loss < 0.3 * lines[0].Loss, $"{lines[0].Loss} became {lines[^1].Loss}");
        Assert.Equal(1, lines[^1].Accuracy);
        Assert.Equal(Enumerable.Range(1, 60), lines.Select(l => l.Step));
        Small.SameBits(before, model.Weights.All["classifier.weight"].Values, "the given model");
    }

    [Fact]
    public void The_rate_is_the_schedules()
    {
        List<TrainingLine> lines = Run(new(model, examples, options with { Steps = 10, Warmup = 0.25, FinalRate = 0.5 })).Lines;
        Schedule schedule = new(0.01, 10, 3, 0.5);
        Assert.Equal(Enumerable.Range(0, 10).Select(schedule.At), lines.Select(l => l.Rate));
    }

    [Theory, InlineData(0.05), InlineData(1e9)]
    public void Gradients_are_clipped_to_the_largest_norm_and_the_norm_before_is_told(double clip)
    {
        Trainer trainer = new(model, examples, options with { Clip = clip });
        double norm = trainer.Advance().GradientNorm;
        Assert.InRange(norm, 0.1, 100);
        using SafetensorsFile state = SafetensorsFile.Open(Saved(trainer));
        double square = 0;
        foreach (var (name, tensor) in model.Weights.All)         // after one step a mean is a tenth of the gradient
        {
            float[] mean = new float[tensor.Count];
            state.Read($"mean.{name}", mean);
            square += mean.Sum(m => 100.0 * m * m);
        }
        Assert.Equal(Math.Min(norm, clip), Math.Sqrt(square), 1e-3 * Math.Min(norm, clip));
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_run_before_the_weights_change()
    {
        IModel broken = model.With(model.Config, model.Weights.Map((name, t) => name == "classifier.bias" ? Tensor.From([float.NaN, 0], 2).KeepForever() : t));
        Trainer trainer = new(broken, examples, options);
        Assert.Equal("The loss of step 1 is NaN. Begin again with a lower learning rate (--learning-rate, now 0.01), or clip harder (--clip, now 1).", Assert.Throws<InvalidOperationException>(trainer.Advance).Message);
        Assert.Equal(0, trainer.Step);
    }

    [Fact]
    public void A_gradient_that_is_no_number_never_reaches_the_weights()
    {
        // scores so large that the loss is still a number, the norm of its gradient no longer
        IModel steep = model.With(model.Config, model.Weights.Map((name, t) => name == "classifier.weight" ? (t * 1e25f).KeepForever() : t));
        Trainer trainer = new(steep, examples, options with { TokensPerBatch = 1000 });
        Exception? refused = Record.Exception(() => trainer.Advance());
        if (Heartwood.Tensors.Backends.Machine.BackendInUse != "reference")                // whose sums are double: there the norm is a number, and clipping copes
            Assert.StartsWith("The gradient's norm of step 1 is ", Assert.IsType<InvalidOperationException>(refused).Message);
        Assert.All(trainer.Model.Weights.All.Values, t => Assert.All(t.Values.ToArray(), v => Assert.True(float.IsFinite(v))));
    }

    [Fact]
    public void The_state_of_another_run_is_refused()
    {
        string longer = Saved(Ahead(new(model, examples, options with { Steps = 30 }), 20));
        Assert.Contains("expected the state of a training run of 10 steps, found step '20'", Assert.Throws<CheckpointException>(() => new Trainer(model, examples, options with { Steps = 10 }).Restore(longer)).Message);
        Assert.Contains("belongs to another run", Assert.Throws<CheckpointException>(() => new Trainer(Small.Model(width: 12), examples, options).Restore(longer)).Message);
        ModelFolder.Save(model, temporary.At("model"), new Dictionary<string, byte[]>());
        Assert.Throws<CheckpointException>(() => new Trainer(model, examples, options).Restore(Path.Combine(temporary.At("model"), "model.safetensors")));

        static Trainer Ahead(Trainer trainer, int steps)
        {
            while (trainer.Step < steps) trainer.Advance();
            return trainer;
        }
    }

    [Fact]
    public void What_cannot_be_trained_is_refused()
    {
        Assert.Contains("no examples", Assert.Throws<ArgumentException>(() => new Trainer(model, [], options)).Message);
        foreach (TrainingOptions wrong in (TrainingOptions[])[options with { TokensPerBatch = 0 }, options with { LearningRate = 0 }, options with { Clip = 0 }, options with { Dropout = 1 }, options with { Warmup = 1.1 }, options with { Steps = -1 }, options with { Epochs = 0 }])
            Assert.Contains("must be above 0", Assert.Throws<ArgumentException>(() => new Trainer(model, examples, wrong)).Message);
    }
}
