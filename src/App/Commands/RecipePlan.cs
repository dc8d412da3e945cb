using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Heartwood.App.Console;
using Heartwood.Lab;
using Heartwood.Lab.Studies.Recipes;
using Heartwood.Lab.Tasks;

namespace Heartwood.App.Commands;

/// <summary>
/// A recipe as commands: every step parsed by its verb, as if it stood on the command line, before the first of them runs. What a verb
/// does not have is refused with the recipe's file and line and the nearest right name.
/// </summary>
sealed class RecipePlan
{
    readonly FilledRecipe recipe;
    readonly Session session;
    readonly string run;
    readonly IReadOnlyList<string> shared;

    /// <summary>One step as a command.</summary>
    /// <param name="Step">what the recipe says</param>
    /// <param name="Verb">its verb</param>
    /// <param name="Words">the words of the command, the verb first</param>
    /// <param name="OwnFolder">whether it writes the folder of its name</param>
    /// <param name="Earlier">the steps before it that it names</param>
    public sealed record Planned(
        RecipeStep Step, Verb Verb, IReadOnlyList<string> Words, bool OwnFolder, IReadOnlyList<string> Earlier)
    {
        /// <summary>The command as a shell takes it.</summary>
        public string Command => Machine.Command(Words);
    }

    RecipePlan(FilledRecipe recipe, Session session, string run, IReadOnlyList<string> shared)
    {
        (this.recipe, this.session, this.run, this.shared) = (recipe, session, run, shared);
        List<Planned> read = [];
        foreach (RecipeStep step in recipe.Recipe.Steps) read.Add(Read(step, read));
        Steps = read;
    }

    /// <summary>The steps, in the order in which they run.</summary>
    public IReadOnlyList<Planned> Steps { get; }

    /// <summary>Reads the steps of a recipe.</summary>
    /// <param name="recipe">the recipe</param>
    /// <param name="session">whose verbs they use</param>
    /// <param name="run">the folder of the whole run</param>
    /// <param name="shared">options, with their values, that every step is given: --threads, --seed</param>
    /// <exception cref="FormatException">a step is no command</exception>
    public static RecipePlan Read(FilledRecipe recipe, Session session, string run, params IReadOnlyList<string> shared) =>
        new(recipe, session, run, shared);

    /// <summary>The words of one step, as its verb takes them, without a folder to write; for a verb that runs another's step.</summary>
    /// <param name="step">the step</param>
    /// <param name="without">options that are left out</param>
    public IEnumerable<string> WordsOf(Planned step, IReadOnlySet<string> without) =>
        [step.Verb.Name, .. step.Step.Arguments.Select(Filled),
            .. step.Step.Options.Select(o => (Option: OptionOf(step.Step, step.Verb, o), o)).Where(o => !without.Contains(o.Option.Name))
                .SelectMany(o => WordsOf(o.Option, o.o))];

    Planned Read(RecipeStep step, IReadOnlyList<Planned> before)
    {
        Verb verb = VerbOf(step);
        foreach (RecipeValue value in step.Values)
            foreach (string name in recipe.StepsIn(value))
                if (before.First(b => b.Step.Name == name) is { OwnFolder: false } other)
                    throw Refused(value.Line, step, $"${{{name}}} has no folder of its own: {other.Verb.Name} writes into the run that "
                        + $"it is "
                        + "given, or writes nothing. Name the step that made the run.");
        if (step.Arguments.Count > 0 && verb.Arguments.Count == 0)
            throw Refused(step.Arguments[0].Line, step, $"{verb.Name} has no arguments: its words are options.");
        List<string> words = [verb.Name, .. step.Arguments.Select(Filled)];
        foreach (RecipeOption option in step.Options) words.AddRange(WordsOf(OptionOf(step, verb, option), option));
        words.AddRange(SharedBy(step, verb, words));
        ParseResult parsed = Parsed(step, verb, words);
        bool own = verb.WritesOut(parsed);
        if (own) words.AddRange([SharedOptions.Out.Name, Path.Combine(run, step.Name)]);
        return new(step, verb, words, own, [.. step.Values.SelectMany(recipe.StepsIn).Distinct()]);
    }

