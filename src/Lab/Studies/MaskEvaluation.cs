using System.Text.Json.Serialization;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Predictions;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Subnetworks.Formats;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Lab.Studies;

/// <summary>Which masks to measure, and how.</summary>
/// <param name="Masks">each as <see cref="Masks.Read"/> takes it</param>
/// <param name="Without">lists of parts, each ablated in the full model</param>
/// <param name="Random">random masks of the same size next to each</param>
/// <param name="Seed">their seed</param>
/// <param name="OtherModel">whether masks of other weights are taken</param>
/// <param name="Ablation">what stands in for ablated parts, whatever the masks say; null to follow them</param>
public sealed record MaskRequest(
    IReadOnlyList<string> Masks, IReadOnlyList<string> Without, int Random, ulong Seed, bool OtherModel, string? Ablation)
{
    /// <summary>Whether there is a mask to measure.</summary>
    public bool Any => Masks.Count + Without.Count > 0;

    internal (IReadOnlyList<(MaskFile File, Subnetwork Mask)> Read, Universe Universe) Read(
        LoadedModel loaded, IReadOnlyList<PartKind> kinds)
    {
        ModelSizes sizes = loaded.Model.Sizes(kinds);
        MaskFile[] files =
            [.. Masks.Select(m => Evaluation.Masks.Read(m, sizes)), .. Without.Select(w => Evaluation.Masks.Without(w, sizes))];
        Universe universe = Evaluation.Masks.UniverseOf(files.Select(file => file.Mask), loaded.Model, kinds);
        return ([.. files.Select(file => (file, Evaluation.Masks.Fit(file.Mask, loaded, universe, kinds, OtherModel)))], universe);
    }
}

/// <summary>One mask, measured.</summary>
/// <param name="Source">the file, or the list of parts</param>
/// <param name="Format">the file's format</param>
/// <param name="Ablation">what ablated parts left, and where that came from</param>
/// <param name="Notes">what the file's format says and a subnetwork does not</param>
/// <param name="Subnetwork">the subnetwork that it is, with its figures</param>
/// <param name="Random">those of random masks with as many parts of each stratum</param>
public sealed record EvaluatedMask(
    string Source, string Format, string Ablation, IReadOnlyList<string> Notes, MeasuredSubnetwork Subnetwork,
    IReadOnlyList<MeasuredSubnetwork> Random);

/// <summary>Masks from anywhere, measured in-domain and out of domain next to the full model.</summary>
/// <param name="Full">the full model</param>
/// <param name="Baselines">what needs no model, by name</param>
/// <param name="Masks">the masks</param>
public sealed record MaskEvaluation(Measured Full, IReadOnlyDictionary<string, Measured> Baselines, IReadOnlyList<EvaluatedMask> Masks)
{
    /// <summary>Makes what the full model and every mask say of every row.</summary>
    [JsonIgnore]
    public Func<IReadOnlyList<PredictedRow>> Rows { get; private init; } = () => [];

    /// <summary>See <see cref="Sets.TaskCases"/>.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, CaseFacts>? TaskCases { get; private init; }

    /// <summary>The full model, the masks with their random parts, and the best baseline as candidates.</summary>
    [JsonIgnore]
    public IReadOnlyList<Candidate> Candidates { get; private init; } = [];

    /// <summary>What failed among them.</summary>
    [JsonIgnore]
    public IReadOnlyList<Failure> Failed { get; private init; } = [];

