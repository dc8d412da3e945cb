using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Lab.Tasks;

/// <summary>Turns rows into a model's inputs, and packs inputs into batches.</summary>
public static class Inputs
{
    /// <summary>Encodes labelled rows.</summary>
    /// <param name="rows">the rows</param>
    /// <param name="tokenizer">the model's tokenizer</param>
    /// <param name="labels">the labels, in the order of their numbers</param>
    /// <param name="mostTokens">longest input; longer pairs are truncated, the longer sentence first</param>
    /// <param name="rule">where token types come from</param>
    /// <param name="source">where the rows come from, for messages</param>
    /// <param name="tell">hears how many rows were truncated</param>
    /// <param name="unlabelled">whether a row may have the label "", which gets the number −1</param>
    /// <exception cref="InvalidDataException">a row's label is not among the labels, or its text is no token</exception>
    public static IReadOnlyList<Example> Encode(
        IReadOnlyList<Row> rows, Tokenizer tokenizer, IReadOnlyList<string> labels, int mostTokens,
        TokenTypeRule rule, string source, Action<string>? tell = null, bool unlabelled = false)
    {
        Sequence[] inputs = EncodeTexts(rows, tokenizer, mostTokens, rule, source, tell);
        Dictionary<string, int> numbers = labels.Index().ToDictionary(l => l.Item, l => l.Index);
        return [.. rows.Select((row, i) =>
        {
            bool none = unlabelled && row.Label == "";
            if (!numbers.TryGetValue(row.Label, out int label) && !none)
                throw new InvalidDataException($"{source}: the label '{row.Label}' is none of the model's ({string.Join(", ", labels)}). "
                    + $"{Tables.LabelAdvice.NextMove(null, [.. rows.Select(r => r.Label).Distinct()], labels, counted: false)}");
            return new Example(inputs[i], none ? -1 : label, row.Case, row.Group)
            {
                Row = row,
                Pair = OtherInput(row, tokenizer, mostTokens, rule),
            };
        })];
    }

    /// <summary>The input that a row would be with its other text; null where it has none.</summary>
    internal static Sequence? OtherInput(Row row, Tokenizer tokenizer, int mostTokens, TokenTypeRule rule) =>
        row.Other is not { } other ? null : EncodeOne(row with { Text = other }, tokenizer, mostTokens, rule);

