using System.Text;
using System.Text.RegularExpressions;
using static Heartwood.Lab.Studies.Recipes.RecipeNode;

namespace Heartwood.Lab.Studies.Recipes;

/// <summary>
/// Reads a recipe's file. Its names are <c>title</c>, <c>about</c>, <c>settings</c> and <c>steps</c>; a file without <c>steps</c> may be
/// nothing but steps. Which verbs and options there are, the command line knows.
/// </summary>
static partial class RecipeReader
{
    const int Largest = 1 << 20, LongestName = 64;

    static readonly string[] names = ["title", "about", "settings", "steps"], ofSettings = ["about", "default"];

    /// <summary>Names in a run's folder that are its own.</summary>
    static readonly string[] taken = ["claims", "finished", "manifest.json", "report.html", "result.json", "said", "stages", "times"];

    static readonly UTF8Encoding utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="bytes">the whole file, UTF-8</param>
    /// <param name="file">its name, for errors</param>
    /// <exception cref="FormatException">it holds no recipe</exception>
    public static Recipe Read(byte[] bytes, string file)
    {
        if (bytes.Length > Largest) throw Refused(file, 1, $"{bytes.Length:N0} bytes are too many for a recipe. Is this another file?");
        string text;
        try { text = utf8.GetString(bytes).TrimStart('\uFEFF'); }
        catch (DecoderFallbackException e) { throw Refused(file, 1, "this is no text in UTF-8. Save it as UTF-8.", e); }
        RecipeNode root = RecipeNode.Read(text, file) ?? throw Empty(file, 1);
        string title = Path.GetFileNameWithoutExtension(file), about = "";
        IReadOnlyList<RecipeSetting> settings = [];
        RecipeNode steps = root;
        if (root is Names top && !IsSteps(top))
        {
            foreach (var (name, value) in top.All)
                switch (name.Text)
                {
                    case "title": title = TextIn(value, name.Text, file); break;
                    case "about": about = TextIn(value, name.Text, file); break;
                    case "settings": settings = SettingsIn(value, file); break;
                    case "steps": break;
                    default:
                        throw Refused(file, name.Line, $"a recipe has no '{name.Text}'.{Nearest.DidYouMean(name.Text, names)} It has "
                        + $"{string.Join(", ", names)}.");
                }
            steps = top.All.FirstOrDefault(n => n.Name.Text == "steps").Value
                ?? throw Refused(file, top.Line, "the recipe has no steps. Add: steps: {NAME: {verb: find, OPTION: VALUE}}");
        }
        List<RecipeStep> read = [.. StepsIn(steps, file)];
        if (read.Count == 0) throw Empty(file, steps.Line);
        return new(file, text, title, about, [.. settings, .. Named(read, settings, file)], read);
    }

    /// <summary>What refuses something that stands on a line of a file.</summary>
    public static FormatException Refused(string file, int line, string message, Exception? inner = null) =>
        new(file == "" ? message : $"{file}:{line}: {message}", inner);

    static FormatException Empty(string file, int line) =>
        Refused(file, line, "the recipe has no steps. A step is NAME: {verb: find, OPTION: VALUE}");

    static bool IsSteps(Names top) => top.All.Count > 0 && !top.All.Any(n => n.Name.Text == "steps")
        && top.All.All(n => n.Value is Names step && step.All.Any(o => o.Name.Text == "verb"));

