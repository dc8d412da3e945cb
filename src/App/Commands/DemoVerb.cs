using System.CommandLine;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Studies.Recipes;

namespace Heartwood.App.Commands;

/// <summary>
/// <c>heartwood demo</c>: the built-in recipe, <c>recipes/demo.yaml</c>, on the embedded model and the made-up language; its one step's
/// folder is that of --out, and options that are given take the place of the recipe's.
/// </summary>
static class DemoVerb
{
    const string Folder = "heartwood-demo";

    static IReadOnlyList<Option> Options =>
        [.. StudyOptions.Search, StudyOptions.ChooseOn, .. StudyOptions.Healing, QuestionOptions.Ask, SharedOptions.Title];

    /// <summary>The verb.</summary>
    public static Verb Create()
    {
        Verb verb = new("demo",
            "Shows the heuristic core, from search to a healed cut, on the small BERT that comes with the program, in a minute or two. "
                + $"Needs no file; without --out it writes to {Folder}.",
            "demo --out runs/demo", "demo --sparsity 0.6 0.5 --out runs/two-sizes")
        {
            Resumes = true,
            TakesOut = true,
            Draws = true,
            Computes = true,
            Run = Run,
        };
        foreach (Option option in Options) verb.Options.Add(option);
        return verb;
    }

    // what an option takes the place of: without healing there is no loss of it
    static IEnumerable<string> Replaced(Option given, ParseResult parsed) => given == StudyOptions.Target ? [StudyOptions.Sparsity.Name]
        : given == StudyOptions.Heal && parsed.GetValue(StudyOptions.Heal) == 0 ? [given.Name, StudyOptions.HealLoss.Name] : [given.Name];

    static void Run(ParseResult parsed, Session session)
    {
        Recipe recipe = Recipe.Demo;
        RecipePlan plan = RecipePlan.Read(recipe.Filled(new Dictionary<string, string>()), session, Folder);
        IEnumerable<Option> all = [.. Options, SharedOptions.Seed, SharedOptions.Threads, .. SharedOptions.All];
        Option[] given = [.. all.Where(o => parsed.GetResult(o) is { Implicit: false })];
        ParseResult step = CommandLine.Parse(session.Root,
            [.. plan.WordsOf(plan.Steps.Single(), given.SelectMany(o => Replaced(o, parsed)).ToHashSet()),
                .. given.SelectMany(o => (string[])[o.Name, .. parsed.GetResult(o)!.Tokens.Select(t => t.Value)])]);
        StudyRequest request = StudyOptions.Parse(step);
        request = request with { Title = request.Title == "" ? recipe.Title : request.Title };
        FindVerb.Begin(step, session, request, RunSupport.OutOf(parsed, Folder), toTheEnd: true);
    }
}
