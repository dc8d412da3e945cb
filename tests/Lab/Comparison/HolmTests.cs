using Heartwood.Lab.Comparison;
using static Heartwood.Tests.Lab.Comparison.ComparisonGolden;

namespace Heartwood.Tests.Lab.Comparison;

public class HolmTests
{
    [Fact]
    public void Corrected_values_are_those_of_the_definition()
    {
        foreach (var entry in Entries("holm"))
            foreach (var (expected, actual) in entry.Numbers("corrected").Zip(Holm.Correct(entry.Numbers("pValues")))) Near(expected, actual);
    }

    [Fact]
    public void Corrected_values_stand_where_the_p_values_stood() =>
        Assert.Equal([0.25, 0.75, 0.0625, 0.1875], Holm.Correct([0.125, 0.75, 0.015625, 0.0625]));

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void What_is_no_probability_is_refused(double p) => Assert.Throws<ArgumentOutOfRangeException>(() => Holm.Correct([0.5, p]));
}