    static string TextIn(RecipeNode value, string name, string file) => value is Words { IsNothing: false } words
        ? string.Join(' ', words.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        : throw Refused(file, value.Line, $"'{name}' is a text, not {value.InWords}.");

    static List<RecipeSetting> SettingsIn(RecipeNode value, string file)
    {
        if (value is not Names all)
            throw Refused(file, value.Line, $"'settings' has names, each with what it is, not {value.InWords}. For example: settings: "
                + $"{{data: the folder of the data}}");
        List<RecipeSetting> settings = [];
        foreach (var (name, said) in all.All)
        {
            RequireName(name, "setting", file);
            string about = "";
            string? usual = null;
            if (said is Names own)
                foreach (var (key, text) in own.All)
                    switch (key.Text)
                    {
                        case "about": about = TextIn(text, key.Text, file); break;
                        case "default":
                            usual = text is Words words && !words.IsNothing ? Whole(words, file)
                            : throw Refused(file, text.Line, $"the default of '{name.Text}' is a text, not {text.InWords}."); break;
                        default:
                            throw Refused(file, key.Line, $"a setting has no "
                            + $"'{key.Text}'.{Nearest.DidYouMean(key.Text, ofSettings)} It has "
                            + $"{string.Join(" and ", ofSettings)}.");
                    }
            else if (said is Words) about = TextIn(said, name.Text, file);
            else throw Refused(file, said.Line, $"the setting '{name.Text}' is what it is, in words, or has about and default; found "
                + $"{said.InWords}.");
            if (usual is not null && Recipe.NamesIn(usual).Any())
                throw Refused(file, name.Line, $"the default of '{name.Text}' holds ${{…}}: settings do not name settings. Write the "
                    + $"value out.");
            settings.Add(new(name.Text, about, usual, name.Line, true));
        }
        return settings;
    }

    static IEnumerable<RecipeStep> StepsIn(RecipeNode value, string file)
    {
        IEnumerable<(Words Name, RecipeNode Step)> all = value switch
        {
            Names under => under.All,
            Items list => list.All.Select(item => item is Names { All.Count: 1 } one ? one.All[0]
                : throw Refused(file, item.Line, $"each item of the list of steps is one NAME: {{verb: …}}, not {item.InWords}.")),
            _ => throw Refused(file, value.Line, $"steps were expected, each NAME: {{verb: find, OPTION: VALUE}}; found {value.InWords}."),
        };
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, step) in all)
        {
            RequireName(name, "step", file);
            if (!seen.Add(name.Text)) throw Refused(file, name.Line, $"a second step '{name.Text}': each has a folder of its own. Give "
                + $"it another name.");
            if (taken.Contains(name.Text, StringComparer.OrdinalIgnoreCase))
                throw Refused(file, name.Line, $"'{name.Text}' is a name of the run's own in its folder. Give the step another name.");
            yield return step is Names words ? StepIn(name, words, file)
                : throw Refused(file, step.Line, $"the step '{name.Text}' is a verb with its options, {{verb: find, OPTION: VALUE}}, not "
                    + $"{step.InWords}.");
        }
    }

    static RecipeStep StepIn(Words name, Names step, string file)
    {
        RecipeValue? verb = null;
        IReadOnlyList<RecipeValue> arguments = [];
        List<RecipeOption> options = [];
        foreach (var (key, value) in step.All)
        {
            if (key.Text == "verb") verb = new(TextIn(value, "verb", file), value.Line);
            else if (key.Text == "arguments") arguments = ValuesIn(value, "arguments", file);
            else options.Add(new(key.Text, key.Line, ValuesIn(value, key.Text, file)));
        }
        return new(name.Text, name.Line,
            verb ?? throw Refused(file, name.Line, $"the step '{name.Text}' has no verb. Add: verb: find"), arguments, options);
    }

    static RecipeValue[] ValuesIn(RecipeNode value, string name, string file) => value switch
    {
        Words { IsNothing: false } words => [new(Whole(words, file), words.Line)],
        Items { All.Count: > 0 } list => [.. list.All.SelectMany(item => item is Words ? ValuesIn(item, name, file)
            : throw Refused(file, item.Line, $"an item of '{name}' is one text, not {item.InWords}."))],
        Words => throw Refused(file, value.Line, $"'{name}' has no value. Give it one (a flag's is true), or leave it out. "
            + "Inside { } and [ ] a comma ends a value: one that holds a comma stands in quotes there."),
        _ => throw Refused(file, value.Line, $"'{name}' has one value or a list of several, not "
            + $"{(value is Items ? "an empty list" : value.InWords)}."),
    };

    static string Whole(Words words, string file) => Recipe.Replace(words.Text, _ => "").Contains("${", StringComparison.Ordinal)
        ? throw Refused(file, words.Line, $"'{words.Text}' has a ${{ without its }}. Write ${{NAME}}.") : words.Text;

    static void RequireName(Words name, string kind, string file)
    {
        if (name.Text.Length > LongestName || !Plain().IsMatch(name.Text)
            || name.Text.EndsWith(Runs.Atomic.Unfinished, StringComparison.OrdinalIgnoreCase))
            throw Refused(file, name.Line, $"'{name.Text}' is no name for a {kind}. Use letters, digits, '.', '_' and '-', begin with a "
                + $"letter or digit.");
    }

    // what steps name: steps before them, or settings, which need not be described
    static List<RecipeSetting> Named(IReadOnlyList<RecipeStep> steps, IReadOnlyList<RecipeSetting> described, string file)
    {
        List<RecipeSetting> found = [];
        if (described.FirstOrDefault(d => steps.Any(s => s.Name == d.Name)) is { } both)
            throw Refused(file, both.Line, $"'{both.Name}' is a setting and a step: ${{{both.Name}}} could be either. Give one of them "
                + $"another name.");
        HashSet<string> named = [];
        foreach (var (at, step) in steps.Index())
            foreach (RecipeValue value in step.Values)
                foreach (string name in Recipe.NamesIn(value.Text))
                {
                    named.Add(name);
                    int of = steps.Index().FirstOrDefault(s => s.Item.Name == name, (-1, null!)).Index;
                    if (of == at) throw Refused(file, value.Line, $"${{{name}}} is this step's own folder. A step names steps before it.");
                    if (of > at) throw Refused(file, value.Line, $"${{{name}}} is a later step (line {steps[of].Line}). Put it before "
                        + $"'{step.Name}'.");
                    if (of >= 0 || described.Concat(found).Any(s => s.Name == name)) continue;
                    RequireName(new(value.Line, name, true), "setting", file);
                    found.Add(new(name, "", null, value.Line, false));
                }
        if (described.FirstOrDefault(d => !named.Contains(d.Name)) is { } idle)
            throw Refused(file, idle.Line, $"the setting '{idle.Name}' is named by no "
                + $"step.{Nearest.DidYouMean(idle.Name, found.Select(f => f.Name))} "
                + $"Name it as ${{{idle.Name}}}, or remove it.");
        return found;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex Plain();
}
