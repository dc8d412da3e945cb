using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Tests.Lab.Subnetworks;

public class SubnetworkTests
{
    static readonly ModelSizes sizes = ModelSizes.Even("bert", 2, 2, 8);

    static readonly Subnetwork sample = new(7, "by hand", 0.5, 6, [Heads.Kind.Part(0, 1), Mlps.Kind.Part(0), Heads.Kind.Part(1, 0)],
        new Dictionary<Part, double> { [Heads.Kind.Part(0, 0)] = -3, [Heads.Kind.Part(0, 1)] = 1, [Mlps.Kind.Part(0)] = 1, [Heads.Kind.Part(1, 0)] = 0.5, [Heads.Kind.Part(1, 1)] = 0.5, [Mlps.Kind.Part(1)] = -0.25 }, "zero", "")
    { Model = sizes };

    static string Kept(Subnetwork mask) => string.Join(' ', mask.Kept);

    [Theory]
    [InlineData(0, false, "")]
    [InlineData(1, false, "L0.H1")]
    [InlineData(3, false, "L0.H1 L0.MLP L1.H0")]
    [InlineData(5, false, "L0.H1 L0.MLP L1.H0 L1.H1 L1.MLP")]
    [InlineData(3, true, "L0.H0 L0.H1 L0.MLP")]
    public void The_highest_scores_stay_ties_to_the_lower_address(int count, bool absolute, string kept)
    {
        Subnetwork chosen = sample.Top(count, absolute);
        Assert.Equal(kept, Kept(chosen));
        Assert.Equal((1 - count / 6.0, 1 - count / 6.0), (chosen.Sparsity, chosen.TargetSparsity));
    }

    [Fact]
    public void What_has_no_score_is_kept_first()
    {
        Subnetwork some = sample with { Scores = new Dictionary<Part, double> { [Heads.Kind.Part(0, 0)] = 5, [Mlps.Kind.Part(1)] = 9 } };
        Assert.Equal("L0.H1 L0.MLP L1.H0 L1.H1", Kept(some.Top(4)));
        Assert.Equal("L0.H1 L0.MLP L1.H0 L1.H1 L1.MLP", Kept(some.Top(5)));
        Assert.Contains("Name the model: --model", Assert.Throws<ArgumentException>(() => (some with { Model = null }).Top(4)).Message);
    }

    [Fact]
    public void A_size_needs_scores_and_as_many_parts()
    {
        Assert.Contains("no scores of its parts", Assert.Throws<ArgumentException>(() => (sample with { Scores = new Dictionary<Part, double>() }).Top(2)).Message);
        Assert.Equal("7 parts cannot be kept of 6.", Assert.Throws<ArgumentException>(() => sample.Top(7)).Message);
    }

    [Fact]
    public void A_circuit_of_edges_is_chosen_by_its_edges_and_keeps_what_they_touch()
    {
        Edge[] edges = [Edge.Parse("input>L0.H1.V"), Edge.Parse("L0.H1>L1.MLP"), Edge.Parse("L1.MLP>logits"), Edge.Parse("L0.MLP>L1.H0.Q")];
        Subnetwork circuit = sample with { InPlay = [KeptEdges.Name], Edges = new(Edge.CountIn(sizes), [], Edge.All(sizes).ToDictionary(e => e, e => -1.0 + Array.IndexOf(edges, e))) };
        Subnetwork chosen = circuit.Top(3);
        Assert.Equal(edges[1..].Order(), chosen.Edges!.Kept);
        Assert.Equal("L0.H1 L0.MLP L1.H0 L1.MLP", Kept(chosen));
        Assert.Equal(1 - 3.0 / Edge.CountIn(sizes), chosen.Sparsity);

        Subnetwork nodes = chosen.Nodes();
        Assert.Equal(("L0.H1 L0.MLP L1.H0 L1.MLP", "the nodes of a circuit (by hand)", 1 - 4 / 6.0), (Kept(nodes), nodes.Method, nodes.Sparsity));
        Assert.Null(nodes.Edges);
        Assert.Throws<ArgumentException>(nodes.Nodes);
    }
}
