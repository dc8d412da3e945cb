using System.Globalization;
using System.Text;
using Heartwood.Lab.Reports;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>What a paper's run found, in words: its questions and answers, as the page has them.</summary>
public static class PaperSummary
{
    /// <summary>Each question with its answer, then where the page is.</summary>
    public static string Of(RunResult result, string folder)
    {
        StringBuilder text = new();
        foreach (var (question, answer) in Report.Answers(result)) text.AppendLine(question).AppendLine($"  {answer}");
        return text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"Report: {Path.Combine(folder, "report.html")}    ({result.Seconds:0} s)")).ToString();
    }
}
