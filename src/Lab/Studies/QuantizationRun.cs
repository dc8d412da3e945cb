using Heartwood.Lab.Changes;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Exports.Transformers;
using Heartwood.Lab.Models;
using Heartwood.Lab.Quantization;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>
/// Quantizes a model in several ways in a run folder, each next to nearest rounding on the same grid, and measures all of them in-domain
/// and out of domain: the question <c>quantization</c> says and draws it. Each model is a job: a run that was stopped goes on after those
/// that are written.
/// </summary>
public sealed class QuantizationRun
{
    const string ResultFile = "result.json";

    readonly QuantizationRequest request;
    readonly LoadedModel loaded;
    readonly DataSets data;
    readonly Sets sets;
    readonly IProblem problem;
    readonly IReadOnlyList<Example> calibration;
    readonly IReadOnlyList<Plan> plans;
    readonly Universe? universe;

    // one model to make
    sealed record Plan(string Name, Scheme Scheme, KeptOf? Kept, bool IsRandom, string? Nearest);

    /// <summary>Reads and checks everything, before the first expensive second.</summary>
    /// <exception cref="ArgumentException">a name is unknown, or data is missing</exception>
    /// <exception cref="InvalidDataException">the data cannot be asked of the model</exception>
    public QuantizationRun(QuantizationRequest request)
    {
        request.Check();
        this.request = request;
        loaded = LoadedModel.Load(request.Model, QuantizationRequest.Precision);
        data = DataSets.Read(request.Sets);
        data.RefusePipes();
        sets = new Sets(loaded, data, LabelMap.Parse(request.LabelMap), request.MostTokens).Thin(request.Examples);
        problem = DataSource.ProblemOf(data[Role.Train]).For(loaded.Model);
        loaded.RefuseMixed(data[Role.Train]);
        calibration = loaded.Encode(data[Role.Train], loaded.Model.Labels, request.MostTokens);
        Subnetwork? kept = null;
        if (request.Mask != "")
        {
            Subnetwork read = Masks.Read(request.Mask, loaded.Model.Sizes(request.Tenants.PartKinds)).Mask;
            universe = Masks.UniverseOf([read], loaded.Model, request.Tenants.PartKinds);
            kept = Masks.Fit(read, loaded, universe, request.Tenants.PartKinds);
        }
        plans = [.. Planned(request.Read(), kept)];
        if (WeightMatrix.InLayers(loaded.Model).Count == 0)
            throw new InvalidDataException($"{loaded.Name} has no matrix in its layers, so that nothing can be quantized.");
    }

    // nearest rounding once for every grid, before what it is compared with
    IEnumerable<Plan> Planned(IReadOnlyList<Scheme> schemes, Subnetwork? mask)
    {
        HashSet<string> there = [];
        foreach (Scheme scheme in schemes)
        {
            KeptOf? kept = scheme.Others > 0 ? new(universe!, mask!.Kept) : null;
            Plan nearest = new(QuantizationRequest.SlugOf(scheme.AsNearest), scheme.AsNearest, kept, false, null);
            if (there.Add(nearest.Name)) yield return nearest;
            if (there.Add(QuantizationRequest.SlugOf(scheme)))
                yield return new(QuantizationRequest.SlugOf(scheme), scheme, kept, false, nearest.Name);
            if (kept is null) continue;
            for (int draw = 1; draw <= request.Random; draw++)
            {
                IReadOnlyList<Part> drawn = RandomParts.Like(universe!, kept.Kept, new(request.Seed, "parts with more bits"), draw);
                string name = $"random-{QuantizationRequest.SlugOf(scheme)}-seed-{draw}";
                yield return new(name, scheme, kept with { Kept = drawn }, true, null);
            }
        }
    }

    /// <summary>Hash of the model's weights.</summary>
    public string ModelSha256 => loaded.Sha256;

    /// <summary>The data, for the manifest.</summary>
    public IReadOnlyList<DataFacts> Facts => [loaded.Facts, .. data.Facts];

    /// <summary>What a reader should know of the model and the data.</summary>
    public IReadOnlyCollection<string> Notes => loaded.Notes;

    /// <summary>What will be made, in a line.</summary>
    public string Cost
    {
        get
        {
            int tokens = plans.Max(plan => Tokens(plan.Scheme));
            return $"{Wording.Count(plans.Count, "model")} of {DiskSpace.InWords(loaded.Model.Weights.Count * sizeof(float))} as float32, "
                + $"moments on {Wording.Count(tokens, "token")} of {Wording.Count(calibration.Count, "text")}, each measured on "
                + $"{Wording.Count(sets.Examples, "example")}";
        }
    }

