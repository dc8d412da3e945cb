using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Evaluation;

public class BaselineTests
{
    static readonly string[] labels = ["entailment", "non-entailment"];

    [Fact]
    public void Majority_gives_the_commonest_label_with_the_shares_of_all()
    {
        var majority = MajorityBaseline.Fit([new("a", null, "y"), new("b", null, "x"), new("c", null, "y"), new("d", null, "y")], ["x", "y", "z"]);
        Assert.Equal([0.25f, 0.75f, 0f], majority.Scores(new("e", null, "x")).Select(s => MathF.Round(MathF.Exp(s), 6)));
    }

    [Fact]
    public void Full_overlap_is_learnt_and_nothing_beyond_it()
    {
        var baseline = WordOverlapBaseline.Fit(Pairs(2_000, 1), labels);
        Assert.True(Accuracy(baseline, Pairs(500, 2)) > 0.99);
        var turned = new Row("the dog saw the cat", "the cat saw the dog", "non-entailment");
        Assert.True(Answer(baseline, turned) == "entailment", "a model of word overlap cannot see who saw whom");
    }

    [Fact]
    public void Words_of_a_single_sentence_are_learnt()
    {
        Row Review(int i) => new(i % 2 == 0 ? $"a good film number {i}" : $"a bad film number {i}", null, i % 2 == 0 ? "pos" : "neg");
        var baseline = WordOverlapBaseline.Fit([.. Enumerable.Range(0, 400).Select(Review)], ["pos", "neg"]);
        Assert.Equal("pos", new[] { "pos", "neg" }[baseline.Scores(new("good acting", null, "")) is [var p, var n] && p > n ? 0 : 1]);
        Assert.Equal(1, Enumerable.Range(1_000, 50).Select(Review).Average(r => (baseline.Scores(r)[0] > baseline.Scores(r)[1]) == (r.Label == "pos") ? 1.0 : 0));
    }

    [Fact]
    public void Scores_are_log_probabilities_that_never_read_the_rows_label()
    {
        var baseline = WordOverlapBaseline.Fit(Pairs(300, 3), labels);
        foreach (var row in Pairs(50, 4))
        {
            float[] scores = baseline.Scores(row);
            Assert.Equal(1, scores.Sum(s => Math.Exp(s)), 1e-5);
            Assert.Equal(scores, baseline.Scores(row with { Label = "something else" }));
        }
    }

    [Fact]
    public void The_same_rows_and_seed_give_the_same_bits_and_another_seed_nearly_the_same_answers()
    {
        var rows = Pairs(1_000, 5);
        var (one, again, other) = (WordOverlapBaseline.Fit(rows, labels), WordOverlapBaseline.Fit(rows, labels), WordOverlapBaseline.Fit(rows, labels, new(Seed: 1)));
        var probes = Pairs(200, 6);
        Assert.All(probes, row => Assert.Equal(one.Scores(row), again.Scores(row)));
        Assert.True(probes.Average(row => Answer(one, row) == Answer(other, row) ? 1.0 : 0) > 0.98);
        Assert.Contains(probes, row => one.Scores(row)[0] != other.Scores(row)[0]);
    }

    [Fact]
    public void Without_words_only_overlap_lengths_and_negation_count()
    {
        var baseline = WordOverlapBaseline.Fit(Pairs(500, 7), labels, new(Words: false));
        Assert.Equal(baseline.Scores(new("a man ate fish", "a man ate", "")), baseline.Scores(new("one cup held tea", "one cup held", "")));
        Assert.True(Accuracy(baseline, Pairs(300, 8)) > 0.99);
    }

    [Fact]
    public void A_negation_in_the_second_sentence_alone_is_seen()
    {
        Row Pair(int i) => i % 2 == 0 ? new($"word{i} is here", $"word{i} isn't here", labels[1]) : new($"word{i} was there", $"word{i} wasnt there", labels[0]);
        var baseline = WordOverlapBaseline.Fit([.. Enumerable.Range(0, 400).Select(Pair)], labels, new(Words: false));
        Assert.Equal(labels[1], Answer(baseline, new("apples grow", "apples don’t grow", "")));
    }

    [Fact]
    public void Empty_sentences_have_scores() => Assert.All(WordOverlapBaseline.Fit(Pairs(50, 9), labels).Scores(new("", "", "")), s => Assert.True(float.IsFinite(s)));

    [Fact]
    public void Rows_with_unknown_labels_and_no_rows_are_refused()
    {
        Assert.Contains("row 1 has label 'maybe'; the labels are entailment, non-entailment", Assert.Throws<ArgumentException>(() => WordOverlapBaseline.Fit([new("a", "b", "maybe")], labels)).Message);
        Assert.Throws<ArgumentException>(() => MajorityBaseline.Fit([], labels));
    }

    [Fact]
    public void On_real_inference_pairs_it_reaches_what_word_overlap_is_worth()
    {
        string[] three = ["entailment", "neutral", "contradiction"];
        Row[] train = [.. Read("mnli/train-subset.tsv"), .. Read("lingnli/train.tsv")], dev = [.. Read("mnli/dev-matched.tsv")];
        var baseline = WordOverlapBaseline.Fit(train, three);
        int right = dev.Count(row => baseline.Scores(row) is var s && three[Array.IndexOf(s, s.Max())] == row.Label);
        var accuracy = Proportion.FromCounts(right, dev.Length);
        TestContext.Current.TestOutputHelper?.WriteLine($"{train.Length} training rows, accuracy {accuracy}");
        Assert.InRange(accuracy.Value, 0.57, 0.61);
    }

    /// <summary>Pairs of made-up words whose second sentence is taken from the first, or has one word that is not.</summary>
    static Row[] Pairs(int count, ulong seed)
    {
        string[] words = ["dog", "cat", "bird", "saw", "the", "liked", "big", "red", "near", "house", "tree", "old", "king", "sang", "ran", "book"];
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var stream = new Chance(seed, "pairs").At(i).Stream();
            string[] order = [.. words];
            stream.Shuffle<string>(order);
            bool full = stream.Flip(0.5);
            return new Row(string.Join(' ', order[..6]), string.Join(' ', order[2..5].Append(full ? order[0] : order[9])), labels[full ? 0 : 1]);
        })];
    }

    static string Answer(IBaseline baseline, Row row) => labels[baseline.Scores(row) is [var e, var n] && e >= n ? 0 : 1];

    static double Accuracy(IBaseline baseline, Row[] rows) => rows.Average(row => Answer(baseline, row) == row.Label ? 1.0 : 0);

    static IEnumerable<Row> Read(string file) =>
        File.ReadLines(Files.Real(file)).Skip(1).Select(line => line.Split('\t')).Select(cells => new Row(cells[1], cells[2], cells[0]));
}
