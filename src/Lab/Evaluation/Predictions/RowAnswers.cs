using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation.Predictions;

/// <summary>
/// What one model says of the examples of one set, made of the same numbers as accuracy and all other figures; and what several say, row by
/// row.
/// </summary>
/// <param name="Model">what the model is called</param>
/// <param name="Set">the set</param>
/// <param name="Numbers">what the model gave, [example number] row by row</param>
public sealed record RowAnswers(string Model, EvaluationSet Set, float[] Numbers)
{
    /// <summary>The likeliest tokens at the places of each example, where they were asked for; null where not.</summary>
    public IReadOnlyList<IReadOnlyList<LikelyPlace>>? Likeliest { get; init; }

    /// <summary>The text of each example, where that is not its row's: of windows of running text; null where it is.</summary>
    public Func<Example, string>? TextOfWindow { get; init; }

    /// <summary>What it says of each example.</summary>
    public IReadOnlyList<RowAnswer> Each()
    {
        SetAnswers answers = new(Set, Numbers);
        return [.. answers.All.Select(e => One(answers, e))];
    }

    RowAnswer One(SetAnswers answers, int e)
    {
        Example example = Set.Examples[e];
        bool chooses = answers.Chooses, labelled = example.Label >= 0;
        string[] names = Names(example);
        double[] logs = answers.LogsOf(e);
        double[] shares = Measuring.LogSoftmax([.. logs.Select(log => (float)log)]);
        Choice[] choices = [.. logs.Select((log, c) => new Choice(names[c], Math.Exp(shares[c]), log))
            .OrderByDescending(c => c.LogProbability)];
        Dictionary<string, double> figures = Figures(answers, e);
        return new(Model)
        {
            Answer = chooses ? names[answers.AnswerTo(e)] : null,
            Right = chooses && labelled ? answers.IsRight(e) : null,
            Score = Set.Problem.OfOneNumber ? answers.NumberOf(e) : null,
            Choices = chooses ? choices : null,
            Figures = figures.Count > 0 ? figures : null,
            Likeliest = Likeliest?[e],
        };
    }

    // what the choices are called: the data's labels; of two sentences or answers these
    string[] Names(Example example) => example.Row is not { } row || Set.Problem is Classification ? [.. Set.Labels]
        : Set.Problem is MinimalPairs ? [row.Text, row.Pair ?? ""]
        : Set.Problem is Prompts ? [row.Label, row.Wrong] : [.. Set.Labels];

    static Dictionary<string, double> Figures(SetAnswers answers, int e)
    {
        Dictionary<string, double> figures = [];
        foreach (var (figure, sum, per) in answers.TermsOf(e))
        {
            // of one row a mean is the row's own
            string name = figure.Name.StartsWith("mean ", StringComparison.Ordinal) ? figure.Name[5..] : figure.Name;
            figures[name] = figure.Shown is { } shown ? shown(sum / per) : sum / per;
            if (figure is not { Role: FigureRole.Loss, Unit: not "" }) continue;
            figures["log-probability"] = -sum;
            figures["tokens"] = per;
        }
        return figures;
    }

    /// <summary>
    /// What several models say, row by row: of the rows that all of them were asked. A row in several windows is as many rows.
    /// </summary>
    /// <param name="models">what each says of the same rows, in the same order</param>
    public static IReadOnlyList<PredictedRow> Join(IReadOnlyList<RowAnswers> models)
    {
        IReadOnlyList<RowAnswer>[] each = [.. models.Select(model => model.Each())];
        Dictionary<(Row Row, int Window), int>[] others = [.. models.Skip(1).Select(model => Places(model.Set))];
        List<PredictedRow> rows = [];
        HashSet<Row> several = new(Places(models[0].Set).Keys.Where(key => key.Window > 0).Select(key => key.Row),
            ReferenceEqualityComparer.Instance);
        foreach (var (key, place) in Places(models[0].Set))
        {
            int[] found = [place, .. others.Select(other => other.GetValueOrDefault(key, -1))];
            if (found.Contains(-1)) continue;
            string window = several.Contains(key.Row) ? $", window {key.Window + 1}" : "";
            rows.Add(Described(models[0], place, window, [.. found.Select((at, m) => each[m][at])]));
        }
        return rows;
    }

    static Dictionary<(Row Row, int Window), int> Places(EvaluationSet set)
    {
        Dictionary<(Row, int), int> places = new(new SameRow());
        Dictionary<Row, int> windows = new(ReferenceEqualityComparer.Instance);
        for (int e = 0; e < set.Examples.Count; e++)
        {
            Row row = set.Examples[e].Row ?? throw new InvalidOperationException("An example says nothing of the row that it was made of.");
            int window = windows.GetValueOrDefault(row);
            windows[row] = window + 1;
            places[(row, window)] = e;
        }
        return places;
    }

    static string SetName(EvaluationSet set, int example) => set.Names.Count == 0 ? set.Use : set.Names[set.From[example]];

    static PredictedRow Described(RowAnswers model, int place, string which, IReadOnlyList<RowAnswer> answers)
    {
        Example example = model.Set.Examples[place];
        Row row = example.Row!;
        bool window = model.TextOfWindow is not null;
        string text = window ? model.TextOfWindow!(example) : row.Text;
        return new(SetName(model.Set, place), $"{row.Place.InFile}{which}", text, window ? null : row.Pair,
            row.Label == "" || example.Label < 0 ? null : row.Label, row.Case, answers);
    }

    // rows are the same where they are the same object: a file may say the same twice
    sealed class SameRow : IEqualityComparer<(Row Row, int Window)>
    {
        public bool Equals((Row Row, int Window) x, (Row Row, int Window) y) => ReferenceEquals(x.Row, y.Row) && x.Window == y.Window;

        public int GetHashCode((Row Row, int Window) key) =>
            HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(key.Row), key.Window);
    }
}
