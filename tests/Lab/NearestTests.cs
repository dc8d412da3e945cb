using Heartwood.Lab;

namespace Heartwood.Tests.Lab;

public sealed class NearestTests
{
    [Theory]
    [InlineData("premis", "premise"), InlineData("LABEL", "label"), InlineData("labels", "label"), InlineData("hypothesis2", "hypothesis"), InlineData("", "label")]
    public void The_name_with_the_fewest_changes_is_found_whatever_its_case(string name, string nearest) => Assert.Equal(nearest, Nearest.Among(name, ["label", "premise", "hypothesis", "genre"]));

    [Fact]
    public void One_sentence_refuses_a_name_says_what_may_be_meant_and_what_there_is()
    {
        Assert.Equal("There is no column 'premis'. Did you mean premise? There are: label, premise.", Nearest.Unknown("column", "premis", ["label", "premise"]));
        Assert.Equal("", Nearest.DidYouMean("premis", []));
    }

    [Theory]
    [InlineData("premis", " Did you mean premise?"), InlineData("lable", " Did you mean label?"), InlineData("g", ""), InlineData("quite another", "")]
    public void Only_a_name_that_is_near_is_meant(string name, string meant) => Assert.Equal(meant, Nearest.DidYouMean(name, ["label", "premise", "hypothesis"]));

    [Fact]
    public void There_is_none_among_none() => Assert.Null(Nearest.Among("a", []));

    [Fact]
    public void A_name_that_is_empty_is_never_meant() => Assert.Equal("label", Nearest.Among("a", ["", "label"]));
}
