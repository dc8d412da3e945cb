using System.Text.Json;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Studies.Recipes;

namespace Heartwood.Lab.Reports;

/// <summary>A step of a recipe, ready to run.</summary>
/// <param name="Step">what the recipe says</param>
/// <param name="Command">the command that does the same</param>
/// <param name="OwnFolder">whether it writes a folder (or file) of its own, that of its name</param>
/// <param name="Shows">the earlier step whose page it draws or adds to, where it has no folder of its own; null where there is none</param>
/// <param name="Run">runs it, and gives what it says</param>
public sealed record ReadyStep(RecipeStep Step, string Command, bool OwnFolder, string? Shows, Func<Said> Run);

/// <summary>What a step's verb says.</summary>
/// <param name="Words">on the terminal</param>
/// <param name="Json">as JSON</param>
/// <param name="Headline">in a sentence or two, where the words begin with something else; null where they do not</param>
public sealed record Said(string Words, string Json, string? Headline);

/// <summary>
/// The run of a recipe: its steps one after another, each done once, and one page that joins them. The folder of a step is that of its
/// name; what its verb says is kept in <c>said/NAME.json</c>; <c>result.json</c> and the page are written anew after every step.
/// </summary>
public sealed class RecipeRun
{
    const string PageFolder = "said";

    // what is kept of a step that is done
    sealed record Outcome(string Command, string Said, double Seconds, string? Headline);

    readonly RunFolder folder;
    readonly FilledRecipe recipe;
    readonly IReadOnlyList<ReadyStep> steps;
    readonly Tenants tenants;

    RecipeRun(RunFolder folder, FilledRecipe recipe, IReadOnlyList<ReadyStep> steps, Tenants tenants) =>
        (this.folder, this.recipe, this.steps, this.tenants) = (folder, recipe, steps, tenants);

    /// <summary>Whether a step of the run in a folder is done.</summary>
    /// <param name="run">the run's folder, which need not be there</param>
    /// <param name="step">the step's name</param>
    public static bool IsDone(string run, string step) => File.Exists(Path.Combine(run, FileOf(step)));

    static string FileOf(string step) => $"stages/{step}.json";

    /// <summary>Runs the steps that are not done yet, and joins all.</summary>
    /// <param name="folder">the run</param>
    /// <param name="recipe">what is run</param>
    /// <param name="steps">its steps</param>
    /// <param name="tenants">where names in the steps' results are looked up</param>
    /// <param name="begins">is told of each step that begins, by its number from 1</param>
    /// <returns>the joined result, as <c>result.json</c> has it</returns>
    public static Result All(RunFolder folder, FilledRecipe recipe, IReadOnlyList<ReadyStep> steps, Tenants tenants,
        Action<int, ReadyStep> begins)
    {
        if (!folder.Finished) new RecipeRun(folder, recipe, steps, tenants).Do(begins);
        return Report.Read(folder.FolderPath, tenants.Questions, tenants.PartKinds);
    }

    void Do(Action<int, ReadyStep> begins)
    {
        foreach (var (at, step) in steps.Index())
        {
            try { folder.Work(new Job(FileOf(step.Step.Name), () => Make(at, step, begins))); }
            catch (Exception e)
            {
                if (e is not OperationCanceledException) Write(step, e);
                throw;
            }
            Write();
        }
        folder.Finish(() => Write());
    }

    void Make(int at, ReadyStep step, Action<int, ReadyStep> begins)
    {
        begins(at + 1, step);
        string name = step.Step.Name;
        // a verb that keeps no run begins anew: what it left half done, or done but not noted here, would stop it
        if (step.OwnFolder && !folder.Has($"{name}/manifest.json"))
            foreach (string left in (string[])[folder.PathOf(name), folder.PathOf(name) + GgufExport.Ending])
                if (Directory.Exists(left)) Directory.Delete(left, recursive: true);
                else File.Delete(left);
        double before = folder.Seconds;
        Said said = step.Run();
        folder.WriteText($"{PageFolder}/{name}.json", said.Json + "\n");
        folder.WriteJson(FileOf(name), new Outcome(step.Command, said.Words, folder.Seconds - before, said.Headline));
    }

    void Write(ReadyStep? failed = null, Exception? why = null)
    {
        StepsFacts facts = new(recipe.Recipe.Title, recipe.Recipe.About, recipe.Recipe.File, recipe.Settings,
            [.. steps.Select(s => Facts(s, s == failed ? why : null))], folder.Seconds);
        Result result = new(folder.Manifest, [new(new Steps(), facts, null)]);
        folder.WriteText(Report.FactsFile, ResultJson.Write(result));
        Report.Write(folder.FolderPath, result);
    }

    StepFacts Facts(ReadyStep ready, Exception? failure)
    {
        RecipeStep step = ready.Step;
        string? own = ready.OwnFolder && folder.Has(step.Name) ? step.Name : null, shown = own ?? ready.Shows;
        string? page = shown is not null && folder.Has($"{shown}/{Report.PageFile}") ? $"{shown}/{Report.PageFile}" : null;
        if (!folder.Has(FileOf(step.Name)))
            return new(step.Name, step.Verb.Text, ready.Command, failure is null ? StepStatus.Waiting : StepStatus.Failed, own, page,
                failure?.Message ?? "", [], "", null, []);
        Outcome done = folder.ReadJson<Outcome>(FileOf(step.Name));
        Result? result = own is not null && folder.Has($"{own}/{Report.FactsFile}") ? Own(folder.PathOf(own)) : null;
        var (headline, sentences) = result is null ? (done.Headline ?? FirstLine(done.Said), []) : Report.Found(new(result));
        return new(step.Name, step.Verb.Text, done.Command, StepStatus.Done, own, page, headline, sentences, done.Said,
            result?.Facts<MakingFacts>()?.Seconds ?? done.Seconds, result is null ? [] : Steps.FiguresIn(result))
        {
            Candidates = result is null ? [] : [.. new Findings(result).Candidates.Select(c => c with { File = Seen(c.File, own!) })],
            Failures = result is null ? [] : new Findings(result).Failed,
            Exports = [.. Exported(step.Name).Select(e => e with { File = Seen(e.File, "")!, Model = Seen(e.Model, "")! })],
        };
    }

    // a file of a step as it is seen from the run's folder, where it is in it
    string? Seen(string? file, string step)
    {
        if (file is null) return null;
        string run = Path.GetFullPath(folder.FolderPath), path = Path.GetFullPath(file, Path.Combine(run, step));
        string seen = Path.GetRelativePath(run, path);
        return seen.StartsWith("..", StringComparison.Ordinal) ? path : seen.Replace('\\', '/');
    }

    // what a step's verb says in JSON, where it writes for other programs
    IReadOnlyList<ExportFacts> Exported(string step)
    {
        using JsonDocument said = JsonDocument.Parse(File.ReadAllText(folder.PathOf($"{PageFolder}/{step}.json")));
        return said.RootElement.ValueKind == JsonValueKind.Object && said.RootElement.TryGetProperty("exports", out JsonElement exports)
            && exports.ValueKind == JsonValueKind.Array ? exports.Deserialize<ExportFacts[]>(JsonWriting.Published) ?? [] : [];
    }

    // what a step writes as result.json may be no run's result: an export's, say
    Result? Own(string path)
    {
        try { return Report.Read(path, tenants.Questions, tenants.PartKinds); }
        catch (Exception e) when (e is InvalidDataException or JsonException) { return null; }
    }

    static string FirstLine(string said) => said.Split('\n')
        .Select(line => string.Join(' ', line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd(':'))
        .FirstOrDefault(line => line.Length > 0) ?? "done";
}
