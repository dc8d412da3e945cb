using System.Diagnostics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using MathNet.Numerics.Statistics;

namespace Heartwood.Lab.Evaluation;

/// <summary>How fast models are, measured in turn so that a busy machine slows both.</summary>
public static class Speed
{
    /// <summary>Times two models on the same examples, one after the other in every round, after one round that does not count.</summary>
    /// <param name="a">one model</param>
    /// <param name="b">the other</param>
    /// <param name="examples">what both answer</param>
    /// <param name="rounds">how many rounds count</param>
    /// <param name="advance">told of every round</param>
    /// <param name="stop">ends the work</param>
    /// <param name="problem">what is asked; null for the scores of the labels</param>
    /// <returns>medians, in seconds per 1,000 tokens</returns>
    public static (double A, double B) InTurn(
        IModel a, IModel b, IReadOnlyList<Example> examples, int rounds,
        Action<int>? advance = null, CancellationToken stop = default, IProblem? problem = null)
    {
        Answers answers = new(examples, problem: problem);
        double thousands = answers.Tokens / 1000.0;
        List<double> first = [], second = [];
        for (int round = 0; round <= rounds; round++)
        {
            double one = Time(a), other = Time(b);
            if (round == 0) continue;
            first.Add(one / thousands);
            second.Add(other / thousands);
            advance?.Invoke(1);
        }
        return (first.Median(), second.Median());

        double Time(IModel model)
        {
            long began = Stopwatch.GetTimestamp();
            answers.Scores(model, null, stop);
            return Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
    }
}
