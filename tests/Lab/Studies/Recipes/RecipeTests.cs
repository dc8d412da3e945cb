using System.Text;
using Heartwood.Lab.Studies.Recipes;

namespace Heartwood.Tests.Lab.Studies.Recipes;

/// <summary>What a recipe's file says, and what is refused with its line.</summary>
public sealed class RecipeTests
{
    const string Small = """
        title: Two steps
        about: >-
          What is found,
          and what is cut.
        settings:
          data: where the data are
          rows: {about: how many rows, default: "60"}
        steps:
          found:
            verb: find
            data: ["${data}/a.tsv,rows=${rows}", world:training]
            label-map: neutral>non-entailment|contradiction>non-entailment
            sparsity: [0.5, 0.6]
            all: true
          cut: {verb: cut, arguments: [${found}], mask: ${found}/subnetworks/one.json}
        """;

    static Recipe Read(string text) => RecipeReader.Read(Encoding.UTF8.GetBytes(text), "r.yaml");

    static FilledRecipe Fill(string text, params (string, string)[] given) =>
        Read(text).Filled(given.ToDictionary(g => g.Item1, g => g.Item2));

    [Fact]
    public void Steps_options_lists_and_flags_are_read_as_written_each_with_its_line()
    {
        Recipe recipe = Read(Small);
        Assert.Equal(("Two steps", "What is found, and what is cut."), (recipe.Title, recipe.About));
        Assert.Equal(["found 9 find", "cut 15 cut"], recipe.Steps.Select(s => $"{s.Name} {s.Line} {s.Verb.Text}"));
        Assert.Equal(["data 11: ${data}/a.tsv,rows=${rows}, world:training", "label-map 12: neutral>non-entailment|contradiction>non-entailment",
            "sparsity 13: 0.5, 0.6", "all 14: true"],
            recipe.Steps[0].Options.Select(o => $"{o.Name} {o.Line}: {string.Join(", ", o.Values.Select(v => v.Text))}"));
        Assert.Equal("${found}", Assert.Single(recipe.Steps[1].Arguments).Text);             // braces inside [ ], without quotes
        Assert.Equal("${found}/subnetworks/one.json", recipe.Steps[1].Options[0].Values[0].Text);
        Assert.Equal([("data", null), ("rows", "60")], recipe.Settings.Select(s => (s.Name, s.Default)));
    }

    [Fact]
    public void Settings_take_their_values_and_steps_their_folders()
    {
        FilledRecipe recipe = Fill(Small, ("data", "here"));
        Assert.Equal("here/a.tsv,rows=60", recipe.Fill(recipe.Recipe.Steps[0].Options[0].Values[0], _ => "?"));
        Assert.Equal("run/found/subnetworks/one.json", recipe.Fill(recipe.Recipe.Steps[1].Options[0].Values[0], name => $"run/{name}"));
        Assert.Equal("here/a.tsv,rows=7", Fill(Small, ("data", "here"), ("rows", "7")).Fill(recipe.Recipe.Steps[0].Options[0].Values[0], _ => "?"));
    }

    [Theory]
    [InlineData("a: {verb: train, data: world:training}\nb: {verb: evaluate, arguments: [${a}]}\n")]
    [InlineData("- a: {verb: train, data: world:training}\n- b: {verb: evaluate, arguments: [${a}]}\n")]
    [InlineData("steps:\n- a: {verb: train, data: world:training}\n- b:\n    verb: evaluate\n    arguments: ${a}\n")]
    public void A_file_of_nothing_but_steps_is_a_recipe_as_names_or_as_a_list(string text)
    {
        Recipe recipe = Read(text);
        Assert.Equal(("r", 2), (recipe.Title, recipe.Steps.Count));
        Assert.Equal("${a}", recipe.Steps[1].Arguments[0].Text);
        Assert.Empty(recipe.Settings);
    }

