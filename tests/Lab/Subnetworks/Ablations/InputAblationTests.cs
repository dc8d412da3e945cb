using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Subnetworks.Ablations;

/// <summary>Ablations that depend on the input.</summary>
public sealed class InputAblationTests : IDisposable
{
    static readonly IReadOnlyList<Example> pool = Small.Examples(40, seed: 7);
    static readonly string[] texts = ["mean,by=position", "resample,seed=3", "interchange", "noise,scale=2,seed=5"];

    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static IAblation Made(string text, IModel model, Universe universe) => Heartwood.Lab.Subnetworks.Ablations.Ablations.Usual.Parse(text)
        .Make(new(model, universe, [.. pool.Select(e => e.Input)], () => Inputs.Batches(pool, 30)));

    // every example with a pair of as many tokens, of other words
    static Example[] Paired(int count) => [.. Small.Examples(count, seed: 3).Select(e => e with { Pair = e.Input with { Ids = [.. e.Input.Ids.Select(id => (id + 7) % 20)] } })];

    public static TheoryData<string, string> FamiliesAndTexts => [.. from family in ModelFolder.Families from text in texts select (family, text)];

    [Theory, MemberData(nameof(FamiliesAndTexts))]
    public void A_mask_of_ones_changes_nothing_and_one_of_zeros_leaves_the_values_exactly(string family, string text)
    {
        IModel model = Small.Model(layers: 2, heads: 2, width: 8, family: family);
        Universe universe = model.Universe(PartKinds.Usual.Named(["heads", "mlps", "attention", "neurons"]));
        Ablation ablation = new(universe, Made(text, model, universe));
        Example[] examples = Paired(5);
        Batch batch = Classification.Instance.BatchOf(examples);
        foreach (Tokens last in (Tokens[])[Tokens.All, Tokens.Read])
        {
            var values = ablation.On(model, batch, last, Classification.Instance.PairsOf(examples));
            Tensor ones = Tensor.Ones(universe.Count).Track();
            Small.SameBits(model.Forward(batch, NoProbe.Instance, last).Values, model.Forward(batch, new MaskProbe(ones, ablation, values), last).Values, text);
            Recorder seen = new(inner: new MaskProbe(Tensor.Zeros(universe.Count), ablation, values));
            model.Forward(batch, seen, last);
            foreach (var (site, value) in values!) Small.SameBits(value.Values, seen.Seen[site].Values, $"{text}, {site}");
        }
    }

    [Theory, MemberData(nameof(FamiliesAndTexts))]
    public void What_stands_in_does_not_depend_on_how_rows_are_packed(string family, string text)
    {
        IModel model = Small.Model(layers: 2, heads: 2, width: 8, family: family);
        Universe universe = model.Universe([Heads.Kind, Mlps.Kind]);
        IAblation how = Made(text, model, universe);
        Example[] examples = [.. Paired(12).Where(e => how.Serves(Classification.Instance, e))];
        Assert.NotEmpty(examples);
        Ablation ablation = new(universe, how);
        float[] mask = MaskProbe.Without(universe, [Heads.Kind.Part(0, 1), Mlps.Kind.Part(1)]).Values.ToArray();
        float[] together = new Answers(examples, 1000).Scores(model, [mask], ablation)[0], alone = new Answers(examples, 1).Scores(model, [mask], ablation)[0];
        Small.SameBits(together, alone, text);
        float[] shared = new Answers(examples, 1000).Scores(model, [mask], ablation, shared: MaskProbe.Without(universe, [Heads.Kind.Part(0, 1)]).Values.ToArray())[0];
        Small.SameBits(together, shared, $"{text}, lower layers shared");
        Assert.NotEqual(together, new Answers(examples).Scores(model));
    }

    [Fact]
    public void Resampling_takes_another_row_of_as_many_tokens_by_seed_and_leaves_out_rows_that_have_none()
    {
        Sequence a = Sequence.Plain([1, 2, 3]), b = Sequence.Plain([4, 5, 6]), c = Sequence.Plain([7, 8, 9]), lonely = Sequence.Plain([1, 2, 3, 4]);
        Resample resample = new([a, b, c, a, lonely], 1);
        Assert.True(resample.Serves(a, null));
        Assert.False(resample.Serves(lonely, null));
        Assert.False(resample.Serves(Sequence.Plain([1, 2]), null));
        Assert.True(resample.Serves(Sequence.Plain([9, 9, 9, 9]), null));                    // no row of the data, but one stands in for it
        Assert.All(Enumerable.Range(0, 30), seed => Assert.NotEqual(a.Ids, new Resample([a, b, c], (ulong)seed).Other(a).Ids));
        Assert.Equal(2, Enumerable.Range(0, 30).Select(seed => new Resample([a, b, c], (ulong)seed).Other(a).Ids[0]).Distinct().Count());
        Assert.Equal(resample.Other(a).Ids, new Resample([a, b, c, a, lonely], 1).Other(a).Ids);
    }

    [Fact]
    public void Rows_that_an_ablation_cannot_serve_are_left_out_and_counted()
    {
        Example[] examples = [.. Paired(6), .. Small.Examples(2, seed: 9)];
        List<string> told = [];
        Assert.Equal(6, new Interchange().Served(Classification.Instance, examples, "some rows", told.Add).Count);
        Assert.Equal(["some rows: 2 of 8 rows have no pair of as many tokens; the ablation interchange leaves them out."], told);
        InvalidDataException none = Assert.Throws<InvalidDataException>(() => new Interchange().Served(Classification.Instance, examples[6..], "some rows", told.Add));
        Assert.Equal("some rows: all 2 rows have no pair of as many tokens, which the ablation interchange takes. Give data that has such rows, or another --ablation.", none.Message);
    }

