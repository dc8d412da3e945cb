using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood find</c>: learns masks; with --all goes on to the report.</summary>
static class FindVerb
{
    static readonly Option<bool> all = new("--all") { Description = "Go on: evaluate, compare, cut, report." };

    /// <summary>The verb.</summary>
    public static Verb Create()
    {
        Verb verb = new("find", "Finds subnetworks, weights frozen: by learned masks over heads and MLP blocks (structured pruning), or by "
            + "any other --method; several methods, seeds and sparsities at once.",
            "find --model runs/small/model --data world:training --in-domain world:in-domain --out-of-domain world:out-of-domain "
                + "--out runs/found",
            "find --model models/mnli --data mnli/train.tsv --in-domain mnli/dev.tsv --out-of-domain hans.tsv "
                + "--label-map \"neutral>non-entailment|contradiction>non-entailment\" --sparsity 0.5 0.6 --all --out runs/mnli",
            "find --model models/stories15M --data tinystories.txt,rows=2000 --in-domain blimp/anaphor_number_agreement.jsonl "
                + "--out-of-domain blimp/principle_A_case_2.jsonl --all --out runs/blimp")
        {
            Resumes = true,
            TakesOut = true,
            Draws = true,
            Computes = true,
            Foresee = Foresee,
            Run = (parsed, session) => Begin(
                parsed, session, StudyOptions.Parse(parsed), RunSupport.OutOf(parsed), parsed.GetValue(all)),
        };
        IEnumerable<Option> options =
            [.. StudyOptions.Sources, .. StudyOptions.Search, all, .. StudyOptions.Healing, QuestionOptions.Ask, SharedOptions.Title];
        foreach (Option option in options) verb.Options.Add(option);
        return verb;
    }

    /// <summary>Begins or resumes a study, and prints what it found.</summary>
    public static void Begin(ParseResult parsed, Session session, StudyRequest request, string path, bool toTheEnd)
    {
        StudyOptions.CheckSeeds(parsed, session.World.Say);
        StudyOptions.CheckHealing(parsed, toTheEnd);
        RunSupport.UseThreads(parsed);
        RunSupport.Tell(session, request.Precision);
        request = request with { Tenants = session.Tenants, Asked = QuestionOptions.Asked(parsed, toTheEnd) };
        Study.Prepared prepared = new(request);
        if (toTheEnd && !request.Sets.Has(Role.InDomain)) throw new ArgumentException("--all measures too: give --in-domain FILE.");
        foreach (string note in prepared.Notes) session.World.Say(note);
        Estimate estimate = prepared.Estimate();
        foreach (MethodCost cost in prepared.Costs) session.World.Say(cost.InWords);
        if (Study.AreasInWords(prepared) is { Length: > 0 } areas) session.World.Say(areas);
        session.World.Say($"The searches take about {Words.Duration(estimate.Seconds)} and {Words.Bytes(estimate.Bytes)} of memory.");
        if (estimate.Bytes > Console.Machine.Memory)
            throw new InvalidOperationException($"The search needs about {Words.Bytes(estimate.Bytes)}, this machine has "
                + $"{Words.Bytes(Console.Machine.Memory)}. Lower --max-length, or the batch-size of --method.");
        using RunFolder folder = RunSupport.Open(
            path, session, prepared.ModelSha256, prepared.Facts, request.Seeds, request, request.Precision);
        Study.Keep(folder, request);
        if (folder.Finished)
            Finished(session, folder, Report.Read(folder.FolderPath, session.Tenants.Questions, session.Tenants.PartKinds), ToHeal);
        else
        {
            Study study = Study.In(folder, prepared, session.Progress, session.Stop);
            IReadOnlyList<Subnetwork> found = study.Find();
            if (toTheEnd) Finished(session, folder, study.All(), ToHeal);
            else
            {
                string table = study.FindersInWords();
                session.Result(() => JsonSerializer.Serialize(found.Select(f => JsonDocument.Parse(f.ToJson()))),
                    () => Summary.Found(found, study.Candidates(), study.Failed(), path) + study.SizesInWords() + table);
            }
        }

        string ToHeal() => HealingHint.Words(path, Study.CutFolder, prepared.ToHeal);
    }

    /// <summary>Refuses names that nothing has, before model and data are there.</summary>
    internal static void CheckNames(StudyRequest request)
    {
        request.Check();
        Method.ReadAll(request.Methods, request.Tenants);
        if (request.Objective != "") Objectives.Named(request.Tenants.Objectives, request.Objective);
    }

    static string? Foresee(ParseResult parsed, Session session, bool complete)
    {
        bool toTheEnd = parsed.GetValue(all);
        StudyOptions.CheckHealing(parsed, toTheEnd);
        StudyRequest request = StudyOptions.Parse(parsed) with
        {
            Tenants = session.Tenants,
            Asked = QuestionOptions.Asked(parsed, toTheEnd),
        };
        CheckNames(request);
        if (toTheEnd && !request.Sets.Has(Role.InDomain)) throw new ArgumentException("all measures too: give in-domain.");
        if (!complete) return null;
        Study.Prepared prepared = new(request);
        Estimate estimate = prepared.Estimate();
        string[] costs = [.. prepared.Costs.Select(cost => cost.InWords), Study.AreasInWords(prepared)];
        return $"{string.Join("; ", costs.Where(cost => cost != ""))}. The searches take about "
            + $"{Words.Duration(estimate.Seconds)} and {Words.Bytes(estimate.Bytes)} of memory.";
    }

    /// <summary>Draws the page of a finished study, and prints what it found.</summary>
    /// <param name="session">where it is printed</param>
    /// <param name="folder">the run</param>
    /// <param name="result">what it found</param>
    /// <param name="toHeal">gives what to do with its cut next; null where it has none</param>
    public static void Finished(Session session, RunFolder folder, Result result, Func<string>? toHeal = null)
    {
        Report.Write(folder.FolderPath, result);
        string next = toHeal is not null && result.Facts<CutFacts>() is not null ? toHeal() : "";
        session.Result(() => ResultJson.Write(result), () => Summary.Finished(result, folder.FolderPath) + next);
    }
}
