using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;

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
        Figure[] figures = [.. result.Answers.Where(a => a.Facts is not null).SelectMany(a => a.Question.FiguresFor(a.Facts!, this))];
        return Asking ? [.. figures.Select(f => f with { Answers = true })] : figures;
    }

    /// <summary>What the run measured or made, one row each: <c>candidates</c> in <c>result.json</c>.</summary>
    public IReadOnlyList<Candidate> Candidates => candidates ??=
        [.. result.Answers.Where(a => a.Facts is not null).SelectMany(a => a.Question.CandidatesFor(a.Facts!, this))];

    /// <summary>What was left out, in sentences.</summary>
    public IReadOnlyList<string> LeftOut => [.. result.Answers.Select(a => a.LeftOut).OfType<string>()];

    /// <summary>What the questions say on the terminal, in the page's order.</summary>
    public string Words() =>
        string.Concat(result.Answers.Where(a => a.Facts is not null).Select(a => a.Question.WordsFor(a.Facts!, this)));
}
