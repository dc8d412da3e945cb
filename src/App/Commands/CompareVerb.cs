using System.CommandLine;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary>
/// <c>heartwood compare RUN</c>, of one run's subnetworks; <c>heartwood compare RUN RUN … --out RUN</c>, of several runs.
/// </summary>
static class CompareVerb
{
    static readonly Argument<string[]> runs = new("RUN")
    {
        Description = "The run's folder, as find or demo made it; or the folders of several, which are joined in one table.",
        Arity = ArgumentArity.OneOrMore,
    };

    static readonly Option<string?> into = new("--out")
    {
        Description = "With several runs, the folder of the run that joins them.",
        HelpName = "FOLDER",
    };

    /// <summary>The verb.</summary>
    public static Verb Create() => new("compare",
        "Compares a run's subnetworks with one another and with chance; finds the core and ablates it in the full model, next to random "
            + "parts. Given several runs, which may differ in seeds, methods, models or tasks, it joins them in one table and a page, "
            + "says what differs, and compares what has the same parts, method and size.",
        "compare runs/found", "compare runs/found runs/more-seeds runs/other-model --out runs/joined")
    {
        Arguments = { runs },
        Options = { into, SharedOptions.Title },
        Refused = StageVerbs.KeptByTheRun,
        Resumes = true,
        Computes = true,
        WritesOut = parsed => parsed.GetValue(runs)?.Length > 1,
        Run = (parsed, session) =>
        {
            string[] named = parsed.GetRequiredValue(runs);
            string? folder = parsed.GetValue(into);
            if (named.Length > 1)
            {
                Join(parsed, session, named, folder ?? throw new ArgumentException(
                    "Several runs are joined in a run of its own. Where should it go? Give a folder with --out FOLDER."));
                return;
            }
            RunSupport.RefuseIdle(parsed, "with one run, whose page report draws (report RUN --title)", SharedOptions.Title);
            if (folder is not null)
                throw new ArgumentException(
                    "The comparison of one run is kept in its own folder: leave out --out, or name a second run to join.");
            StageVerbs.In(parsed, session, Compare, named[0]);

            void Compare(Study study, RunFolder run)
            {
                Result compared = study.Compare();
                session.Result(() => ResultJson.Write(compared.Without("accuracy")), () =>
                    $"{CandidateWords.Table([], study.Failed())}{new Findings(compared).Words(without: "accuracy")}"
                        + $"Cut one out: heartwood cut {run.FolderPath}\n");
            }
        },
    };

    static void Join(ParseResult parsed, Session session, string[] named, string path)
    {
        RunSupport.UseThreads(parsed);
        string title = parsed.GetValue(SharedOptions.Title) ?? "";
        RunJoin join = RunJoin.Read(named, session.Tenants, title);
        using RunFolder folder = RunSupport.Open(
            path, session, join.ModelSha256, join.Facts, join.Seeds, new { Runs = named.Length, Title = title });
        FindVerb.Finished(session, folder, join.In(folder, session.Progress, session.Stop));
    }
}
