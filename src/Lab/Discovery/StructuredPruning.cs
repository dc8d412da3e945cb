using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// Structured pruning as in The Heuristic Core (Bhaskar, Friedman and Chen, ACL 2024, section 3), after CoFi (Xia, Zhong and
/// Chen, ACL 2022, eq. 3): weights frozen, one hard-concrete mask value per part, the loss is the KL divergence to the full
/// model's outputs (or another objective) plus λ1 (t − s) + λ2 (t − s)², in which both multipliers climb; t rises linearly to the target.
/// One seed; step by step, each step following from the state before it alone.
/// </summary>
public sealed class StructuredPruning
{
    const float Staying = 1e4f;                                  // sigmoid is exactly 1 there and its slope exactly 0: such a part is never absent, and does not move

    readonly IModel model;
    readonly Ablation ablation;
    readonly IReadOnlyList<Example> examples;
    readonly PruningOptions options;
    readonly ulong seed;
    readonly HardConcrete concrete;
    readonly IProblem problem;
    readonly IObjective objective;
    readonly Tensor? fullLogits;
    readonly Tensor logAlpha, multipliers;
    readonly AdamW masks, climb;
    readonly Universe universe;

    /// <summary>Prepares a search.</summary>
    /// <param name="model">the full model, frozen</param>
    /// <param name="ablation">what absent parts leave behind</param>
    /// <param name="examples">in-domain examples to imitate the full model on</param>
    /// <param name="fullLogits">the full model's scores for them, [example label] row by row; none where the problem is of the vocabulary and the full model passes beside</param>
    /// <param name="options">constants</param>
    /// <param name="seed">seed of log α, batches and masks</param>
    /// <param name="stay">parts that are never absent, at fewer than the target keeps; null for none</param>
    /// <param name="problem">what is asked; null for labels</param>
    /// <param name="objective">what is made small; null for the usual distance from the full model (<see cref="Objectives.ToFull"/>)</param>
    /// <exception cref="ArgumentException">an option is out of range, there are no examples, or the objective is not for the problem</exception>
    public StructuredPruning(
        IModel model, Ablation ablation, IReadOnlyList<Example> examples, float[] fullLogits, PruningOptions options, ulong seed,
        IReadOnlyCollection<Part>? stay = null, IProblem? problem = null, IObjective? objective = null)
    {
        options.Check();
        this.problem = problem ?? Classification.Instance;
        this.objective = objective ?? Objectives.ToFull(this.problem);
        Objectives.Check(this.objective, this.problem);
        int needed = this.problem.OfVocabulary ? 0 : examples.Count * model.Scores();
        if (examples.Count == 0 || fullLogits.Length != needed)
            throw new ArgumentException($"{examples.Count} examples need {needed} scores of the full model, {fullLogits.Length} were given.", nameof(fullLogits));
        (this.model, this.ablation, this.examples, this.options, this.seed) = (model, ablation, examples, options, seed);
        this.fullLogits = needed == 0 ? null : Tensor.From(fullLogits, examples.Count, model.Scores()).KeepForever();
        concrete = new((float)options.Low, (float)options.High, (float)options.Temperature);
        universe = ablation.Universe;
        logAlpha = (Tensor.Normal(new(seed, "log alpha"), (float)options.LogAlphaDeviation, universe.Count) + (float)options.LogAlpha).KeepForever().Track();
        multipliers = Tensor.Lasting(2).Track();
        if (stay?.Count >= universe.KeptAt(options.Sparsity))
            throw new ArgumentException($"{stay.Count} parts are to stay; sparsity {options.Sparsity} keeps {universe.KeptAt(options.Sparsity)} of {universe.Count}. Choose a lower sparsity.", nameof(stay));
        foreach (Part part in stay ?? []) logAlpha.Change()[universe.PlaceOf(part)] = Staying;
        masks = new([logAlpha]);
        climb = new([multipliers]);
    }

    /// <summary>Steps taken.</summary>
    public int Step => masks.Steps;

    /// <summary>Whether all steps are taken.</summary>
    public bool Done => Step >= options.Steps;

