using Heartwood.Lab.Runs;

namespace Heartwood.Tests.Lab.Runs;

public class TenantSpecTests
{
    static readonly string[] there = ["structured-pruning", "magnitude", "random"];

    [Fact]
    public void A_name_with_options_is_read_and_what_is_not_given_has_its_usual_value()
    {
        TenantSpec spec = TenantSpec.Parse("magnitude,norm=2,of=output", "method");
        Assert.Equal("magnitude", spec.Among(there, name => name));
        Assert.Equal((2.0, 7, "output"), (spec.Number("norm", 1.0, 0, 9), spec.Number("steps", 7, 1, 9), spec.Choice("of", "all", "output")));
        spec.RefuseUnread();
        Assert.Equal([("norm", "2"), ("steps", "7"), ("of", "output")], spec.Values.Select(v => (v.Key, v.Value)));
    }

    [Theory]
    [InlineData("", "does not begin with a name")]
    [InlineData("steps=3", "does not begin with a name")]
    [InlineData("random,steps", "the word 'steps' is no key=value")]
    [InlineData("random,steps=", "the word 'steps=' is no key=value")]
    [InlineData("random,a=1,a=2", "gives 'a' twice")]
    public void What_is_written_otherwise_is_refused(string text, string gist) =>
        Assert.Contains(gist, Assert.Throws<ArgumentException>(() => TenantSpec.Parse(text, "method")).Message);

    [Fact]
    public void A_name_that_is_not_there_is_refused_with_the_nearest_and_all()
    {
        TenantSpec spec = TenantSpec.Parse("magnitud", "method");
        Assert.Equal("There is no method 'magnitud'. Did you mean magnitude? There are: structured-pruning, magnitude, random.",
            Assert.Throws<ArgumentException>(() => spec.Among(there, name => name)).Message);
    }

    [Fact]
    public void A_key_that_nobody_asked_for_is_refused_with_the_nearest_and_all()
    {
        TenantSpec spec = TenantSpec.Parse("random,stepz=3", "method");
        Assert.Equal("random takes no options, not 'stepz' either. Leave it out.",
            Assert.Throws<ArgumentException>(spec.RefuseUnread).Message);
        spec.Number("steps", 1, 1, 5);
        spec.Number("warm-up", 0.5, 0, 1);
        Assert.Equal("random takes no 'stepz'. Did you mean steps? It takes: steps, warm-up.",
            Assert.Throws<ArgumentException>(spec.RefuseUnread).Message);
    }

    [Theory]
    [InlineData("random,steps=0", "random: 'steps' takes a whole number from 1 to 5, not '0'.")]
    [InlineData("random,steps=1.5", "random: 'steps' takes a whole number from 1 to 5, not '1.5'.")]
    [InlineData("random,share=2", "random: 'share' takes a number from 0 to 1, not '2'.")]
    [InlineData("random,share=NaN", "random: 'share' takes a number from 0 to 1, not 'NaN'.")]
    [InlineData("random,of=some", "random: 'of' takes all, input or output, not 'some'.")]
    public void A_value_outside_its_bounds_is_refused(string text, string expected)
    {
        TenantSpec spec = TenantSpec.Parse(text, "method");
        Assert.Equal(expected, Assert.Throws<ArgumentException>(() =>
        {
            spec.Number("steps", 1, 1, 5);
            spec.Number("share", 0.5, 0, 1);
            spec.Choice("of", "all", "input", "output");
        }).Message);
    }
}
