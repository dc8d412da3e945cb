using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Reports;
using Study = Heartwood.Lab.Studies.Study;

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
        Sets sets = new(model, [inside], [outside], [], map, 0);
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
        Assert.Contains("the label 'non-entailment' is none of the model's", Assert.Throws<InvalidDataException>(() => new Sets(model, [inside], [outside], [], LabelMap.None, 0)).Message);
        Assert.Contains("--label-map", Assert.Throws<InvalidDataException>(() => new Sets(model, [File("x.tsv", "a\tb\tmaybe\t")], [], [], map, 0)).Message);
    }

    [Fact]
    public void Thin_sets_hold_at_most_so_many_examples_spread_evenly_with_their_own_rows()
    {
        LoadedModel model = Model();
        Sets sets = new(model, [DataSource.Read("world:in-domain,rows=40")], [DataSource.Read("world:out-of-domain,per-case=1")], [], LabelMap.None, 0);
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
        Assert.Equal(expected, string.Join(' ', Study.Thinned([.. Enumerable.Range(0, count)], most)));

    [Fact]
    public void A_tokenizer_of_another_size_than_the_embeddings_is_refused()
    {
        string folder = SmallWorld.ModelIn(temporary.At("model"));
        string vocabulary = Path.Combine(folder, "vocab.txt");
        string[] words = System.IO.File.ReadAllLines(vocabulary);
        foreach (string[] other in (string[][])[[.. words, "one", "more"], words[..^2]])
        {
            System.IO.File.WriteAllLines(vocabulary, other);
            Assert.Equal($"{folder}: the tokenizer has {other.Length} words, the model's embeddings {words.Length}. Use the tokenizer that belongs to the weights.", Assert.Throws<InvalidDataException>(() => LoadedModel.Load(folder)).Message);
        }
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
