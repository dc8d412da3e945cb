using System.CommandLine;

namespace Heartwood.App.Commands;

/// <summary>The option that asks questions by name.</summary>
static class QuestionOptions
{
    /// <summary>Questions beyond the usual ones.</summary>
    public static readonly Option<string[]> Ask = RunSupport.Several("--ask", "Questions to ask beyond the usual ones, by name: "
        + $"{TenantNames.Questions}; and, where more than 1,000 parts are in play, parts, which takes a pass for each.",
        "NAME");

    /// <summary>The questions that are asked by name.</summary>
    /// <param name="parsed">the command line</param>
    /// <param name="toTheEnd">whether the verb goes on to the questions</param>
    /// <exception cref="ArgumentException">it does not, and some are named</exception>
    public static IReadOnlyList<string> Asked(ParseResult parsed, bool toTheEnd)
    {
        string[] asked = parsed.GetResult(Ask) is null ? [] : parsed.GetValue(Ask)!;
        if (asked.Length > 0 && !toTheEnd) throw new ArgumentException("--ask says nothing without --all: questions are asked after the "
            + "search. Add --all.");
        return asked;
    }
}
