using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Heartwood.App.Console;
using Heartwood.Lab.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies.Recipes;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood run RECIPE</c>: the steps of a recipe, one after another, in one run.</summary>
static class RunVerb
{
    /// <summary>The verb's name.</summary>
    public const string Name = "run";

    static readonly Argument<string> file = new("RECIPE")
    {
        Description = "The recipe: a YAML file whose steps are NAME: {verb: find, OPTION: VALUE}; those in recipes/ are examples.",
    };

    static readonly Option<string[]> set = RunSupport.Several("--set",
        "Values of the recipe's settings, each NAME=VALUE, several in a row: what a step names as ${NAME}, and no step is.", "NAME=VALUE");

    /// <summary>Says what would be run.</summary>
    public static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Check everything, print the commands and what is known of their cost, and run nothing.",
    };

    /// <summary>The verb.</summary>
    public static Verb Create() => new(Name,
        "Runs a recipe: a study that a file says, as a list of steps, each a verb with its options. Each step has a folder in the run's, "
            + "later steps name earlier ones, and one page joins them. All of it is checked before the first step begins.",
        "run recipes/demo.yaml --out runs/demo-recipe",
        "run recipes/shapley-heads.yaml --set model=runs/mnli-hans/model data=data --dry-run")
    {
        Arguments = { file },
        Options = { set, DryRun },
        Resumes = true,
        TakesOut = true,
        Draws = true,
        Computes = true,
        Run = Run,
    };

    static void Run(ParseResult parsed, Session session) => Run(parsed, session,
        Recipe.Read(parsed.GetRequiredValue(file)).Filled(Given(parsed.GetValue(set)!)), fallback: null);

    /// <summary>Runs a recipe, or with --dry-run says what it would run.</summary>
    /// <param name="parsed">what was given: --out, --dry-run, --seed, --threads</param>
    /// <param name="session">whose verbs its steps use</param>
    /// <param name="recipe">the recipe</param>
    /// <param name="fallback">the run's folder where --out names none; null for none</param>
    public static void Run(ParseResult parsed, Session session, FilledRecipe recipe, string? fallback)
    {
        RunSupport.UseThreads(parsed);
        bool only = parsed.GetValue(DryRun);
        string out_ = only ? parsed.GetValue(SharedOptions.Out) ?? fallback ?? "RUN"
            : Path.GetFullPath(RunSupport.OutOf(parsed, fallback));
        string[] shared = [.. Said(parsed, SharedOptions.Threads), .. Said(parsed, SharedOptions.Seed)];
        RecipePlan plan = RecipePlan.Read(recipe, session, out_, shared);
        if (!plan.Steps.Any(step => step.Verb.Draws && step.Verb.WhyNoSeed(plan.Parsed(step)) is null))
            RunSupport.RefuseIdle(parsed, "of this recipe: none of its steps draws anything", SharedOptions.Seed);
        bool IsDone(string step) => RecipeRun.IsDone(out_, step);
        bool ended = !only && File.Exists(Path.Combine(out_, "finished"));
        List<(RecipePlan.Planned Step, bool Done, string? Cost)> costs = [];
        foreach (RecipePlan.Planned step in plan.Steps)
            costs.Add((step, IsDone(step.Step.Name), ended || IsDone(step.Step.Name) ? null : plan.Foresee(step, IsDone)));
        if (only)
        {
            Show(session, recipe.Recipe, costs);
            return;
        }
        if (!ended)
            foreach (var (step, done, cost) in costs)
                session.World.Say($"{step.Step.Name} ({step.Verb.Name}): {Cost(step, done, cost)}");
        ulong? seed = parsed.GetResult(SharedOptions.Seed) is { Implicit: false } ? parsed.GetValue(SharedOptions.Seed) : null;
        using RunFolder folder = RunSupport.Open(out_, session, "", [], seed is null ? [] : [seed.Value], recipe.Request(seed));
        ReadyStep[] steps = [.. plan.Steps.Select(step => new ReadyStep(step.Step, step.Command, step.OwnFolder, Shows(step),
            () => RunStep(plan, step, session)))];
        Result result = RecipeRun.All(folder, recipe, steps, session.Tenants, (at, step) =>
            session.World.Say($"Step {at} of {steps.Length}, {step.Step.Name}: {step.Command}"));
        string page = Report.Write(folder.FolderPath, result);
        Findings findings = new(result);
        IEnumerable<string> exported = findings.Exports.Select(e => e with { File = Path.Combine(folder.FolderPath, e.File) })
            .SelectMany(ExportWords.Lines).Select(line => $"{line}\n");
        session.Result(() => ResultJson.Write(result), () => CandidateWords.Table(findings.Candidates, findings.Failed)
            + $"{findings.Words()}{string.Concat(exported)}Report: {page}");
    }

    // a verb that has no folder of its own adds to the run that it is given first
    static string? Shows(RecipePlan.Planned step) => step.OwnFolder ? null : step.Earlier.FirstOrDefault();

    static Said RunStep(RecipePlan plan, RecipePlan.Planned step, Session session)
    {
        Session own = new(session.World, step.Command, false, session.Progress, session.Stop)
        {
            Tenants = session.Tenants,
            Root = session.Root,
            Both = true,
        };
        try { step.Verb.Run(plan.Parsed(step), own); }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            throw new InvalidOperationException($"Step '{step.Step.Name}' ({step.Verb.Name}): {e.Message}", e);
        }
        return new(own.Found ?? "", own.FoundAsJson ?? "null", own.Headline);
    }

    static Dictionary<string, string> Given(string[] words)
    {
        Dictionary<string, string> given = [];
        foreach (string word in words)
            if (word.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } value])
                throw new ArgumentException($"--set takes NAME=VALUE, not '{word}'.");
            else if (!given.TryAdd(name, value)) throw new ArgumentException($"--set gives '{name}' twice. Leave one out.");
        return given;
    }

    static string[] Said<T>(ParseResult parsed, Option<T> option) where T : IFormattable => parsed.GetResult(option) is { Implicit: false }
        ? [option.Name, parsed.GetValue(option)!.ToString(null, CultureInfo.InvariantCulture)] : [];

    static string Cost(RecipePlan.Planned step, bool done, string? cost) => done ? "done already" : cost
        ?? (step.Earlier.Count > 0 && step.Verb.Foresee is not null
            ? $"its cost is known once {string.Join(" and ", step.Earlier)} {(step.Earlier.Count == 1 ? "is" : "are")} done"
            : "its cost is not known before it runs");

    static void Show(Session session, Recipe recipe, List<(RecipePlan.Planned Step, bool Done, string? Cost)> costs) => session.Result(
        () => JsonSerializer.Serialize(new
        {
            recipe = recipe.File,
            recipe.Title,
            steps = costs.Select(c => new { c.Step.Step.Name, verb = c.Step.Verb.Name, c.Step.Command, c.Cost, c.Done }),
        }, JsonWriting.Published),
        () => $"# {recipe.Title}\n" + string.Concat(costs.Select(c => $"# {c.Step.Step.Name}: "
            + $"{Cost(c.Step, c.Done, c.Cost)}\n{c.Step.Command}\n")));
}
