using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>The objectives that Heartwood comes with, and which of them serve where none is named.</summary>
public static class Objectives
{
    /// <summary>All of them; a new one gets its line here.</summary>
    public static IReadOnlyList<IObjective> Usual =>
    [
        new CrossEntropy(), new KlToFull(), new LogitDifference(), new PairMargin(), new NextToken(), new MaskedWords(),
        new SquaredError(), new SquaredErrorToFull(), new LayersToFull(), new LayersToFull(cosine: true), new AttentionToFull(),
        new RelationsToFull(),
    ];

    /// <summary>The one of a name.</summary>
    /// <param name="all">the objectives that there are</param>
    /// <param name="name">its name</param>
    /// <exception cref="ArgumentException">there is none of that name; the message lists what there is</exception>
    public static IObjective Named(IReadOnlyList<IObjective> all, string name) => all.FirstOrDefault(o => o.Name == name)
        ?? throw new ArgumentException(Nearest.Unknown("objective", name, all.Select(o => o.Name)));

    /// <summary>How far a changed model is from the full one: what a search makes small where no objective is named.</summary>
    public static IObjective ToFull(IProblem problem) => problem.OfOneNumber ? new SquaredErrorToFull() : new KlToFull();

    static readonly IObjective[] toTrain = [new CrossEntropy(), new SquaredError(), new NextToken(), new MaskedWords()];

    /// <summary>Whether models are trained on a task.</summary>
    public static bool CanTrain(IProblem problem) => toTrain.Any(objective => objective.WhyNot(problem) is null);

    /// <summary>What training makes small where no objective is named.</summary>
    /// <exception cref="InvalidDataException">models are not trained on this task</exception>
    public static IObjective ToTrain(IProblem problem)
    {
        return toTrain.FirstOrDefault(objective => objective.WhyNot(problem) is null)
            ?? throw new InvalidDataException($"Models are trained on labels, scores or running text, not on {problem.Words.Name}. "
                + "Give --data of one of these; any task can be measured with --in-domain.");
    }

    /// <summary>A weighted mean.</summary>
    /// <param name="losses">[example]</param>
    /// <param name="weights">what each weighs; only ratios count</param>
    internal static Tensor Mean(this Tensor losses, double[] weights)
    {
        if (weights.All(weight => weight == weights[0])) return losses.Mean();
        double total = weights.Sum();
        Tensor shares = Tensor.From([.. weights.Select(weight => (float)(weight / total))], weights.Length);
        return (losses * shares).Sum();
    }

    /// <summary>Refuses an objective that cannot be asked of a problem.</summary>
    /// <param name="objective">the objective</param>
    /// <param name="problem">what is asked of the model</param>
    /// <param name="all">the objectives that there are, to name those that can; null for those that Heartwood comes with</param>
    /// <exception cref="ArgumentException">it says why, and which can</exception>
    public static void Check(IObjective objective, IProblem problem, IReadOnlyList<IObjective>? all = null)
    {
        if (objective.WhyNot(problem) is not { } why) return;
        IEnumerable<string> others = (all ?? Usual).Where(other => other.WhyNot(problem) is null).Select(other => other.Name);
        throw new ArgumentException($"The objective {objective.Name} {why}. "
            + $"For {problem.Words.Name} there are: {string.Join(", ", others)}.");
    }
}