    /// <summary>The texts or pairs of rows as inputs; longer ones are truncated, and counted.</summary>
    /// <exception cref="InvalidDataException">a row's text is no token</exception>
    internal static Sequence[] EncodeTexts(
        IReadOnlyList<Row> rows, Tokenizer tokenizer, int mostTokens, TokenTypeRule rule, string source, Action<string>? tell)
    {
        Sequence[] inputs = new Sequence[rows.Count];
        List<Row> empty = [], longer = [];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = EncodeOne(rows[i], tokenizer, mostTokens, rule);
            int tokens = inputs[i].Ids.Length;
            if (tokens == 0) empty.Add(rows[i]);
            else if (tokens == mostTokens && mostTokens < int.MaxValue
                && tokenizer.Encode(rows[i].Text, rows[i].Pair, mostTokens + 1).Count > mostTokens)
                longer.Add(rows[i]);
        }
        if (empty.Count > 0)
            throw new InvalidDataException($"{Where(empty[0], source)}: expected a text, found '{InputRules.Short(empty[0].Text)}', "
                + $"which is no token for this model (it puts none around a text){Others(empty)}. "
                + $"Write a text there, or delete {(empty.Count == 1 ? "the line" : "these lines")}.");
        if (longer.Count > 0)
            tell?.Invoke($"{source}: {longer.Count:N0} of {rows.Count:N0} rows {(longer.Count == 1 ? "is" : "are")} "
                + $"longer than {mostTokens} tokens and {(longer.Count == 1 ? "is" : "are")} cut off there, of a pair the longer text first"
                + $"{(longer[0].Place.InFile is { Length: > 0 } first ? $" (the first: {first})" : "")}.");
        return inputs;
    }

    /// <summary>Where a row stands, for messages: its file and line, or the source of rows that are made.</summary>
    internal static string Where(Row row, string source) => row.Place.ToString() is { Length: > 0 } place ? place : source;

    /// <summary>
    /// The other rows of a fault, for the end of a clause: "; the same on line 7, line 9 and 12 more"; "" for a single row.
    /// </summary>
    internal static string Others(IReadOnlyList<Row> rows)
    {
        const int most = 10;
        if (rows.Count == 1) return "";
        return $"; the same on {string.Join(", ", rows.Skip(1).Take(most).Select(r => r.Place.InFile))}"
            + $"{(rows.Count > most + 1 ? $" and {rows.Count - most - 1:N0} more" : "")}";
    }

    static Sequence EncodeOne(Row row, Tokenizer tokenizer, int mostTokens, TokenTypeRule rule)
    {
        Encoded encoded = tokenizer.Encode(row.Text, row.Pair, mostTokens);
        if (rule == TokenTypeRule.Sentence || row.Pair is null) return new(encoded.Ids, encoded.TokenTypes);
        HashSet<string>[] words = [[], []];
        for (int t = 0; t < encoded.Count; t++)
            if (encoded.Words[t] >= 0) words[encoded.TokenTypes[t]].Add(encoded.WordTexts[encoded.Words[t]]);
        int[] types = [.. encoded.TokenTypes
            .Select((type, t) => encoded.Words[t] >= 0 && words[1 - type].Contains(encoded.WordTexts[encoded.Words[t]]) ? type + 2 : type)];
        return new(encoded.Ids, types);
    }

    /// <summary>Cuts a run of examples into batches of at most this number of tokens (at least one example each), in order.</summary>
    /// <returns>for each batch, where it starts and how many examples it holds</returns>
    public static IReadOnlyList<(int Start, int Count)> Pack(IReadOnlyList<int> lengths, int mostTokens)
    {
        List<(int, int)> batches = [];
        for (int start = 0; start < lengths.Count;)
        {
            int end = start, tokens = 0;
            while (end < lengths.Count && (end == start || tokens + lengths[end] <= mostTokens)) tokens += lengths[end++];
            batches.Add((start, end - start));
            start = end;
        }
        return batches;
    }

    /// <summary>The examples' own inputs as packed batches, in order, without what they are compared with.</summary>
    public static IReadOnlyList<Batch> Batches(IReadOnlyList<Example> examples, int mostTokens) =>
        [.. Packed(examples, mostTokens, Classification.Instance).Select(b => b.Batch)];

    /// <summary>The examples as packed batches, in order, with all sequences that a problem asks.</summary>
    public static IReadOnlyList<(Batch Batch, IReadOnlyList<Example> Examples)> Packed(
        IReadOnlyList<Example> examples, int mostTokens, IProblem problem) =>
        [.. Pack([.. examples.Select(e => problem.Inputs(e).Sum(s => s.Ids.Length))], mostTokens).Select(b =>
        {
            Example[] own = [.. examples.Skip(b.Start).Take(b.Count)];
            return (problem.BatchOf(own), (IReadOnlyList<Example>)own);
        })];

    /// <summary>
    /// The own pairs of all sequences of some examples in one batch, in the order of <see cref="BatchOf"/>; null where one has none.
    /// </summary>
    public static Batch? PairsOf(this IProblem problem, IReadOnlyList<Example> examples)
    {
        Sequence?[] pairs = [.. examples.SelectMany(problem.Pairs)];
        return pairs.All(pair => pair is not null) ? new([.. pairs.Select(pair => pair!.Value)]) : null;
    }

    /// <summary>Whether all sequences of an example have what an ablation takes.</summary>
    public static bool Serves(this IAblation ablation, IProblem problem, Example example) =>
        problem.Inputs(example).Zip(problem.Pairs(example)).All(row => ablation.Serves(row.First, row.Second));

    /// <summary>The examples that have what an ablation takes.</summary>
    /// <param name="ablation">the ablation</param>
    /// <param name="problem">what is asked</param>
    /// <param name="examples">the examples</param>
    /// <param name="source">where they come from, for messages</param>
    /// <param name="tell">hears how many are left out</param>
    /// <exception cref="InvalidDataException">none has</exception>
    public static IReadOnlyList<Example> Served(
        this IAblation ablation, IProblem problem, IReadOnlyList<Example> examples, string source, Action<string> tell)
    {
        Example[] served = [.. examples.Where(example => ablation.Serves(problem, example))];
        int left = examples.Count - served.Length;
        if (left == 0) return examples;
        if (served.Length == 0)
            throw new InvalidDataException($"{source}: all {examples.Count:N0} rows {ablation.Lacking}, "
                + $"which the ablation {ablation.Name} takes. Give data that has such rows, or another --ablation.");
        tell($"{source}: {left:N0} of {examples.Count:N0} rows {ablation.Lacking}; the ablation {ablation.Name} leaves them out.");
        return served;
    }

    /// <summary>All sequences of some examples in one batch.</summary>
    public static Batch BatchOf(this IProblem problem, IReadOnlyList<Example> examples) => new([.. examples.SelectMany(problem.Inputs)]);
}