    string Filled(RecipeValue value) => recipe.Fill(value, name => Path.Combine(run, name));

    FormatException Refused(int line, RecipeStep step, string message) =>
        recipe.Recipe.Refused(line, $"step '{step.Name}': {message}");

    Verb VerbOf(RecipeStep step)
    {
        Verb[] verbs = [.. session.Root.Subcommands.OfType<Verb>()];
        string name = step.Verb.Text;
        if (name == RunVerb.Name)
            throw Refused(step.Verb.Line, step, "a recipe runs no recipe. Write its steps out.");
        if (verbs.FirstOrDefault(v => v.Name == name) is { } verb) return verb;
        string[] known = [.. verbs.Select(v => v.Name).Except([RunVerb.Name])];
        throw Refused(step.Verb.Line, step, $"there is no verb '{name}'.{Nearest.DidYouMean(name, known)} "
            + $"The verbs are {string.Join(", ", known)}.");
    }

    IEnumerable<Option> Known(Verb verb) => verb.Options.Concat(session.Root.Options.Where(o => o.Recursive))
        .Where(o => o is not (HelpOption or VersionOption));

    Option OptionOf(RecipeStep step, Verb verb, RecipeOption option)
    {
        string name = $"--{option.Name}";
        if (option.Name.StartsWith('-'))
            throw Refused(option.Line, step, $"options stand without dashes here: '{option.Name.TrimStart('-')}', not '{option.Name}'.");
        if (name == SharedOptions.Out.Name)
            throw Refused(option.Line, step, $"a step writes to the folder of its name, {Path.Combine(run, step.Name)}: leave out "
                + $"'{option.Name}'.");
        if (name == SharedOptions.Json.Name || name == SharedOptions.Verbose.Name || name == SharedOptions.Threads.Name)
            throw Refused(option.Line, step, $"'{option.Name}' is said of the whole run: heartwood run … {name}");
        if (verb.Refused.TryGetValue(name, out string? because))
            throw Refused(option.Line, step, $"{verb.Name} takes no '{option.Name}': {because}.");
        if (Known(verb).FirstOrDefault(o => o.Name == name || o.Aliases.Contains(name)) is { } found) return found;
        string[] known = [.. Known(verb).Select(o => o.Name[2..]).Except(["out", "json", "verbose", "threads"])];
        string comma = option.Name.Contains('=') ? " Inside { } a value with a comma in it stands in quotes." : "";
        throw Refused(option.Line, step, $"{verb.Name} has no option '{option.Name}'."
            + $"{Nearest.DidYouMean(option.Name, known)}{comma} It has {string.Join(", ", known)}.");
    }

    IEnumerable<string> WordsOf(Option option, RecipeOption given)
    {
        RecipeStep step = recipe.Recipe.Steps.First(s => s.Options.Contains(given));
        if (option.ValueType == typeof(bool))
            return given.Values is [{ Text: "true" }] ? [option.Name] : given.Values is [{ Text: "false" }] ? []
                : throw Refused(given.Line, step, $"'{given.Name}' is a flag: true or false, not "
                    + $"'{string.Join(' ', given.Values.Select(v => v.Text))}'.");
        if (given.Values.Count > 1 && !option.AllowMultipleArgumentsPerToken)
            throw Refused(given.Line, step, $"'{given.Name}' takes one value, and here are {given.Values.Count}. If it is a list with "
                + $"commas, "
                + $"write '{string.Join(',', given.Values.Select(v => v.Text))}'.");
        return [option.Name, .. given.Values.Select(Filled)];
    }

    // what was said to the whole run, where the step does not say otherwise: --seeds says more than --seed
    IEnumerable<string> SharedBy(RecipeStep step, Verb verb, IReadOnlyList<string> words) => shared.Chunk(2)
        .Where(pair => pair[0] != SharedOptions.Seed.Name || verb.WhyNoSeed(CommandLine.Parse(session.Root, words)) is null)
        .Where(pair => !step.Options.Any(o => $"--{o.Name}" == pair[0] || $"--{o.Name}" == $"{pair[0]}s")
            && Known(verb).Any(o => o.Name == pair[0]))
        .SelectMany(pair => pair);

