using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Predictions;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Lab.Studies;

/// <summary>One set as one model is asked it.</summary>
/// <param name="Set">the examples</param>
/// <param name="Top">how many of the likeliest tokens to say</param>
/// <param name="Places">the tokens of an example at which they are said; null where none are</param>
/// <param name="TextOfWindow">the text of an example that is a window of its row; null where it is its row</param>
sealed record PredictionSet(EvaluationSet Set, int Top, Func<Example, int[]>? Places, Func<Example, string>? TextOfWindow);

/// <summary>
/// The rows that are predicted, as each model is asked them. What is asked follows from the data, as everywhere; where rows say nothing of
/// what is right, from the model: labels, a score, what comes next, what the mask hides.
/// </summary>
sealed class PredictionData
{
    const int UsualTop = 5;

    readonly PredictionRequest request;
    readonly LoadedModel[] models;

    PredictionData(PredictionRequest request, LoadedModel[] models, IReadOnlyList<DataSource> sources)
    {
        (this.request, this.models, Sources) = (request, models, sources);
        LabelMap map = LabelMap.Parse(request.LabelMap);
        bool IsLabel(string label) => models.Any(m => m.Model.Output == Output.Labels && m.Labels.Contains(label));
        if (map.Sources.FirstOrDefault(label => !IsLabel(label)) is { } nobodys)
            throw new ArgumentException($"--label-map renames '{nobodys}', which is no label of the model "
                + $"({string.Join("; ", models.Select(m => string.Join(", ", m.Model.Labels)))}).");
        Sets = [.. sources.Select(source => (IReadOnlyList<PredictionSet>)[.. models.Select(model => SetFor(source, model, map))])];
    }

    /// <summary>The sources.</summary>
    public IReadOnlyList<DataSource> Sources { get; }

    /// <summary>For each source, the set of each model.</summary>
    public IReadOnlyList<IReadOnlyList<PredictionSet>> Sets { get; }

    /// <summary>What a reader should know of the data.</summary>
    public IEnumerable<string> Notes => Sources.SelectMany(source => source.Notes);

    /// <summary>Reads what a request names.</summary>
    public static PredictionData Read(PredictionRequest request, LoadedModel[] models)
    {
        if (request.Text is { } text)
        {
            Row row = new(text, request.Pair, "");
            DataSource typed = new("--text", [row], "", () => { }) { MayLackLabels = true, SetName = "", Labels = [] };
            return new(request, models, [typed]);
        }
        RowReading reading = new(request.IgnoreLabels ? LabelUse.Ignored : LabelUse.Optional,
            ByLines: models.All(model => model.Model.Output == Output.Labels));
        return new(request, models, [.. request.Data.Select(data => DataSource.Read(data, reading))]);
    }

    PredictionSet SetFor(DataSource source, LoadedModel model, LabelMap map)
    {
        DataSource asked = source with { Problem = ProblemFor(source, model) };
        model.RefuseMixed([asked]);
        IProblem problem = asked.Problem.For(model.Model);
        if (problem is MaskedLanguageModelling && request.Text is not null)
            throw new ArgumentException($"{model.Name} guesses masked words, and --text has none: write "
                + $"{model.Tokenizer.Piece(model.Tokenizer.Mask ?? 0)} where a word is to be filled.");
        LabelMatch? match = problem is Classification
            ? LabelMatch.Find(model.Labels, Restricted(map, model.Labels), [asked]) : null;
        (IReadOnlyList<string> names, IReadOnlyList<int> mapped) = match is not null ? (match.Names, match.Mapped)
            : problem.OfOneNumber ? (Regression.Labels, [0]) : (["right", "wrong"], [0, 1]);
        if (match is not null && models.Length == 2) RequireShared(names, map);
        IReadOnlyList<Example> examples = problem is LanguageModelling && request.Text is { } text
            ? [Typed(model, source.Rows[0], text)]
            : problem is FilledWords ? problem.Encode(asked.Rows, Rules(model, asked)) : model.Encode([asked], names, request.MostTokens);
        EvaluationSet set = new(source.SetName, examples, names, mapped) { Problem = problem };
        bool windows = problem is LanguageModelling or MaskedLanguageModelling && request.Text is null;
        return new(set, request.Top ?? UsualTop, PlacesFor(problem, model), windows ? WindowText.For(model, examples) : null);
    }

