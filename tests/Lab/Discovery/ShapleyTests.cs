using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Discovery;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public class ShapleyTests
{
    [Theory, InlineData("orders=6,measure=loss"), InlineData("orders=4,measure=loss,truncate=0.01,examples=10")]
    public void What_every_finder_promises_is_kept(string options) =>
        FinderRules.AreKept(FinderRules.With(new Shapley(), options), FinderRules.Asked());

    [Fact]
    public void Values_sum_to_what_the_whole_is_worth_and_lie_within_their_errors_of_the_exact_ones()
    {
        const int parts = 5;
        double[] values = [.. Enumerable.Range(0, 1 << parts).Select(i => new Chance(7, "game").Uniform(i))];
        AgreesWith(Exact(values, parts), values, orders: 400);
    }

    // every order counted once, by the sets that may stand before a part
    static double[] Exact(double[] values, int parts)
    {
        double[] exact = new double[parts];
        double[] weight = [.. Enumerable.Range(0, parts).Select(k => 1 / (parts * MathNet.Numerics.Combinatorics.Combinations(parts - 1, k)))];
        for (int set = 0; set < values.Length; set++)
            for (int p = 0; p < parts; p++)
                if ((set & (1 << p)) == 0) exact[p] += weight[int.PopCount(set)] * (values[set | (1 << p)] - values[set]);
        return exact;
    }

    static void AgreesWith(double[] exact, double[] values, int orders)
    {
        FinderRules.Game game = new(values);
        IFinder finder = FinderRules.With(new Shapley(), $"orders={orders}");
        Scores scores = finder.Begin(FinderRules.Play(game, exact.Length)).Finish();
        Assert.Equal(values[^1] - values[0], scores.Values.Sum(), 9);
        Assert.Equal(game.Asked, finder.Cost(exact.Length, 1).Passes);
        for (int p = 0; p < exact.Length; p++)
            Assert.True(Math.Abs(scores.Values[p] - exact[p]) <= 4.5 * scores.Errors![p] + 1e-6,
                $"part {p}: {scores.Values[p]} ± {scores.Errors[p]}, exactly {exact[p]}");
        Assert.True(scores.Errors!.Max() < 6 * exact.Max(Math.Abs) / Math.Sqrt(orders));
    }

    [Theory, InlineData("bert", 0), InlineData("bert", 1), InlineData("bert", 2), InlineData("roberta", 1)]
    public void Groups_of_words_that_captum_took_away_have_the_values_that_it_gives(string model, int row)
    {
        if (Files.SharedGoldens("captum") is not { } folder) { Assert.Skip("shared/goldens/captum is not beside the repository."); return; }
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, $"perturbations-{model}.safetensors"));
        float[] logits = new float[file.Count($"row{row}.coalition_logit")], exact = new float[file.Count($"row{row}.shapley.groups")];
        file.Read($"row{row}.coalition_logit", logits);
        file.Read($"row{row}.shapley.groups", exact);
        AgreesWith([.. exact.Select(e => (double)e)], [.. logits.Select(l => (double)l)], orders: 4000);
    }

    [Fact]
    public void An_order_is_cut_off_where_nothing_is_left_to_lose_and_what_was_cut_is_told()
    {
        // only the first two of eight parts are worth anything
        double[] values = [.. Enumerable.Range(0, 256).Select(set => (set & 1) + 0.5 * ((set >> 1) & 1))];
        FinderRules.Game whole = new(values), cut = new(values);
        Scores exact = FinderRules.With(new Shapley(), "orders=20").Begin(FinderRules.Play(whole, 8)).Finish();
        ISearch search = FinderRules.With(new Shapley(), "orders=20,truncate=0.1").Begin(FinderRules.Play(cut, 8));
        double share = 0, gap = 0;
        while (!search.IsDone())
            foreach (StepFigure figure in search.Advance())
                if (figure.Name == "cutOff") share = figure.Value;
                else if (figure.Name == "gap") gap = figure.Value;
        Assert.Equal(exact.Values, search.Scores.Values);
        Assert.InRange(share, 0.1, 0.6);
        Assert.Equal(0, gap, 9);
    }

    [Theory, InlineData("orders=3", "'orders' is even; it is 3"), InlineData("orders=0", "from 2"), InlineData("truncate=-1", "from 0")]
    public void Options_out_of_range_are_refused(string options, string gist) =>
        Assert.Contains(gist, FinderRules.Refusal(new Shapley(), options));
}
