using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>What a run found: the content of <c>result.json</c>, and all that its page is drawn from.</summary>
/// <param name="Manifest">how it was made</param>
/// <param name="Answers">the questions that were asked, in the order of the page, each with its facts</param>
public sealed record Result(Manifest Manifest, IReadOnlyList<Answer> Answers)
{
    /// <summary>The kinds of part that maps may show, in their order.</summary>
    public IReadOnlyList<PartKind> Kinds { get; init; } = PartKinds.Usual;

    /// <summary>The facts of the question whose facts are of this type; null where there are none.</summary>
    public T? Facts<T>() where T : class => Answers.Select(a => a.Facts).OfType<T>().FirstOrDefault();

    /// <summary>The result without the answer of one question, to be drawn without it.</summary>
    public Result Without(string name) => this with { Answers = [.. Answers.Where(a => a.Question.Name != name)] };
}

/// <summary>A result, arranged for drawing and for words.</summary>
/// <param name="result">the result</param>
public sealed class Findings(Result result)
{
    Measurements? measured, main;
    IReadOnlyList<Candidate>? candidates;
    IReadOnlyList<Failure>? failed;

    /// <summary>The result itself.</summary>
    public Result Result => result;

    /// <summary>The kinds of part that maps may show, in their order.</summary>
    public IReadOnlyList<PartKind> Kinds => result.Kinds;

    /// <summary>How it was made.</summary>
    public Manifest Manifest => result.Manifest;

    /// <summary>The facts of the question whose facts are of this type; null where there are none.</summary>
    public T? Facts<T>() where T : class => result.Facts<T>();

    /// <summary>Whether the page is a paper's: titles ask, and the sentence under each figure answers.</summary>
    public bool Asking => Facts<MakingFacts>()?.Kind == RunKind.Paper;

    /// <summary>Everything measured on whole sets; null where no model was.</summary>
    internal Measurements? Measured => Facts<AccuracyFacts>() is { } facts ? measured ??= new(facts, this) : null;

    /// <summary>
    /// The same as far as a page draws it one by one: on a paper's page, which has a curve over sparsities, only the main one.
    /// </summary>
    internal Measurements? Shown => !Asking ? Measured : Facts<AccuracyFacts>() is { } facts ? main ??= new(facts.AtMain(), this) : null;

    /// <summary>The figures of all questions, in the page's order.</summary>
    public IReadOnlyList<Figure> Figures()
    {
        Figure[] figures = [.. result.Answers.Where(a => a.Facts is not null && Speaks(a.Question))
            .SelectMany(a => a.Question.FiguresFor(a.Facts!, this))];
        return Asking ? [.. figures.Select(f => f with { Answers = true })] : figures;
    }

    /// <summary>What the run measured or made, one row each: <c>candidates</c> in <c>result.json</c>.</summary>
    public IReadOnlyList<Candidate> Candidates => candidates ??=
        [.. result.Answers.Where(a => a.Facts is not null).SelectMany(a => a.Question.CandidatesFor(a.Facts!, this))];

    /// <summary>What was written for other programs: <c>exports</c> in <c>result.json</c>.</summary>
    public IReadOnlyList<ExportFacts> Exports =>
        [.. result.Answers.Where(a => a.Facts is not null).SelectMany(a => a.Question.ExportsFor(a.Facts!))];

    /// <summary>What failed, which is said before anything else: <c>failures</c> in <c>result.json</c>.</summary>
    public IReadOnlyList<Failure> Failed => failed ??=
    [
        .. Facts<AccuracyFacts>() is { } facts
            ? MeasuredCandidates.Failed(facts, Facts<MakingFacts>()?.Model?.Labels.Count ?? 0) : [],
        .. result.Answers.Where(a => a.Facts is not null).SelectMany(a => a.Question.FailuresFor(a.Facts!)),
    ];

    /// <summary>What failed and what was left out, in sentences: they stand before all else.</summary>
    public IReadOnlyList<string> Warnings => [.. Failed.Select(f => f.Sentence), .. LeftOut];