    [Fact]
    public void A_setting_need_not_be_described_and_needs_a_value()
    {
        const string text = "found: {verb: find, model: ${model}}\ncut: {verb: cut, arguments: [${fuond}]}\n";
        Assert.Equal(["model", "fuond"], Read(text).Settings.Select(s => s.Name));
        Assert.Equal("r.yaml:2: the setting 'fuond' has no value; it is no step before this one. Did you mean found? "
            + "Give it one: --set fuond=VALUE", Assert.Throws<FormatException>(() => Fill(text, ("model", "m"))).Message);
        Assert.StartsWith("r.yaml:6: the setting 'data' (where the data are) has no value.",
            Assert.Throws<FormatException>(() => Fill(Small)).Message);
        Assert.StartsWith("--set dta: r.yaml has no setting 'dta'. Did you mean data?",
            Assert.Throws<ArgumentException>(() => Fill(Small, ("dta", "x"))).Message);
        Assert.StartsWith("--set found: 'found' is a step of r.yaml (line 9)",
            Assert.Throws<ArgumentException>(() => Fill(Small, ("found", "x"))).Message);
    }

    [Theory]
    [InlineData("", "r.yaml:1: the recipe has no steps.")]
    [InlineData("stpes: {a: {verb: find}}", "r.yaml:1: a recipe has no 'stpes'. Did you mean steps?")]
    [InlineData("title: x", "r.yaml:1: the recipe has no steps.")]
    [InlineData("steps:\n  a: {verb: find}\n  a: {verb: cut}", "r.yaml:3: 'a' stands here twice.")]
    [InlineData("steps:\n- a: {verb: find}\n- A: {verb: cut}", "r.yaml:3: a second step 'A'")]
    [InlineData("steps:\n  a: find", "r.yaml:2: the step 'a' is a verb with its options")]
    [InlineData("steps:\n  a: {data: x}", "r.yaml:2: the step 'a' has no verb.")]
    [InlineData("steps:\n  ../a: {verb: find}", "r.yaml:2: '../a' is no name for a step.")]
    [InlineData("steps:\n  stages: {verb: find}", "r.yaml:2: 'stages' is a name of the run's own in its folder.")]
    [InlineData("steps:\n  a:\n    verb: find\n    data:", "r.yaml:4: 'data' has no value.")]
    [InlineData("steps:\n  a: {verb: find, data: world:training,rows=5}", "r.yaml:2: 'rows=5' has no value.")]
    [InlineData("steps:\n  a:\n    verb: find\n    data: []", "r.yaml:4: 'data' has one value or a list of several, not an empty list.")]
    [InlineData("steps:\n  a:\n    verb: find\n    data: {b: c}", "r.yaml:4: 'data' has one value or a list of several, not names with values.")]
    [InlineData("steps:\n  a: {verb: find, model: \"${b\"}", "r.yaml:2: '${b' has a ${ without its }.")]
    [InlineData("steps:\n  a: {verb: find, model: ${b}}\n  b: {verb: train}", "r.yaml:2: ${b} is a later step (line 3). Put it before 'a'.")]
    [InlineData("steps:\n  a: {verb: find, model: ${a}}", "r.yaml:2: ${a} is this step's own folder.")]
    [InlineData("steps:\n  a: {verb: find, model: ${}}", "r.yaml:2: '' is no name for a setting.")]
    [InlineData("settings: {a: x}\nsteps:\n  a: {verb: find}", "r.yaml:1: 'a' is a setting and a step")]
    [InlineData("settings: {data: x}\nsteps:\n  a: {verb: find}", "r.yaml:1: the setting 'data' is named by no step.")]
    [InlineData("settings: {d: {about: x, defualt: y}}\nsteps:\n  a: {verb: find, data: ${d}}", "r.yaml:1: a setting has no 'defualt'. Did you mean default?")]
    [InlineData("steps:\n  a: &x {verb: find}", "r.yaml:2: &x is YAML's anchor")]
    [InlineData("steps:\n  a: {verb: find}\n  b: *x", "r.yaml:3:")]
    [InlineData("steps:\n  a: {verb: !!str find}", "r.yaml:2: tag:yaml.org,2002:str is YAML's tag")]
    [InlineData("steps:\n  a: {verb: find}\n---\nsteps: {}", "r.yaml:3: a second document begins")]
    [InlineData("steps:\n  a: {verb: find\n", "r.yaml:")]
    [InlineData("steps:\n  a: [[[[[[[[[[x]]]]]]]]]]", "r.yaml:2: lists and names stand deeper")]
    [InlineData("steps:\n\ta: {verb: find}", "r.yaml:2: the line begins with a tab.")]
    public void What_is_no_recipe_is_refused_with_its_line_and_the_nearest_right_name(string text, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<FormatException>(() => Read(text)).Message);
}
