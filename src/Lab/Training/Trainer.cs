using System.Globalization;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training;

/// <summary>Trains a model on labels, scores or running text, step by step. Any step follows from the state before it alone, so a run
/// that is stopped and resumed has the same bits as one that is not.</summary>
public sealed class Trainer
{
    readonly IModel model;
    readonly IReadOnlyList<Example> examples;
    readonly IProblem problem;
    readonly TaughtLoss loss;
    readonly TrainingOptions options;
    readonly string[] names;
    readonly Tensor[] weights;
    readonly float[] decays;
    readonly AdamW optimizer;
    readonly Schedule schedule;
    readonly List<int> stepsPerEpoch = [];
    (int Number, int[] Order, IReadOnlyList<(int Start, int Count)> Batches) epoch = (-1, [], []);

    /// <summary>Prepares training; the model's weights are changed in place from the first step on.</summary>
    /// <param name="model">where training begins</param>
    /// <param name="examples">what it is trained on</param>
    /// <param name="options">how</param>
    /// <param name="problem">what is asked; null for labels</param>
    /// <param name="objective">what is made small; null for what the problem is usually trained on, see
    /// <see cref="Objectives.Objectives.ToTrain"/></param>
    /// <param name="teacher">the model that an objective compares with; null where it compares with none</param>
    /// <exception cref="ArgumentException">there are no examples, an option is out of range, or the objective needs a teacher</exception>
    /// <exception cref="InvalidDataException">models are not trained on this problem</exception>
    public Trainer(
        IModel model, IReadOnlyList<Example> examples, TrainingOptions options, IProblem? problem = null, IObjective? objective = null,
        IModel? teacher = null)
        : this(model, examples, options, problem, objective, teacher is null ? [] : [teacher])
    {
    }

    /// <summary>The same with any number of teachers: of several, the loss is the mean of what it is with each.</summary>
    /// <param name="model">where training begins</param>
    /// <param name="examples">what it is trained on</param>
    /// <param name="options">how</param>
    /// <param name="problem">what is asked; null for labels</param>
    /// <param name="objective">what is made small; null for what the problem is usually trained on</param>
    /// <param name="teachers">the models that an objective compares with; none where it compares with none</param>
    /// <exception cref="ArgumentException">there are no examples, an option is out of range, or the objective needs a teacher</exception>
    /// <exception cref="InvalidDataException">models are not trained on this problem</exception>
    public Trainer(
        IModel model, IReadOnlyList<Example> examples, TrainingOptions options, IProblem? problem, IObjective? objective,
        IReadOnlyList<IModel> teachers)
    {
        this.problem = problem ?? Classification.Instance;
        objective ??= Objectives.Objectives.ToTrain(this.problem);
        if (objective.NeedsReference && teachers.Count == 0)
            throw new ArgumentException($"The objective {objective.Name} compares with a teacher; none was given.", nameof(teachers));
        if (examples.Count == 0) throw new ArgumentException("There are no examples to train on.", nameof(examples));
        bool inRange = options is { TokensPerBatch: >= 1, LearningRate: > 0, Clip: > 0, Dropout: >= 0 and < 1, Warmup: >= 0 and <= 1 };
        if (!inRange || options.Steps < 0 || (options.Steps == 0 && options.Epochs <= 0))
            throw new ArgumentException("Tokens per batch, learning rate and clip must be above 0, dropout in 0 to 1 exclusive, the warmup "
                + "share in 0 to 1, steps or epochs above 0.", nameof(options));
        (this.examples, this.options) = (examples, options);
        this.model = model.With(model.Config, model.Weights.Map((_, t) => t.KeepForever().Track()));
        loss = new(objective, this.problem, this.model, [.. teachers.Select(teacher => teacher.Frozen())], options.Seed);
        names = [.. this.model.Weights.All.Keys, .. loss.Own.Keys];
        weights = [.. this.model.Weights.All.Values, .. loss.Own.Values];
        decays = [.. weights.Select(w => w.Shape.Rank > 1 ? (float)options.WeightDecay : 0)];
        optimizer = new(weights, squareDecay: (float)options.SquareDecay);
        Steps = options.Steps > 0 ? options.Steps : CountSteps();
        schedule = new(options.LearningRate, Steps, (int)Math.Ceiling(options.Warmup * Steps), options.FinalRate);
    }

    /// <summary>The learning rate of every step, where it is not the schedule's.</summary>
    internal IReadOnlyList<double>? Rates { get; init; }

    /// <summary>Number of steps in all.</summary>
    public int Steps { get; }

    /// <summary>Steps taken.</summary>
    public int Step => optimizer.Steps;

    /// <summary>The model as it is now, without gradients; it shares the weights' memory, so use it before the next step.</summary>
    public IModel Model => model.Frozen();

