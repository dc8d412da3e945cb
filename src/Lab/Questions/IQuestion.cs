using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Exports;

namespace Heartwood.Lab.Questions;

/// <summary>
/// A question about a run, as lists hold it: what it is called, what it costs, when it is asked. Write an
/// <see cref="IQuestion{T}"/>, which computes its facts, says them and draws them in one file.
/// </summary>
public interface IQuestion
{
    /// <summary>
    /// The name that its facts are kept under in <c>result.json</c> and that <c>--ask</c> takes; letters, digits and dashes.
    /// </summary>
    string Name { get; }

    /// <summary>Version of its facts: counted up where their shape or their meaning changes.</summary>
    int Version { get; }

    /// <summary>Whether a study asks it without being told; others are asked by <c>paper</c>, or by name.</summary>
    bool Usual => true;

    /// <summary>
    /// Whether it takes at least one pass of every example per part in play: it is left out where more than
    /// <see cref="Subject.ManyParts"/> parts are in play, unless it is asked for by name.
    /// </summary>
    bool PerPart => false;

    /// <summary>
    /// Whether it is about the core of the main sparsity: where too many of its subnetworks failed to name one, it is neither drawn nor
    /// said. Its facts stay in <c>result.json</c>.
    /// </summary>
    bool AboutCore => false;

    /// <summary>
    /// Passes of one example through the model that it takes at most, searches aside; 0 where it only reads what is known.
    /// </summary>
    /// <param name="ahead">what is known before a run begins</param>
    long Passes(Prospect ahead) => 0;

    /// <summary>Searches that it takes.</summary>
    /// <param name="ahead">what is known before a run begins</param>
    int Searches(Prospect ahead) => 0;

    /// <summary>
    /// Why it cannot be asked, in a sentence with the next move, for the page to say; null where it can, or where nobody misses it.
    /// </summary>
    /// <param name="subject">what would be asked</param>
    string? Missing(Subject subject) => null;

    /// <summary>The type of its facts.</summary>
    Type FactsType { get; }

    /// <summary>
    /// Asks it once: what was kept in the subject's run folder is read from there; what was left out before is asked now, where there is
    /// no reason to leave it out any more.
    /// </summary>
    /// <param name="subject">what is asked</param>
    /// <param name="leftOut">why it is not to be asked; null to ask</param>
    Answer AnswerOnce(Subject subject, string? leftOut);

    /// <summary>Its figures.</summary>
    /// <param name="facts">its own facts</param>
    /// <param name="findings">all that the run found</param>
    IReadOnlyList<Figure> FiguresFor(object facts, Findings findings);

    /// <summary>Its facts in words for the terminal: whole lines, or "".</summary>
    /// <param name="facts">its own facts</param>
    /// <param name="findings">all that the run found</param>
    string WordsFor(object facts, Findings findings);

    /// <summary>The models that it measured or made, as rows of the table of candidates.</summary>
    /// <param name="facts">its own facts</param>
    /// <param name="findings">all that the run found</param>
    IReadOnlyList<Candidate> CandidatesFor(object facts, Findings findings);

    /// <summary>What it says failed, before all else.</summary>
    /// <param name="facts">its own facts</param>
    IReadOnlyList<Failure> FailuresFor(object facts) => [];

    /// <summary>The models that were written for other programs.</summary>
    /// <param name="facts">its own facts</param>
    IReadOnlyList<ExportFacts> ExportsFor(object facts) => [];
}

/// <summary>A question about a run: it computes its facts, says them and draws them.</summary>
/// <typeparam name="T">its facts, a type of their own: other questions find them by it. Written as JSON by <see
/// cref="ResultJson"/></typeparam>
public interface IQuestion<T> : IQuestion where T : class
{
    /// <summary>Computes the facts.</summary>
    /// <param name="subject">what is asked: a model, sets, subnetworks, other questions' facts</param>
    /// <returns>null where the subject does not have what the question is about; it is then left out without a word</returns>
    T? Ask(Subject subject);

    /// <summary>Draws the facts.</summary>
    /// <param name="facts">the facts, as kept</param>
    /// <param name="findings">all that the run found, to draw next to them</param>
    /// <returns>its figures, in the page's order; none where there is nothing to be seen</returns>
    IReadOnlyList<Figure> Draw(T facts, Findings findings);

    /// <summary>The facts in words for the terminal: whole lines, or "".</summary>
    /// <param name="facts">the facts, as kept</param>
    /// <param name="findings">all that the run found</param>
    string Words(T facts, Findings findings) => "";

    /// <summary>The models that it measured or made, as rows of the table of candidates; none where it is about something else.</summary>
    /// <param name="facts">the facts, as kept</param>
    /// <param name="findings">all that the run found</param>
    IReadOnlyList<Candidate> Candidates(T facts, Findings findings) => [];

    Type IQuestion.FactsType => typeof(T);

    Answer IQuestion.AnswerOnce(Subject subject, string? leftOut)
    {
        Kept<T> kept = subject.Folder.Stage(Name, () => new Kept<T>(Version, leftOut, leftOut is null ? Ask(subject) : null));
        if (kept.LeftOut is not null && leftOut is null)
            kept = subject.Folder.Stage($"{Name}-asked", () => new Kept<T>(Version, null, Ask(subject)));
        if (kept.Version != Version)
            throw new InvalidDataException($"{subject.Folder.PathOf($"stages/{Name}.json")}: expected version {Version} of the facts of "
                + $"'{Name}', found version {kept.Version}. Delete the file and run the same command again.");
        return new(this, kept.Facts, kept.LeftOut);
    }

    IReadOnlyList<Figure> IQuestion.FiguresFor(object facts, Findings findings) => Draw((T)facts, findings);

    string IQuestion.WordsFor(object facts, Findings findings) => Words((T)facts, findings);

    IReadOnlyList<Candidate> IQuestion.CandidatesFor(object facts, Findings findings) => Candidates((T)facts, findings);
}

/// <summary>The facts of a question, as its file in the run folder keeps them.</summary>
/// <typeparam name="T">the facts' type</typeparam>
/// <param name="Version">the version that they were computed by</param>
/// <param name="LeftOut">why it was not asked; null where it was</param>
/// <param name="Facts">the facts; null where there are none</param>
public sealed record Kept<T>(int Version, string? LeftOut, T? Facts) where T : class;

/// <summary>What came of a question.</summary>
/// <param name="Question">the question</param>
/// <param name="Facts">its facts, of its <see cref="IQuestion.FactsType"/>; null where there are none</param>
/// <param name="LeftOut">why it was not asked, in a sentence; null where it was, or where nobody misses it</param>
public sealed record Answer(IQuestion Question, object? Facts, string? LeftOut);
