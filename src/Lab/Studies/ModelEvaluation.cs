using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Predictions;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Lab.Studies;

/// <summary>A model next to the baselines, measured without a run folder.</summary>
/// <param name="Measured">figures of the model and, where training data is given, of the baselines, by name</param>
/// <param name="TaskCases">see <see cref="Sets.TaskCases"/></param>
public sealed record ModelEvaluation(IReadOnlyDictionary<string, Measured> Measured, IReadOnlyDictionary<string, CaseFacts>? TaskCases)
{
    /// <summary>Makes what the model says of every row.</summary>
    public required Func<IReadOnlyList<PredictedRow>> Rows { get; init; }

    /// <summary>The model and the best baseline as candidates.</summary>
    public IReadOnlyList<Candidate> Candidates { get; private init; } = [];

    /// <summary>What failed: the model at chance, or no better than a baseline.</summary>
    public IReadOnlyList<Failure> Failed { get; private init; } = [];

    /// <summary>Measures.</summary>
    /// <param name="request">model and data</param>
    /// <param name="stop">ends the work</param>
    /// <param name="tell">hears what a reader should know of the data</param>
    /// <exception cref="ArgumentException">there is no in-domain set, or training data that nothing is done with</exception>
    public static ModelEvaluation Measure(StudyRequest request, CancellationToken stop, Action<string>? tell = null)
    {
        if (!request.Sets.Has(Role.InDomain))
            throw new ArgumentException(
                "What should be measured? Give --in-domain FILE (and --out-of-domain FILE), or the folder of a run.");
        LoadedModel loaded = LoadedModel.Load(request.Model, request.Precision);
        if (loaded.Model.Output == Output.Vocabulary && request.Sets.Has(Role.Train))
            throw new ArgumentException(
                "--data is what a classifier's baselines are fitted to and means of ablated parts are taken over, and here is a language "
                    + "model without any ablated. Leave it out, or name parts: --mask MASK, --without PARTS.");
        DataSets read = DataSets.Read(request.Sets);
        IReadOnlyList<DataSource> data = read[Role.Train];
        foreach (string note in data.SelectMany(d => d.Notes)) loaded.Note(note);
        loaded.RefuseMixed(data);
        Sets sets = new(loaded, read, LabelMap.Parse(request.LabelMap), request.MostTokens);
        foreach (string note in loaded.Notes) tell?.Invoke(note);
        IReadOnlyList<float[]> scores = sets.Scores(loaded.Model, stop);
        Dictionary<string, Measured> measured = new() { ["model"] = sets.Measure(scores, null) };
        if (data.Count > 0 || sets.AllScored)
            foreach (var (name, figures) in Baselines.Measure(data, loaded, request.LabelMap, sets)) measured[name] = figures;
        Dictionary<string, Measured> baselines = measured.Where(m => m.Key != "model").ToDictionary();
        AccuracyFacts facts = new(0, measured["model"], baselines, [], [], sets.Cases(), sets.Tasks)
        {
            Stored = new(loaded.Model.Weights.Count, loaded.Bytes, loaded.Folder),
        };
        return new(measured, sets.TaskCases)
        {
            Candidates = MeasuredCandidates.From(facts, cut: null),
            Failed = MeasuredCandidates.Failed(facts, loaded.Model.Labels.Count),
            Rows = () => MeasuredRows.Over(loaded, [(loaded.Name, sets, scores)]),
        };
    }
}
