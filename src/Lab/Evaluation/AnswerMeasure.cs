using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>
/// The worth of sets of parts by what the masked model answers: the share that is right; between equals the lower loss.
/// </summary>
/// <param name="model">the full model</param>
/// <param name="ablation">what stands in for ablated parts</param>
/// <param name="problem">what is asked</param>
/// <param name="labels">names of the data's labels</param>
/// <param name="mapLabel">for each label of the model, the label of the data that it counts as</param>
/// <param name="advance">told the number of examples × masks that a batch finished; null for nobody</param>
public sealed class AnswerMeasure(
    IModel model, Ablation ablation, IProblem problem, IReadOnlyList<string> labels, IReadOnlyList<int> mapLabel,
    Action<int>? advance = null) : IExampleMeasure
{
    /// <inheritdoc/>
    public string Name => problem.Words.Accuracy;

    /// <inheritdoc/>
    public IReadOnlyList<Worth> Worths(
        IReadOnlyList<Example> examples, IReadOnlyList<float[]> masks, float[]? shared, CancellationToken stop) =>
        [.. Answered(examples, masks, shared, stop).Select(Worth)];

    /// <inheritdoc/>
    public (IReadOnlyList<Worth> Worths, IReadOnlyList<IReadOnlyList<ExampleWorth>> Each) WorthsOfEach(
        IReadOnlyList<Example> examples, IReadOnlyList<float[]> masks, float[]? shared, CancellationToken stop)
    {
        SetAnswers[] answers = [.. Answered(examples, masks, shared, stop)];
        return ([.. answers.Select(Worth)], [.. answers.Select(a => (IReadOnlyList<ExampleWorth>)[.. a.All.Select(a.WorthOf)])]);
    }

    IEnumerable<SetAnswers> Answered(
        IReadOnlyList<Example> examples, IReadOnlyList<float[]> masks, float[]? shared, CancellationToken stop)
    {
        float[][] numbers = new Answers(examples, problem: problem).Scores(model, masks, ablation, advance, stop, shared);
        EvaluationSet set = new("train", examples, labels, mapLabel) { Problem = problem };
        return numbers.Select(n => new SetAnswers(set, n));
    }

    // of scores none is right or wrong: then the loss alone decides
    static Worth Worth(SetAnswers answers) =>
        new(answers.HasShare ? answers.Share(answers.All).Value : 0, -answers.Loss([.. answers.All]) ?? 0);
}
