using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Questions;

/// <summary>What questions are asked of: a model with its sets, and what the run made of it. What a run has not is null or empty.</summary>
/// <param name="Folder">the run that keeps what is done</param>
/// <param name="Progress">is told how far the work is</param>
/// <param name="Stop">ends it</param>
public sealed record Subject(RunFolder Folder, IProgress<Progress> Progress, CancellationToken Stop)
{
    /// <summary>With more parts in play than this, a question that takes a pass per part is asked by name only.</summary>
    public const int ManyParts = 1000;

    IReadOnlyList<Subnetwork>? found;
    IReadOnlyList<float[]>? fullScores;
    Ablation? ablation;
    IReadOnlyList<Part>? core;

    /// <summary>the model with its tokenizer</summary>
    public required LoadedModel Loaded { get; init; }

    /// <summary>the sets to measure on</summary>
    public required Sets Sets { get; init; }

    /// <summary>what the run was asked</summary>
    public required Settings Settings { get; init; }

    /// <summary>the questions that may be asked, in the order of the page</summary>
    public IReadOnlyList<IQuestion> Questions { get; init; } = [];

    /// <summary>answers that need not be asked for: those of a run inside this one</summary>
    public IReadOnlyList<Answer> Known { get; init; } = [];

    /// <summary>the training data, for baselines</summary>
    public IReadOnlyList<DataSource> Data { get; init; } = [];

    /// <summary>gives the run's subnetworks, by sparsity, then seed; null where it has none</summary>
    public Func<IReadOnlyList<Subnetwork>>? Find { get; init; }

    /// <summary>gives the file of one of its subnetworks, relative to the run; null where it is in none</summary>
    public Func<Subnetwork, string?> MaskFile { get; init; } = _ => null;

    /// <summary>gives what parts cost, where weights, bytes or time were asked for; null where they were not</summary>
    public Func<SizeCosts?>? Costs { get; init; }

    /// <summary>how many of its searches are done</summary>
    public Func<int> Searched { get; init; } = () => 0;

    /// <summary>gives what stands in for ablated parts</summary>
    public Func<Ablation>? MakeAblation { get; init; }

    /// <summary>compares the run's finders; null where it has none, and null as the answer where it has one only</summary>
    public Func<FinderTable?>? Finders { get; init; }

    /// <summary>ablates every part alone, example by example; null where the run does not</summary>
    public Func<PartEffectsFacts>? Effects { get; init; }

    /// <summary>joins several runs side by side; null where the run is one</summary>
    public Func<JoinedRuns>? Join { get; init; }

    /// <summary>cuts a subnetwork out; null where the run cuts none</summary>
    public Func<CutFacts?>? Cut { get; init; }

    /// <summary>trains the cut, and a random one next to it; null where the run does not</summary>
    public Func<HealingFacts?>? Heal { get; init; }

    /// <summary>quantizes the model and measures what came of it; null where the run does not</summary>
    public Func<QuantizationFacts>? Quantized { get; init; }

    /// <summary>gives why the cut cannot be trained, with the next move; null as the answer where it can</summary>
    public Func<string?>? WhyNoHealing { get; init; }

    /// <summary>the model at steps of its training, in order</summary>
    public IReadOnlyList<ICheckpoint> Checkpoints { get; init; } = [];

    /// <summary>a training that has ended; null where the run is none</summary>
    public TrainingEnd? Training { get; init; }

    /// <summary>The model.</summary>
    public IModel Model => Loaded.Model;

    /// <summary>The parts in play.</summary>
    public Universe Universe { get => field ??= Ablation.Universe; init; }

    /// <summary>The run's subnetworks, read once; null where it has none.</summary>
    public IReadOnlyList<Subnetwork>? Found => found ??= Find?.Invoke();

    /// <summary>What stands in for ablated parts.</summary>
    /// <exception cref="InvalidOperationException">the run ablates nothing</exception>
    public Ablation Ablation => ablation ??= MakeAblation?.Invoke()
        ?? throw new InvalidOperationException("This run has no ablation: ask only what needs none.");

    /// <summary>The kept parts of every subnetwork, by sparsity as asked for.</summary>
    internal IReadOnlyList<(Target Sparsity, IReadOnlyList<IReadOnlyCollection<Part>> Kept)> BySparsity()
    {
        IReadOnlyList<IReadOnlyCollection<Part>> At(Target sparsity) =>
            [.. Found!.Where(f => f.TargetSparsity == sparsity).Select(f => f.Kept.ToArray())];
        return [.. Settings.Sparsities.Select(s => (s, At(s)))];
    }

    /// <summary>The full model's scores of every set, computed once.</summary>
    public IReadOnlyList<float[]> FullScores =>
        fullScores ??= Sets.Scores(Model, Stop, Advance("measuring the full model", Sets.Examples, "examples"));

    /// <summary>The core's parts: those that all subnetworks of the main sparsity keep.</summary>
    public IReadOnlyList<Part> Core
    {
        get => core ??= [.. (Facts<CoreAblatedFacts>()?.Main.Parts ?? []).Select(Part.Parse)];
        init => core = value;
    }

    /// <summary>The core's heads.</summary>
    public IReadOnlyList<Part> CoreHeads => [.. Core.Where(IsHead)];

    /// <summary>Heads outside the core, in address order.</summary>
    public IReadOnlyList<Part> OtherHeads => [.. Heads.Except(Core)];

