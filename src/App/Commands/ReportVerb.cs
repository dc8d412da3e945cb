using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood report RUN</c>: draws the report of a finished run again.</summary>
static class ReportVerb
{
    /// <summary>The verb.</summary>
    public static Verb Create()
    {
        Argument<string> run = new("RUN") { Description = "The run's folder; as find, demo and the others made it." };
        Option<string?> into =
            new("--out") { Description = "Folder to write report.html into; without it the run's.", HelpName = "FOLDER" };
        return new("report",
            "Draws report.html, one file to read in any browser, from a run. Steps of the study that were not taken yet are taken first, "
                + "and so are the questions of --ask, which go into the run's result.json too. The page is written into the run's folder, "
                + "or into --out.",
            "report runs/demo", "report runs/demo --ask attention needs", "report runs/demo --out shared")
        {
            Arguments = { run },
            Refused = StageVerbs.KeptByTheRun,
            Options = { into, QuestionOptions.Ask, SharedOptions.Title },
            Resumes = true,
            Computes = true,
            Run = (parsed, session) =>
            {
                string folder = parsed.GetRequiredValue(run), file = Path.Combine(folder, Report.FactsFile);
                IReadOnlyList<string> asked = QuestionOptions.Asked(parsed, toTheEnd: true);
                if (asked.Count > 0) Ask(parsed, session, folder, asked);
                else if (!File.Exists(file) && Study.IsIn(folder)) StageVerbs.In(parsed, session, (study, _) => study.Report(), folder);
                if (!File.Exists(file))
                    throw new FileNotFoundException(
                        $"There is no {file}: '{folder}' {(Directory.Exists(folder) ? "holds no finished run" : "is no folder")}. "
                            + "Give the folder of a finished run (what --out named).");
                Result result = Report.Read(folder, session.Tenants.Questions, session.Tenants.PartKinds);
                if (parsed.GetValue(SharedOptions.Title) is { } title) result = Report.Titled(result, title);
                string report = Report.Write(parsed.GetValue(into) ?? folder, result);
                Findings findings = new(result);
                string table = CandidateWords.Table(findings.Candidates, findings.Failed);
                session.Result(() => JsonSerializer.Serialize(new { report }),
                    () => $"{table}{Said(result, asked)}The report is in {report}");
            },
        };
    }

    // a study names its model and its data, so that more can be asked of it
    static void Ask(ParseResult parsed, Session session, string folder, IReadOnlyList<string> names)
    {
        session.Tenants.RequireQuestions(names);
        string inside = Path.Combine(folder, "study"), next = Study.IsIn(inside)
            ? $"It is a run of paper; its study is: heartwood report {inside} --ask {string.Join(' ', names)}"
            : "Leave --ask out, or name such a run.";
        if (Directory.Exists(folder) && !Study.IsIn(folder))
            throw new ArgumentException($"--ask asks more of a run of find or demo, and '{folder}' is none. {next}");
        StageVerbs.In(parsed, session, (study, _) => study.ReportAsked(names), folder);
    }

    // what the questions that were asked say; why one was left out all the same
    static string Said(Result result, IReadOnlyList<string> asked)
    {
        Findings now = new(result with { Answers = [.. result.Answers.Where(answer => asked.Contains(answer.Question.Name))] });
        return string.Concat(now.LeftOut.Select(why => $"{why}\n")) + now.Words();
    }
}
