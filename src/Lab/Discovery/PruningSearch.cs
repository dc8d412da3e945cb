using System.Globalization;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// The search of <see cref="StructuredPruning"/>: one hard-concrete mask value per part; the loss is the objective (as a rule the KL
/// divergence to the full model's outputs) plus λ1 (t − s) + λ2 (t − s)², in which both multipliers climb; t rises linearly to the
/// target. One seed.
/// </summary>
public sealed class PruningSearch : ISearch
{
    const float Staying = 1e4f;              // sigmoid is exactly 1 there, its slope exactly 0: such a part is never ablated, nor moves

    readonly Search search;
    readonly PruningOptions options;
    readonly HardConcrete concrete;
    readonly IObjective objective;
    readonly Tensor? fullLogits;
    readonly Tensor logAlpha, multipliers;
    readonly AdamW masks, climb;

    /// <summary>Prepares a search.</summary>
    /// <param name="search">what is asked; its sparsity is the target</param>
    /// <param name="options">constants</param>
    /// <param name="stay">parts that are never ablated, at fewer than the target keeps; null for none</param>
    /// <exception cref="ArgumentException">an option is out of range, or there are no examples</exception>
    public PruningSearch(Search search, PruningOptions options, IReadOnlyCollection<Part>? stay = null)
    {
        options.Check();
        Universe universe = search.Universe;
        if (search.Sparsity is not (> 0 and < 1))
            throw new ArgumentException(
                $"The sparsity should be between 0 and 1, the fraction of parts that are ablated; it is {search.Sparsity}.");
        (this.search, this.options) = (search, options);
        objective = search.ObjectiveOr(Objectives.ToFull(search.Problem));
        fullLogits = FullLogits(search);
        concrete = new((float)options.Low, (float)options.High, (float)options.Temperature);
        Tensor start = Tensor.Normal(new(search.Seed, "log alpha"), (float)options.LogAlphaDeviation, universe.Count);
        logAlpha = (start + (float)options.LogAlpha).KeepForever().Track();
        multipliers = Tensor.Lasting(2).Track();
        if (stay?.Count >= universe.KeptAt(search.Sparsity))
            throw new ArgumentException($"{stay.Count} parts are to stay; sparsity {search.Sparsity} keeps "
                + $"{universe.KeptAt(search.Sparsity)} of {universe.Count}. Choose a lower sparsity.", nameof(stay));
        foreach (Part part in stay ?? []) logAlpha.Change()[universe.PlaceOf(part)] = Staying;
        masks = new([logAlpha]);
        climb = new([multipliers]);
    }

    static Tensor? FullLogits(Search search)
    {
        int labels = search.Problem.OfVocabulary ? 0 : search.Model.Scores(), needed = search.Examples.Count * labels;
        float[] full = needed == 0 ? [] : search.FullScoresOrComputed();
        if (search.Examples.Count == 0 || full.Length != needed)
            throw new ArgumentException(
                $"{search.Examples.Count} examples need {needed} scores of the full model, {full.Length} were given.", nameof(search));
        return needed == 0 ? null : Tensor.From(full, search.Examples.Count, labels).KeepForever();
    }

    /// <inheritdoc/>
    public int Step => masks.Steps;

    /// <inheritdoc/>
    public int Steps => options.Steps;

    /// <inheritdoc/>
    public IReadOnlyList<StepFigure> Advance()
    {
        PruningLine line = Take();
        return
        [
            new("distance", line.Distance, string.Create(CultureInfo.InvariantCulture, $"{objective.Name} {line.Distance:0.000}")),
            new("sparsity", line.Sparsity, Size(line.Sparsity)),
            new("target", line.Target), new("multiplier1", line.Multiplier1), new("multiplier2", line.Multiplier2),
        ];
    }

    string Size(double gone) => search.Goal is { } goal
        ? string.Create(CultureInfo.InvariantCulture, $"{new Target(goal.Share, goal.Costs.Unit).UnitName} {1 - gone:0.00}")
        : string.Create(CultureInfo.InvariantCulture, $"sparsity {gone:0.00}");

    /// <summary>Takes one step.</summary>
    /// <exception cref="InvalidOperationException">the loss is not a number</exception>
    public PruningLine Take()
    {
        int step = Step;
        using Scope scope = Scope.Open();
        int[] picked = Pick(step);
        Tensor mask = concrete.Sample(logAlpha, new Chance(search.Seed, "mask").At(step));
        Tensor distance = Distance(picked, mask);
        Tensor present = concrete.Present(logAlpha);
        Tensor sparsity = 1 - (search.Goal is { } goal ? goal.Costs.Expected(present) : present.Mean());
        float target = (float)(search.Sparsity * Math.Min(1, step / Math.Max(1, options.WarmUp * options.Steps)));
        Tensor penalty = SparsityPenalty.At(sparsity, target, multipliers);
        Tensor loss = distance + penalty;
        if (!float.IsFinite(loss.Item))
            throw new InvalidOperationException($"The loss of step {step + 1} (seed {search.Seed}) is {loss.Item}. "
                + $"Lower learning-rate (now {options.LearningRate}) or check the model with: heartwood evaluate.");
        Tensor[] slopes = loss.Gradients(logAlpha, multipliers);
        masks.Step([slopes[0]], (float)options.LearningRate);
        climb.Step([slopes[1]], (float)options.MultiplierRate, scale: -1);
        return new(step + 1, distance.Item, sparsity.Item, target, multipliers.Values[0], multipliers.Values[1]);
    }

