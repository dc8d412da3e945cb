using System.Text.RegularExpressions;

namespace Heartwood.Lab.Studies.Recipes;

/// <summary>
/// A study that a file says: a list of steps, each a verb of the command line with its options by their names. Later steps name the
/// folders of earlier ones as <c>${NAME}</c>; any other <c>${NAME}</c> is a setting that whoever runs it gives a value.
/// </summary>
/// <param name="File">the file, as errors name it; "" where it stands in none</param>
/// <param name="Text">the whole file</param>
/// <param name="Title">the headline of its report; the file's name where it says none</param>
/// <param name="About">what it studies, in a sentence or two; "" where it says nothing</param>
/// <param name="Settings">the settings that it describes, or that its steps name</param>
/// <param name="Steps">the steps, in the order in which they run</param>
public sealed partial record Recipe(
    string File, string Text, string Title, string About, IReadOnlyList<RecipeSetting> Settings, IReadOnlyList<RecipeStep> Steps)
{
    /// <summary>The recipe that <c>heartwood demo</c> runs: <c>recipes/demo.yaml</c>, as it was when the program was built.</summary>
    public static Recipe Demo { get; } = BuiltIn("recipes/demo.yaml");

    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">there is no such file, or it cannot be read</exception>
    /// <exception cref="FormatException">it holds no recipe; the message names file, line and next move</exception>
    public static Recipe Read(string file)
    {
        if (Directory.Exists(file)) throw new IOException($"{file} is a folder. Name the recipe's file: {file.TrimEnd('/')}/NAME.yaml");
        if (!System.IO.File.Exists(file)) throw new FileNotFoundException($"There is no {file}. Name a recipe's file: recipes/NAME.yaml");
        return RecipeReader.Read(System.IO.File.ReadAllBytes(file), file);
    }

    /// <summary>A recipe that was made of options and stands in no file.</summary>
    /// <param name="text">what a file of it would hold</param>
    /// <exception cref="FormatException">it is none; the message names no line</exception>
    public static Recipe Made(string text) => RecipeReader.Read(System.Text.Encoding.UTF8.GetBytes(text), "");

    static Recipe BuiltIn(string name)
    {
        using Stream stream = typeof(Recipe).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program holds no resource '{name}'; build it again.");
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return RecipeReader.Read(bytes.ToArray(), name);
    }

    /// <summary>The recipe with a value for each of its settings.</summary>
    /// <param name="given">values by name; the others are as the recipe has them</param>
    /// <exception cref="ArgumentException">a name is no setting of the recipe</exception>
    /// <exception cref="FormatException">a setting has no value</exception>
    public FilledRecipe Filled(IReadOnlyDictionary<string, string> given)
    {
        foreach (string name in given.Keys)
        {
            if (Settings.Any(s => s.Name == name)) continue;
            if (Steps.FirstOrDefault(s => s.Name == name) is { } step)
                throw new ArgumentException($"--set {name}: '{name}' is a step of {File} (line {step.Line}), whose folder is made by the "
                    + $"run.");
            string there = Settings.Count == 0 ? "It has none: leave out --set."
                : $"Its settings are {string.Join(", ", Settings.Select(s => s.Name))}.";
            string near = Nearest.DidYouMean(name, Settings.Select(s => s.Name));
            throw new ArgumentException($"--set {name}: {File} has no setting '{name}'.{near} {there}");
        }
        if (Settings.FirstOrDefault(s => s.Default is null && !given.ContainsKey(s.Name)) is { } open)
        {
            string what = open.About == "" ? "" : $" ({open.About})";
            string[] others = [.. Steps.Select(s => s.Name), .. Settings.Where(s => s.Described).Select(s => s.Name)];
            string near = open.Described ? "."
                : $"; it is no step before this one.{Nearest.DidYouMean(open.Name, others)}";
            throw Refused(open.Line, $"the setting '{open.Name}'{what} has no value{near} Give it one: --set {open.Name}=VALUE");
        }
        return new(this, Settings.ToDictionary(s => s.Name, s => given.GetValueOrDefault(s.Name) ?? s.Default!));
    }

    /// <summary>What refuses something that stands on a line of the file.</summary>
    /// <param name="line">the line, from 1</param>
    /// <param name="message">what was expected, what was found, the next move</param>
    public FormatException Refused(int line, string message) => RecipeReader.Refused(File, line, message);

    /// <summary>The names that a text holds as <c>${NAME}</c>.</summary>
    internal static IEnumerable<string> NamesIn(string text) => Named().Matches(text).Select(m => m.Groups[1].Value);

    /// <summary>The text with each <c>${NAME}</c> replaced.</summary>
    internal static string Replace(string text, Func<string, string> with) => Named().Replace(text, m => with(m.Groups[1].Value));

    [GeneratedRegex(@"\$\{([^{}]*)\}")]
    private static partial Regex Named();
}

