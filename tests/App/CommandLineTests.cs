using System.CommandLine;
using System.Text.Json;
using Heartwood.App.Commands;

namespace Heartwood.Tests.App;

public sealed class CommandLineTests
{
    static readonly Option<int> Steps = SharedOptions.Number("--steps", "How many steps.", 10, 1, 1000);
    static readonly Option<double> Sparsity = SharedOptions.Number("--sparsity", "How much is ablated.", 0.5, 0, 1);
    readonly World world = new();

    public static TheoryData<string> Registered => [.. CommandLine.Verbs.Select(v => v.Name)];

    [Theory]
    [MemberData(nameof(Registered))]
    public void The_help_of_every_verb_teaches_by_an_example_that_parses(string verb)
    {
        Assert.Equal(0, CommandLine.Run([verb, "--help"], world.Redirected()));
        string help = world.Out.ToString();
        Assert.Contains("Example", help);
        foreach (string option in (string[])["--json", "--verbose"]) Assert.Contains(option, help);
        Assert.Equal(verb is "demo" or "find" or "train" or "paper" or "run" or "evaluate" or "generate" or "export" or "quantize" or "shrink", help.Contains("--seed <"));
        Assert.Equal(verb is not ("mask" or "convert" or "help"), help.Contains("--threads <"));
        string? named = verb switch { "inspect" or "generate" or "evaluate" or "predict" or "heal" or "help" => null, "mask" => "FILE", _ => "FOLDER" };
        Assert.Equal(named is not null, help.Contains("--out <", StringComparison.Ordinal));
        if (named is not null) Assert.Contains($"--out <{named}>", help);
        Assert.Equal(verb is "demo" or "find" or "train" or "paper" or "run" or "ablate" or "quantize" or "shrink", Unwrapped(help).Contains("was stopped there is resumed", StringComparison.Ordinal));
        Verb command = CommandLine.Verbs.Single(v => v.Name == verb);
        Assert.All(command.Examples, example =>
        {
            Assert.Contains($"  heartwood {example}", help);
            Assert.StartsWith(verb, example);
            RootCommand root = new();
            foreach (Option option in SharedOptions.All) root.Add(option);
            root.Add(command);
            Assert.Empty(root.Parse(example).Errors);
        });
    }

