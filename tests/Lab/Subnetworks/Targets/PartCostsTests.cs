using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Subnetworks.Targets;

/// <summary>What parts cost is what cuts are smaller by; budgets of it are kept to.</summary>
public sealed class PartCostsTests
{
    static readonly PartKind[][] universes =
    [
        [Heads.Kind, Mlps.Kind], [Heads.Kind, Neurons.Kind], [Heads.Kind, Mlps.Kind, AttentionBlocks.Kind, Layers.Kind, Neurons.Kind],
    ];

    public static TheoryData<string> Models => [.. ModelFolder.Families, "llama/grouped", "gpt2/language"];

    static IModel Model(string name) => name.Contains('/') ? GoldenModelTests.Load(name)
        : Small.Model(layers: 3, heads: 4, width: 16, family: name);

    // a table that every unit of a layer shows in, with the last layer cheaper
    static TimeTable Table(IModel model) => new(model.Family, model.Width, model.HeadWidth, model.Layers.Count, model.Layers[^1].Heads,
        model.Layers[^1].Neurons, "a machine of the tests", 6, 0.5, 3, new(1, 0.5, 2, 0.25, 0.125), new(0.5, 0.25, 1, 0.2, 0.0625));

    [Theory, MemberData(nameof(Models))]
    public void Costs_are_those_of_the_cut_model_to_the_weight_the_byte_and_the_tables_second(string name)
    {
        IModel model = Model(name);
        TimeTable table = Table(model);
        foreach (PartKind[] kinds in universes)
            foreach (string how in (string[])["zero", "mean"])
                for (ulong draw = 1; draw <= 4; draw++)
                {
                    Universe universe = model.Universe(kinds);
                    Ablation ablation = Small.Absent(model, universe, how);
                    IReadOnlyList<Part> kept = draw == 4 ? universe.Parts : Small.Some(universe, draw);
                    if (Cutting.WhyNot(model, kept, ablation) is not null) continue;
                    CutSize size = Cutting.SizeOfCut(model, kept, ablation);
                    Assert.Equal(size.Weights, new PartCosts(model, ablation, SizeUnit.Weights).CostOf(kept), 1e-6);
                    Assert.Equal(size.Bytes, new PartCosts(model, ablation, SizeUnit.Bytes).CostOf(kept), 1e-6);
                    PartCosts time = new(model, ablation, SizeUnit.Time, table);
                    Assert.Equal(table.SecondsPer1000Tokens(size), time.CostOf(kept) / table.Thousands, 1e-9);
                }
    }