    // a map may name labels of the other model
    static LabelMap Restricted(LabelMap map, IReadOnlyList<string> labels) => LabelMap.Parse(
        string.Join('|', map.ToString().Split('|', StringSplitOptions.RemoveEmptyEntries)
            .Where(pair => labels.Contains(pair.Split('>')[0]))));

    void RequireShared(IReadOnlyList<string> names, LabelMap map)
    {
        foreach (LoadedModel other in models)
        {
            string[] its = [.. other.Labels.Select(label => map[label])];
            if (its.Intersect(names).Any()) continue;
            throw new ArgumentException($"The two models have no label in common ({string.Join(", ", names)}; {string.Join(", ", its)}), "
                + "so that they would differ on every row. Say what they count as: --label-map \"A>B\".");
        }
    }

    IProblem ProblemFor(DataSource source, LoadedModel model)
    {
        bool unlabelled = source.LabelColumn == "" && source.Problem is Classification or Regression && source.Rows.All(r => r.Label == "");
        bool plain = unlabelled || source.Problem is LanguageModelling;
        if (!plain) return source.Problem;
        if (model.Model.Output == Output.Labels)
        {
            if (source.Problem is LanguageModelling { } text && text != new LanguageModelling(Most: text.Most))
                throw new ArgumentException($"{source.Name}: window= and stride= cut running text for a language model; {model.Name} reads "
                    + "each row whole. Leave them out.");
            return model.Model.GivesOneNumber() ? Regression.Instance : Classification.Instance;
        }
        if (source.Rows.FirstOrDefault(row => row.Pair is not null) is { } pair)
            return request.Text is not null && model.Model.Causal ? new MinimalPairs()
                : throw new InvalidDataException($"{Inputs.Where(pair, source.Name)}: two texts a row, and {model.Name} is "
                    + (model.Model.Causal ? "a language model, which says which of two is likelier: add task=pairs"
                        : "asked for one") + ". "
                    + "Give rows of one text, or a classifier of pairs.");
        if (model.Model.GuessesMaskedWords() && model.Tokenizer.Mask is { } mask
            && source.Rows.Any(row => row.Text.Contains(model.Tokenizer.Piece(mask), StringComparison.Ordinal))) return new FilledWords();
        return source.Problem is LanguageModelling own ? own : new LanguageModelling();
    }

    InputRules Rules(LoadedModel model, DataSource source) => new(model.Tokenizer,
        request.MostTokens == 0 ? model.Model.MostPositions : Math.Min(request.MostTokens, model.Model.MostPositions),
        model.Rule, [], source.Name, _ => { });

    // a text that is typed is read whole, as generate reads it, also where it is a single token that nothing stands before
    static Example Typed(LoadedModel model, Row row, string text)
    {
        int[] ids = model.PromptOf(text);
        if (ids.Length == 0)
            throw new ArgumentException("There is no text, and the tokenizer has no token that begins one. Give --text TEXT.");
        if (ids.Length > model.Model.MostPositions)
            throw new ArgumentException($"The text has {ids.Length} tokens, the model takes {model.Model.MostPositions}. Shorten it, or "
                + "give it as a file: --data FILE.");
        string scored = ids[0] == model.Tokenizer.Begin ? text : model.Tokenizer.Decode(ids[1..], skipSpecial: false);
        return new(Sequence.Plain(ids), -1, "", "") { Row = row, Bytes = System.Text.Encoding.UTF8.GetByteCount(scored) };
    }

    // where the likeliest tokens are said: after a text that was typed and after prompts; after running text of a file only if asked for
    Func<Example, int[]>? PlacesFor(IProblem problem, LoadedModel model) => problem switch
    {
        FilledWords => example => FilledWords.PlacesOf(example, model.Tokenizer.Mask!.Value),
        Prompts => Last,
        LanguageModelling when request.Text is not null || request.Top is not null => Last,
        _ when request.Top is not null => throw new ArgumentException("--top says how many of the likeliest tokens to show, and "
            + $"{model.Name} is asked for {problem.Words.Name} here, which has none. Leave it out."),
        _ => null,
    };

    static int[] Last(Example example) => [example.Input.Ids.Length - 1];
}
