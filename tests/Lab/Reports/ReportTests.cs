using Heartwood.Lab.Reports;

namespace Heartwood.Tests.Lab.Reports;

public sealed class ReportTests
{
    [Fact]
    public void Dump()
    {
        foreach (var (name, r) in new[] { ("usual", SampleResult.Usual), ("least", SampleResult.Least), ("large", SampleResult.Large) })
        {
            File.WriteAllText($"/tmp/rep/{name}.html", Report.Html(r));
            File.WriteAllText($"/tmp/rep/{name}.json", ResultJson.Write(r));
        }
    }
}
