using Heartwood.Lab.Comparison;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using static Heartwood.Tests.Lab.Comparison.ComparisonGolden;

namespace Heartwood.Tests.Lab.Comparison;

public class CoreTests
{
    static readonly Universe universe = Small.HeadsAndMlps([4, 4, 4, 4]);

    [Fact]
    public void The_core_of_identical_subnetworks_is_the_subnetwork()
    {
        var half = Random("identical", 1, 8, 2)[0];
        foreach (double share in new[] { 0.2, 0.5, 1 }) Assert.Equal(half, Core.Shared(universe, [half, half, half, half], share, draws: 99).Parts);
    }

    [Fact]
    public void A_part_that_one_subnetwork_lacks_is_in_the_core_of_a_smaller_share_only()
    {
        Part a = Heads.Kind.Part(0, 0), b = Heads.Kind.Part(1, 3), c = Mlps.Kind.Part(2);
        IReadOnlyCollection<Part>[] subnetworks = [[c, a], [a, b, c], [b, a, c], [c, b], [c, a]];
        Assert.Equal([c], Core.Shared(universe, subnetworks).Parts);
        Assert.Equal([a, c], Core.Shared(universe, subnetworks, 0.8, draws: 99).Parts);
        Assert.Equal([a, b, c], Core.Shared(universe, subnetworks, 0.6, draws: 99).Parts);
        Assert.Equal([a, c], Core.Shared(universe, subnetworks, 0.61, draws: 99).Parts);
        Assert.Equal([(a, 4), (b, 3), (c, 5)], Core.Frequencies(universe, subnetworks).Where(f => f.Kept > 0));
        Assert.Equal(universe.Parts, Core.Frequencies(universe, subnetworks).Select(f => f.Part));
    }

    [Fact]
    public void Seven_of_twenty_five_are_a_share_of_28_percent_whatever_the_rounding()
    {
        IReadOnlyCollection<Part>[] subnetworks = [.. Enumerable.Range(0, 25).Select(i => (Part[])(i < 7 ? [Heads.Kind.Part(0, 0)] : []))];
        Assert.True(0.28 * 25 > 7);
        Assert.Equal([Heads.Kind.Part(0, 0)], Core.Shared(universe, subnetworks, 0.28, draws: 9).Parts);
        Assert.Empty(Core.Shared(universe, subnetworks, 0.281, draws: 9).Parts);
    }

    [Fact]
    public void The_exact_method_agrees_with_enumeration()
    {
        foreach (var entry in Entries("enumerated").Where(e => e.Int("needed") == e.GetProperty("sizes").GetArrayLength()))
        {
            var core = OfFirstParts(entry, 99);
            Assert.Equal("exact", core.Method);
            Near(entry.Number("mean"), core.ExpectedByChance);
            Near(entry.Numbers("atLeast")[core.Parts.Count], core.PValue);
            Assert.Equal((entry.Numbers("central")[0], entry.Numbers("central")[1]), (core.Low, core.High));
        }
    }

    [Fact]
    public void The_permutation_agrees_with_enumeration_and_its_expected_size_is_exact()
    {
        const int Draws = 20_000;
        var entries = Entries("enumerated").Where(e => e.Int("needed") < e.GetProperty("sizes").GetArrayLength()).ToArray();
        Assert.Equal(3, entries.Length);
        foreach (var entry in entries)
        {
            var core = OfFirstParts(entry, Draws);
            Assert.Equal("permutation, 20000 draws", core.Method);
            Near(entry.Number("mean"), core.ExpectedByChance);
            double p = entry.Numbers("atLeast")[core.Parts.Count];
            Assert.True(Math.Abs(p - core.PValue) <= 4 * Math.Sqrt(p * (1 - p) / Draws) + 1.0 / Draws, $"exact {p}, drawn {core.PValue}");
            Assert.Equal((entry.Numbers("central")[0], entry.Numbers("central")[1]), (core.Low, core.High));
        }
    }

