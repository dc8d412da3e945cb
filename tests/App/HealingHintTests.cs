using System.Text.RegularExpressions;
using Heartwood.Lab.Studies;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary>The command that is printed after a cut works as it stands, word for word.</summary>
[Collection("the thread team")]
public sealed partial class HealingHintTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    // the words of the printed command, as a POSIX shell parts them
    static string[] Printed(string said)
    {
        string line = said.Split('\n').Single(l => l.StartsWith("heartwood train --from ", StringComparison.Ordinal));
        return [.. Word().Matches(line).Select(m => m.Value.Replace("'\\''", "\0").Replace("'", "").Replace("\0", "'")).Skip(1)];
    }

    string Healed(string said, string run, int steps = 4)
    {
        string[] words = Printed(said);
        Assert.Equal(["train", "--from", runs.At(run, "cut"), "--data"], words[..4]);
        Assert.Equal([$"{runs.At(run)}-healed"], words[^1..]);
        Assert.Equal("200", words[Array.IndexOf(words, "--steps") + 1]);
        words[Array.IndexOf(words, "--steps") + 1] = $"{steps}";
        SmallRuns.Works(words);
        Assert.True(File.Exists(runs.At($"{run}-healed", "model", "model.safetensors")));
        return string.Join(' ', words);
    }

    [Fact]
    public void After_find_and_after_cut_the_same_command_trains_the_cut_on_the_run_s_own_data()
    {
        string said = SmallRuns.Works(runs.Find("run", 4, "--all"));
        Assert.Contains($"To heal the cut, next to a random one that is trained as long: heartwood heal {runs.At("run")}\n", said);
        Assert.Equal(Printed(said), Printed(SmallRuns.Works("cut", runs.At("run"))));
        Assert.Equal(Printed(said), Printed(SmallRuns.Works(runs.Find("run", 4, "--all"))));
        string healed = Healed(said, "run");
        Assert.Contains("--data world:training,rows=60 --in-domain world:in-domain,rows=40 --out-of-domain world:out-of-domain,per-case=2 --evaluate-every 100 --steps", healed);
        Assert.DoesNotContain("train --from", SmallRuns.Works(runs.Find("other", 4)));
    }

    [Fact]
    public void A_label_map_goes_along_where_a_set_needs_it_and_names_of_sets_and_quotes_do_too()
    {
        SmallWorld.ModelIn(runs.At("model"), "entailment", "neutral", "contradiction");
        string[] labels = ["entailment", "neutral", "contradiction"];
        string Rows(string name, Func<int, string> label)
        {
            File.WriteAllLines(runs.At(name), ["label\tfirst\tsecond", .. Enumerable.Range(0, 24).Select(i => $"{label(i)}\tthe doctor saw the poet\tthe poet saw the {(i % 2 == 0 ? "doctor" : "judge")}")]);
            return $"{runs.At(name)},text=first,pair=second,label=label";
        }
        string train = Rows("it's train.tsv", i => labels[i % 3]), dev = Rows("dev.tsv", i => labels[i % 3]), hans = Rows("hans.tsv", i => i % 2 == 0 ? "entailment" : "non-entailment");
        const string map = "neutral>non-entailment|contradiction>non-entailment";
        string[] Find(string run, params string[] more) => ["find", "--model", runs.At("model"), "--data", train, "--in-domain", dev, .. more,
            "--label-map", map, "--max-length", "30", "--seeds", "1", "--method", "structured-pruning,steps=4,batch-size=8", "--draws", "1", "--all", "--out", runs.At(run)];
        string healed = Healed(SmallRuns.Works(Find("run", "--out-of-domain", $"hans={hans}")), "run");
        Assert.Contains($"--out-of-domain {hans} --label-map {map} --max-length 30", healed);
        Assert.DoesNotContain("--label-map", Healed(SmallRuns.Works(Find("unseen", "--unseen", hans)), "unseen"));
        string[] other = Find("learned", "--out-of-domain", hans);
        other[Array.IndexOf(other, "--data") + 1] = $"{hans},rows=20";
        string said = SmallRuns.Works(other);
        Assert.Contains("To heal the cut, train it on data with the model's own labels (entailment, neutral, contradiction;", said);
        Assert.DoesNotContain("\nheartwood train", said);
    }

    [Fact]
    public void A_model_of_scores_is_healed_on_scores()
    {
        SmallWorld.ModelIn(runs.At("model"), "score");
        File.WriteAllLines(runs.At("scores.tsv"), ["points\tfirst\tsecond", .. Enumerable.Range(0, 30).Select(i => FormattableString.Invariant($"{i / 7.0:0.00}\tthe doctor saw the poet\tthe poet"))]);
        string data = $"{runs.At("scores.tsv")},text=first,pair=second,label=points";
        string said = SmallRuns.Works("find", "--model", runs.At("model"), "--data", data, "--in-domain", $"{data},rows=20", "--seeds", "1",
            "--method", "structured-pruning,steps=4,batch-size=8", "--draws", "1", "--all", "--out", runs.At("run"));
        Healed(said, "run");
    }

    [Fact]
    public void A_language_model_is_healed_on_its_text_and_one_that_was_searched_on_pairs_is_told_to_take_text()
    {
        SmallSpeaker.In(runs.At("speaker"));
        File.WriteAllLines(runs.At("text.txt"), Enumerable.Range(0, 30).Select(i => $"{(i % 2 == 0 ? "a b" : "b a")} a b a b"));
        File.WriteAllLines(runs.At("pairs.tsv"), ["good\tbad", .. Enumerable.Range(0, 12).Select(i => $"a b a {(i % 2 == 0 ? "b" : "a")}\tb b a a")]);
        string pairs = $"{runs.At("pairs.tsv")},task=pairs,text=good,pair=bad";
        string[] Find(string data, string run) => ["find", "--model", runs.At("speaker"), "--data", data, "--in-domain", $"{pairs},rows=10", "--seeds", "1",
            "--method", "structured-pruning,steps=4,batch-size=4", "--draws", "1", "--all", "--out", runs.At(run)];
        Healed(SmallRuns.Works(Find($"{runs.At("text.txt")},window=8", "run")), "run");
        string said = SmallRuns.Works(Find(pairs, "pairs"));
        Assert.Contains("To heal the cut, train it on running text (masks were learned on minimal pairs): heartwood train --from", said);
    }

    [Theory]
    [InlineData(128, 3e-4)]
    [InlineData(384, 1e-4)]
    [InlineData(768, 5e-5)]
    [InlineData(2048, 2e-5)]
    public void Narrower_models_are_trained_at_higher_rates(int width, double rate) => Assert.Equal(rate, NextTraining.LearningRate(width));

    [GeneratedRegex(@"(?:'(?:[^']|'\\'')*'|[^\s'])+")]
    private static partial Regex Word();
}
