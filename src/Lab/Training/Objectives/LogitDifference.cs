using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// The wrong answer's logit minus the right one's, nats: minus the logit difference of circuit papers (Wang et al. 2023, section 2.2), so
/// that lower is better. Of several tokens or labels, the logit is ln Σ exp of theirs; of labels, all others than the example's are wrong.
/// </summary>
public sealed class LogitDifference : IObjective
{
    /// <inheritdoc/>
    public string Name => "logit-difference";

    /// <inheritdoc/>
    public string Meaning => "the wrong answer's logit minus the right one's, nats";

    /// <inheritdoc/>
    public bool NeedsReference => false;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) => problem is Prompts or Classification ? null
        : $"compares right and wrong answers, and {problem.Words.Name} has none";

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
    {
        if (!problem.OfVocabulary) return Differences(pass.Scores(problem.Tokens), examples, LabelsAsChoice);
        int[] places = problem.Places(pass.Batch, examples)!;
        return NextTokens.ByPlace(pass, places, (scores, here) => Differences(scores, [.. examples.Take(here.Range)], (e, _) => e.Next!));
    }

    static NextChoice LabelsAsChoice(Example example, int labels) =>
        new([example.Label], [.. Enumerable.Range(0, labels).Where(label => label != example.Label)]);

    // scores [example choice]; what is compared is picked by its place in the flat tensor
    static Tensor Differences(Tensor scores, IReadOnlyList<Example> examples, Func<Example, int, NextChoice> choiceOf)
    {
        int width = scores.Shape.Last;
        NextChoice[] choices = [.. examples.Select(e => choiceOf(e, width))];
        int[] picked = [.. choices.SelectMany((c, row) => c.Wrong.Concat(c.Right).Select(token => row * width + token))];
        Tensor values = scores.As(scores.Count, 1).Rows(picked);
        Tensor[] differences = new Tensor[choices.Length];
        for (int e = 0, at = 0; e < choices.Length; e++)
        {
            Tensor wrong = LogSum(choices[e].Wrong.Length), right = LogSum(choices[e].Right.Length);
            differences[e] = wrong - right;

            Tensor LogSum(int count)
            {
                Tensor run = values.Slice(0, (at += count) - count, count).As(1, count), first = run.Slice(1, 0, 1);
                Tensor logSum = count == 1 ? first : first - run.LogSoftmax().Slice(1, 0, 1);
                return logSum.As(1);
            }
        }
        return Movement.Concatenate(0, differences);
    }
}