    int Tokens(Scheme scheme) =>
        ModelQuantization.Batches([.. calibration.SelectMany(problem.Inputs)], scheme.Tokens).Sum(batch => batch.Tokens);

    /// <summary>Quantizes and measures, or reads what was made, and marks the run finished.</summary>
    /// <param name="folder">the run</param>
    /// <param name="progress">told how far the work is</param>
    /// <param name="stop">ends it</param>
    public Result In(RunFolder folder, IProgress<Progress> progress, CancellationToken stop)
    {
        folder.Finish(() =>
        {
            string name = Path.GetFileName(loaded.Name.TrimEnd('/', '\\'));
            Subject subject = new(folder, progress, stop)
            {
                Loaded = loaded,
                Sets = sets,
                Settings = new()
                {
                    Title = request.Title == "" ? $"{name} with few bits a weight" : request.Title,
                    Kind = RunKind.Quantization,
                    LabelMap = request.LabelMap,
                },
                Questions = request.Tenants.Questions,
            };
            subject = subject with { Quantized = () => Quantized(subject) };
            Result result = new(folder.Manifest, subject.AskEach(Quantizations.Asked, "making"));
            foreach (DataSource source in data.Sources) source.RefuseChanged();
            folder.WriteText(ResultFile, ResultJson.Write(result));
        });
        return ResultJson.Read(File.ReadAllText(folder.PathOf(ResultFile)), request.Tenants.Questions, request.Tenants.PartKinds);
    }

    // what is kept of a model that is written
    sealed record Made(string Folder, double Bits, long Bytes, double Error, IReadOnlyList<string> Notes);

    QuantizationFacts Quantized(Subject subject)
    {
        (RunFolder folder, CancellationToken stop) = (subject.Folder, subject.Stop);
        folder.RequireSpace(plans.Count * loaded.Model.Weights.Count * sizeof(float));
        Quantizer quantizer = new(loaded.Model, problem, calibration);
        foreach (Plan plan in plans) folder.Work(Write(subject, quantizer, plan));
        Action<int> advance = subject.Advance("measuring models", (plans.Count + 1L) * sets.Examples, "examples");
        IReadOnlyList<float[]> full = sets.Scores(loaded.Model, stop, advance, loaded.Model);
        Dictionary<string, IReadOnlyList<float[]>> nearest = [];
        List<QuantizedFacts> models = [];
        foreach (Plan plan in plans)
        {
            Made made = folder.ReadJson<Made>($"quantized/{plan.Name}.json");
            IModel model = LoadedModel.Load(folder.PathOf(made.Folder), QuantizationRequest.Precision).Model;
            IReadOnlyList<float[]> scores = sets.Scores(model, stop, advance, loaded.Model);
            if (plan.Nearest is null && !plan.IsRandom) nearest[plan.Name] = scores;
            models.Add(new(plan.Name, plan.Scheme.Words, plan.Scheme.Rounding, plan.IsRandom, made.Bits, made.Error,
                new(model.Weights.Count, made.Bytes, made.Folder), sets.Measure(scores, full), Likeness.Measure(sets, scores, full))
            {
                Nearest = plan.Nearest,
                FromNearest = plan.Nearest is { } other ? Likeness.Compare(sets, scores, nearest[other], full)
                    : new Dictionary<string, Evaluation.Statistics.Quantity>(),
                Notes = made.Notes,
            });
        }
        return new(new(loaded.Model.Weights.Count, loaded.Bytes, loaded.Folder), sets.Measure(full, null), sets.Tasks,
            [.. data[Role.Train].Select(source => source.Name)], plans.Max(plan => Tokens(plan.Scheme)), models);
    }

    Job Write(Subject subject, Quantizer quantizer, Plan plan) => new($"quantized/{plan.Name}.json", () =>
    {
        RunFolder folder = subject.Folder;
        Action<int> advance = subject.Advance($"quantizing, {plan.Scheme.Words}", quantizer.Pieces(plan.Scheme), "layers and matrices");
        QuantizedModel made = quantizer.Make(plan.Scheme, plan.Kept, () => advance(1), subject.Stop);
        Dictionary<string, byte[]> files = new(loaded.TokenizerFiles)
        {
            [QuantizationFile.Name] = QuantizationFile.Write(plan.Scheme, made),
        };
        string into = $"quantized/{plan.Name}";
        TransformersFolder.Save(made.Model, folder.PathOf(into), files, dtype: null, replace: true);
        folder.WriteJson($"quantized/{plan.Name}.json", new Made(into, made.Bits, made.Bytes, made.Error, made.Notes));
    });
}
