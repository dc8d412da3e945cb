using System.Text.Json;

namespace Heartwood.Tests.App;

/// <summary>The verbs one after another, as the help teaches them.</summary>
[Collection("the thread team")]
public sealed class VerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    [Fact]
    public void Every_verb_gives_its_result_as_JSON_alone()
    {
        JsonElement Facts(JsonElement result, string question) => result.GetProperty("questions").GetProperty(question).GetProperty("facts");
        JsonElement trained = Facts(Json(SmallRuns.Works([.. runs.Train("trained", 20), "--json"])), "training");
        Assert.Contains("Trained for 20 steps", File.ReadAllText(runs.At("trained", "report.html")));
        Assert.Equal((20, runs.At("trained", "model")), (trained.GetProperty("steps").GetInt32(), trained.GetProperty("model").GetString()));
        JsonElement seen = Json(SmallRuns.Works("inspect", trained.GetProperty("model").GetString()!, "--json"));
        Assert.Equal(("bert", 2, 1), (seen.GetProperty("family").GetString(), seen.GetProperty("heads").GetInt32(), seen.GetProperty("mlps").GetInt32()));
        Assert.True(seen.GetProperty("search").GetProperty("seconds").GetDouble() > 0);
        JsonElement plain = Json(SmallRuns.Works("evaluate", "--model", runs.Model, "--data", "world:training,rows=30", "--in-domain", "world:in-domain,rows=20", "--json"));
        Assert.Equal(3, plain.EnumerateObject().Count());

        JsonElement found = Json(SmallRuns.Works([.. runs.Find("run", 4), "--json"]));
        Assert.Equal(2, found.GetArrayLength());
        Assert.Equal(3, found[0].GetProperty("kept").GetArrayLength());
        Assert.Equal(2, Json(SmallRuns.Works("evaluate", runs.At("run"), "--json")).GetProperty("subnetworks").GetArrayLength());
        Assert.NotEmpty(Facts(Json(SmallRuns.Works("compare", runs.At("run"), "--json")), "core").GetProperty("ablated").EnumerateArray());
        Assert.InRange(Json(SmallRuns.Works("cut", runs.At("run"), "--json")).GetProperty("largestDifference").GetDouble(), 0, 1e-5);
        Assert.Equal(runs.At("run", "report.html"), Json(SmallRuns.Works("report", runs.At("run"), "--json")).GetProperty("report").GetString());
        Assert.True(File.Exists(runs.At("run", "report.html")));

        JsonElement whole = Json(SmallRuns.Works([.. runs.Find("run", 4), "--all", "--json"]));       // finished: nothing is computed again
        Assert.Equal(File.ReadAllText(runs.At("run", "result.json")).TrimEnd(), SmallRuns.Works([.. runs.Find("run", 4), "--json"]).TrimEnd());
        Assert.Equal(2, Facts(whole, "accuracy").GetProperty("subnetworks").GetArrayLength());
    }

    [Fact]
    public void The_words_name_the_next_verb_and_fit_on_a_screen()
    {
        string[] next = ["heartwood evaluate", "heartwood compare", "heartwood cut", "cut model is in", "report.html"];
        string[][] verbs = [runs.Find("run", 4), ["evaluate", runs.At("run")], ["compare", runs.At("run")], ["cut", runs.At("run")], ["report", runs.At("run")]];
        foreach (var (words, gist) in verbs.Zip(next))
        {
            string said = SmallRuns.Works(words);
            Assert.Contains(gist, said);
            Assert.InRange(said.Split('\n').Length, 2, 40);
        }
        Assert.Contains("heartwood find --model", SmallRuns.Works(runs.Train("trained", 20)));
        Assert.Contains("6 parts", SmallRuns.Works("inspect", runs.Model));
        Assert.Contains("Report:", SmallRuns.Works([.. runs.Find("run", 4), "--all"]));
    }

    [Fact]
    public void A_finished_training_says_so_and_prints_its_result_again()
    {
        string first = SmallRuns.Works(runs.Train("run", 20));
        var (code, output, error) = SmallRuns.Here(runs.Train("run", 20));
        Assert.Equal((0, first), (code, output));
        Assert.Contains("is finished already; nothing is computed again.", error);
    }

    [Fact]
    public void A_mask_of_a_run_is_cut_into_a_folder_of_its_own()
    {
        SmallRuns.Works(runs.Find("run", 4));
        string mask = runs.At("run", "subnetworks", "structured-pruning-sparsity-0.5-seed-2.json");
        Assert.StartsWith("Where should the result go?", SmallRuns.Fails("cut", runs.At("run"), "--mask", mask));
        SmallRuns.Works("cut", runs.At("run"), "--mask", mask, "--out", runs.At("mine"));
        JsonElement seen = Json(SmallRuns.Works("inspect", runs.At("mine", "cut"), "--json"));
        Assert.Equal(3, seen.GetProperty("heads").GetInt32() + seen.GetProperty("mlps").GetInt32());
        Assert.Contains("expected a new or empty folder", SmallRuns.Fails("cut", runs.At("run"), "--mask", mask, "--out", runs.At("mine")));
    }

    [Theory]
    [InlineData("1 2 3 4 5 6")]
    [InlineData("8 9 10 11 12 13", "--seed", "7")]
    [InlineData("1 2 7", "--seeds", "1-2,7")]
    [InlineData("18446744073709551615", "--seeds", "18446744073709551615-18446744073709551615")]
    public void The_seeds_are_those_asked_for_or_the_six_that_follow_the_seed(string expected, params string[] more)
    {
        string[] find = ["find", "--model", runs.Model, "--data", "world:training,rows=20", "--method", "structured-pruning,steps=1,batch-size=2", "--out", runs.At("run"), "--json", .. more];
        Assert.Equal(expected, string.Join(' ', Json(SmallRuns.Works(find)).EnumerateArray().Select(s => s.GetProperty("seed").GetUInt64())));
    }
}
