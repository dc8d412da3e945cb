using Heartwood.Lab.Models;
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
    /// <exception cref="InvalidDataException">a row's label is not among the labels</exception>
    public static IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, Tokenizer tokenizer, IReadOnlyList<string> labels, int mostTokens, TokenTypeRule rule, string source)
    {
        Dictionary<string, int> numbers = labels.Index().ToDictionary(l => l.Item, l => l.Index);
        return [.. rows.Select(row =>
        {
            if (!numbers.TryGetValue(row.Label, out int label))
                throw new InvalidDataException($"{source}: the label '{row.Label}' is none of the model's ({string.Join(", ", labels)}). "
                    + $"{Tables.LabelAdvice.Of(null, [.. rows.Select(r => r.Label).Distinct()], labels, counted: false)}");
            return new Example(EncodeOne(row, tokenizer, mostTokens, rule), label, row.Case, row.Group);
        })];
    }

    internal static Sequence EncodeOne(Row row, Tokenizer tokenizer, int mostTokens, TokenTypeRule rule)
    {
        Encoded encoded = tokenizer.Encode(row.Text, row.Pair, mostTokens);
        if (rule == TokenTypeRule.Sentence || row.Pair is null) return new(encoded.Ids, encoded.TokenTypes);
        HashSet<string>[] words = [[], []];
        for (int t = 0; t < encoded.Count; t++)
            if (encoded.Words[t] >= 0) words[encoded.TokenTypes[t]].Add(encoded.WordTexts[encoded.Words[t]]);
        int[] types = [.. encoded.TokenTypes.Select((type, t) => encoded.Words[t] >= 0 && words[1 - type].Contains(encoded.WordTexts[encoded.Words[t]]) ? type + 2 : type)];
        return new(encoded.Ids, types);
    }

    /// <summary>Cuts a run of examples into batches of at most so many tokens (at least one example each), in order.</summary>
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
    public static IReadOnlyList<Batch> Batches(IReadOnlyList<Example> examples, int mostTokens) => [.. Packed(examples, mostTokens, Classification.Instance).Select(b => b.Batch)];

    /// <summary>The examples as packed batches, in order, with all sequences that a problem asks.</summary>
    public static IReadOnlyList<(Batch Batch, IReadOnlyList<Example> Examples)> Packed(IReadOnlyList<Example> examples, int mostTokens, IProblem problem) =>
        [.. Pack([.. examples.Select(e => problem.Inputs(e).Sum(s => s.Ids.Length))], mostTokens).Select(b =>
        {
            Example[] own = [.. examples.Skip(b.Start).Take(b.Count)];
            return (problem.BatchOf(own), (IReadOnlyList<Example>)own);
        })];

    /// <summary>All sequences of some examples in one batch.</summary>
    public static Batch BatchOf(this IProblem problem, IReadOnlyList<Example> examples) => new([.. examples.SelectMany(problem.Inputs)]);
}