    [Fact]
    public void The_exact_expected_size_is_the_product_of_the_kept_shares()
    {
        var core = Core.Shared(universe, [.. Random("a", 2, 8, 2), .. Random("b", 1, 12, 1)]);
        Near(16 * 0.5 * 0.5 * 0.75 + 4 * 0.5 * 0.5 * 0.25, core.ExpectedByChance);
    }

    [Fact]
    public void The_order_of_subnetworks_is_irrelevant()
    {
        IReadOnlyList<Part>[] subnetworks = [.. Random("a", 2, 8, 2), .. Random("b", 2, 11, 1), .. Random("c", 1, 5, 4)];
        foreach (double share in new[] { 0.6, 1 })
            Assert.Equivalent(Core.Shared(universe, subnetworks, share, 3, 500), Core.Shared(universe, [.. subnetworks.Reverse()], share, 3, 500), strict: true);
    }

    [Fact]
    public void The_seed_decides_the_draws()
    {
        var subnetworks = Random("seeded", 5, 8, 2);
        double P(ulong seed) => Core.Shared(universe, subnetworks, 0.6, seed, 2_000).PValue;
        Assert.Equal(P(1), P(1));
        Assert.NotEqual(P(1), P(2));
    }

    [Fact]
    public void A_permutation_never_claims_a_p_value_of_zero()
    {
        var half = Random("half", 1, 8, 2)[0];
        Assert.Equal(1.0 / 200, Core.Shared(universe, [half, half, half, half, half], 0.8, draws: 199).PValue);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.6)]
    public void P_values_of_random_subnetworks_are_not_smaller_than_uniform(double share)
    {
        const int Families = 600;
        var seen = Enumerable.Range(0, Families).Select(i => Core.Shared(universe, Random($"null {i}", 5, 10, 2), share, (ulong)i, 199).PValue).ToArray();
        foreach (double level in new[] { 0.01, 0.05, 0.1, 0.25, 0.5 })
            Assert.True(seen.Count(p => p <= level) <= Families * level + 3 * Math.Sqrt(Families * level * (1 - level)), $"{seen.Count(p => p <= level)} of {Families} are at most {level}");
        Assert.InRange(seen.Average(), 0.5, 0.8);                // and not all near 1: counts are coarse, so above one half
    }

    [Fact]
    public void A_single_subnetwork_is_its_own_core_and_proves_nothing()
    {
        var core = Core.Shared(universe, [Random("one", 1, 8, 2)[0]]);
        Assert.Equal((10, 10.0, 1.0), (core.Parts.Count, Math.Round(core.ExpectedByChance, 12), core.PValue));
    }

    [Fact]
    public void Senseless_questions_are_refused()
    {
        foreach (double share in new[] { 0, -0.5, 1.1, double.NaN })
            Assert.Throws<ArgumentOutOfRangeException>(() => Core.Shared(universe, [universe.Parts], share));
        Assert.Throws<ArgumentOutOfRangeException>(() => Core.Shared(universe, [universe.Parts], draws: 0));
        Assert.Throws<ArgumentException>(() => Core.Shared(universe, []));
    }

    /// <summary>The core of subnetworks of the golden's sizes that all keep the first heads and the first MLPs.</summary>
    static Core OfFirstParts(System.Text.Json.JsonElement entry, int draws)
    {
        int heads = entry.Int("heads");
        var small = Small.Universe([.. Enumerable.Range(0, heads).Select(h => Heads.Kind.Part(0, h)), .. Enumerable.Range(0, entry.Int("mlps")).Select(layer => Mlps.Kind.Part(layer))]);
        IReadOnlyCollection<Part>[] kept = [.. entry.Pairs("sizes").Select(size =>
            (Part[])[.. Enumerable.Range(0, size[0]).Select(h => Heads.Kind.Part(0, h)), .. Enumerable.Range(0, size[1]).Select(layer => Mlps.Kind.Part(layer))])];
        return Core.Shared(small, kept, (double)entry.Int("needed") / kept.Length, 5, draws);
    }

    static IReadOnlyList<Part>[] Random(string purpose, int count, int heads, int mlps) =>
        [.. Enumerable.Range(0, count).Select(draw => RandomParts.Draw(universe, [heads, mlps], new Chance(11, purpose), draw))];
}