    /// <summary>Every head in play, in address order.</summary>
    public IReadOnlyList<Part> Heads => Universe.PartsOf(Lab.Subnetworks.Heads.Kind);

    /// <summary>Whether a part is an attention head.</summary>
    public static bool IsHead(Part part) => Lab.Subnetworks.Heads.Kind.Includes(part);

    /// <summary>Asks all questions that the run asks: the usual ones and those named, or in a paper's run every one.</summary>
    public IReadOnlyList<Answer> AskAll() =>
        [.. Questions.Where(Wanted).Select(AnswerTo).Where(a => a.Facts is not null || a.LeftOut is not null)];

    /// <summary>Asks some questions by their names, in the page's order.</summary>
    public IReadOnlyList<Answer> AskEach(params IReadOnlyList<string> names) =>
        [.. Questions.Where(q => names.Contains(q.Name)).Select(AnswerTo).Where(a => a.Facts is not null || a.LeftOut is not null)];

    bool Wanted(IQuestion question) => question.Usual || Settings.Kind == RunKind.Paper || Settings.Asked.Contains(question.Name);

    /// <summary>Asks one question, once.</summary>
    public Answer AnswerTo(IQuestion question) => Known.FirstOrDefault(a => a.Question.Name == question.Name)
        ?? question.AnswerOnce(this, WhyNot(question));

    /// <summary>
    /// The facts of the question whose facts are of this type, asked where need be; null where nobody asks it or it has none.
    /// </summary>
    public T? Facts<T>() where T : class =>
        Known.Select(a => a.Facts).OfType<T>().FirstOrDefault()
        ?? (Questions.FirstOrDefault(q => q.FactsType == typeof(T)) is { } question ? (T?)AnswerTo(question).Facts : null);

    string? WhyNot(IQuestion question)
    {
        bool dear = question.PerPart && Find is not null && Universe.Count > ManyParts && !Settings.Asked.Contains(question.Name);
        return dear ? $"The question '{question.Name}' takes at least one pass per part, and {Universe.Count:N0} parts are in play: it was "
            + $"left out. To ask it all the same: --ask {question.Name}." : question.Missing(this);
    }

    /// <summary>The in-domain and the out-of-domain set, at most so many examples of each, with their rows.</summary>
    internal IReadOnlyList<(EvaluationSet Set, IReadOnlyList<Row> Rows)> TwoSets(int most) =>
        [.. Sets.Thin(most).Each.Where(s => s.Set.Use is "inDomain" or "outOfDomain")];

    /// <summary>A mask of ones but for these parts.</summary>
    public float[] Without(params IEnumerable<Part> ablated)
    {
        float[] mask = new float[Universe.Count];
        mask.AsSpan().Fill(1);
        foreach (Part part in ablated) mask[Universe.PlaceOf(part)] = 0;
        return mask;
    }

    /// <summary>A mask of zeros but for these parts.</summary>
    public float[] Only(IEnumerable<Part> kept) => Without(Universe.Parts.Except(kept));

    /// <summary>
    /// Figures of the full model with parts ablated, one list of parts each; at most as many examples as ablations are asked for.
    /// </summary>
    internal IReadOnlyList<Measured> Ablated(IReadOnlyList<IReadOnlyList<Part>> ablated, string stage)
    {
        var (thin, scores) = ScoresWithout(ablated, stage);
        return [.. scores.Select(s => thin.Measure(s, null))];
    }

    /// <summary>Which examples of each set (by its use) the model answers right with parts ablated, one list of parts each.</summary>
    internal IReadOnlyList<IReadOnlyDictionary<string, bool[]>> RightWithout(IReadOnlyList<IReadOnlyList<Part>> ablated, string stage)
    {
        var (thin, scores) = ScoresWithout(ablated, stage);
        return [.. scores.Select(thin.Right)];
    }

    (Sets Thin, IReadOnlyList<IReadOnlyList<float[]>> Scores) ScoresWithout(IReadOnlyList<IReadOnlyList<Part>> ablated, string stage)
    {
        Sets thin = Sets.Thin(Settings.AblationExamples);
        float[][] masks = [.. ablated.Select(parts => Without(parts))];
        return (thin, thin.Scores(Model, masks, Ablation, Stop, Advance(stage, (long)ablated.Count * thin.Examples, "examples")));
    }

    /// <summary>Adds to a count of what is done, and tells it.</summary>
    public Action<int> Advance(string stage, long total, string unit)
    {
        long done = 0;
        return more => Progress.Report(new(stage, Interlocked.Add(ref done, more), total, unit));
    }
}

/// <summary>The model at one step of its training.</summary>
public interface ICheckpoint
{
    /// <summary>Its folder's name.</summary>
    string Name { get; }

    /// <summary>Its step.</summary>
    long Step { get; }

    /// <summary>Hash of its weights.</summary>
    string Sha256 { get; }

    /// <summary>Looks at it in a run of its own.</summary>
    /// <param name="look">what is done with it; its subject is searched at the grid's sparsities, with the grid's seeds</param>
    /// <param name="progress">is told how far the work is</param>
    T Look<T>(Func<Subject, T> look, IProgress<Progress> progress);
}

/// <summary>A training that has ended.</summary>
/// <param name="Model">folder of the trained model</param>
/// <param name="Steps">steps taken</param>
/// <param name="Final">the last measurement; null where nothing was given to measure on</param>
public sealed record TrainingEnd(string Model, int Steps, Measured? Final);
