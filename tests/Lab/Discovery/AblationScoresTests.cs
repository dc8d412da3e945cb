using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public class AblationScoresTests
{
    [Theory, InlineData("part=ablated"), InlineData("part=kept,measure=accuracy"), InlineData("examples=10")]
    public void What_every_finder_promises_is_kept(string options) =>
        FinderRules.AreKept(FinderRules.With(new AblationScores(), options), FinderRules.Asked());

    [Theory, InlineData(false), InlineData(true)]
    public void A_score_is_the_change_of_the_loss_by_a_plain_pass_with_the_part_alone_ablated_or_alone_kept(bool kept)
    {
        Search search = FinderRules.Asked(24);
        Scores scores = new AblationScores(kept).Begin(search).Finish();
        double shared = Loss(search, kept ? 0 : 1, null);
        for (int part = 0; part < scores.Values.Count; part++)
        {
            double alone = Loss(search, kept ? 0 : 1, part);
            Assert.Equal(kept ? shared - alone : alone - shared, scores.Values[part], 1e-5);
        }
    }

    static double Loss(Search search, float others, int? part)
    {
        using Scope scope = Scope.Open();
        Tensor mask = Tensor.Filled(others, new(search.Universe.Count));
        if (part is { } p) mask.Change()[p] = 1 - others;
        Batch batch = Classification.Instance.BatchOf(search.Examples);
        return search.Model.Forward(batch, search.Masked(mask, batch, search.Examples)).CrossEntropy([.. search.Examples.Select(e => e.Label)]).Item;
    }

    [Fact]
    public void Of_a_game_it_is_the_loss_of_one_player_and_costs_what_it_says()
    {
        double[] values = [.. Enumerable.Range(0, 8).Select(i => new Chance(2, "game").Uniform(i))];
        FinderRules.Game game = new(values);
        AblationScores finder = new();
        Scores scores = finder.Begin(FinderRules.Play(game, 3)).Finish();
        Assert.Equal([values[7] - values[6], values[7] - values[5], values[7] - values[3]], scores.Values);
        Assert.Equal(game.Asked, finder.Cost(3, 1).Passes);
    }

    [Fact]
    public void Without_a_measure_and_with_unknown_options_it_is_refused()
    {
        Search none = FinderRules.Asked() with { Measure = null };
        Assert.Contains("the search has none", Assert.Throws<ArgumentException>(() => new AblationScores().Begin(none)).Message);
        Assert.Contains("'part' takes ablated or kept", FinderRules.Refusal(new AblationScores(), "part=both"));
        Assert.Contains("takes no 'orders'", FinderRules.Refusal(new AblationScores(), "orders=3"));
    }
}
