using System.Text.Json.Serialization;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Predictions;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

/// <summary>What one or two models say of a text or of the rows of files.</summary>
/// <param name="Models">what they are called; with a mask the whole model and what is left of it</param>
/// <param name="Ablation">what stands in for ablated parts; null where none are ablated</param>
/// <param name="Sets">each set in one line; none for a text</param>
/// <param name="Compared">how two models' answers lie apart, set by set; null of one model</param>
/// <param name="Rows">every row; of two models those first on which they differ</param>
public sealed record PredictedRows(
    IReadOnlyList<string> Models, string? Ablation, IReadOnlyList<PredictedSet> Sets,
    IReadOnlyDictionary<string, ComparedAnswers>? Compared, IReadOnlyList<PredictedRow> Rows)
{
    /// <summary>The rows in the order of the data, as <c>--examples</c> writes them.</summary>
    [JsonIgnore]
    public IReadOnlyList<PredictedRow> InOrder { get; init; } = [];

    /// <summary>Asks the models.</summary>
    /// <param name="request">what to ask</param>
    /// <param name="progress">told how far the work is</param>
    /// <param name="stop">ends the work</param>
    /// <param name="tell">hears what a reader should know of the models and the data</param>
    /// <exception cref="ArgumentException">what is asked does not go together, or is not for such a model</exception>
    /// <exception cref="InvalidDataException">a row cannot be asked, or the data's labels are not the models'</exception>
    public static PredictedRows Ask(
        PredictionRequest request, IProgress<Progress> progress, CancellationToken stop, Action<string>? tell = null)
    {
        request.Check();
        LoadedModel[] loaded = request.Models.Count == 0 ? [LoadedModel.Load(null, request.Precision)]
            : [.. request.Models.Select(folder => LoadedModel.Load(folder, request.Precision))];
        PredictionData data = PredictionData.Read(request, loaded);
        foreach (string note in data.Notes.Concat(loaded.SelectMany(model => model.Notes)).Distinct()) tell?.Invoke(note);
        var (asked, ablation) = Asked(request, loaded, data, stop);
        List<PredictedSet> sets = [];
        List<PredictedRow> rows = [];
        Dictionary<string, ComparedAnswers> compared = [];
        for (int s = 0; s < data.Sources.Count; s++)
        {
            RowAnswers[] each = [.. asked.Select((model, m) => Answered(model, data.Sets[s][asked.Count == loaded.Length ? m : 0],
                request, progress, stop))];
            IReadOnlyList<PredictedRow> here = RowAnswers.Join(each);
            RequireRows(here, each, data.Sources[s]);
            if (request.Text is null) sets.AddRange(each.Select(answers => PredictedSet.Over(data.Sources[s].SetName, answers)));
            if (asked.Count == 2)
                compared[data.Sources[s].SetName] = ComparedAnswers.Over(asked[0].Name, asked[1].Name, here);
            rows.AddRange(here);
        }
        IReadOnlyList<PredictedRow> shown = asked.Count < 2 ? rows
            : [.. rows.OrderByDescending(row => row.Differ == true).ThenByDescending(row => row.Distance)];
        return new([.. asked.Select(model => model.Name)], ablation, sets, asked.Count < 2 ? null : compared, shown) { InOrder = rows };
    }

    // one or two models; with a mask the whole one and what is left of it
    static (IReadOnlyList<AskedModel> Asked, string? Ablation) Asked(
        PredictionRequest request, LoadedModel[] loaded, PredictionData data, CancellationToken stop)
    {
        string[] names = [.. loaded.Select(model => model.Name)];
        if (names is [var one, var same] && one == same) names = [$"{one} (1)", $"{one} (2)"];
        if (request.Mask is null && request.Without is null)
            return ([.. loaded.Zip(names, (model, name) => new AskedModel(name, model))], null);
        LoadedModel whole = loaded[0];
        IReadOnlyList<PartKind> kinds = request.Tenants.PartKinds;
        ModelSizes sizes = whole.Model.Sizes(kinds);
        Subnetwork read = (request.Mask is { } file ? Masks.Read(file, sizes) : Masks.Without(request.Without!, sizes)).Mask;
        Universe universe = Masks.UniverseOf([read], whole.Model, kinds);
        Subnetwork mask = Masks.Fit(read, whole, universe, kinds, request.OtherModel);
        string? over = request.Data.Count > 0 ? string.Join(", ", request.Data) : null;
        MaskAblation rule = new(whole, universe, request.Tenants.Ablations, request.Ablation, over, Read, stop);
        rule.Require([mask]);
        var (ablation, inWords) = rule.AblationFor(mask);
        if (ablation.How.NeedsPairs)
            throw new ArgumentException($"The ablation {ablation.Name} takes values from each row's own pair, and rows are predicted one "
                + "by one. Take --ablation zero or mean.");
        float[] values = new float[universe.Count];
        foreach (Part part in mask.Kept) values[universe.PlaceOf(part)] = 1;
        string left = request.Without is { } without ? $"without {without}" : $"subnetwork {request.Mask}";
        return ([new(names[0], whole), new(left, whole) { Mask = values, Ablation = ablation }], inWords);

        AblationSource Read()
        {
            EvaluationSet[] sets = [.. data.Sets.Select(ofEach => ofEach[0].Set)];
            Example[] all = [.. sets.SelectMany(set => set.Examples)];
            return new(whole.Model, universe, [.. sets.SelectMany(set => set.Examples.SelectMany(set.Problem.Inputs))],
                () => Inputs.Batches(all, 2048));
        }
    }

    static RowAnswers Answered(
        AskedModel model, PredictionSet set, PredictionRequest request, IProgress<Progress> progress, CancellationToken stop)
    {
        long done = 0;
        int total = set.Set.Examples.Count;
        Action<int>? advance = request.Text is not null ? null
            : more => progress.Report(new($"asking {model.Name}", Interlocked.Add(ref done, more), total, "examples"));
        bool filled = set.Set.Problem is FilledWords;
        float[] numbers = filled ? [] : model.Numbers(set.Set, advance, stop);
        RowAnswers answers = new(model.Name, set.Set, numbers) { TextOfWindow = set.TextOfWindow };
        if (set.Places is not { } places) return answers;
        var likely = LikelyTokens.At(model, [.. set.Set.Examples.Select(example => (example.Input, places(example)))], set.Top,
            filled ? advance : null, stop);
        return answers with
        {
            Likeliest = [.. likely.Select(each => (IReadOnlyList<LikelyPlace>)
                [.. each.Select((tokens, i) => new LikelyPlace(filled ? $"mask {i + 1}" : "next", tokens))])],
        };
    }

    // two tokenizers may cut a text differently; rows that only one of them can be asked are left out of both
    static void RequireRows(IReadOnlyList<PredictedRow> rows, RowAnswers[] each, DataSource source)
    {
        bool windows = each[0].Set.Problem is LanguageModelling or MaskedLanguageModelling;
        if (rows.Count > 0 && (!windows || each.All(answers => answers.Set.Examples.Count == rows.Count))) return;
        throw new InvalidDataException($"{source.Name}: the two models' tokenizers cut the text into {each[0].Set.Examples.Count} and "
            + $"{each[^1].Set.Examples.Count} windows, so that there are no rows to compare. Give short texts, one a line "
            + "(format=lines after the file's name), or ask one model at a time.");
    }
}