    // the objective on a batch: where the head scores labels, the full model's scores were kept; else it passes next to the masked one
    Tensor Distance(int[] picked, Tensor mask)
    {
        (IModel model, IProblem problem) = (search.Model, search.Problem);
        Example[] own = [.. picked.Select(i => search.Examples[i])];
        Batch batch = problem.BatchOf(own);
        IProbe masked = search.Masked(mask, batch, own);
        if (fullLogits is null || !objective.NeedsReference || objective.Sites(problem, model, model).Count > 0)
        {
            var (both, reference) = ComparedPasses.Run(objective, problem, model, masked, model, batch);
            return objective.Mean(problem, both, reference, own);
        }
        Pass pass = Pass.Run(model, batch, masked, problem.Tokens);
        return objective.Mean(problem, pass, Pass.Remembered(model, batch, fullLogits.Rows(picked)), own);
    }

    // batches walk through shuffled passes over the examples
    int[] Pick(int step)
    {
        int[] picked = new int[Math.Min(options.BatchSize, search.Examples.Count)];
        for (int i = 0; i < picked.Length; i++)
        {
            long at = (long)step * picked.Length + i, pass = at / search.Examples.Count;
            if (pass != order.Pass)
            {
                int[] shuffled = [.. Enumerable.Range(0, search.Examples.Count)];
                new Chance(search.Seed, "pruning batches").At(pass).Stream().Shuffle<int>(shuffled);
                order = (pass, shuffled);
            }
            picked[i] = order.Order[at % search.Examples.Count];
        }
        return picked;
    }

    (long Pass, int[] Order) order = (-1, []);

    /// <summary>Score of every part: its log α; of parts that stay by order, the highest there is.</summary>
    public Scores Scores => new([.. logAlpha.Values.ToArray().Select(a => (double)a)]);

    /// <inheritdoc/>
    public IReadOnlyList<Part>? OwnChoice => options.ByMask ? KeptByMask() : null;

    /// <summary>The parts to keep by the deterministic mask, those above one half: the paper's choice, of about the target size.</summary>
    public IReadOnlyList<Part> KeptByMask()
    {
        using Scope scope = Scope.Open();
        float[] mask = concrete.Deterministic(logAlpha.Detach()).Values.ToArray();
        return [.. search.Universe.Parts.Where((_, i) => mask[i] > 0.5f)];
    }

    /// <inheritdoc/>
    public void Save(Stream stream)
    {
        var tensors = Entries().Select(e => new NamedTensor(e.Name, [e.Tensor.Count], Dtype.F32, () => e.Tensor.Values));
        SafetensorsWriter.Write(stream, tensors, new Dictionary<string, string> { ["step"] = $"{Step}" });
    }

    /// <inheritdoc/>
    public void Restore(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!int.TryParse(file.Metadata.GetValueOrDefault("step"), out int step) || step < 0 || step > options.Steps)
            throw new CheckpointException(
                $"{path}: expected the state of a search of {options.Steps} steps. Delete the file to begin this seed anew.");
        foreach (var (name, tensor) in Entries())
        {
            if (!file.Contains(name) || file.Count(name) != tensor.Count)
                throw new CheckpointException($"{path}: expected {tensor.Count} values of '{name}'. "
                    + "The file belongs to another search; delete it to begin this seed anew.");
            file.Read(name, tensor.Change());
        }
        (masks.Steps, climb.Steps) = (step, step);
    }

    (string Name, Tensor Tensor)[] Entries() =>
    [
        ("logAlpha", logAlpha), ("logAlpha.mean", masks.Means[0]), ("logAlpha.square", masks.Squares[0]),
        ("multipliers", multipliers), ("multipliers.mean", climb.Means[0]), ("multipliers.square", climb.Squares[0]),
    ];
}

/// <summary>What one step of mask learning did.</summary>
/// <param name="Step">the step, from 1</param>
/// <param name="Distance">the objective's mean over the batch: KL divergence from the full model in nats, of scores the squared
/// difference, unless another was asked for</param>
/// <param name="Sparsity">expected sparsity of the mask; of weights, bytes or time the expected share that is gone</param>
/// <param name="Target">target sparsity of the step</param>
/// <param name="Multiplier1">λ1</param>
/// <param name="Multiplier2">λ2</param>
public sealed record PruningLine(int Step, double Distance, double Sparsity, double Target, double Multiplier1, double Multiplier2);
