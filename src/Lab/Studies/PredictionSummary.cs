using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation.Predictions;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Questions;
using static System.FormattableString;

namespace Heartwood.Lab.Studies;

/// <summary>What models said, in words for the terminal: at most a screen, whatever the number of rows.</summary>
public static class PredictionSummary
{
    const int MostRows = 12, MostText = 100, MostChoices = 10, MostAnswers = 12;

    /// <summary>The whole answer: how two models compare, the sets in a line each, and the first rows.</summary>
    /// <param name="made">what was said</param>
    /// <param name="files">whether the rows are of files, and not a text that was typed</param>
    public static string InWords(PredictedRows made, bool files)
    {
        List<string> lines = [];
        string[] names = Names(made.Models);
        if (made.Ablation is { } ablation) lines.Add($"Ablated parts leave: {ablation}\n");
        if (!files)
        {
            foreach (PredictedRow row in made.Rows) lines.AddRange(Typed(row, names));
            return string.Concat(lines);
        }
        foreach (PredictedSet set in made.Sets)
            lines.AddRange(OfSet(set, names.Length > 1 ? names[Array.IndexOf([.. made.Models], set.Model)] : null));
        foreach (var (name, compared) in made.Compared ?? new Dictionary<string, ComparedAnswers>())
            lines.AddRange(Comparison(name, compared, names));
        lines.Add("\n");
        foreach (PredictedRow row in made.Rows.Take(MostRows)) lines.AddRange(InFile(row, names));
        if (made.Rows.Count > MostRows)
            lines.Add(Invariant($"… and {made.Rows.Count - MostRows:N0} more rows; all of them: --examples FILE or --json\n"));
        return string.Concat(lines);
    }

    // a text that was typed: all that is known of it
    static IEnumerable<string> Typed(PredictedRow row, string[] names)
    {
        bool several = names.Length > 1;
        if (several && row.Differ is { } differ) yield return differ ? "The two differ.\n" : "The two answer the same.\n";
        foreach (var (answer, name) in row.Answers.Zip(names))
        {
            if (several) yield return $"{name}\n";
            string indent = several ? "    " : "";
            if (answer.Score is { } score) yield return Invariant($"{indent}score {score:0.0000}\n");
            int width = (answer.Choices ?? []).Select(c => Short(c.Name).Length).DefaultIfEmpty(0).Max();
            foreach (Choice choice in (answer.Choices ?? []).Take(MostChoices))
                yield return Invariant($"{indent}{Short(choice.Name).PadRight(width)}  {Percent(choice.Probability)}")
                    + (answer.Figures is { Count: > 0 } ? Invariant($"  ln p {choice.LogProbability:0.00}\n") : "\n");
            if (answer.Choices is { Count: > MostChoices } many)
                yield return Invariant($"{indent}… and {many.Count - MostChoices} more labels\n");
            foreach (LikelyPlace place in answer.Likeliest ?? [])
            {
                string which = place.Place == "next" ? "next token" : place.Place;
                yield return $"{indent}{which}: {Likely(place.Tokens)}\n";
            }
            if (answer.Figures is { } figures) yield return $"{indent}{Figures(figures)}\n";
        }
    }

    static IEnumerable<string> OfSet(PredictedSet set, string? model)
    {
        string accuracy = set.Accuracy is { } share ? $"; right {Wording.Full(share)}" : "";
        IEnumerable<string> counted = (set.Answers ?? new Dictionary<string, int>()).Select(a => Invariant($"{a.Key} {a.Value:N0}"));
        string answers = set.Answers is not { } counts ? ""
            : $": {string.Join(", ", counted.Take(MostAnswers))}{(counts.Count > MostAnswers ? ", …" : "")}";
        yield return Invariant($"{set.Name}{(model is null ? "" : $", {model}")}: {set.Rows:N0} {(set.Rows == 1 ? "row" : "rows")}")
            + $"{answers}{accuracy}\n";
        if (set.Figures is { } figures)
            yield return TaskFigures.Lines(new Dictionary<string, IReadOnlyDictionary<string, Quantity>> { [set.Task] = figures });
    }