    /// <summary>Takes one step.</summary>
    /// <exception cref="InvalidOperationException">the loss is not a number</exception>
    public PruningLine Advance()
    {
        int step = Step;
        using Scope scope = Scope.Open();
        int[] picked = Pick(step);
        Tensor mask = concrete.Sample(logAlpha, new Chance(seed, "mask").At(step));
        Tensor distance = Distance(picked, mask);
        Tensor sparsity = 1 - concrete.Present(logAlpha).Mean();
        float target = (float)(options.Sparsity * Math.Min(1, step / Math.Max(1, options.WarmUp * options.Steps)));
        Tensor gap = (sparsity * -1 + target).As(1);
        Tensor penalty = (multipliers * Movement.Concatenate(0, gap, gap * gap)).Sum();
        Tensor loss = distance + penalty;
        if (!float.IsFinite(loss.Item)) throw new InvalidOperationException($"The loss of step {step + 1} (seed {seed}) is {loss.Item}. Lower --mask-rate (now {options.Rate}) or check the model with: heartwood evaluate.");
        Tensor[] slopes = loss.Gradients(logAlpha, multipliers);
        masks.Step([slopes[0]], (float)options.Rate);
        climb.Step([slopes[1]], (float)options.MultiplierRate, scale: -1);
        return new(step + 1, distance.Item, sparsity.Item, target, multipliers.Values[0], multipliers.Values[1]);
    }

    // the objective on a batch: where the head scores labels, the full model's scores were kept; else it passes next to the masked one
    Tensor Distance(int[] picked, Tensor mask)
    {
        Example[] own = [.. picked.Select(i => examples[i])];
        Batch batch = problem.BatchOf(own);
        Pass? full = !objective.NeedsReference ? null
            : fullLogits is not null ? Pass.Remembered(model, batch, fullLogits.Rows(picked))
            : new(model, Scope.Within(() => model.Stream(batch, NoProbe.Instance, problem.Tokens)), batch, NoProbe.Instance);
        MaskProbe probe = new(mask, ablation, ablation.On(model, batch, problem.Tokens, problem.PairsOf(own)));
        return objective.Mean(problem, Pass.Of(model, batch, probe, problem.Tokens), full, own);
    }

    // batches walk through shuffled passes over the examples
    int[] Pick(int step)
    {
        int[] picked = new int[Math.Min(options.Batch, examples.Count)];
        for (int i = 0; i < picked.Length; i++)
        {
            long at = (long)step * picked.Length + i, pass = at / examples.Count;
            if (pass != order.Pass)
            {
                int[] shuffled = [.. Enumerable.Range(0, examples.Count)];
                new Chance(seed, "pruning batches").At(pass).Stream().Shuffle<int>(shuffled);
                order = (pass, shuffled);
            }
            picked[i] = order.Order[at % examples.Count];
        }
        return picked;
    }

    (long Pass, int[] Order) order = (-1, []);

    /// <summary>Score of every part: its log α; of parts that stay by order, the highest there is. Higher is kept first.</summary>
    public IReadOnlyDictionary<Part, double> Scores => universe.Parts.Index().ToDictionary(p => p.Item, p => (double)logAlpha.Values[p.Index]);

    /// <summary>The parts to keep at exactly the target size: those of the highest scores, ties to the lower address.</summary>
    public IReadOnlyList<Part> KeptByRank() =>
        [.. universe.Parts.Index().OrderByDescending(p => logAlpha.Values[p.Index]).ThenBy(p => p.Item).Take(universe.KeptAt(options.Sparsity)).Select(p => p.Item).Order()];

    /// <summary>The parts to keep by the deterministic mask, those above one half: the paper's choice, of about the target size.</summary>
    public IReadOnlyList<Part> KeptByMask()
    {
        using Scope scope = Scope.Open();
        float[] mask = concrete.Deterministic(logAlpha.Detach()).Values.ToArray();
        return [.. universe.Parts.Index().Where(p => mask[p.Index] > 0.5f).Select(p => p.Item)];
    }

    /// <summary>Writes everything that the next step depends on.</summary>
    public void Save(Stream stream) => SafetensorsWriter.Write(stream, Entries().Select(e => new NamedTensor(e.Name, [e.Tensor.Count], Dtype.F32, () => e.Tensor.Values)), new Dictionary<string, string> { ["step"] = $"{Step}" });

    /// <summary>Goes on from what <see cref="Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">the file cannot be read or belongs to another search</exception>
    public void Restore(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!int.TryParse(file.Metadata.GetValueOrDefault("step"), out int step) || step < 0 || step > options.Steps) throw new CheckpointException($"{path}: expected the state of a search of {options.Steps} steps. Delete the file to begin this seed anew.");
        foreach (var (name, tensor) in Entries())
        {
            if (!file.Contains(name) || file.Count(name) != tensor.Count) throw new CheckpointException($"{path}: expected {tensor.Count} values of '{name}'. The file belongs to another search; delete it to begin this seed anew.");
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