    ParseResult Parsed(RecipeStep step, Verb verb, IReadOnlyList<string> words)
    {
        ParseResult parsed = CommandLine.Parse(session.Root, words);
        Argument? absent = verb.Arguments.FirstOrDefault(
            a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is null or { Tokens.Count: 0 });
        if (absent is not null)
            throw Refused(step.Line, step, $"{verb.Name} is given no {absent.Name}. Add: arguments: [{absent.Name}]. {absent.Description}");
        if (parsed.UnmatchedTokens.FirstOrDefault() is { } left)
            throw Refused(step.Arguments.FirstOrDefault()?.Line ?? step.Line, step, $"'{left}' is one argument too many for {verb.Name}.");
        foreach (RecipeOption given in step.Options)
        {
            Option option = OptionOf(step, verb, given);
            OptionResult? result = parsed.GetResult(option);
            if (result?.Errors.FirstOrDefault() is { } wrong) throw Refused(given.Line, step, wrong.Message);
            // a value that begins like an option would be taken for one
            if (option.ValueType != typeof(bool) && !given.Values.Select(Filled).SequenceEqual(result?.Tokens.Select(t => t.Value) ?? []))
                throw Refused(given.Line, step, $"the value of '{given.Name}' would be taken for an option: it begins with a dash.");
        }
        if (parsed.Errors.Count > 0) throw Refused(step.Line, step, parsed.Errors[0].Message);
        return parsed;
    }

    /// <summary>The parsed command of a step.</summary>
    public ParseResult Parsed(Planned step) => CommandLine.Parse(session.Root, step.Words);

    /// <summary>
    /// Checks what can be checked before any step runs: that data can be read and folders are there, but for those that earlier steps
    /// make, and all that the step's verb checks itself.
    /// </summary>
    /// <param name="step">the step</param>
    /// <param name="isDone">tells of an earlier step whether its folder is there</param>
    /// <returns>what it will cost, as far as it is known</returns>
    /// <exception cref="FormatException">it is doomed</exception>
    public string? Foresee(Planned step, Func<string, bool> isDone)
    {
        ParseResult parsed = Parsed(step);
        bool complete = step.Earlier.All(isDone);
        foreach (Argument argument in step.Verb.Arguments.Where(a => a.Name is "RUN" or "FOLDER" or "MODEL"))
            foreach (RecipeValue value in step.Step.Arguments) RequirePath(step, value);
        foreach (var (_, value) in Given(step, "FOLDER")) RequirePath(step, value);
        if (step.Verb.Foresee is null || !complete) RequireData(step);
        if (step.Verb.Foresee is null) return null;
        try { return step.Verb.Foresee(parsed, session, complete); }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            RequireData(step);                                   // where it is a file, its own line is named
            throw Refused(step.Step.Line, step.Step, e.Message);
        }
    }

    // values of options of a kind, but for those that name earlier steps
    IEnumerable<(RecipeOption Option, RecipeValue Value)> Given(Planned step, string kind) =>
        step.Step.Options.Where(o => OptionOf(step.Step, step.Verb, o).HelpName == kind)
            .SelectMany(o => o.Values.Where(v => !recipe.StepsIn(v).Any()), (o, v) => (o, v));

    void RequireData(Planned step)
    {
        foreach (var (option, value) in Given(step, "DATA"))
            try { DataSource.ReadAll([Filled(value)]); }
            catch (Exception e) when (Failures.IsExpected(e))
            {
                bool parted = option.Values.Count > 1 && value.Text.Contains('=');
                throw Refused(value.Line, step.Step, e.Message + (parted ? " Inside [ ] a value with a comma in it stands in "
                    + "quotes." : ""));
            }
    }

    void RequirePath(Planned step, RecipeValue value)
    {
        if (!recipe.StepsIn(value).Any() && !Path.Exists(Filled(value)))
            throw Refused(value.Line, step.Step, $"there is no {Filled(value)}.");
    }
}
