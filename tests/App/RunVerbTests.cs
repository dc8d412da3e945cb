using System.Text.Json;
using System.Text.RegularExpressions;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Studies.Recipes;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood run RECIPE</c>: steps of verbs in one run.</summary>
[Collection("the thread team")]
public sealed class RunVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string Write(string text, string name = "small.yaml")
    {
        File.WriteAllText(runs.At(name), text);
        return runs.At(name);
    }

    const string Trained = """
          trained: {verb: train, data: "world:training,rows=60", in-domain: "world:in-domain,rows=20", layers: 1, heads: 2, width: 8,
            neurons: 8, positions: 40, steps: 30, batch-tokens: 60, learning-rate: 0.01, seed: 3}
        """;

    const string Found = """
          found:
            verb: find
            model: ${trained}/model
            data: world:training,rows=60
            in-domain: world:in-domain,rows=40
            out-of-domain: ["world:out-of-domain,per-case=${each}"]
            seeds: 1-2
            method: ["structured-pruning,steps=4,batch-size=8", random]
            draws: 2
            all: true
        """;

    const string Small = $"title: A small recipe\nsettings: {{each: {{about: rows of a case, default: \"2\"}}}}\nsteps:\n{Trained}\n{Found}\n"
        + "  judged: {verb: evaluate, arguments: [${found}]}\n  copy: {verb: cut, arguments: [${found}], change: cut, export: hugging-face}\n";

    [Fact]
    public void A_recipe_ends_with_one_result_and_one_page_that_join_its_steps()
    {
        string recipe = Write(Small), run = runs.At("run");
        JsonElement[] before = [.. JsonDocument.Parse(SmallRuns.Works("run", recipe, "--out", run, "--dry-run", "--json")).RootElement
            .GetProperty("steps").EnumerateArray()];
        Assert.False(Directory.Exists(run));
        Assert.Equal(["2,002 weights, 30 steps", null, null, null], before.Select(s => s.GetProperty("cost").GetString()));

        string words = SmallRuns.Works("run", recipe, "--out", run);
        Assert.Contains($"Report: {Path.Combine(run, "report.html")}", words);
        Assert.Contains("found (find): The full model is at chance in-domain.", words);
        Assert.Contains("\n  structured-pruning-sparsity-0.5\n", words);

        // each step's own manifest has the command that the dry run printed
        foreach (string step in (string[])["trained", "found"])
            Assert.Equal(before.Single(s => s.GetProperty("name").GetString() == step).GetProperty("command").GetString(),
                JsonDocument.Parse(File.ReadAllText(Path.Combine(run, step, "manifest.json"))).RootElement.GetProperty("command").GetString());

        StepsFacts facts = Report.Read(run, RunResult.Questions).Facts<StepsFacts>()!;
        Assert.Equal(["trained", "found", "judged", "copy"], facts.Steps.Select(s => s.Name));
        Assert.All(facts.Steps, s => Assert.Equal(StepStatus.Done, s.Status));
        Assert.Equal(["trained/report.html", "found/report.html", "found/report.html", null], facts.Steps.Select(s => s.Page));
        Assert.Equal(["trained", "found", null, "copy"], facts.Steps.Select(s => s.Folder));
        Result own = Report.Read(Path.Combine(run, "found"), RunResult.Questions);
        StepFigures full = facts.Steps[1].Figures.Single(f => f.Kind == StepFigureKind.Full);
        Assert.Equal(own.Facts<AccuracyFacts>()!.Full.OutOfDomain!.Value, full.OutOfDomain!.Mean);
        Assert.Equal(2, facts.Steps[1].Figures.Count(f => f.Kind == StepFigureKind.Subnetworks));
        Assert.Equal("2", facts.Settings["each"]);
        Assert.True(JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "said", "judged.json"))).RootElement.TryGetProperty("main", out _));
        Assert.True(File.Exists(Path.Combine(run, "copy", "cut", "model.safetensors")));

        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        string[] links = [.. Regex.Matches(page, "href=\"([^\"#][^\"]*)\"").Select(m => m.Groups[1].Value)];
        Assert.Equal(["found/report.html", "found/report.html", "trained/report.html"], links.Order(StringComparer.Ordinal));
        Assert.All(links, link => Assert.True(File.Exists(Path.Combine(run, link)), link));
        Assert.Contains("<title>A small recipe", page);
        Assert.DoesNotMatch("NaN|Infinity", Regex.Replace(page, "<script>.*?</script>", "", RegexOptions.Singleline));

        // a finished run is read, and drawn again by report
        Assert.Contains("is finished already", SmallRuns.Here("run", recipe, "--out", run).Error);
        Assert.Equal(File.ReadAllText(Path.Combine(run, "result.json")).TrimEnd(), SmallRuns.Works("run", recipe, "--out", run, "--json").TrimEnd());
        SmallRuns.Works("report", run, "--out", runs.At("again"));
        Assert.Equal(page, File.ReadAllText(runs.At("again", "report.html")));
    }

    [Fact]
    public void Another_recipe_on_the_same_folder_is_refused_by_what_differs_and_another_comment_is_not()
    {
        const string one = "steps:\n  trained: {verb: train, data: \"world:training,rows=${rows}\", steps: 3, layers: 1, heads: 2, width: 8}\n";
        string[] command = ["run", Write(one), "--set", "rows=60", "--out", runs.At("run")];
        SmallRuns.Works(command);
        Assert.Contains("settings.rows was 60, now 61", SmallRuns.Fails("run", command[1], "--set", "rows=61", "--out", runs.At("run")));
        Write($"# a comment\n{one}");
        Assert.Contains("is finished already", SmallRuns.Here(command).Error);
        Write(one.Replace("steps: 3", "steps: 4"));
        Assert.Contains("steps.trained.steps was 3, now 4", SmallRuns.Fails(command));
        Write($"{one}  again: {{verb: evaluate, model: \"${{trained}}/model\", in-domain: world:in-domain}}\n");
        Assert.Contains("steps.again.verb was not given, now evaluate", SmallRuns.Fails(command));
    }

    [Fact]
    public void A_step_that_fails_is_named_on_the_page_and_once_it_is_mended_the_run_goes_on_there()
    {
        string recipe = Write($"settings: {{each: {{about: rows, default: \"2\"}}}}\nsteps:\n{Trained}\n{Found}\n"
            + "  judged: {verb: evaluate, arguments: [${found}], mask: ${mask}}\n");
        string[] command = ["run", recipe, "--set", $"mask={runs.At("mask.json")}", "--out", runs.At("run")];
        Assert.StartsWith("Step 'judged' (evaluate): ", SmallRuns.Fails(command));
        StepsFacts failed = Report.Read(runs.At("run"), RunResult.Questions).Facts<StepsFacts>()!;
        Assert.Equal([StepStatus.Done, StepStatus.Done, StepStatus.Failed], failed.Steps.Select(s => s.Status));
        Assert.Contains("2 of 3 steps done", File.ReadAllText(runs.At("run", "report.html")));
        string one = Directory.GetFiles(runs.At("run", "found", "subnetworks")).Order(StringComparer.Ordinal).First();
        SmallRuns.Works("mask", one, "--out", runs.At("mask.json"));
        var (code, _, said) = SmallRuns.Here(command);
        Assert.Equal(0, code);
        Assert.Contains("trained (train): done already", said);
        Assert.DoesNotContain("training: ", said);
        Assert.Contains("3 steps, all done", File.ReadAllText(runs.At("run", "report.html")));
    }

    [Fact]
    public void A_run_that_is_killed_and_stopped_goes_on_with_the_files_of_one_that_was_left_alone()
    {
        Program.NeedsInterrupts();
        string slow = Small.Replace("structured-pruning,steps=4,", "structured-pruning,steps=300,").Replace("steps: 30,", "steps: 300,");
        string[] command = ["run", Write(slow), "--out", runs.At("run"), "--threads", "1"];
        using (Program program = new(command))
        {
            Assert.True(program.Until(() => runs.LinesOf("run", "trained/metrics.jsonl") > 20));
            program.Kill();
        }
        using (Program program = new(command))
        {
            Assert.True(program.Until(() => runs.LinesOf("run", "found/search/structured-pruning-sparsity-0.5-seed-1.jsonl") > 2));
            program.Interrupt();
            var (code, output, error) = program.End();
            Assert.Equal((130, ""), (code, output));
            Assert.Contains("Resuming the run in", error);
        }
        Assert.Contains("1 of 4 steps done", File.ReadAllText(runs.At("run", "report.html")));
        string after = SmallRuns.Here(command).Error;
        Assert.Contains("trained (train): done already", after);
        SmallRuns.Works("run", command[1], "--out", runs.At("whole"), "--threads", "1");
        Assert.Equal(File.ReadAllBytes(runs.At("whole", "trained/model/model.safetensors")), File.ReadAllBytes(runs.At("run", "trained/model/model.safetensors")));
        runs.SameSubnetworks("whole/found", "run/found");
        Assert.Empty(Directory.GetFileSystemEntries(runs.At("run"), "*.tmp", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("a: {verb: fnid, data: x}", "1: step 'a': there is no verb 'fnid'. Did you mean find?")]
    [InlineData("a: {verb: run, data: x}", "1: step 'a': a recipe runs no recipe.")]
    [InlineData("a:\n  verb: find\n  dta: x", "3: step 'a': find has no option 'dta'. Did you mean data?")]
    [InlineData("a:\n  verb: find\n  --data: x", "3: step 'a': options stand without dashes here: 'data', not '--data'.")]
    [InlineData("a:\n  verb: find\n  out: x", "3: step 'a': a step writes to the folder of its name")]
    [InlineData("a:\n  verb: find\n  json: true", "3: step 'a': 'json' is said of the whole run")]
    [InlineData("a:\n  verb: train\n  precision: bf16", "3: step 'a': train takes no 'precision': weights that are trained stay float32.")]
    [InlineData("a:\n  verb: find\n  all: yes", "3: step 'a': 'all' is a flag: true or false, not 'yes'.")]
    [InlineData("a:\n  verb: find\n  sparsity: [0.5, 60%]", "3: step 'a': ")]
    [InlineData("a:\n  verb: find\n  max-examples: many", "3: step 'a': --max-examples takes a whole number")]
    [InlineData("a:\n  verb: train\n  checkpoints: [10, 20]", "3: step 'a': 'checkpoints' takes one value, and here are 2. If it is a list with commas, write '10,20'.")]
    [InlineData("a:\n  verb: find\n  data: [x, --model, y]", "3: step 'a': the value of 'data' would be taken for an option")]
    [InlineData("a: {verb: cut}", "1: step 'a': cut is given no RUN.")]
    [InlineData("a:\n  verb: report\n  arguments: [b, c]", "3: step 'a': 'c' is one argument too many for report.")]
    [InlineData("a:\n  verb: find\n  arguments: [b]\n  data: x", "3: step 'a': find has no arguments")]
    [InlineData("a: {verb: train, data: \"world:training,rows=20\"}\nb: {verb: evaluate, arguments: [${a}]}\nc: {verb: cut, arguments: [${b}]}", "3: step 'c': ${b} has no folder of its own: evaluate writes into the run")]
    [InlineData("a: {verb: train, data: \"world:training,rows=20\"}\nb:\n  verb: find\n  model: ${a}/model\n  data: no-such.tsv", "5: step 'b': no-such.tsv")]
    [InlineData("a: {verb: train, data: \"world:training,rows=20\"}\nb: {verb: find, model: ${a}/model, data: \"world:training,rows=20\", method: shaply}", "2: step 'b': ")]
    [InlineData("a: {verb: find, model: no-such-folder, data: \"world:training,rows=20\"}", "1: step 'a': there is no no-such-folder.")]
    [InlineData("a: {verb: evaluate, arguments: [no-such-run]}", "1: step 'a': there is no no-such-run.")]
    [InlineData("a: {verb: find, data: [x.tsv, rows=5]}", "1: step 'a': ")]
    public void What_is_no_command_is_refused_by_name_before_anything_is_written(string text, string expected)
    {
        string recipe = Write(text);
        Assert.StartsWith($"{recipe}:{expected}", SmallRuns.Fails("run", recipe, "--out", runs.At("run")));
        Assert.StartsWith($"{recipe}:{expected}", SmallRuns.Fails("run", recipe, "--dry-run"));
        Assert.False(Directory.Exists(runs.At("run")));
    }

    [Fact]
    public void What_the_command_line_lacks_is_refused()
    {
        Assert.Contains("There is no no-such.yaml.", SmallRuns.Fails("run", "no-such.yaml", "--out", runs.At("run")));
        string recipe = Write("a: {verb: train, data: ${data}}");
        Assert.StartsWith("Where should the result go?", SmallRuns.Fails("run", recipe, "--set", "data=world:training"));
        Assert.Contains("--set takes NAME=VALUE, not 'data'.", SmallRuns.Fails("run", recipe, "--set", "data", "--dry-run"));
        Assert.Contains("has no setting 'dat'. Did you mean data?", SmallRuns.Fails("run", recipe, "--set", "dat=x", "--dry-run"));
        Assert.Contains("a.yaml:1: the setting 'data' has no value", SmallRuns.Fails("run", Write("a: {verb: train, data: ${data}}", "a.yaml"), "--dry-run"));
    }

    [Fact]
    public void The_demo_is_the_built_in_recipe_asks_what_the_recipe_asks_and_finds_the_same()
    {
        Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "recipes", "demo.yaml")), Recipe.Demo.Text);
        string[] quick = ["--seeds", "1", "--method", "structured-pruning,steps=4,batch-size=4", "--max-examples", "40"];
        string recipe = Write(Recipe.Demo.Text.TrimEnd() + "\n" + string.Concat(quick.Chunk(2).Select(o => $"    {o[0][2..]}: {o[1]}\n")), "quick.yaml");
        const string found = "subnetworks/structured-pruning-sparsity-0.6-seed-1.json";
        UntilFound(["demo", .. quick, "--out", runs.At("demo")], runs.At("demo", found));
        UntilFound(["run", recipe, "--out", runs.At("run")], runs.At("run/study", found));
        Assert.Equal(File.ReadAllBytes(runs.At("demo", found)), File.ReadAllBytes(runs.At("run/study", found)));
        Assert.Equal("The heuristic core of a small BERT", Asked("demo")["title"]);
        Assert.Equal(Asked("demo").Where(o => o.Key != "title"), Asked("run/study").Where(o => o.Key != "title"));

        Dictionary<string, string> Asked(string run) => JsonDocument.Parse(File.ReadAllText(runs.At(run, "manifest.json"))).RootElement
            .GetProperty("request").EnumerateObject().ToDictionary(o => o.Name, o => o.Value.GetString()!);
    }

    // what comes after the search takes its time, and is StudyTests' concern
    static void UntilFound(string[] command, string file)
    {
        using Program program = new(command);
        Assert.True(program.Until(() => File.Exists(file)));
        program.Kill();
    }

    [Fact]
    public void What_the_demo_asks_is_what_the_paper_asks_of_the_embedded_model()
    {
        RecipeStep step = Assert.Single(Recipe.Demo.Steps);
        string[] Values(string option) => [.. step.Options.Single(o => o.Name == option).Values.Select(v => v.Text)];
        StudyRequest study = EmbeddedStudy.Study;
        Assert.Equal(study.Sets, Heartwood.Lab.Tasks.NamedData.Listed(Values("data"), Values("in-domain"), Values("out-of-domain"), Values("unseen")));
        Assert.Equal(study.Sparsities, Values("sparsity").Select(s => (Heartwood.Lab.Subnetworks.Targets.Target)double.Parse(s, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(study.Title, Recipe.Demo.Title);
    }
}
