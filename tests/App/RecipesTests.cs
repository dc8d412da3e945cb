using System.Text.Json;
using Heartwood.Lab.Studies.Recipes;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary>The recipes of the repository, each checked to the last option with small stand-ins for the models and data it asks for.</summary>
[Collection("the thread team")]
public sealed class RecipesTests : IDisposable
{
    static readonly string folder = Path.Combine(AppContext.BaseDirectory, "recipes");

    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    public static TheoryData<string> Files => [.. Directory.GetFiles(folder, "*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public void Every_recipe_passes_its_checks_and_says_what_it_is_about(string file)
    {
        Recipe recipe = Recipe.Read(Path.Combine(folder, file));
        Assert.InRange(recipe.About.Length, 40, 600);
        Assert.All(recipe.Settings, s => Assert.True(s.Described && s.About != "", s.Name));
        string[] settings = [.. recipe.Settings.Where(s => s.Default is null || Smaller.ContainsKey(s.Name)).Select(s => $"{s.Name}={Value(s.Name)}")];
        JsonElement plan = JsonDocument.Parse(SmallRuns.Works(
            ["run", Path.Combine(folder, file), "--dry-run", "--json", .. settings.Length == 0 ? [] : (string[])["--set", .. settings]])).RootElement;
        JsonElement[] steps = [.. plan.GetProperty("steps").EnumerateArray()];
        Assert.Equal(recipe.Steps.Select(s => s.Name), steps.Select(s => s.GetProperty("name").GetString()));
        Assert.All(steps, s => Assert.StartsWith($"heartwood {s.GetProperty("verb").GetString()} ", s.GetProperty("command").GetString()));
        Assert.DoesNotContain("${", plan.GetRawText());
        Assert.NotNull(steps[0].GetProperty("cost").GetString());
    }

    [Fact]
    public void Every_recipe_has_a_row_in_the_page_of_systems_and_every_one_that_it_names_is_there()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "systems.md"));
        string[] named = [.. System.Text.RegularExpressions.Regex.Matches(page, @"recipes/([\w-]+\.yaml)").Select(m => m.Groups[1].Value).Distinct()];
        Assert.Equal(Directory.GetFiles(folder, "*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    // sets that are read whole, and take their time
    static readonly Dictionary<string, string> Smaller = new() { ["rows"] = "6", ["each"] = "1", ["orders"] = "2", ["steps"] = "2" };

    string Value(string setting) => setting switch
    {
        "model" => SmallWorld.ModelOf("bert", runs.At("three"), "entailment", "neutral", "contradiction"),
        "minilm" => SmallWorld.ModelOf("bert", runs.At("body"), "entailment", "neutral", "contradiction"),
        "data" => Data(),
        "speaker" => Directory.Exists(runs.At("speaker")) ? runs.At("speaker") : SmallSpeaker.In(runs.At("speaker")),
        "stories" or "more" or "other" => Text(setting),
        "pairs" => Lines("pairs.jsonl", [.. Letters.Select(c => $"{{\"good\": \"the hat {c}\", \"bad\": \"the heat {c}\"}}")]),
        "prompts" => Lines("prompts.csv", ["text,corrupted,answer,wrong", .. Letters.Select(c => $"the {c},the hat {c},t,h")]),
        _ => Smaller.GetValueOrDefault(setting)
            ?? throw new NotSupportedException($"The test knows no stand-in for the setting '{setting}'. Add one here."),
    };

    const string Letters = "abcdefgh";

    string Lines(string name, string[] lines)
    {
        File.WriteAllLines(runs.At(name), lines);
        return runs.At(name);
    }

    string Text(string name)
    {
        File.WriteAllText(runs.At($"{name}.txt"), string.Concat(Enumerable.Range(0, 12).Select(i => $"the a {name} the {(char)('a' + i)}.\n")));
        return runs.At($"{name}.txt");
    }

    // MNLI, LingNLI and HANS in their own layouts, a few rows of each
    string Data()
    {
        string[] labels = ["entailment", "neutral", "contradiction"];
        string[] rows = ["label\tpremise\thypothesis\tgenre", .. Enumerable.Range(0, 12).Select(i => $"{labels[i % 3]}\tthe doctor saw the poet\tthe poet {i}\tfiction")];
        string[] subcases = [.. Recipe.Read(Path.Combine(folder, "shapley-heads.yaml")).Settings.Single(s => s.Name == "seen").Default!.Split('|'),
            "ce_after_since_clause", "ln_relative_clause", "sn_past_participle"];
        string[] hans = ["gold_label\tsentence1\tsentence2\theuristic\tsubcase\ttemplate",
            .. subcases.SelectMany(s => Enumerable.Range(0, 4).Select(i => $"{(s[1] == 'e' ? "" : "non-")}entailment\tthe doctor saw the poet {i}\tthe doctor\tlexical\t{s}\tt{i}"))];
        foreach (var (path, lines) in new (string, string[])[] { ("mnli/train-subset.tsv", rows), ("mnli/dev-matched.tsv", rows), ("lingnli/train.tsv", rows), ("hans/train.tsv", hans), ("hans/evaluation.tsv", hans) })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(runs.At("data", path))!);
            File.WriteAllLines(runs.At("data", path), lines);
        }
        return runs.At("data");
    }
}
