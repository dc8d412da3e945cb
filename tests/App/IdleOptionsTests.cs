namespace Heartwood.Tests.App;

/// <summary>Options that would have no effect are refused by name, and a number that is read otherwise than meant is explained.</summary>
[Collection("the thread team")]
public sealed class IdleOptionsTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    [Theory]
    [InlineData("cut takes no --seed: what a run draws, it draws by the seeds that it was begun with.", "cut", "RUN", "--seed", "3")]
    [InlineData("compare takes no --seed: what a run draws, it draws by the seeds that it was begun with.", "compare", "RUN", "--seed", "3")]
    [InlineData("report takes no --seed: what a run draws, it draws by the seeds that it was begun with.", "report", "RUN", "--seed", "3")]
    [InlineData("inspect takes no --seed: it draws nothing by chance.", "inspect", "--seed", "3")]
    [InlineData("mask takes no --seed: it draws nothing by chance.", "mask", "m.json", "--seed", "3")]
    [InlineData("convert takes no --seed: it draws nothing by chance.", "convert", "m", "--out", "o", "--seed", "3")]
    [InlineData("mask takes no --threads: it runs no model.", "mask", "m.json", "--threads", "2")]
    [InlineData("convert takes no --threads: it runs no model.", "convert", "m", "--out", "o", "--threads", "2")]
    public void A_verb_that_an_option_says_nothing_to_refuses_it_with_the_reason(string gist, params string[] arguments)
    {
        var (code, output, error) = SmallRuns.Here(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith($"Error: {gist} See heartwood {arguments[0]} --help.", error);
    }

    [Fact]
    public void An_option_that_another_one_makes_idle_is_refused_before_anything_is_read()
    {
        string[] some = ["--model", "nowhere", "--in-domain", "nothing.tsv"];
        foreach (var (gist, arguments) in new (string, string[])[]
        {
            ("--seed says nothing with --seeds, which lists the seeds.", [.. runs.Find("run"), "--seed", "3"]),
            ("--seed says nothing with --seeds", ["demo", "--seeds", "1-2", "--seed", "3", "--out", runs.At("demo")]),
            ("--seed says nothing with --seeds", ["paper", "--seeds", "1-2", "--seed", "3", "--out", runs.At("paper")]),
            ("--seed says nothing without --mask or --without.", ["evaluate", .. some, "--seed", "3"]),
            ("--seed says nothing with --random 0: nothing is drawn.", ["evaluate", .. some, "--without", "L0.H1", "--random", "0", "--seed", "3"]),
            ("--max-examples says nothing without --data", ["evaluate", .. some, "--without", "L0.H1", "--max-examples", "9"]),
            ("--seed says nothing without --temperature", ["generate", "--model", "nowhere", "--seed", "3"]),
            ("--length says nothing with --data, which is measured.", ["inspect", "nowhere", "--data", "world:training", "--length", "9"]),
            ("--max-length says nothing without --data", ["inspect", "nowhere", "--max-length", "9"]),
            ("--epochs says nothing with --steps", ["train", "--data", "nothing.tsv", "--steps", "9", "--epochs", "2", "--out", runs.At("t")]),
            ("--evaluate-every says nothing without --in-domain", ["train", "--data", "nothing.tsv", "--evaluate-every", "9", "--out", runs.At("t")]),
            ("--grid-seeds says nothing without --checkpoints", ["paper", "--model", "nowhere", "--data", "nothing.tsv", "--grid-seeds", "1-2", "--out", runs.At("p")]),
            ("--choose-on says nothing without --model", ["paper", "--choose-on", "world:in-domain,seed=9", "--out", runs.At("p")]),
            ("--subnetwork says nothing with --mask", ["cut", runs.At("run"), "--mask", "m.json", "--subnetwork", "s", "--out", runs.At("c")]),
        })
            Assert.Contains(gist, SmallRuns.Fails(arguments));
        Assert.False(Directory.Exists(runs.At("run")));
    }

    [Fact]
    public void An_objective_that_no_method_follows_is_refused()
    {
        string[] find = [.. runs.Find("run"), "--objective", "kl-to-full"];
        find[Array.IndexOf(find, "--method") + 1] = "magnitude";
        Assert.Contains("--objective kl-to-full would have no effect: it is for finders that follow a gradient, and magnitude follows none.",
            SmallRuns.Fails(find));
    }

    [Fact]
    public void The_seed_of_a_recipe_s_run_is_refused_where_no_step_draws()
    {
        File.WriteAllText(runs.At("looks.yaml"), "title: Looks\nabout: Nothing is drawn.\nsteps:\n  look: {verb: inspect}\n");
        Assert.Contains("--seed says nothing of this recipe: none of its steps draws anything.",
            SmallRuns.Fails("run", runs.At("looks.yaml"), "--seed", "3", "--dry-run"));
    }

    [Theory]
    [InlineData("6", "--seeds 6 is one seed, the number 6. 6 seeds: --seeds 1-6.")]
    [InlineData("1", null)]
    [InlineData("1-6", null)]
    [InlineData("2024", null)]
    public void One_number_after_seeds_is_said_to_be_a_seed_s(string seeds, string? said)
    {
        var (code, _, error) = SmallRuns.Here("inspect", "--seeds", seeds);
        Assert.Equal(0, code);
        if (said is null) Assert.DoesNotContain("is one seed", error);
        else Assert.Contains(said, error);
    }
}
