using Heartwood.Lab.Subnetworks;

namespace Heartwood.Tests.Lab.Subnetworks;

public class SubnetworkTests
{
    static readonly Subnetwork sample = new(18446744073709551615, "structured pruning", 0.6, 5, [Part.Head(0, 1), Part.Mlp(0)],
        new Dictionary<Part, double> { [Part.Head(0, 0)] = -1.25, [Part.Head(0, 1)] = (double)0.1f, [Part.Mlp(0)] = 1e-30 }, "mean", "abc");

    [Fact]
    public void A_subnetwork_comes_back_from_its_JSON()
    {
        Subnetwork back = Subnetwork.FromJson(sample.ToJson(), "a.json");
        Assert.Equal(sample with { Kept = back.Kept, Scores = back.Scores }, back);
        Assert.Equal(sample.Kept, back.Kept);
        Assert.Equal(sample.Scores.OrderBy(s => s.Key), back.Scores.OrderBy(s => s.Key));
        Assert.Equal(0.6, back.Sparsity, 1e-12);
        Assert.Equal(sample.ToJson(), back.ToJson());
    }

    [Fact]
    public void The_least_that_it_needs_is_parts_and_what_is_kept()
    {
        Subnetwork least = Subnetwork.FromJson("""{"parts": 3, "kept": ["L0.MLP", "L0.H1"]}""", "a.json");
        Assert.Equal([Part.Head(0, 1), Part.Mlp(0)], least.Kept);
        Assert.Equal(("mean", ""), (least.Absence, least.ModelSha256));
    }

    [Theory]
    [InlineData("", "expected a subnetwork as JSON")]
    [InlineData("null", "expected a subnetwork, found null")]
    [InlineData("[1]", "expected a subnetwork as JSON")]
    [InlineData("""{"parts": 3}""", "the key 'kept' is missing")]
    [InlineData("""{"parts": 3, "kept": 5}""", "expected a subnetwork as JSON")]
    [InlineData("""{"parts": 3, "kept": [null]}""", "'null' is not a part")]
    [InlineData("""{"parts": 3, "kept": ["L0.HX"]}""", "'L0.HX' is not a part")]
    [InlineData("""{"parts": 3, "kept": ["L0.H1", "L0.H1"]}""", "a part stands twice")]
    [InlineData("""{"parts": 1, "kept": ["L0.H1", "L0.H2"]}""", "2 parts are kept out of 1")]
    [InlineData("""{"kept": []}""", "0 parts are kept out of 0")]
    [InlineData("""{"parts": -3, "kept": []}""", "0 parts are kept out of -3")]
    [InlineData("""{"parts": 3, "kept": [], "scores": {"x": 1}}""", "'x' is not a part")]
    [InlineData("""{"parts": 3, "kept": [], "scores": {"L0.H0": "high"}}""", "expected a subnetwork as JSON")]
    [InlineData("""{"parts": 3, "kept": [], "absence": "median"}""", "'absence' should be mean or zero, it is 'median'")]
    [InlineData("""{"parts": 3, "kept": [], "seed": -1}""", "expected a subnetwork as JSON")]
    public void What_is_no_subnetwork_is_refused_with_its_file(string json, string gist)
    {
        string message = Assert.Throws<FormatException>(() => Subnetwork.FromJson(json, "masks/a.json")).Message;
        Assert.StartsWith($"masks/a.json: {gist}", message);
    }
}
