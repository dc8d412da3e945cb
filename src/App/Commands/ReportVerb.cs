using System.CommandLine;
using System.Text.Json;
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
            "Draws report.html, one file to read in any browser, from a run. Steps of the study that were not taken yet are taken first. "
                + "It is written into the run's folder, or into --out.",
            "report runs/demo", "report runs/demo --out shared")
        {
            Arguments = { run },
            Refused = StageVerbs.KeptByTheRun,
            Options = { into },
            Resumes = true,
            Run = (parsed, session) =>
            {
                string folder = parsed.GetRequiredValue(run), file = Path.Combine(folder, Report.FactsFile);
                if (!File.Exists(file) && Study.IsIn(folder)) StageVerbs.In(parsed, session, (study, _) => study.Report(), folder);
                if (!File.Exists(file))
                    throw new FileNotFoundException(
                        $"There is no {file}: '{folder}' {(Directory.Exists(folder) ? "holds no finished run" : "is no folder")}. "
                            + "Give the folder of a finished run (what --out named).");
                string report = Report.Write(parsed.GetValue(into) ?? folder,
                    Report.Read(folder, session.Tenants.Questions, session.Tenants.PartKinds));
                session.Result(() => JsonSerializer.Serialize(new { report }), () => $"The report is in {report}");
            },
        };
    }
}
