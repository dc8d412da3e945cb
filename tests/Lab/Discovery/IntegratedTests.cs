using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public class IntegratedTests
{
    [Theory, InlineData("steps=3"), InlineData("steps=2,batch-size=3,examples=10")]
    public void What_every_finder_promises_is_kept(string options) =>
        FinderRules.AreKept(FinderRules.With(new Integrated(), options), FinderRules.Asked());

    [Fact]
    public void The_scores_sum_to_what_the_loss_falls_from_all_ablated_to_all_present()
    {
        Search search = FinderRules.Asked(16);
        double fall = Loss(search, 0) - Loss(search, 1);
        double few = new Integrated(new(Steps: 2)).Begin(search).Finish().Values.Sum();
        double many = new Integrated(new(Steps: 64)).Begin(search).Finish().Values.Sum();
        Assert.Equal(fall, many, 1e-4);
        Assert.True(Math.Abs(many - fall) < Math.Abs(few - fall));
    }

    static double Loss(Search search, float at)
    {
        using Scope scope = Scope.Open();
        Batch batch = Classification.Instance.BatchOf(search.Examples);
        Tensor scores = search.Model.Forward(batch, search.Masked(Tensor.Filled(at, new(search.Universe.Count)), batch, search.Examples));
        return scores.CrossEntropy([.. search.Examples.Select(e => e.Label)]).Item;
    }

    [Fact]
    public void One_point_is_the_gradient_in_the_middle_of_the_path()
    {
        Search search = FinderRules.Asked(16);
        Assert.Equal(new MaskGradient(new(At: 0.5)).Begin(search).Finish().Values,
            new Integrated(new(Steps: 1)).Begin(search).Finish().Values);
    }

    [Fact]
    public void It_costs_a_pass_there_and_back_for_each_example_and_point()
    {
        Assert.Equal(5 * 100 * 3, new Integrated().Cost(36, 100).Passes);
        Assert.Contains("'steps' takes a whole number from 1", FinderRules.Refusal(new Integrated(), "steps=0"));
    }
}
