using Heartwood.Lab.Discovery;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public class RandomScoresTests
{
    [Fact]
    public void What_every_finder_promises_is_kept() => FinderRules.AreKept(new RandomScores(), FinderRules.Asked());

    [Fact]
    public void Every_part_is_as_likely_to_stand_first_as_any_other()
    {
        const int seeds = 1200;
        int[] first = new int[6];
        for (ulong seed = 1; seed <= seeds; seed++)
        {
            double[] scores = [.. new RandomScores().Begin(FinderRules.Asked(1, seed)).Finish().Values];
            Assert.All(scores, s => Assert.InRange(s, 0, 1));
            first[Array.IndexOf(scores, scores.Max())]++;
        }
        Assert.All(first, count => Assert.InRange(count, 200 - 55, 200 + 55));        // sd 12.9: more than four of them
    }

    [Fact]
    public void It_costs_nothing_and_takes_no_options()
    {
        Assert.Equal(0, new RandomScores().Cost(36, 512).Passes);
        Assert.Contains("random takes no options", FinderRules.Refusal(new RandomScores(), "seed=3"));
    }
}