    /// <summary>Whether the full model itself failed in-domain: then nothing is said for what was found in it.</summary>
    internal Failure? ModelFailed => Failed.FirstOrDefault(f => f.Set == "inDomain" && f.Candidates.Contains(MeasuredCandidates.Full));

    /// <summary>In what ways the subnetwork of a seed and a sparsity failed; none where it did not.</summary>
    internal IReadOnlyList<Failure> FailedBy(ulong seed, Target sparsity)
    {
        bool Is(MeasuredSubnetwork s) => s.Seed == seed && s.TargetSparsity == sparsity;
        return Facts<AccuracyFacts>()?.Subnetworks.FirstOrDefault(Is) is not { } one ? []
            : [.. Failed.Where(f => f.Candidates.Contains(MeasuredCandidates.NameOf(one)))];
    }

    /// <summary>The subnetworks of a sparsity that did not fail.</summary>
    internal IReadOnlyList<Entry> Sound(Target sparsity) =>
        [.. (Measured?.At(sparsity) ?? []).Where(e => FailedBy(e.Seed!.Value, sparsity).Count == 0)];

    /// <summary>
    /// Why no core is named at a sparsity, in a sentence: the model failed, or fewer than half of the subnetworks are sound, or fewer than
    /// two of several; null where one is.
    /// </summary>
    internal string? NoCore(Target sparsity)
    {
        int all = Measured?.At(sparsity).Count ?? 0, sound = Sound(sparsity).Count;
        if (all == 0) return null;
        if (ModelFailed is not null) return $"No core is named at {Wording.Sparsity(sparsity)}: the full model failed in-domain.";
        return sound >= Math.Min(2, all) && 2 * sound >= all ? null
            : $"No core is named at {Wording.Sparsity(sparsity)}: {all - sound} of {Wording.Count(all, "subnetwork")} failed.";
    }

    /// <summary>Whether the subnetwork that was cut failed, or its model: then nothing is said for its speed.</summary>
    internal bool CutFailed => ModelFailed is not null || (Facts<CutFacts>() is { } cut && Facts<AccuracyFacts>() is { } measured
        && measured.Subnetworks.Any(s => Is(s, cut, measured) && FailedBy(s.Seed, s.TargetSparsity).Count > 0));

    static bool Is(MeasuredSubnetwork s, CutFacts cut, AccuracyFacts measured) => cut.Choice is { } choice
        ? choice.Subnetwork == MeasuredCandidates.NameOf(s) : s.Seed == cut.Seed && s.TargetSparsity == measured.Main;

    // a question about the core has nothing to show where none is named
    bool Speaks(IQuestion question) =>
        !question.AboutCore || Facts<AccuracyFacts>() is not { } facts || NoCore(facts.Main) is null;

    /// <summary>What was left out, in sentences.</summary>
    public IReadOnlyList<string> LeftOut => [.. result.Answers.Select(a => a.LeftOut).OfType<string>()];

    /// <summary>What the questions say on the terminal, in the page's order.</summary>
    /// <param name="without">the name of a question that says nothing</param>
    public string Words(string without = "")
    {
        IEnumerable<Answer> there = result.Answers.Where(a => a.Facts is not null && a.Question.Name != without);
        string silent = Facts<CoreAblatedFacts>() is not null && Facts<AccuracyFacts>() is { } facts && NoCore(facts.Main) is { } why
            ? $"{why}\n" : "";
        return silent + string.Concat(there.Where(a => Speaks(a.Question)).Select(a => a.Question.WordsFor(a.Facts!, this)));
    }

    /// <summary>What one question says on the terminal, found by the type of its facts; "" where it was not answered.</summary>
    public string WordsOf<T>() where T : class =>
        result.Answers.FirstOrDefault(a => a.Facts is T) is { } answer ? answer.Question.WordsFor(answer.Facts!, this) : "";
}
