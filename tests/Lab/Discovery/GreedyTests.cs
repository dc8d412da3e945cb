using Heartwood.Lab.Discovery;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public class GreedyTests
{
    [Theory, InlineData("measure=accuracy"), InlineData("measure=loss,examples=10")]
    public void What_every_finder_promises_is_kept(string options) =>
        FinderRules.AreKept(FinderRules.With(new Greedy(), options), FinderRules.Asked());

    [Fact]
    public void At_each_size_it_has_the_best_set_that_one_addition_to_the_set_before_gives()
    {
        const int parts = 6;
        double[] values = [.. Enumerable.Range(0, 1 << parts).Select(i => new Chance(5, "game").Uniform(i))];
        FinderRules.Game game = new(values);
        Greedy finder = new();
        double[] scores = [.. finder.Begin(FinderRules.Play(game, parts)).Finish().Values];
        Assert.Equal(Enumerable.Range(1, parts).Select(i => (double)i), scores.Order());
        int set = 0;
        for (int step = 0; step < parts; step++)
        {
            int taken = Array.IndexOf(scores, parts - step);
            double best = Enumerable.Range(0, parts).Where(p => (set & (1 << p)) == 0).Max(p => values[set | (1 << p)]);
            set |= 1 << taken;
            Assert.Equal(best, values[set]);
        }
        Assert.Equal(game.Asked, finder.Cost(parts, 1).Passes);
    }

    [Fact]
    public void Unknown_options_are_refused() => Assert.Contains("takes no 'steps'", FinderRules.Refusal(new Greedy(), "steps=3"));
}