/// <summary>One set as one model answers it. What does not apply is null.</summary>
/// <param name="Name">the set's name</param>
/// <param name="Model">the model</param>
/// <param name="Task">what was asked: "classification", "text" …</param>
/// <param name="Rows">how many rows (of running text, windows)</param>
/// <param name="Answers">how many rows get each answer</param>
/// <param name="Accuracy">share of the rows that say what is right and are answered so</param>
/// <param name="Figures">the task's own figures over all rows, by name</param>
public sealed record PredictedSet(
    string Name, string Model, string Task, int Rows, IReadOnlyDictionary<string, int>? Answers, Proportion? Accuracy,
    IReadOnlyDictionary<string, Quantity>? Figures)
{
    internal static PredictedSet Over(string name, RowAnswers answers)
    {
        EvaluationSet set = answers.Set;
        IReadOnlyList<RowAnswer> each = answers.Each();
        Dictionary<string, int> counts = set.Problem is not Classification ? []
            : each.GroupBy(a => a.Answer!).OrderByDescending(g => g.Count()).ToDictionary(g => g.Key, g => g.Count());
        bool[] right = [.. each.Select(a => a.Right).OfType<bool>()];
        IReadOnlyDictionary<string, Quantity> figures = answers.Numbers.Length == 0 ? new Dictionary<string, Quantity>()
            : new SetAnswers(set, answers.Numbers).Figures;
        return new(name, answers.Model, set.Problem.Words.Name, set.Examples.Count, counts.Count > 0 ? counts : null,
            right.Length > 0 ? Proportion.FromCounts(right.Count(r => r), right.Length) : null, figures.Count > 0 ? figures : null);
    }
}
