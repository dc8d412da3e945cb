using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Tokenizers;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Studies;

public sealed class SetsTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    LoadedModel Model(params string[] labels) => LoadedModel.Load(SmallWorld.ModelIn(temporary.At("model"), labels));

    DataSource File(string name, params string[] rows)
    {
        System.IO.File.WriteAllLines(temporary.At(name), ["text\tpair\tlabel\tcase", .. rows]);
        return DataSource.Read($"{temporary.At(name)},text=text,pair=pair,label=label,case=case");
    }

    [Fact]
    public void Three_labels_of_a_model_count_as_the_two_of_the_data_by_the_map()
    {
        LoadedModel model = Model("entailment", "neutral", "contradiction");
        DataSource inside = File("in.tsv", "the doctor slept\tdoctor slept\tneutral\t", "the artist ran\tartist\tentailment\t"), outside = File("out.tsv", "the doctor slept\tdoctor\tnon-entailment\tswap", "the poet ran\tpoet ran\tentailment\tswap");
        LabelMap map = LabelMap.Parse("neutral>non-entailment|contradiction>non-entailment");
        Sets sets = new(model, Small.Sets([inside], [outside]), map, 0);
        Measured measured = sets.Measure(model.Model, null, default);
        Assert.Equal((2, 2), (measured.InDomain.N, measured.OutOfDomain!.N));
        // by hand from the scores
        float[] scores = sets.Scores(model.Model, default)[1];
        int right = 0;
        for (int i = 0; i < 2; i++)
        {
            float[] one = scores[(3 * i)..(3 * i + 3)];
            bool entailment = one[0] >= one.Max();
            right += entailment == (i == 1) ? 1 : 0;
        }
        Assert.Equal(right / 2.0, measured.OutOfDomain.Value);
        Assert.Contains("the label 'non-entailment' is none of the model's", Assert.Throws<InvalidDataException>(() => new Sets(model, Small.Sets([inside], [outside]), LabelMap.None, 0)).Message);
        Assert.Contains("--label-map", Assert.Throws<InvalidDataException>(() => new Sets(model, Small.Sets([File("x.tsv", "a\tb\tmaybe\t")]), map, 0)).Message);
    }

    [Fact]
    public void Sets_of_a_role_are_measured_each_by_its_name_and_pooled_row_by_row()
    {
        LoadedModel model = Model();
        string[] specs = ["world:out-of-domain,per-case=1", "hans=world:out-of-domain,per-case=2,seed=3", "world:out-of-domain,per-case=1,seed=2"];
        DataSource[] outside = [.. specs.Select(DataSource.Read)];
        Sets sets = new(model, Small.Sets([DataSource.Read("world:in-domain,rows=40")], outside), LabelMap.None, 0);
        IReadOnlyList<float[]> full = [.. sets.Scores(model.Model, default).Select(s => s.Select(x => -x).ToArray())];
        Measured pooled = sets.Measure(model.Model, full, default);
        Assert.Equal([("in-domain", "inDomain"), (specs[0], "outOfDomain"), ("hans", "outOfDomain"), (specs[2], "outOfDomain")],
            pooled.Sets.Select(s => (s.Name, s.Role)));
        Assert.Equal(pooled.OutOfDomain!.N, pooled.Sets.Where(s => s.Role == "outOfDomain").Sum(s => s.Accuracy.N));
        Assert.Equal(pooled.InDomain, pooled.Sets[0].Accuracy);
        Assert.Equal((pooled.InDomainLoss, pooled.Agreement, pooled.Kl), (pooled.Sets[0].Loss, pooled.Sets[0].Agreement, pooled.Sets[0].Kl));
        foreach (var (source, figures) in outside.Zip(pooled.Sets.Skip(1)))
        {
            Measured alone = new Sets(model, Small.Sets([source]), LabelMap.None, 0).Measure(model.Model, null, default);
            Assert.Equal((alone.InDomain, alone.InDomainLoss), (figures.Accuracy, figures.Loss));
        }
        Sets thin = sets.Thin(7);
        Assert.Equal(7, thin.Measure(model.Model, null, default).Sets.Where(s => s.Role == "outOfDomain").Sum(s => s.Accuracy.N));
        Assert.Equal(sets.Named.Select(s => s.Name), thin.Named.Select(s => s.Name));
    }

    [Theory, InlineData("hans=a/b.tsv,rows=3", "hans", "a/b.tsv,rows=3"), InlineData("a/b.tsv,rows=3", null, "a/b.tsv,rows=3"),
        InlineData("world:in-domain,rows=3", null, "world:in-domain,rows=3"), InlineData("x=world:in-domain", "x", "world:in-domain"), InlineData("x=", null, "x=")]
    public void A_set_s_name_stands_before_its_data(string spec, string? name, string data) => Assert.Equal((name, data), SetNames.Part(spec));

    [Theory, InlineData("a/b/dev.matched.tsv.gz,rows=3", "dev"), InlineData("world:in-domain,rows=3", "in-domain"), InlineData("dev", "dev"), InlineData(".dev", ".dev")]
    public void A_set_without_a_name_is_called_by_its_file(string data, string name) => Assert.Equal(name, SetNames.Usual(data));

    [Fact]
    public void Thin_sets_hold_at_most_so_many_examples_spread_evenly_with_their_own_rows()
    {
        LoadedModel model = Model();
        Sets sets = new(model, Small.Sets([DataSource.Read("world:in-domain,rows=40")], [DataSource.Read("world:out-of-domain,per-case=1")]), LabelMap.None, 0);
        Sets thin = sets.Thin(10);
        Assert.Equal(10, thin.InDomain.Count);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => sets.InDomain[4 * i]), thin.InDomain);
        Assert.Same(sets, sets.Thin(0));
        Assert.Equal(sets.Examples, sets.Thin(1000).Examples);
        float[] all = sets.Scores(model.Model, default)[0], some = thin.Scores(model.Model, default)[0];
        for (int i = 0; i < 20; i++) Assert.Equal(all[8 * (i / 2) + i % 2], some[i], 1e-5f);
        IBaseline rule = MajorityBaseline.Fit([.. DataSource.Read("world:training,rows=30").Rows], model.Model.Labels);
        Assert.Equal(20, thin.Scores(rule)[0].Length);
        Assert.Equal(thin.InDomain.Count(e => e.Label == Answer(thin.Scores(rule)[0])) / 10.0, thin.Measure(thin.Scores(rule), null).InDomain.Value);

        static int Answer(float[] scores) => scores[0] >= scores[1] ? 0 : 1;
    }

    [Theory, InlineData(10, 3, "0 3 6"), InlineData(4, 8, "0 1 2 3"), InlineData(5, 0, "0 1 2 3 4"), InlineData(7, 7, "0 1 2 3 4 5 6"), InlineData(3, 1, "0")]
    public void Thinning_spreads_evenly_and_keeps_the_order(int count, int most, string expected) =>
        Assert.Equal(expected, string.Join(' ', Thinning.Thinned([.. Enumerable.Range(0, count)], most)));

    [Fact]
    public void A_tokenizer_of_very_another_size_than_the_embeddings_is_refused()
    {
        string folder = SmallWorld.ModelIn(temporary.At("model"));
        string vocabulary = Path.Combine(folder, "vocab.txt");
        string[] words = System.IO.File.ReadAllLines(vocabulary);
        System.IO.File.WriteAllLines(vocabulary, [.. words, .. Enumerable.Range(0, 129).Select(i => $"more{i}")]);
        Assert.Equal($"{folder}: expected a tokenizer of about as many words as the model's embeddings have rows, {words.Length}; "
            + $"found {words.Length + 129} words, 129 more (at most 128 may differ). "
            + "It is another model's: use the tokenizer that belongs to the weights.",
            Assert.Throws<InvalidDataException>(() => LoadedModel.Load(folder)).Message);
    }

    [Fact]
    public void A_few_words_more_or_fewer_than_rows_load_and_a_text_with_a_word_without_a_row_is_refused_by_name()
    {
        string folder = SmallWorld.ModelIn(temporary.At("model"));
        string vocabulary = Path.Combine(folder, "vocab.txt");
        string[] words = System.IO.File.ReadAllLines(vocabulary);
        System.IO.File.WriteAllLines(vocabulary, [.. words, "zebra", "zoo"]);
        LoadedModel longer = LoadedModel.Load(folder);
        Assert.Equal((words.Length + 2, words.Length), (longer.Tokenizer.Count, longer.Tokenizer.Rows));
        Assert.NotEmpty(longer.Tokenizer.Encode($"{words[^1]} {words[^2]}").Ids);
        string data = temporary.At("data.tsv");
        System.IO.File.WriteAllText(data,
            $"gold_label\tsentence1\tsentence2\n{longer.Labels[0]}\t{words[^1]}\t{words[^2]}\n"
                + $"{longer.Labels[0]}\tthe zebra\t{words[^2]}\n");
        string message = Assert.Throws<TokenWithoutRowException>(() => longer.Encode([DataSource.Read(data)])).Message;
        Assert.Equal(
            $"{data}: The text 'the zebra' has the token 'zebra' with the id {words.Length}, "
                + $"but the model's embeddings have {words.Length} rows, "
                + $"for the ids 0 to {words.Length - 1}. "
                + "Leave such texts out, write the token otherwise, or take a model whose embeddings have a row for it.",
            message);
        System.IO.File.WriteAllLines(vocabulary, words[..^2]);
        Assert.Equal(words.Length - 2, LoadedModel.Load(folder).Tokenizer.Count);
    }

    [Fact]
    public void What_belongs_to_a_model_beside_its_weights_has_a_hash()
    {
        string folder = SmallWorld.ModelIn(temporary.At("model"));
        LoadedModel first = LoadedModel.Load(folder);
        Assert.Equal(first.Facts, LoadedModel.Load(folder).Facts);
        System.IO.File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), "{\"do_lower_case\": false}");
        Assert.NotEqual(first.Facts.Sha256, LoadedModel.Load(folder).Facts.Sha256);
        Assert.Equal(first.Sha256, LoadedModel.Load(folder).Sha256);
    }
}