    static string Unwrapped(string help) => string.Join(' ', help.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void The_help_says_what_the_program_is_and_names_every_verb()
    {
        Assert.Equal(0, CommandLine.Run(["--help"], world.Redirected()));
        Assert.Contains("subnetworks inside transformer", world.Out.ToString());
        Assert.All(CommandLine.Verbs, verb => Assert.Contains($"  {verb.Name} ", world.Out.ToString()));
    }

    [Fact]
    public void Nothing_asked_shows_the_help_and_is_no_success()
    {
        Assert.Equal(2, Run());
        Assert.Contains("Examples:", world.Out.ToString());
    }

    [Theory]
    [InlineData("There is no verb 'cuont'. Did you mean count? See heartwood --help.", "cuont")]
    [InlineData("There is no option '--sparsty'. Did you mean --sparsity? See heartwood count --help.", "count", "--sparsty", "0.5")]
    [InlineData("There is no option '--sead'. Did you mean --seed? See heartwood count --help.", "count", "--sead", "3")]
    [InlineData("There is no argument 'more'. See heartwood count --help.", "count", "more")]
    [InlineData("--steps takes a whole number from 1 to 1000, not '0'. See heartwood count --help.", "count", "--steps", "0")]
    [InlineData("--steps takes a whole number from 1 to 1000, not '1e2'. See heartwood count --help.", "count", "--steps", "1e2")]
    [InlineData("--sparsity takes a number from 0 to 1, not '60%'. See heartwood count --help.", "count", "--sparsity", "60%")]
    [InlineData("--sparsity takes a number from 0 to 1, not 'NaN'. See heartwood count --help.", "count", "--sparsity", "NaN")]
    [InlineData("--seed takes a whole number from 0 to 18446744073709551615, not '-1'. See heartwood count --help.", "count", "--seed", "-1")]
    public void What_is_not_understood_is_refused_in_one_line_that_says_the_next_move(string expected, params string[] arguments)
    {
        Assert.Equal(2, Run(arguments));
        Assert.Equal($"Error: {expected}\n", world.Error.ToString());
        Assert.Empty(world.Out.ToString());
    }

    [Theory]
    [InlineData("There is no verb 'prune'. To make a model smaller, from search to files: heartwood shrink. Step by step: heartwood find, cut, heal, quantize, export. See heartwood --help.", "prune", "--model", "m")]
    [InlineData("There is no verb 'evalutae'. Did you mean evaluate? See heartwood --help.", "evalutae", "--help")]
    [InlineData("There is no verb 'xylophone'. See heartwood --help.", "xylophone")]
    [InlineData("There is no option '--lr'. It is called --learning-rate here. See heartwood train --help.", "train", "--lr", "1e-3")]
    [InlineData("There is no option '--label_map'. It is called --label-map here. See heartwood evaluate --help.", "evaluate", "--label_map", "a>b")]
    [InlineData("There is no option '--quite-another'. See heartwood find --help.", "find", "--quite-another", "3")]
    [InlineData("There is no option '--abblation'. Did you mean --ablation? See heartwood evaluate --help.", "evaluate", "--model", "m", "--mask", "mine.json", "--abblation", "zero")]
    [InlineData("There is no option '--lenght'. Did you mean --length? See heartwood inspect --help.", "inspect", "--lenght")]
    [InlineData("evaluate writes to no folder of its own: leave out --out. See heartwood evaluate --help.", "evaluate", "--mask", "m.json", "--out", "f")]
    [InlineData("--to takes heartwood, mib or pruned-heads, not 'onnx'. See heartwood mask --help.", "mask", "m.json", "--to", "onnx")]
    [InlineData("--precision takes float32 or bf16, not 'int8'. See heartwood find --help.", "find", "--precision", "int8")]
    [InlineData("There is no recipe of a fresh model 'macthing'. Did you mean matching? There are: plain, matching, overlap. "
        + "See heartwood train --help.",
        "train", "--data", "world:training,rows=20", "--fresh", "macthing", "--out", "no-folder")]
    [InlineData("RUN is missing: The run's folder, as find or demo made it. With --mask too: its model is cut, and on its data the cut one is proved equal and timed. See heartwood cut --help.", "cut", "--mask", "m.json", "--out", "c")]
    public void The_program_s_own_verbs_refuse_what_is_not_understood_in_one_line_too(string expected, params string[] arguments)
    {
        Assert.Equal(2, CommandLine.Run(arguments, world.Redirected()));
        Assert.Equal($"Error: {expected}\n", world.Error.ToString());
    }

    [Fact]
    public void Help_speaks_of_the_verb_s_own_use_of_its_data()
    {
        foreach (string verb in (string[])["evaluate", "inspect"]) CommandLine.Run([verb, "--help"], world.Redirected());
        Assert.DoesNotContain("to learn masks on", Unwrapped(world.Out.ToString()));
        Assert.Equal(2, CommandLine.Run(["generate", "--model", "m", "--prompt=--hello", "--tokens", "x"], world.Redirected()));
        Assert.StartsWith("Error: --tokens takes", world.Error.ToString());
    }

    [Fact]
    public void Every_synonym_leads_to_verbs_that_there_are_and_is_none_itself()
    {
        string[] verbs = [.. CommandLine.Verbs.Select(v => v.Name)];
        foreach (var (word, move) in Synonyms.Verbs)
        {
            Assert.DoesNotContain(word, verbs);
            foreach (System.Text.RegularExpressions.Match named in System.Text.RegularExpressions.Regex.Matches(move, @"heartwood (\w+)")) Assert.Contains(named.Groups[1].Value, verbs);
            Assert.Equal(2, CommandLine.Run([word, "--help"], new World().Redirected()));
        }
        foreach (string word in (string[])["prune", "quantise", "onnx", "chat", "classify"]) Assert.NotNull(Synonyms.Verb(word));
    }

    [Fact]
    public void Help_groups_the_options_of_a_verb_and_names_every_one_once()
    {
        foreach (Verb verb in CommandLine.Verbs)
        {
            World own = new();
            CommandLine.Run([verb.Name, "--help"], own.Redirected() with { Columns = 4000 });
            string[] lines = own.Out.ToString().Split('\n');
            Assert.DoesNotContain("{DataSource", own.Out.ToString());
            string[] headings = [.. lines.Where(line => HelpGroups.All.Any(group => line == $"{group.Heading}:"))];
            Assert.Equal(headings.OrderBy(h => HelpGroups.All.ToList().FindIndex(g => h == $"{g.Heading}:")), headings);
            Assert.DoesNotContain("Options:", lines);
            foreach (Option option in verb.Options.Concat(SharedOptions.All))
                Assert.Single(lines, line => line.StartsWith("  -", StringComparison.Ordinal) && line.Split("  ", StringSplitOptions.RemoveEmptyEntries)[0].Split(' ', ',').Contains(option.Name));
        }
        CommandLine.Run(["find", "--help"], world.Redirected());
        string help = world.Out.ToString();
        int[] places = [.. ((string[])["\nModel and data:", "--data <", "\nParts and search:", "--method <", "\nMeasuring:", "--draws <", "\nOutput:", "--out <", "\nFine points:", "--threads <"]).Select(word => help.IndexOf(word, StringComparison.Ordinal))];
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public void Help_of_data_explains_every_key_by_forms_that_parse()
    {
        Assert.Equal(0, CommandLine.Run(["help", "data"], world.Redirected() with { Columns = 4000 }));
        string help = world.Out.ToString();
        Assert.Equal(Heartwood.Lab.Tasks.Tables.DataSpec.Keys.Order(), Heartwood.Lab.Tasks.Tables.DataHelp.Keys.Select(k => k.Key).Order());
        foreach (var (form, _) in Heartwood.Lab.Tasks.Tables.DataHelp.Forms)
        {
            Assert.Contains(form, help);
            if (!form.StartsWith("world:", StringComparison.Ordinal)) Heartwood.Lab.Tasks.Tables.DataSpec.Parse(form);
            else Assert.NotEmpty(Heartwood.Lab.Tasks.DataSource.Read(form).Rows);
        }
        World verb = new(), same = new(), wrong = new();
        Assert.Equal(0, CommandLine.Run(["help", "find"], verb.Redirected()));
        CommandLine.Run(["find", "--help"], same.Redirected());
        Assert.Equal(same.Out.ToString(), verb.Out.ToString());
        Assert.Equal(1, CommandLine.Run(["help", "dta"], wrong.Redirected()));
        Assert.Contains("There is no help of 'dta'. Did you mean data?", wrong.Error.ToString());
    }

    [Fact]
    public void With_json_the_output_is_the_result_and_nothing_else()
    {
        Assert.Equal(0, Run("count", "--json", "--steps", "20", "--seed", "18446744073709551615", "--threads", "3"));
        JsonElement result = JsonDocument.Parse(world.Out.ToString()).RootElement;
        Assert.Equal("20 18446744073709551615 3 0.5", result.GetProperty("counted").GetString());
        Assert.Equal("counting: 20 steps in 0:00\n", world.Error.ToString());
    }

    [Fact]
    public void Without_json_the_output_is_the_result_in_words()
    {
        Assert.Equal(0, Run("count", "--sparsity", "0.25"));
        Assert.Equal("10 0 2 0.25", world.Out.ToString().Replace($" {Environment.ProcessorCount} ", " 2 ").TrimEnd());
    }

    [Fact]
    public void A_failure_is_one_line_and_exit_code_1_and_verbose_adds_the_stack()
    {
        Assert.Equal(1, Run("fail"));
        Assert.Equal("Error: The file is not there. Give another.\n", world.Error.ToString());
        Assert.Equal(1, Run("fail", "--verbose"));
        Assert.Contains(" at Heartwood.", world.Error.ToString());
    }

    int Run(params string[] arguments) => CommandLine.Run(arguments, world.Redirected(),
    [
        new("count", "Counts.", "count --steps 20", "count")
        {
            Options = { Steps, Sparsity },
            Draws = true,
            Computes = true,
            Run = (parsed, session) =>
            {
                int steps = parsed.GetValue(Steps);
                for (int step = 1; step <= steps; step++) session.Progress.Report(new("counting", step, steps, "steps"));
                string counted = FormattableString.Invariant($"{steps} {parsed.GetValue(SharedOptions.Seed)} {parsed.GetValue(SharedOptions.Threads)} {parsed.GetValue(Sparsity)}");
                session.Result(() => JsonSerializer.Serialize(new { counted }), () => counted);
            },
        },
        new("fail", "Fails.", "fail") { Run = (_, _) => throw new FileNotFoundException("The file is not there.\n  Give another.") },
    ]);
}