    [Fact]
    public void Two_sentences_that_are_compared_stand_in_for_one_another_and_a_corrupted_prompt_for_its_prompt()
    {
        Example pair = new(Sequence.Plain([1, 2]), 0, "", "") { Second = Sequence.Plain([3, 4]) };
        Assert.Equal([[3, 4], [1, 2]], new MinimalPairs().PairsOf([pair])!.Sequences().Select(s => s.Ids));
        Prompts prompts = new();
        IProblem learnt = prompts;
        Assert.Equal([[3, 4]], prompts.PairsOf([learnt.ToLearn(pair)])!.Sequences().Select(s => s.Ids));
        Assert.Null(Classification.Instance.PairsOf([pair with { Second = null }]));
    }

    [Fact]
    public void Noise_has_the_size_of_the_embeddings_and_its_mean_is_none()
    {
        IModel model = Small.Model(words: 400, width: 16);
        Batch batch = new([.. Enumerable.Range(0, 300).Select(i => Sequence.Plain([i, (i * 7) % 400, i % 11]))]);
        Ablation ablation = new(model.Universe([Mlps.Kind]), new Noise(2, 1));
        Recorder clean = new();
        model.Forward(batch, clean, Tokens.All);
        AblatedPass pass = new(model, batch, null, Tokens.All, new HashSet<Site> { new(0, Point.Embeddings) });
        float[] noise = [.. ablation.How.On(pass)[new(0, Point.Embeddings)].Values.ToArray().Zip(clean.Seen[new(0, Point.Embeddings)].Values.ToArray(), (a, b) => a - b)];
        double mean = noise.Average(), deviation = Math.Sqrt(noise.Average(n => (double)n * n));
        Assert.Equal(2 * Noise.Deviation(model), deviation, 0.05 * deviation);
        Assert.Equal(0, mean, 4 * deviation / Math.Sqrt(noise.Length));
        Tensor words = model.Embed(new([.. Enumerable.Range(0, 400).Select(id => Sequence.Plain([id]))]), NoProbe.Instance);
        double middle = words.Values.ToArray().Average();
        Assert.Equal(Math.Sqrt(words.Values.ToArray().Average(v => (v - middle) * (v - middle))), Noise.Deviation(model), 1e-5);
    }

    [Fact]
    public void The_mean_by_position_is_that_of_each_position_and_comes_back_from_its_file()
    {
        IModel model = Small.Model();
        Universe universe = model.Universe([Heads.Kind]);
        IAblation mean = Made("mean,by=position", model, universe);
        Ablation ablation = new(universe, mean);
        Batch batch = Small.Batch();
        var values = ablation.On(model, batch, Tokens.All)!;
        Recorder seen = new();
        model.Forward(new([.. pool.Select(e => e.Input)]), seen, Tokens.All);
        Batch all = new([.. pool.Select(e => e.Input)]);
        Tensor heads = seen.Seen[new(1, Point.Heads)];
        for (int t = 0; t < batch.Tokens; t++)
            for (int d = 0; d < model.Width; d++)
            {
                double expected = Enumerable.Range(0, all.Tokens).Where(o => all.Positions[o] == batch.Positions[t]).Average(o => heads.Values[o * model.Width + d]);
                Assert.Equal(expected, values[new(1, Point.Heads)].Values[t * model.Width + d], 1e-5);
            }
        using (FileStream file = File.Create(temporary.At("means"))) mean.Save(file);
        IAblation back = Made("mean,by=position", model, universe);
        back.Restore(temporary.At("means"));
        Small.SameBits(values[new(0, Point.Heads)].Values, new Ablation(universe, back).On(model, batch, Tokens.All)![new(0, Point.Heads)].Values, "restored");
        Assert.Contains("expected the values of the ablation mean, found those of mean,by=position",
            Assert.Throws<CheckpointException>(() => Ablation.Load(temporary.At("means"), model, universe)).Message);
    }

    [Fact]
    public void What_depends_on_the_input_is_not_cut_and_says_so_by_name()
    {
        IModel model = Small.Model();
        Universe universe = model.Universe([Heads.Kind, Mlps.Kind]);
        foreach (string text in texts)
        {
            Ablation ablation = new(universe, Made(text, model, universe));
            Assert.Equal(text, ablation.Name);
            NotSupportedException refused = Assert.Throws<NotSupportedException>(() => Cutting.Cut(model, [Mlps.Kind.Part(0)], ablation));
            Assert.StartsWith($"The ablation {text} depends on the input", refused.Message);
            Assert.Throws<InvalidOperationException>(() => new MaskProbe(Tensor.Ones(universe.Count), ablation));
        }
    }

    [Theory]
    [InlineData("means", "There is no ablation 'means'. Did you mean mean?")]
    [InlineData("zero,seed=1", "zero takes no options, not 'seed' either")]
    [InlineData("resample,sed=1", "resample takes no 'sed'. Did you mean seed?")]
    [InlineData("mean,by=token", "'by' takes tokens or position, not 'token'")]
    [InlineData("noise,scale=-1", "'scale' takes a number from 0 to 1000000, not '-1'")]
    public void A_name_or_an_option_that_is_none_is_refused_with_the_nearest(string text, string gist) =>
        Assert.Contains(gist, Assert.Throws<ArgumentException>(() => Heartwood.Lab.Subnetworks.Ablations.Ablations.Usual.Parse(text)).Message);
}
