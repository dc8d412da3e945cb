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
        Assert.Equal(verb is "demo" or "find" or "train" or "paper" or "run" or "evaluate" or "generate", help.Contains("--seed <"));
        Assert.Equal(verb is not ("mask" or "convert"), help.Contains("--threads <"));
        string? named = verb switch { "inspect" or "generate" or "evaluate" => null, "mask" => "FILE", _ => "FOLDER" };
        Assert.Equal(named is not null, help.Contains("--out <", StringComparison.Ordinal));
        if (named is not null) Assert.Contains($"--out <{named}>", help);
        Assert.Equal(verb is "demo" or "find" or "train" or "paper" or "run", Unwrapped(help).Contains("was stopped there is resumed", StringComparison.Ordinal));
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
