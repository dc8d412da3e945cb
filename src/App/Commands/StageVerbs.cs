using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood compare RUN</c> and <c>heartwood cut RUN</c>: the later steps of a study, given only its folder.</summary>
static class StageVerbs
{
    static readonly Argument<string> run = new("RUN") { Description = "The run's folder, as find or demo made it." };
    static readonly Argument<string> whole = new("RUN") { Description = "The run's folder, as find or demo made it. With --mask too: its model is cut, and on its data the cut one is proved equal and timed." };
    static readonly Option<string?> into = new("--out") { Description = "With --mask, the folder to write; the run's own subnetwork is cut into the run's folder.", HelpName = "FOLDER" };
    static readonly Option<string?> mask = new("--mask") { Description = $"A subnetwork to cut instead; needs --out. {char.ToUpperInvariant(Masks.Named[0])}{Masks.Named[1..]}.", HelpName = "MASK" };

    /// <summary>What verbs that are given a run take from it.</summary>
    internal static readonly IReadOnlyDictionary<string, string> KeptByTheRun = new Dictionary<string, string> { ["--precision"] = "a run keeps the precision that it was begun with" };

    /// <summary>The verb compare.</summary>
    public static Verb Compare() => new("compare", "Compares a run's subnetworks with one another and with chance; finds the core and ablates it in the full model, next to random sets.", "compare runs/found")
    {
        Arguments = { run },
        Refused = KeptByTheRun,
        Resumes = true,
        Run = (parsed, session) => In(parsed, session, (study, folder) =>
        {
            Result compared = study.Compare().Without("accuracy");
            session.Result(() => ResultJson.Write(compared), () => $"{new Findings(compared).Words()}Cut one out: heartwood cut {folder.FolderPath}\n");
        }),
    };

    /// <summary>The verb cut.</summary>
    public static Verb Cut() => new("cut", "Writes the smaller model that a subnetwork is, proves it equal to the masked one and times both; beside it, a model of full size that any software runs.",
        "cut runs/found", "cut runs/found --mask runs/found/subnetworks/structured-pruning-sparsity-0.5-seed-3.json --out cut-3")
    {
        Arguments = { whole },
        Refused = KeptByTheRun,
        Options = { mask, into, MaskVerb.OtherModel },
        Resumes = true,
        Run = (parsed, session) =>
        {
            if (parsed.GetValue(mask) is null) RunSupport.RefuseIdle(parsed, "without --mask", MaskVerb.OtherModel);
            In(parsed, session, (study, folder) => CutOut(parsed, session, study, folder), parsed.GetRequiredValue(whole));
        },
    };

    static void CutOut(ParseResult parsed, Session session, Study study, RunFolder folder)
    {
        CutFacts cut;
        string where;
        if (parsed.GetValue(mask) is { } named)
        {
            where = Path.GetFullPath(parsed.GetValue(into) ?? throw new ArgumentException("Where should the result go? Give a folder with --out FOLDER."));
            cut = study.Cut(named, where, parsed.GetValue(MaskVerb.OtherModel));
        }
        else if (parsed.GetValue(into) is not null) throw new ArgumentException("Without --mask the cut model is written into the run's folder: leave out --out, or name a subnetwork's file with --mask.");
        else (cut, where) = (study.Cut(), folder.FolderPath);
        session.Result(() => JsonSerializer.Serialize(cut, ResultJson.Options), () => Summary.Cut(cut, where));
    }

    /// <summary>Opens a run and does one of its steps.</summary>
    internal static void In(ParseResult parsed, Session session, Action<Study, RunFolder> step, string? path = null)
    {
        RunSupport.UseThreads(parsed);
        string named = path ?? parsed.GetRequiredValue(run);
        using RunFolder folder = RunFolder.Reopen(named, session.World.Clock, session.Progress, session.Stop);
        step(Study.Reopen(folder, session.Progress, session.Stop, session.Tenants), folder);
    }
}
