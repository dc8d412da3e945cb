using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    Subject? subject;

    /// <summary>What questions are asked of.</summary>
    internal Subject Subject => subject ??= new(folder, progress, stop)
    {
        Loaded = loaded,
        Sets = sets,
        Settings = request.Settings() with { Seeded = MainMethod.Finder.Facts.Seeded },
        Questions = request.Tenants.Questions,
        Universe = universe,
        Data = data[Role.Train],
        Find = FindMain,
        MaskFile = MaskFile,
        Searched = () => Found,
        Costs = Costs,
        MakeAblation = OwnAblation,
        Cut = how.IsConstant ? CutOut : null,
        Heal = HealCut,
        WhyNoHealing = WhyNoHealing,
        Finders = CompareFinders,
    };

    /// <summary>
    /// The candidates as far as they are known by now: measured where they were, else the models that were found and their sizes.
    /// </summary>
    public IReadOnlyList<Candidate> Candidates()
    {
        if (AccuracyIn(folder) is { } measured)
            return MeasuredCandidates.From(measured, folder.Has("stages/cut.json") ? Subject.Facts<CutFacts>() : null);
        Ablation ablation = OwnAblation();
        StoredModel Stored(Subnetwork found) => Cutting.WhyNot(Model, found.Kept, ablation) is null
            ? StoredModel.Made(Cutting.Cut(Model, found.Kept, ablation)) with { File = MaskFile(found) }
            : new(null, null, MaskFile(found));
        return MeasuredCandidates.Unmeasured(loaded, methods.SelectMany(FoundBy).Select(Stored));
    }

    /// <summary>What failed, as far as it is known by now: of what is not measured, searches that did not reach their size.</summary>
    public IReadOnlyList<Failure> Failed() => AccuracyIn(folder) is { } measured
        ? MeasuredCandidates.Failed(measured, Model.Labels.Count)
        : MeasuredCandidates.Unmeasured(methods.SelectMany(FoundBy)
            .Select(found => (found, Path.GetFileNameWithoutExtension(MaskFile(found)))), Reached);

    /// <summary>What the subnetworks have of the full model, where weights, bytes or time were asked for; else "".</summary>
    public string SizesInWords()
    {
        if (Costs() is not { } known) return "";
        var asked = methods.SelectMany(FoundBy).Where(found => !found.TargetSparsity.IsSparsity);
        return "Shares of the full model that remain:\n" + string.Concat(asked.Select(found =>
            $"{Path.GetFileNameWithoutExtension(MaskFile(found))}: {Questions.Targets.InWords(known.SharesOf(found.Kept))}\n"));
    }

    /// <summary>Whether the subnetwork that was cut failed.</summary>
    public bool CutFailed() => Candidates().FirstOrDefault(c => c.Chosen) is { } cut && Failed().Any(f => f.Candidates.Contains(cut.Name));

    /// <summary>Compares the subnetworks with one another and with chance, and ablates in the full model what they share.</summary>
    /// <returns>the answers, in the order of the page</returns>
    public Result Compare() => Ask("accuracy", "losses", "frequencies", "overlap", "core", "parts");

    /// <summary>Asks some questions by their names.</summary>
    /// <param name="names">the names</param>
    public Result Ask(params IReadOnlyList<string> names)
    {
        RequireInDomain();
        return new(folder.Manifest, Subject.AskEach(names));
    }

    /// <summary>Asks all questions that the request asks, writes their facts as <c>result.json</c>, and marks the run finished.</summary>
    public Result Report()
    {
        RequireInDomain();
        if (!folder.Finished)
        {
            Result result = new(folder.Manifest, Subject.AskAll());
            foreach (DataSource source in data.ToMeasure.Sources.Concat(data[Role.Choosing])) source.RefuseChanged();
            folder.Finish(() => folder.WriteText("result.json", ResultJson.Write(result)));
        }
        return Kept();
    }

    /// <summary>
    /// Asks more questions of the run, each once, and puts what comes of them into its <c>result.json</c>; a study that is not finished is
    /// finished first.
    /// </summary>
    /// <param name="names">the questions' names</param>
    /// <returns>the whole result, with all that was asked before</returns>
    /// <exception cref="ArgumentException">there is no such question, or it has nothing to say of this run</exception>
    public Result ReportAsked(IReadOnlyList<string> names)
    {
        request.Tenants.RequireQuestions(names);
        Report();
        Settings settings = Subject.Settings with { Asked = [.. Subject.Settings.Asked, .. names] };
        IReadOnlyList<Answer> more = (Subject with { Settings = settings }).AskEach(names);
        if (names.FirstOrDefault(name => !more.Any(answer => answer.Question.Name == name)) is { } silent)
            throw new ArgumentException($"The question '{silent}' has nothing to say of {folder.FolderPath}: the run does not have what "
                + "it is about. Leave it out.");
        foreach (DataSource source in data.ToMeasure.Sources) source.RefuseChanged();
        return Replace(more);
    }

    Result Kept() =>
        ResultJson.Read(File.ReadAllText(folder.PathOf("result.json")), request.Tenants.Questions, request.Tenants.PartKinds);
}
