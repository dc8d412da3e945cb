using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation.Predictions;

/// <summary>The text of windows of running text, for people: what the model read.</summary>
static class WindowText
{
    /// <summary>Gives the text of a window: a row that is one window as it was written, masked words as their mask.</summary>
    /// <param name="model">whose tokenizer made the windows</param>
    /// <param name="examples">all windows</param>
    public static Func<Example, string> For(LoadedModel model, IReadOnlyList<Example> examples)
    {
        HashSet<object> once = new(ReferenceEqualityComparer.Instance), several = new(ReferenceEqualityComparer.Instance);
        foreach (Example example in examples)
            if (example.Row is { } row && !once.Add(row)) several.Add(row);
        return example => example is { Hidden: null, Row: { } row } && !several.Contains(row) ? row.Text
            : model.Tokenizer.Decode(example.Input.Ids, skipSpecial: example.Hidden is null);
    }
}

/// <summary>What models that were measured on sets say row by row: the same numbers as the figures, before they are counted.</summary>
static class MeasuredRows
{
    /// <summary>The rows of all sets.</summary>
    /// <param name="loaded">the model whose tokenizer read them</param>
    /// <param name="models">what each gave of its sets, as <see cref="Sets.Scores(IModel, CancellationToken, Action{int}?, IModel?)"/>
    /// gives it; a set may have lost examples that an ablation does not serve</param>
    public static IReadOnlyList<PredictedRow> Over(
        LoadedModel loaded, IReadOnlyList<(string Name, Sets Sets, IReadOnlyList<float[]> Scores)> models)
    {
        Dictionary<string, List<RowAnswers>> bySet = [];
        foreach (var (name, sets, scores) in models)
            foreach (var ((set, _), numbers) in sets.Each.Zip(scores))
            {
                bool windows = set.Problem is LanguageModelling or MaskedLanguageModelling;
                if (!bySet.TryGetValue(set.Use, out List<RowAnswers>? answers)) bySet[set.Use] = answers = [];
                answers.Add(new(name, set, numbers) { TextOfWindow = windows ? WindowText.For(loaded, set.Examples) : null });
            }
        return [.. bySet.Values.SelectMany(answers => RowAnswers.Join(answers))];
    }
}
