using Heartwood.Lab.Models;

namespace Heartwood.Lab.Tasks;

/// <summary>
/// Prompts after which one of two tokens (or sets of tokens) should come next, each with a corrupted form that takes the reason away:
/// indirect objects (IOI, Wang et al. 2023, section 2), years (greater-than, Hanna et al. 2023, section 2). An answer of several
/// tokens is told by its first; a first token that right and wrong answers share tells nothing and is left out. The numbers of a
/// prompt: ln of the probability of the right and of the wrong set, the same after the corrupted prompt, and the KL divergence from
/// the full model's distribution after the clean one.
/// </summary>
public sealed class Prompts : IProblem
{
    /// <inheritdoc/>
    public TaskWords Words { get; } = new("prompts", "prompt", "prompts right",
        "A prompt is right where the right answer is likelier than the wrong one.",
        "in-domain loss (of the choice between both answers), nats per prompt", double.NaN);

    /// <inheritdoc/>
    public Tokens Tokens => Tokens.Read;

    /// <inheritdoc/>
    public bool OfVocabulary => true;

    /// <inheritdoc/>
    public int Numbers(IModel model) => 5;

    /// <inheritdoc/>
    public IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, InputRules rules)
    {
        List<string> glued = [], alike = [];
        Example[] examples = [.. rows.Select(row => Encode(row, rules, glued, alike)).OfType<Example>()];
        string why = (glued.Count == 0 ? "" : $" In {glued.Count} an answer is no token of its own after its prompt: {glued[0]}")
            + (alike.Count == 0 ? ""
                : $" In {alike.Count} right and wrong answers begin with the same token of this tokenizer: {alike[0]}");
        if (examples.Length == 0) throw new InvalidDataException($"{rules.Source}: none of {rows.Count} prompts can be scored.{why}");
        if (examples.Length < rows.Count)
            rules.Tell($"{rules.Source}: {examples.Length} of {rows.Count} prompts "
                + $"({100.0 * examples.Length / rows.Count:0} %) can be scored.{why}");
        return examples;
    }

    static Example? Encode(Row row, InputRules rules, List<string> glued, List<string> alike)
    {
        int[] prompt = rules.Plain(row.Text, row);
        HashSet<int> right = First(row.Label), wrong = First(row.Wrong), both = [.. right.Intersect(wrong)];
        if (right.Count == 0 || wrong.Count == 0)
        {
            string answer = (right.Count == 0 ? row.Label : row.Wrong).Split('|')[0];
            string move = answer.StartsWith(' ') ? "Let the prompt end without a space"
                : $"Answers are read as written; write the answer with its space: ' {answer}'";
            glued.Add($"'{answer}' right after '{InputRules.Short(row.Text)}' changes the prompt's tokens or adds none. {move}.");
            return null;
        }
        right.ExceptWith(both);
        wrong.ExceptWith(both);
        if (right.Count == 0 || wrong.Count == 0)
        {
            alike.Add($"'{InputRules.Short(row.Label)}' and '{InputRules.Short(row.Wrong)}' after '{InputRules.Short(row.Text)}'. "
                + "Use a model whose tokenizer tells them apart, or other answers.");
            return null;
        }
        return new Example(Sequence.Plain(prompt), 0, row.Case, row.Group)
        {
            Row = row,
            Second = row.Pair is null ? null : Sequence.Plain(rules.Plain(row.Pair, row)),
            Next = new([.. right.Order()], [.. wrong.Order()]),
        };

        // an answer is read where it stands, after the prompt; where the prompt's own tokens change by it, it cannot be told
        HashSet<int> First(string answers) => [.. answers.Split('|')
            .Select(answer => (int[])[.. rules.Begin, .. rules.Tokenizer.EncodeText(row.Text + answer).Ids])
            .Where(ids => ids.Length > prompt.Length && ids.AsSpan(0, prompt.Length).SequenceEqual(prompt))
            .Select(ids => ids[prompt.Length])];
    }

    /// <summary>Masks are learned on the clean prompts.</summary>
    public Example ToLearn(Example example) => example with { Second = null, Pair = example.Second };

    /// <inheritdoc/>
    public IReadOnlyList<Sequence> Inputs(Example example) =>
        example.Second is { } corrupted ? [example.Input, corrupted] : [example.Input];

    /// <summary>The clean prompts' last tokens.</summary>
    public int[] Places(Batch batch, IReadOnlyList<Example> examples)
    {
        int[] clean = new int[examples.Count];
        for (int e = 1; e < clean.Length; e++) clean[e] = clean[e - 1] + Inputs(examples[e - 1]).Count;
        return clean;
    }

    /// <inheritdoc/>
    public void Read(Pass pass, Pass? full, IReadOnlyList<Example> examples, Span<float> numbers)
    {
        float[] read = new float[numbers.Length];
        int[] clean = Places(pass.Batch, examples);
        int[] corrupted = [.. Enumerable.Range(0, examples.Count).Where(e => examples[e].Second is not null)];
        read.AsSpan().Fill(float.NaN);
        NextTokens.Each(pass, full, clean, (e, logs, others, shares) =>
        {
            Choose(e, 0, logs);
            read[5 * e + 4] = (float)NextTokens.Kl(logs, others, shares);
        });
        NextTokens.Each(pass, null, [.. corrupted.Select(e => clean[e] + 1)], (i, logs, _, _) => Choose(corrupted[i], 2, logs));
        read.CopyTo(numbers);

        void Choose(int e, int at, ReadOnlySpan<float> logs) =>
            (read[5 * e + at], read[5 * e + at + 1]) = (LogSum(logs, examples[e].Next!.Right), LogSum(logs, examples[e].Next!.Wrong));
    }

    /// <inheritdoc/>
    public bool Gives(Example example, int number, bool compared) =>
        number switch { < 2 => true, 4 => compared, _ => example.Second is not null };

    static float LogSum(ReadOnlySpan<float> logs, int[] tokens)
    {
        double most = double.NegativeInfinity, sum = 0;
        foreach (int token in tokens) most = Math.Max(most, logs[token]);
        foreach (int token in tokens) sum += Math.Exp(logs[token] - most);
        return (float)(most + Math.Log(sum));
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Choices(ReadOnlySpan<float> numbers) => numbers[..2];

    /// <inheritdoc/>
    public IReadOnlyList<TaskFigure> Figures { get; } =
    [
        new("logit difference", "nats",
            "ln of the right answer's probability minus ln of the wrong one's (of sets: of their sums), mean over prompts.",
            (_, n) => ((double)n[0] - n[1], 1)),
        new("logit difference, corrupted", "nats", "The same after the corrupted prompts.", (_, n) => ((double)n[2] - n[3], 1)),
        new("probability of the answer", "share", "Probability of the right answer, mean over prompts.",
            (_, n) => (Math.Exp(n[0]), 1), Least: 0, Most: 1),
        new("probability difference", "share", "Probability of the right answer minus that of the wrong one, mean over prompts.",
            (_, n) => (Math.Exp(n[0]) - Math.Exp(n[1]), 1), Least: -1, Most: 1),
        new("probability difference, corrupted", "share", "The same after the corrupted prompts.",
            (_, n) => (Math.Exp(n[2]) - Math.Exp(n[3]), 1), Least: -1, Most: 1),
        new("KL", "nats", "KL divergence from the full model's distribution over the vocabulary after the clean prompts.",
            (_, n) => (n[4], 1), Role: FigureRole.Kl, Least: 0),
    ];
}
