using Heartwood.Lab.Models;

namespace Heartwood.Lab.Tasks;

/// <summary>
/// Minimal pairs, as in BLiMP (Warstadt et al. 2020, TACL 8:377): a language model is right where it gives the good sentence a higher
/// probability than the bad one, summed over the sentence's tokens after the token that begins texts (without such a token the
/// first of each sentence is not scored). The numbers of a pair: ln of both probabilities; the KL divergence from the full model,
/// summed over the good sentence's tokens.
/// </summary>
public sealed class MinimalPairs : IProblem
{
    /// <inheritdoc/>
    public TaskWords Words { get; } = new("minimal pairs", "pair", "pairs right",
        "A pair is right where the good sentence is likelier than the bad one.",
        "in-domain loss (of the choice between both sentences), nats per pair", 0.5);

    /// <inheritdoc/>
    public Tokens Tokens => Tokens.All;

    /// <inheritdoc/>
    public bool OfVocabulary => true;

    /// <inheritdoc/>
    public int Numbers(IModel model) => 3;

    /// <inheritdoc/>
    public IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, InputRules rules)
    {
        Example[] pairs = [.. rows.Select(row => new Example(Sequence.Plain(rules.Plain(row.Text, row)), 0, row.Case, row.Group)
            {
                Row = row,
                Second = Sequence.Plain(rules.Plain(row.Pair!, row)),
            })
            .Where(pair => !pair.Input.Ids.AsSpan().SequenceEqual(pair.Second!.Value.Ids))];
        if (pairs.Length == 0)
            throw new InvalidDataException($"{rules.Source}: in none of {rows.Count} pairs do the sentences differ for this model "
                + $"('{InputRules.Short(rows[0].Text)}' and '{InputRules.Short(rows[0].Pair!)}'). Give other columns with text= and pair=, "
                + "or other data.");
        if (pairs.Length < rows.Count)
            rules.Tell($"{rules.Source}: {rows.Count - pairs.Length} of {rows.Count} pairs are left out: their sentences are the same "
                + "tokens.");
        return pairs;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sequence> Inputs(Example example) => [example.Input, example.Second!.Value];

    /// <inheritdoc/>
    public int[] Places(Batch batch, IReadOnlyList<Example> examples) => [.. Enumerable.Range(0, batch.Tokens).Except(batch.Last)];

    /// <inheritdoc/>
    public int[] Targets(Batch batch, IReadOnlyList<Example> examples) =>
        [.. Places(batch, examples).Select(place => batch.Ids[place + 1])];

    /// <inheritdoc/>
    public void Read(Pass pass, Pass? full, IReadOnlyList<Example> examples, Span<float> numbers)
    {
        int[] places = Places(pass.Batch, examples);
        TokenScore[] tokens = NextTokens.Read(pass, full, places, Targets(pass.Batch, examples));
        int at = 0;
        for (int e = 0; e < examples.Count; e++)
        {
            numbers[3 * e] = (float)Next(examples[e].Input).Sum(t => t.LogProbability);
            numbers[3 * e + 2] = (float)Again(examples[e].Input).Sum(t => t.Kl);
            numbers[3 * e + 1] = (float)Next(examples[e].Second!.Value).Sum(t => t.LogProbability);
        }

        ArraySegment<TokenScore> Next(Sequence s) => new(tokens, (at += Scored(s)) - Scored(s), Scored(s));
        ArraySegment<TokenScore> Again(Sequence s) => new(tokens, at - Scored(s), Scored(s));
    }

    /// <inheritdoc/>
    public bool Gives(Example example, int number, bool compared) => number < 2 || compared;

    static int Scored(Sequence sentence) => sentence.Ids.Length - 1;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Choices(ReadOnlySpan<float> numbers) => numbers[..2];

    /// <inheritdoc/>
    public IReadOnlyList<TaskFigure> Figures { get; } =
    [
        new("difference", "nats",
            "How much likelier the good sentence is: ln of its probability minus ln of the bad one's, mean over pairs.",
            (_, n) => ((double)n[0] - n[1], 1)),
        new("difference per token", "nats", "The same with each sentence's ln divided by its number of tokens.",
            (e, n) => ((double)n[0] / Scored(e.Input) - (double)n[1] / Scored(e.Second!.Value), 1)),
        new("loss of good sentences", "nats per token", "Cross entropy of the good sentences.",
            (e, n) => (-n[0], Scored(e.Input)), Least: 0),
        new("KL", "nats per token",
            "KL divergence from the full model's distribution over the vocabulary, over the good sentences' tokens.",
            (e, n) => (n[2], Scored(e.Input)), Role: FigureRole.Kl, Least: 0),
    ];
}
