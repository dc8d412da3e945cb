using Heartwood.App.Console;

namespace Heartwood.Tests.App;

public sealed class MachineTests
{
    [Fact]
    public void The_machine_is_told_in_one_line()
    {
        string[] facts = Machine.InOneLine().Split(", ");
        Assert.True(facts.Length >= 5, Machine.InOneLine());
        Assert.Contains($"{Environment.ProcessorCount} cores", facts);
        Assert.StartsWith(".NET 10", facts[^1]);
        Assert.DoesNotContain('\n', Machine.InOneLine());
    }

    [Theory]
    [InlineData("Some CPU @ 2.0GHz", "processor\t: 0", "vendor_id\t: X", "model name\t: Some CPU @ 2.0GHz", "model name\t: other")]
    [InlineData("Board Rev 1.4", "processor\t: 0", "Model\t\t: Board Rev 1.4")]
    [InlineData(null, "processor\t: 0", "BogoMIPS\t: 50.00", "")]
    public void The_processor_is_the_first_name_that_the_system_tells(string? name, params string[] cpuinfo) => Assert.Equal(name, Machine.NameIn(cpuinfo));

    [Fact]
    public void The_command_can_be_pasted_into_a_shell() =>
        Assert.Equal(@"heartwood train --data 'my data.tsv' --note 'it'\''s' --out runs/a-1", Machine.Command(["train", "--data", "my data.tsv", "--note", "it's", "--out", "runs/a-1"]));
}
