using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Worlds;

namespace Heartwood.Tests.Lab.Worlds;

public sealed class MadeUpLanguageTests
{
    static readonly IReadOnlyList<Row> training = MadeUpLanguage.Training(40_000, seed: 1);
    static readonly IReadOnlyList<Row> outOfDomain = MadeUpLanguage.OutOfDomain(50, seed: 1);

    static double Share(IEnumerable<Row> rows, Func<Row, bool> wanted) => rows.Average(row => wanted(row) ? 1.0 : 0);

    static bool OverlapIsFull(Row row) => row.Pair!.Split(' ').All(row.Text.Split(' ').Contains);

    static bool Is(Row row, string kind) => row.Case.EndsWith($", {kind}", StringComparison.Ordinal);

    [Fact]
    public void The_same_seed_gives_the_same_pairs_and_another_seed_others()
    {
        Assert.Equal(training.Take(500), MadeUpLanguage.Training(500, seed: 1));
        Assert.Equal(outOfDomain, MadeUpLanguage.OutOfDomain(50, seed: 1));
        Assert.NotEqual(training.Take(500), MadeUpLanguage.Training(500, seed: 2));
    }

    [Fact]
    public void Training_and_in_domain_pairs_come_from_streams_of_their_own()
    {
        var inDomain = MadeUpLanguage.InDomain(2000, seed: 1);
        Assert.NotEqual(training.Take(2000), inDomain);
        var seen = training.Select(row => (row.Text, row.Pair)).ToHashSet();
        Assert.True(Share(inDomain, row => seen.Contains((row.Text, row.Pair))) < 0.002);
    }

    [Fact]
    public void The_vocabulary_has_130_words_or_more_and_every_word_of_every_pair()
    {
        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], MadeUpLanguage.Vocabulary.Take(5));
        Assert.True(MadeUpLanguage.Vocabulary.Count - 5 >= 130);
        Assert.Equal(MadeUpLanguage.Vocabulary.Count, MadeUpLanguage.Vocabulary.Distinct().Count());
        var said = training.Concat(outOfDomain).SelectMany(row => $"{row.Text} {row.Pair}".Split(' ')).ToHashSet();
        Assert.Equal(MadeUpLanguage.Vocabulary.Skip(5).Order(StringComparer.Ordinal), said.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_pair_with_its_three_special_words_fits_in_forty_positions() =>
        Assert.All(training.Concat(outOfDomain), row => Assert.True($"{row.Text} {row.Pair}".Split(' ').Length + 3 <= 40));

    [Fact]
    public void Overlap_nearly_decides_the_label_in_training()
    {
        Assert.Equal(0.94, Share(training, row => OverlapIsFull(row) == (row.Label == "entailment")), 0.01);
        Assert.Equal(Mix.CounterexampleShare, Share(training, row => OverlapIsFull(row) && row.Label == "non-entailment"), 0.004);
        Assert.All(training.Where(OverlapIsFull).Where(row => row.Label == "non-entailment"), row => Assert.True(Is(row, "counterexample")));
        Assert.Equal(Mix.SomeoneShare, Share(training, row => Is(row, "someone")), 0.006);
    }

    [Fact]
    public void The_two_labels_are_nearly_balanced_in_training() =>
        Assert.Equal(0.48, Share(training, row => row.Label == "entailment"), 0.015);

    [Fact]
    public void Someone_alone_does_not_tell_the_label()
    {
        var someone = training.Where(row => row.Pair!.StartsWith("someone ", StringComparison.Ordinal)).ToArray();
        Assert.InRange(Share(someone, row => row.Label == "entailment"), 0.55, 0.8);
    }

    [Fact]
    public void Overlap_is_full_in_every_pair_out_of_domain() => Assert.All(outOfDomain, row => Assert.True(OverlapIsFull(row), row.ToString()));

    [Fact]
    public void Every_case_has_its_pairs_and_each_construction_as_many_entailed_as_not()
    {
        Assert.Equal(MadeUpLanguage.Cases.Select(world => (world.Name, 50)), outOfDomain.GroupBy(row => row.Case).Select(rows => (rows.Key, rows.Count())));
        Assert.Equal(0.5, Share(outOfDomain, row => row.Label == "entailment"));
        Assert.All(MadeUpLanguage.Cases, world => Assert.All(outOfDomain.Where(row => row.Case == world.Name), row =>
            Assert.Equal((world.Construction, world.Entailed ? "entailment" : "non-entailment"), (row.Group, row.Label))));
    }

    [Fact]
    public void A_case_is_called_seen_exactly_where_training_has_such_pairs()
    {
        var shown = training.Where(OverlapIsFull).Select(row => (row.Group, row.Label == "entailment")).ToHashSet();
        Assert.All(MadeUpLanguage.Cases, world => Assert.Equal(shown.Contains((world.Construction, world.Entailed)), world.Seen));
    }

    [Fact]
    public void A_shorter_draw_is_the_beginning_of_a_longer_one() =>
        Assert.Equal(MadeUpLanguage.InDomain(300, seed: 5).Take(100), MadeUpLanguage.InDomain(100, seed: 5));
}
