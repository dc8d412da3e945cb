using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood cut RUN</c>, and how a verb is given a run by its folder.</summary>
static class StageVerbs
{
    static readonly Argument<string> whole = new("RUN")
    {
        Description = "The run's folder, as find or demo made it. With --mask too: its model is cut, and on its data the cut one is proved "
            + "equal and timed.",
    };

    static readonly Option<string?> into = new("--out")
    {
        Description = "With --mask, --change or --export, the folder to write; without them the run's own subnetwork is cut into the run's "
            + "folder.",
        HelpName = "FOLDER",
    };

    static readonly Option<string?> mask = new("--mask")
    {
        Description = $"A subnetwork to cut instead; needs --out. {char.ToUpperInvariant(Masks.Named[0])}{Masks.Named[1..]}.",
        HelpName = "MASK",
    };

    static readonly Option<string?> named = new("--subnetwork")
    {
        Description = "Which of the run's subnetworks to write: the name of its file in RUN/subnetworks, with or without .json. It takes "
            + "the place of the one that was written before, in the run's folder, result.json and report. Without it the one of the "
            + "lowest loss, in-domain or on what find was given as --choose-on.",
        HelpName = "NAME",
    };

    static readonly Option<string[]> changes = RunSupport.Several("--change",
        "What to make of the subnetwork: NAME,key=value…, several in a row; needs --out. "
            + $"{TenantNames.Changes}. Without it, cut, and full-size where it can be made.",
        "CHANGE");
    static readonly Option<string[]> exports = RunSupport.Several("--export",
        "How to write it: NAME,key=value…, several in a row; needs --out. "
            + $"{TenantNames.Exports}.", "EXPORT");

    /// <summary>What verbs that are given a run take from it.</summary>
    internal static readonly IReadOnlyDictionary<string, string> KeptByTheRun =
        new Dictionary<string, string>
        {
            ["--precision"] = "a run keeps the precision that it was begun with",
            ["--seed"] = "what a run draws, it draws by the seeds that it was begun with",
        };

    /// <summary>The verb cut.</summary>
    public static Verb Cut() => new("cut",
        "Writes the smaller model that a subnetwork is, proves it equal to the masked one and times both; next to it, a model of full size "
            + "that any software runs.",
        "cut runs/found", "cut runs/found --subnetwork structured-pruning-sparsity-0.5-seed-3",
        "cut runs/found --mask runs/found/subnetworks/structured-pruning-sparsity-0.5-seed-3.json --out cut-3")
    {
        Arguments = { whole },
        Refused = KeptByTheRun,
        Options = { named, mask, changes, exports, into, MaskVerb.OtherModel },
        Resumes = true,
        Computes = true,
        WritesOut = parsed =>
            parsed.GetValue(mask) is not null || parsed.GetValue(changes)!.Length + parsed.GetValue(exports)!.Length > 0,
        Run = (parsed, session) =>
        {
            if (parsed.GetValue(mask) is null) RunSupport.RefuseIdle(parsed, "without --mask", MaskVerb.OtherModel);
            else RunSupport.RefuseIdle(parsed, "with --mask, which names a subnetwork of its own", named);
            In(parsed, session, (study, folder) => CutOut(parsed, session, study, folder), parsed.GetRequiredValue(whole));
        },
    };

    static void CutOut(ParseResult parsed, Session session, Study study, RunFolder folder)
    {
        string? from = parsed.GetValue(mask), given = parsed.GetValue(into), own = parsed.GetValue(named);
        string[] asked = parsed.GetValue(changes)!, written = parsed.GetValue(exports)!;
        if (from is null && asked.Length + written.Length == 0)
        {
            if (given is not null)
                throw new ArgumentException("Without --mask the cut model is written into the run's folder: leave out --out, or name a "
                    + "subnetwork's file with --mask, or what to make of the run's own with --change or --export.");
            CutFacts cut = own is null ? study.Cut() : study.CutNamed(own);
            if (own is not null && folder.Finished)
                Report.Write(folder.FolderPath, Report.Read(folder.FolderPath, session.Tenants.Questions, session.Tenants.PartKinds));
            session.Result(() => JsonSerializer.Serialize(cut, JsonWriting.Published), () =>
                CandidateWords.Table(study.Candidates(), study.Failed()) + Summary.Cut(cut, folder.FolderPath, study.CutFailed())
                    + (study.HealedIsOld ? $"{folder.PathOf(Study.HealedFolder)} is the cut before this one, healed.\n" : "")
                    + HealingHint.Words(parsed.GetRequiredValue(whole), Study.CutFolder, study.ToHeal));
            return;
        }
        string where = Path.GetFullPath(
            given ?? throw new ArgumentException("Where should the result go? Give a folder with --out FOLDER."));
        if (asked.Length + written.Length == 0)
        {
            CutFacts cut = study.Cut(from!, where, parsed.GetValue(MaskVerb.OtherModel));
            session.Result(() => JsonSerializer.Serialize(cut, JsonWriting.Published), () =>
                Summary.Cut(cut, where) + HealingHint.Words(given, Study.CutFolder, study.ToHeal, own: false));
            return;
        }
        ChangeRequest request = ChangeRequest.Read(asked, written, session.Tenants);
        string? subnetwork = own is null ? from : study.FileOfNamed(own);
        ChangesFacts made = study.Change(subnetwork, request, where, parsed.GetValue(MaskVerb.OtherModel));
        session.Result(() => JsonSerializer.Serialize(made, JsonWriting.Published), () => Summary.Changed(made));
    }

    /// <summary>Opens a run and does one of its steps.</summary>
    internal static void In(ParseResult parsed, Session session, Action<Study, RunFolder> step, string path)
    {
        RunSupport.UseThreads(parsed);
        using RunFolder folder = RunFolder.Reopen(path, session.World.Clock, session.Progress, session.Stop);
        step(Study.Reopen(folder, session.Progress, session.Stop, session.Tenants), folder);
    }
}
