using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Tests.Lab.Discovery;

public class GreedyAdditionTests
{
    static readonly Universe universe = Small.HeadsAndMlps([2, 2]);
    static readonly Part[] start = [Mlps.Kind.Part(0)];

    // a head alone is worth 2, two others are worth 3 together and nothing alone
    static double Value(IReadOnlyCollection<Part> parts) => (parts.Contains(Heads.Kind.Part(1, 1)) ? 2 : 0) + (parts.Contains(Heads.Kind.Part(0, 0)) && parts.Contains(Heads.Kind.Part(0, 1)) ? 3 : 0);

    static GreedyAddition Search(Func<Part, double>? tie = null) => new(universe, start, (parts, candidates) => [.. candidates.Select(c => new Worth(Value([.. parts, c]), tie?.Invoke(c) ?? 0))]);

    static List<Addition> Path(GreedyAddition search, int steps)
    {
        List<Addition> added = [];
        while (added.Count < steps) added.Add(search.Next([.. added.Select(a => a.Part)]));
        return added;
    }

    [Fact]
    public void The_part_that_is_needed_comes_first_then_equals_by_address()
    {
        List<Addition> path = Path(Search(), 5);
        Assert.Equal([Heads.Kind.Part(1, 1), Heads.Kind.Part(0, 0), Heads.Kind.Part(0, 1), Heads.Kind.Part(1, 0), Mlps.Kind.Part(1)], path.Select(a => a.Part));
        Assert.Equal([2, 2, 5, 5, 5], path.Select(a => a.Worth.Objective));
        Assert.Contains("whole model", Assert.Throws<InvalidOperationException>(() => Search().Next([.. path.Select(a => a.Part)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Between_sets_of_the_same_objective_the_second_figure_decides()
    {
        List<Addition> path = Path(Search(c => c == Mlps.Kind.Part(1) ? 1 : 0), 2);
        Assert.Equal([Heads.Kind.Part(1, 1), Mlps.Kind.Part(1)], path.Select(a => a.Part));
    }

    [Theory]
    [InlineData(5, 5, 15), InlineData(5, 2, 9), InlineData(3, 9, 6), InlineData(4, 0, 0)]
    public void Its_cost_is_known_before(int left, int steps, long sets) => Assert.Equal(sets, GreedyAddition.SetsLookedAt(left, steps));
}