    /// <summary>Measures masks of a model folder on the data that a request names.</summary>
    /// <param name="request">model and data</param>
    /// <param name="masks">what to measure</param>
    /// <param name="progress">told of every mask</param>
    /// <param name="stop">ends the work</param>
    /// <param name="tell">hears what a reader should know of the data</param>
    /// <exception cref="ArgumentException">there is no in-domain set, a mask is not the model's, or means are wanted and there is no
    /// data to take them over</exception>
    public static MaskEvaluation Measure(
        StudyRequest request, MaskRequest masks, IProgress<Progress> progress, CancellationToken stop, Action<string>? tell = null)
    {
        if (!request.Sets.Has(Role.InDomain))
            throw new ArgumentException(
                "What should be measured? Give --in-domain FILE (and --out-of-domain FILE), or the folder of a run.");
        LoadedModel loaded = LoadedModel.Load(request.Model, request.Precision);
        var (read, universe) = masks.Read(loaded, request.Tenants.PartKinds);
        DataSets given = DataSets.Read(request.Sets);
        IReadOnlyList<DataSource> data = given[Role.Train];
        loaded.RefuseMixed(data);
        foreach (string note in data.SelectMany(d => d.Notes)) loaded.Note(note);
        int told = 0;
        string? named = data.Count > 0 ? request.Sets.InWords(Role.Train) : null;
        MaskAblation ablation = new(loaded, universe, request.Tenants.Ablations, masks.Ablation, named, Read, stop);
        ablation.Require(read.Select(m => m.Mask));
        // a classifier's baselines are fitted to it too
        if (loaded.Model.Output == Output.Vocabulary) ablation.RefuseIdleData([.. read.Select(m => m.Mask)]);
        Sets sets = new(loaded, given, LabelMap.Parse(request.LabelMap), request.MostTokens);
        TellMore();
        return Measure(loaded, sets, sets.Scores(loaded.Model, stop), data.Count > 0 || sets.AllScored
            ? Evaluation.Baselines.Measure(data, loaded, request.LabelMap, sets) : [], read, masks, ablation.AblationFor, progress, stop);

        AblationSource Read()
        {
            IReadOnlyList<Example> examples = loaded.Encode(data, LabelMap.Parse(request.LabelMap), request.MostTokens);
            TellMore();
            IReadOnlyList<Example> few = Thinning.Thinned(examples, request.Examples);
            IProblem problem = DataSource.ProblemOf(data);
            return new(loaded.Model, universe, [.. few.SelectMany(problem.Inputs)], () => Inputs.Batches(few, 2048));
        }

        void TellMore()
        {
            foreach (string note in loaded.Notes.Skip(told)) tell?.Invoke(note);
            told = loaded.Notes.Count;
        }
    }

    internal static MaskEvaluation Measure(
        LoadedModel loaded, Sets sets, IReadOnlyList<float[]> full, IReadOnlyDictionary<string, Measured> baselines,
        IReadOnlyList<(MaskFile File, Subnetwork Mask)> read, MaskRequest masks,
        Func<Subnetwork, (Ablation Ablation, string InWords)> ablationOf, IProgress<Progress> progress, CancellationToken stop)
    {
        List<EvaluatedMask> measured = [];
        List<(string Name, Sets Sets, Func<IReadOnlyList<float[]>> Scores)> asked = [(loaded.Name, sets, () => full)];
        long done = 0;
        foreach (var (file, mask) in read)
        {
            var (ablation, inWords) = ablationOf(mask);
            Sets served = sets.ServedBy(ablation.How, loaded.Note);
            IReadOnlyList<float[]> scores = served.Examples == sets.Examples ? full : served.Scores(loaded.Model, stop);
            MaskMeasuring measuring = new(loaded.Model, served, scores, ablation, stop);
            MeasuredSubnetwork itself = Told(measuring.Measure(mask));
            MeasuredSubnetwork[] random =
                [.. Enumerable.Range(0, masks.Random).Select(draw => Told(measuring.RandomLike(mask, masks.Seed, draw)))];
            asked.Add((file.Source, served, () => measuring.Masked(mask.Kept)));
            measured.Add(new(file.Source, file.Format, inWords, file.Notes, itself, random));
        }
        Measured whole = sets.Measure(full, null);
        AccuracyFacts facts = new(0, whole, baselines, [], [], sets.Cases(), sets.Tasks)
        {
            Stored = new(loaded.Model.Weights.Count, loaded.Bytes, loaded.Folder),
        };
        (string, MeasuredSubnetwork, IReadOnlyList<MeasuredSubnetwork>)[] candidates =
            [.. measured.Select(m => (m.Source, m.Subnetwork, m.Random))];
        return new(whole, baselines, measured)
        {
            TaskCases = sets.TaskCases,
            Candidates = MeasuredCandidates.From(facts, candidates),
            Failed = MeasuredCandidates.Failed(facts, loaded.Model.Labels.Count, candidates),
            Rows = () => MeasuredRows.Over(loaded, [.. asked.Select(model => (model.Name, model.Sets, model.Scores()))]),
        };

        MeasuredSubnetwork Told(MeasuredSubnetwork one)
        {
            progress.Report(new("measuring masks", ++done, read.Count * (1L + masks.Random), "masks"));
            return one;
        }
    }
}