    [Theory, InlineData("bert"), InlineData("llama/grouped"), InlineData("gemma2"), InlineData("gpt_neox")]
    public void What_is_expected_is_the_mean_over_all_draws_and_its_slopes_are_differences(string name)
    {
        IModel model = name == "llama/grouped" ? Model(name) : Small.Model(layers: 2, heads: 2, width: 8, family: name);
        Universe universe = model.Universe([Heads.Kind, AttentionBlocks.Kind, Mlps.Kind, Layers.Kind]);
        foreach (SizeUnit unit in SizeCosts.Counted)
        {
            PartCosts costs = new(model, Ablation.Zero(universe), unit, Table(model));
            double[] present = [.. Enumerable.Range(0, universe.Count).Select(i => i < 11 ? (double)new Chance(3, "present").Uniform(i) : 1)];
            int drawn = Math.Min(11, universe.Count);
            double mean = 0;
            for (int draw = 0; draw < 1 << drawn; draw++)
            {
                double chance = 1;
                for (int i = 0; i < drawn; i++) chance *= (draw >> i & 1) == 1 ? present[i] : 1 - present[i];
                mean += chance * costs.CostOf(universe.Parts.Where((_, i) => i >= drawn || (draw >> i & 1) == 1));
            }
            var (cost, slopes) = costs.Expected(present);
            Assert.Equal(mean, cost, 1e-9 * costs.Full);
            // linear in each probability: the difference of its ends is the slope
            for (int i = 0; i < universe.Count; i++)
            {
                double At(double p) => costs.Expected([.. present.Select((other, j) => j == i ? p : other)]).Cost;
                Assert.Equal(At(1) - At(0), slopes[i], 1e-9 * costs.Full);
            }
            Tensor tensor = Tensor.From([.. present.Select(p => (float)p)], present.Length).Track();
            Tensor share = costs.Expected(tensor);
            Assert.Equal(cost / costs.Full, share.Item, 1e-5);
            float[] gradient = share.Gradients(tensor)[0].Values.ToArray();
            Assert.All(gradient.Zip(slopes), pair => Assert.Equal(pair.Second / costs.Full, pair.First, 1e-5));
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void A_ranking_is_cut_at_or_just_below_every_share_that_can_be_reached(string name)
    {
        IModel model = Model(name);
        foreach (PartKind[] kinds in universes)
        {
            Universe universe = model.Universe(kinds);
            SizeCosts all = new(model, universe, zero: true, Table(model));
            foreach (SizeUnit unit in SizeCosts.Counted)
            {
                PartCosts costs = all[unit];
                double smallest = costs.SmallestShare;
                foreach (double between in (double[])[0, 0.3, 0.6, 0.9])
                {
                    double share = smallest + between * (1 - smallest);
                    double[] worth = [.. universe.Parts.Select((_, i) => (double)new Chance(9, "worth").Uniform(i))];
                    IReadOnlyList<Part> kept = costs.Within(worth, share);
                    double reached = costs.ShareOf(kept);
                    Assert.InRange(reached, smallest - 1e-9, share + 1e-9);
                    Assert.Null(Cutting.WhyNot(model, kept, Ablation.Zero(universe)));
                    Assert.Equal(kept, costs.Effective(kept));
                    // no head or neuron that could be there fits any more
                    HashSet<Part> there = [.. kept];
                    Assert.All(universe.Parts.Where(part => part.Index >= 0 && !there.Contains(part)), part =>
                    {
                        Part[] with = [.. kept.Append(part).Order()];
                        Assert.True(costs.ShareOf(with) > share - 1e-9 || !costs.Effective(with).Contains(part));
                    });
                    all.Require(new(share, unit));
                    IReadOnlyList<Part> drawn = SizedDraws.Like(costs, universe, kept, new(4, "draw"), 1);
                    Assert.Equal(drawn, SizedDraws.Like(costs, universe, kept, new(4, "draw"), 1));
                    Assert.All(kinds, kind => Assert.Equal(kept.Count(kind.Includes), drawn.Count(kind.Includes)));
                }
                if (smallest < 0.02) continue;
                string refused = Assert.Throws<ArgumentException>(() => all.Require(new(smallest / 2, unit))).Message;
                double said = Math.Ceiling(smallest * 1000) / 1000;
                Assert.Contains(FormattableString.Invariant($"{new Target(0, unit).UnitName}={said:0.000}"), refused);
            }
        }
    }

    [Theory]
    [InlineData("structured-pruning,steps=30,batch-size=4,learning-rate=1")]
    [InlineData("magnitude")]
    [InlineData("mask-gradient,score=absolute")]
    [InlineData("random")]
    public void Finders_reach_every_unit_in_every_kind_of_family(string method)
    {
        foreach (string family in (string[])["bert", "gpt2", "llama"])
        {
            IModel model = Small.Model(layers: 3, heads: 4, width: 16, family: family);
            foreach (PartKind[] kinds in universes)
            {
                Universe universe = model.Universe(kinds);
                Ablation ablation = Small.Absent(model, universe, "mean");
                SizeCosts all = new(model, universe, zero: false, Table(model));
                TenantSpec spec = TenantSpec.Parse(method, "method");
                IFinder finder = spec.Among(Finders.Usual, f => f.Facts.Name).With(spec);
                foreach (SizeUnit unit in SizeCosts.Counted)
                {
                    double smallest = all[unit].SmallestShare, share = (1 + smallest) / 2;
                    SizeGoal goal = new(all[unit], share);
                    Scores Found() => finder.Begin(new(model, universe, ablation, Classification.Instance, Small.Examples(8))
                    {
                        Goal = goal,
                        Sparsity = 1 - share,
                        Seed = 3,
                    }).Finish();
                    Scores scores = Found();
                    IReadOnlyList<Part> kept = scores.KeptWithin(goal, finder.Facts);
                    double reached = (double)Count(Cutting.SizeOfCut(model, kept, ablation)) / Count(Cutting.SizeOfCut(model, universe.Parts, ablation));
                    // heads and whole MLPs of a toy are coarse: the largest of them is the tolerance
                    double tolerance = all[unit].Alone().Where((_, i) => !universe.Places[i].PassesOn).Max() / all[unit].Full;
                    Assert.InRange(reached, share - tolerance - 0.02, share + 0.02);
                    if (unit == SizeUnit.Time && family == "bert") Assert.Equal(kept, Found().KeptWithin(goal, finder.Facts));

                    double Count(CutSize size) => unit switch
                    {
                        SizeUnit.Weights => size.Weights,
                        SizeUnit.Bytes => size.Bytes,
                        _ => Table(model).SecondsPer1000Tokens(size),
                    };
                }
            }
        }
    }

    [Fact]
    public void Learned_masks_come_to_the_expected_share_that_was_asked_for()
    {
        IModel model = Small.Model(layers: 3, heads: 4, width: 16);
        Universe universe = model.Universe(universes[2]);
        PartCosts costs = new(model, Ablation.Zero(universe), SizeUnit.Time, Table(model));
        PruningSearch search = new(new(model, universe, Ablation.Zero(universe), Classification.Instance, Small.Examples(8))
        {
            Goal = new(costs, 0.6),
            Sparsity = 0.4,
        }, new(Steps: 400, BatchSize: 8, LearningRate: 0.3));
        PruningLine last = search.Take();
        Assert.Equal(0, last.Sparsity, 0.01);
        while (!search.IsDone()) last = search.Take();
        Assert.Equal(0.4, last.Sparsity, 0.05);
    }

    [Theory]
    [InlineData("time", "--target takes sparsity=0.5, weights=0.5, bytes=0.5, time=0.5; 'time' is none of them.")]
    [InlineData("tine=0.5", "'tine'")]
    [InlineData("time=half", "--target time=half: 'half' is not a number. Write time=0.5.")]
    [InlineData("weights=1", "--target weights is the share of the full model's weights that remains, between 0 and 1; it is 1.")]
    public void A_target_that_is_none_is_refused(string text, string gist) =>
        Assert.Contains(gist, Assert.Throws<ArgumentException>(() => Target.Parse(text)).Message);

    [Fact]
    public void Sizes_in_the_layers_of_a_group_count_what_heads_share_with_the_last_that_reads_it()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        Universe universe = model.Universe([Heads.Kind]);
        PartCosts costs = new(model, Ablation.Zero(universe), SizeUnit.Weights);
        int group = model.Layers[0].HeadsPerKeyValueHead[0];
        double one = costs.Full - costs.CostOf(universe.Parts.Skip(1)), all = costs.Full - costs.CostOf(universe.Parts.Skip(group));
        Assert.True(all > group * one);
    }
}