    static IEnumerable<string> Comparison(string name, ComparedAnswers compared, string[] names)
    {
        string first = names[0], second = names[1];
        if (compared.Differ is { } differ)
            yield return Invariant($"{name}: the two differ on {Math.Round(differ.Value * differ.N):0} of {differ.N:N0} rows, ")
                + $"{Wording.Full(differ)}\n";
        if (compared.Accuracy is { } lost)
            yield return Invariant($"    both right {compared.BothRight}; only {first} {compared.OnlyFirstRight}; ")
                + Invariant($"only {second} {compared.OnlySecondRight}; both wrong {compared.BothWrong}\n")
                + Invariant($"    {first} minus {second}: {Points(lost.Value)} ({Points(lost.Low)} to {Points(lost.High)} points")
                + $", paired, n = {lost.N}){Verdict(lost, first, second)}\n";
        foreach (var (figure, average) in compared.Figures ?? new Dictionary<string, Average>())
            yield return Invariant($"    {figure}: {second} minus {first} {average.Value:0.0000} ({average.Low:0.0000} to ")
                + Invariant($"{average.High:0.0000}, n = {average.N})\n");
    }

    static string Verdict(PairedDifference lost, string first, string second) =>
        lost.Low > 0 ? $": {first} is right more often" : lost.High < 0 ? $": {second} is right more often"
            : ": which of the two is right more often is not settled";

    static IEnumerable<string> InFile(PredictedRow row, string[] names)
    {
        string place = row.Place == "" ? "" : $"{row.Place}: ", label = row.Label is null ? "" : $"    (data: {Short(row.Label)})";
        yield return $"{place}{Short(row.Text)}{(row.Pair is null ? "" : $" | {Short(row.Pair)}")}{label}\n";
        string[] said = [.. row.Answers.Select(Answer)];
        if (row.Answers.Count == 1) yield return $"    {said[0]}\n";
        else
            for (int m = 0; m < said.Length; m++) yield return $"    {names[m]}: {said[m]}\n";
    }

    static string Answer(RowAnswer answer)
    {
        List<string> words = [];
        if (answer.Answer is { } chosen)
            words.Add($"{Short(chosen)} {Percent(answer.Choices?.FirstOrDefault(c => c.Name == chosen)?.Probability ?? double.NaN).Trim()}"
                + (answer.Right is { } right ? right ? ", right" : ", wrong" : ""));
        if (answer.Score is { } score) words.Add(Invariant($"{score:0.0000}"));
        foreach (LikelyPlace place in answer.Likeliest ?? [])
            words.Add($"{place.Place} {Likely(place.Tokens.Take(3))}");
        if (answer.Figures is { } figures && answer.Answer is null) words.Add(Figures(figures));
        return string.Join("; ", words);
    }

    // of a row the few that a reader looks for; all are in JSON
    static string Figures(IReadOnlyDictionary<string, double> figures) => string.Join("; ", figures.Where(f => !LeftOut.Contains(f.Key))
        .Select(f => f.Key == "tokens" ? Invariant($"{f.Value:0} tokens")
            : Math.Abs(f.Value) >= 100 ? Invariant($"{f.Key} {f.Value:0.0}") : Invariant($"{f.Key} {f.Value:0.000}")));

    static readonly string[] LeftOut = ["bits per byte", "next tokens right", "masked words right"];

    // a folder's own name says enough where it tells the two apart
    static string[] Names(IReadOnlyList<string> models)
    {
        string[] ends = [.. models.Select(name => Path.GetFileName(Path.TrimEndingDirectorySeparator(name)))];
        return ends.Distinct().Count() == ends.Length && ends.All(end => end.Length > 0) ? ends : [.. models];
    }

    static string Percent(double share) => Wording.Plain(Wording.Percent(share)).PadLeft(7);

    static string Likely(IEnumerable<LikelyToken> tokens) =>
        string.Join(", ", tokens.Select(t => $"'{t.Text}' {Percent(t.Probability).Trim()}"));

    static string Points(double share) => Invariant($"{share * 100:0.0}");

    static string Short(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        return line.Length <= MostText ? line : $"{line[..(MostText - 1)]}…";
    }
}
