using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Heartwood.App.Commands;

/// <summary>The options that verbs share, each said once, and the way in which verbs make their own.</summary>
static class SharedOptions
{
    /// <summary>The result as JSON, alone on the output stream.</summary>
    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print the result as JSON, and nothing else, to the output; progress goes to the error stream.",
        Recursive = true
    };

    /// <summary>The seed of all that is drawn by chance, of the verbs that draw: see <see cref="Verb.Draws"/>.</summary>
    public static readonly Option<ulong> Seed = Number("--seed", "The seed of all that is drawn by chance.", 0UL);

    /// <summary>How many threads to compute on, of the verbs that compute: see <see cref="Verb.Computes"/>.</summary>
    public static readonly Option<int> Threads = Number(
        "--threads", "How many threads to compute on; results do not depend on it.", Environment.ProcessorCount, 1, 1024);

    /// <summary>The folder of a run, for the verbs that make one; null where it was not given.</summary>
    public static readonly Option<string?> Out =
        new("--out") { Description = "The folder to write. A run that was stopped there is resumed.", HelpName = "FOLDER" };

    /// <summary>The headline of a run's page; null where it was not given.</summary>
    public static readonly Option<string?> Title = new("--title")
    {
        Description = "The headline of the page, in place of the model's name or what the verb says itself.",
        HelpName = "TEXT",
    };

    /// <summary>Errors with their stack.</summary>
    public static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack of an error.", Recursive = true };

    /// <summary>Those that every verb has, in the order of the help.</summary>
    public static IEnumerable<Option> All => [Json, Verbose];

    /// <summary>An option that is a number, refused with its bounds in words.</summary>
    /// <param name="name">its name, with the two dashes</param>
    /// <param name="description">what it says, one sentence</param>
    /// <param name="standard">the number where it is not given</param>
    /// <param name="low">the smallest allowed; the type's own where null</param>
    /// <param name="high">the largest allowed; the type's own where null</param>
    public static Option<T> Number<T>(string name, string description, T standard, T? low = null, T? high = null)
        where T : struct, INumber<T>, IMinMaxValue<T> => new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => standard,
            CustomParser = given => NumberIn(given, name, low ?? T.MinValue, high ?? T.MaxValue),
        };

    /// <summary>An option that is a number, or not given; the parameters are those of the other.</summary>
    public static Option<T?> NumberOrNone<T>(string name, string description, string helpName, T low, T high)
        where T : struct, INumber<T>, IMinMaxValue<T> =>
            new(name) { Description = description, HelpName = helpName, CustomParser = given => NumberIn(given, name, low, high) };

    /// <summary>An option that is one of some words; the first is the default.</summary>
    public static Option<string> Choices(string name, string description, params string[] choices)
    {
        Option<string> option =
            new(name) { Description = description, HelpName = string.Join('|', choices), DefaultValueFactory = _ => choices[0] };
        OnlyAmong(option, choices);
        return option;
    }

    /// <summary>An option that is one of some words, or not given.</summary>
    public static Option<string?> Choice(string name, string description, string helpName, params string[] choices)
    {
        Option<string?> option = new(name) { Description = description, HelpName = helpName };
        OnlyAmong(option, choices);
        return option;
    }

    static void OnlyAmong(Option option, string[] choices)
    {
        option.CompletionSources.Add(choices);
        option.Validators.Add(given =>
        {
            if (given.Tokens.FirstOrDefault(t => !choices.Contains(t.Value)) is { } other)
                given.AddError($"{option.Name} takes {string.Join(", ", choices[..^1])} or {choices[^1]}, not '{other.Value}'.");
        });
    }

    static T NumberIn<T>(ArgumentResult given, string name, T low, T high) where T : struct, INumber<T>
    {
        string text = given.Tokens.Count == 1 ? given.Tokens[0].Value : "";
        NumberStyles styles = T.CreateTruncating(0.5) == T.Zero ? NumberStyles.AllowLeadingSign : NumberStyles.Float;
        if (T.TryParse(text, styles, CultureInfo.InvariantCulture, out T number) && number >= low && number <= high) return number;
        string kind = styles == NumberStyles.Float ? "a number" : "a whole number";
        given.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} takes {kind} from {low} to {high}, not '{text}'."));
        return default;
    }
}