    /// <summary>Takes one step.</summary>
    /// <exception cref="InvalidOperationException">the loss is not a number; the message says at which step and what to try</exception>
    public TrainingLine Advance()
    {
        int step = Step;
        Chance drawn = new(options.Seed, "examples");
        Example[] picked = [.. BatchAt(step).Select((example, i) => problem.AtStep(example, drawn.At(((long)step << 32) + i)))];
        using Scope scope = Scope.Open();
        Batch batch = problem.BatchOf(picked);
        DropoutProbe dropout = new((float)options.Dropout, new Chance(options.Seed, "dropout").At(step));
        var (pass, taught) = this.loss.Run(dropout, batch);
        // a head's scores are computed once, for loss and accuracy; those over a vocabulary in pieces, where nothing is dropped
        pass = problem.OfVocabulary ? pass with { Probe = NoProbe.Instance } : pass with { Known = pass.Scores(problem.Tokens) };
        Tensor loss = this.loss.Mean(pass, taught, picked);
        if (!float.IsFinite(loss.Item)) throw Diverged("loss", step, loss.Item);
        Tensor[] gradients = loss.Gradients(weights);
        double norm = Clipping.Norm(gradients), rate = Rates?[step] ?? schedule.At(step);
        if (!double.IsFinite(norm)) throw Diverged("gradient's norm", step, norm);        // before it reaches the weights
        optimizer.Step(gradients, (float)rate, decays, Clipping.Factor(norm, options.Clip));
        return new(step + 1, loss.Item, Right(pass.Known, picked), rate, norm, batch.Tokens);
    }

    InvalidOperationException Diverged(string what, int step, double value) => new(string.Create(CultureInfo.InvariantCulture,
        $"The {what} of step {step + 1} is {value}. Begin again with a lower learning rate (--learning-rate, now "
        + $"{options.LearningRate}), or clip harder (--clip, now {options.Clip})."));

    // the share that is right; NaN where the task has no choice to be right about
    double Right(Tensor? scores, Example[] picked)
    {
        if (scores is null) return double.NaN;
        int right = 0, width = scores.Shape.Last;
        for (int i = 0; i < picked.Length; i++)
        {
            ReadOnlySpan<float> choices = problem.Choices(scores.Values.Slice(i * width, width));
            if (choices.IsEmpty) return double.NaN;
            if (System.Numerics.Tensors.TensorPrimitives.IndexOfMax(choices) == picked[i].Label) right++;
        }
        return right / (double)picked.Length;
    }

    // ---- the order of the examples: shuffled anew in every epoch, packed by tokens

    Example[] BatchAt(int step)
    {
        int number = 0;
        for (; ; number++)
        {
            if (number == stepsPerEpoch.Count) stepsPerEpoch.Add(Epoch(number).Batches.Count);
            if (step < stepsPerEpoch[number]) break;
            step -= stepsPerEpoch[number];
        }
        if (epoch.Number != number) epoch = Epoch(number);
        var (start, count) = epoch.Batches[step];
        return [.. epoch.Order.AsSpan(start, count).ToArray().Select(i => examples[i])];
    }

    (int, int[] Order, IReadOnlyList<(int Start, int Count)> Batches) Epoch(int number)
    {
        int[] order = [.. Enumerable.Range(0, examples.Count)];
        new Chance(options.Seed, "shuffle").At(number).Stream().Shuffle<int>(order);
        return (number, order, Inputs.Pack([.. order.Select(i => examples[i].Input.Ids.Length)], options.TokensPerBatch));
    }

    int CountSteps()
    {
        double total = 0;
        for (int number = 0; number < options.Epochs; number++)
        {
            stepsPerEpoch.Add(Epoch(number).Batches.Count);
            total += stepsPerEpoch[number] * Math.Min(1, options.Epochs - number);
        }
        return Math.Max(1, (int)Math.Round(total));
    }

    // ---- the state: weights, moments, steps

    /// <summary>Writes everything that the next step depends on.</summary>
    public void Save(Stream stream) => SafetensorsWriter.Write(stream, Entries(), new Dictionary<string, string> { ["step"] = $"{Step}" });

    /// <summary>Goes on from what <see cref="Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">the file cannot be read or belongs to another model</exception>
    public void Restore(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        foreach (NamedTensor entry in Entries())
            if (!file.Contains(entry.Name) || file.Count(entry.Name) != entry.Count)
                throw new CheckpointException(
                    $"{path}: expected {entry.Count} values of '{entry.Name}', found "
                        + $"{(file.Contains(entry.Name) ? $"{file.Count(entry.Name)}" : "none")}. The checkpoint belongs to another run.");
        if (!int.TryParse(file.Metadata.GetValueOrDefault("step"), out int step) || step < 0 || step > Steps)
            throw new CheckpointException(
                $"{path}: expected the state of a training run of {Steps} steps, found "
                    + $"{(file.Metadata.TryGetValue("step", out string? found) ? $"step '{found}'" : "no step")}. "
                    + "Delete the file to begin the run anew.");
        for (int i = 0; i < names.Length; i++)
        {
            file.Read(names[i], weights[i].Change());
            file.Read($"mean.{names[i]}", optimizer.Means[i].Change());
            file.Read($"square.{names[i]}", optimizer.Squares[i].Change());
        }
        optimizer.Steps = step;
    }

    IEnumerable<NamedTensor> Entries() => names.SelectMany((name, i) => new[]
    {
        Entry(name, weights[i]), Entry($"mean.{name}", optimizer.Means[i]), Entry($"square.{name}", optimizer.Squares[i]),
    });

    static NamedTensor Entry(string name, Tensor tensor) => new(name, tensor.Shape.Axes.ToArray(), Dtype.F32, () => tensor.Values);
}