/// <summary>A setting of a recipe: what differs from machine to machine, or what may be asked otherwise.</summary>
/// <param name="Name">its name, as <c>--set NAME=VALUE</c> takes it</param>
/// <param name="About">what it is; "" where the recipe does not say</param>
/// <param name="Default">its value where none is given; null where one must be</param>
/// <param name="Line">where it is described, or first named</param>
/// <param name="Described">whether the recipe describes it, and does not only name it</param>
public sealed record RecipeSetting(string Name, string About, string? Default, int Line, bool Described);

/// <summary>One step: a verb with its arguments and options.</summary>
/// <param name="Name">its name, and that of its folder in the run's</param>
/// <param name="Line">where it begins</param>
/// <param name="Verb">the verb</param>
/// <param name="Arguments">the verb's arguments</param>
/// <param name="Options">its options, in the file's order</param>
public sealed record RecipeStep(
    string Name, int Line, RecipeValue Verb, IReadOnlyList<RecipeValue> Arguments, IReadOnlyList<RecipeOption> Options)
{
    /// <summary>All its values, the verb's name aside.</summary>
    public IEnumerable<RecipeValue> Values => Arguments.Concat(Options.SelectMany(o => o.Values));
}

/// <summary>One option of a step.</summary>
/// <param name="Name">its name without dashes</param>
/// <param name="Line">where it stands</param>
/// <param name="Values">its values, at least one</param>
public sealed record RecipeOption(string Name, int Line, IReadOnlyList<RecipeValue> Values);

/// <summary>A text of a recipe.</summary>
/// <param name="Text">the text, as written</param>
/// <param name="Line">where it stands</param>
public sealed record RecipeValue(string Text, int Line);

/// <summary>A recipe whose settings have values.</summary>
/// <param name="Recipe">the recipe</param>
/// <param name="Settings">the values by name</param>
public sealed record FilledRecipe(Recipe Recipe, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>A value, filled.</summary>
    /// <param name="value">a value of a step</param>
    /// <param name="folder">gives the folder of an earlier step</param>
    public string Fill(RecipeValue value, Func<string, string> folder) =>
        Recipe.Replace(value.Text, name => Settings.TryGetValue(name, out string? given) ? given : folder(name));

    /// <summary>The earlier steps that a value names.</summary>
    public IEnumerable<string> StepsIn(RecipeValue value) => Recipe.NamesIn(value.Text).Where(name => !Settings.ContainsKey(name));

    /// <summary>What a run's manifest keeps of it: text, settings and each step's words, the folders of steps by their names.</summary>
    public object Request(ulong? seed) => new
    {
        Recipe = new { Recipe.Text },
        Settings,
        Steps = Recipe.Steps.ToDictionary(s => s.Name, WordsOf),
        Order = Recipe.Steps.Select(s => s.Name),
        Seed = seed,
    };

    static Dictionary<string, object> WordsOf(RecipeStep step)
    {
        Dictionary<string, object> words = new() { ["verb"] = step.Verb.Text };
        if (step.Arguments.Count > 0) words["arguments"] = step.Arguments.Select(a => a.Text);
        foreach (RecipeOption option in step.Options) words[option.Name] = option.Values.Select(v => v.Text);
        return words;
    }
}
