using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tokenizers;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Evaluation;

/// <summary>A model whose first head finds equal tokens and whose second attends to all alike, so that every mass is known by hand.</summary>
[Collection("the thread team")]
public class AttentionTests
{
    const int Width = 16, HeadWidth = 8;

    // a b in the first sentence, a c in the second; 0 and 1 are [CLS] and [SEP]
    static readonly int[] ids = [0, 2, 3, 1, 2, 4, 1];
    static readonly Example example = new(new(ids, [0, 0, 0, 0, 1, 1, 1]), 0, "", "");
    static readonly TokenWords text = new(["[CLS]", "a", "b", "[SEP]", "a", "c", "[SEP]"], [-1, 0, 1, -1, 2, 3, -1], ["a", "b", "a", "c"], [-1, 0, 0, -1, 1, 1, -1]);

    static readonly IModel model = Planted();

    static IModel Planted()
    {
        IModel small = Small.Model(layers: 2, heads: 2, width: Width);
        return small.With(small.Config, small.Weights.Map((name, t) =>
            name.EndsWith("word_embeddings.weight", StringComparison.Ordinal) ? Filled(t, (row, column) => row == column ? 1 : 0)
            : name.EndsWith("position_embeddings.weight", StringComparison.Ordinal) || name.EndsWith("token_type_embeddings.weight", StringComparison.Ordinal) ? Filled(t, (_, _) => 0)
            : name.EndsWith("embeddings.LayerNorm.weight", StringComparison.Ordinal) ? Filled(t, (_, _) => 1)
            : name.EndsWith("embeddings.LayerNorm.bias", StringComparison.Ordinal) ? Filled(t, (_, _) => 0)
            : name.EndsWith("query.weight", StringComparison.Ordinal) ? Filled(t, (row, column) => name.Contains("layer.0", StringComparison.Ordinal) && row < HeadWidth && row == column ? 0.5f : 0)
            : name.EndsWith("key.weight", StringComparison.Ordinal) ? Filled(t, (row, column) => row == column ? 1 : 0)
            : name.EndsWith("query.bias", StringComparison.Ordinal) || name.EndsWith("key.bias", StringComparison.Ordinal) ? Filled(t, (_, _) => 0)
            : t));
    }

    static Tensor Filled(Tensor like, Func<int, int, float> value)
    {
        Tensor filled = Tensor.Lasting(like.Shape.Axes);
        int columns = like.Shape.Axes[^1];
        for (int i = 0; i < filled.Count; i++) filled.Change()[i] = like.Shape.Rank == 1 ? value(0, i) : value(i / columns, i % columns);
        return filled;
    }

    // norm of a one among 15 zeros: √15 there, −1/√15 elsewhere; the first head reads the first 8 of them
    static readonly double equal = Math.Exp(0.5 * (15 + 7.0 / 15) / Math.Sqrt(HeadWidth)), other = Math.Exp(0.5 * (-2 + 6.0 / 15) / Math.Sqrt(HeadWidth));

    // from a token that occurs twice among seven
    static double Twice => equal / (2 * equal + 5 * other);

    static double Once => equal / (equal + 6 * other);

    static AttentionMass Look(int copies = 1) => AttentionMass.Measure(model, [.. Enumerable.Repeat(example, copies)], [.. Enumerable.Repeat(text, copies)]);

    [Fact]
    public void Masses_are_those_by_hand()
    {
        AttentionMass mass = Look();
        // both a's see the other one
        Assert.Equal(Twice, mass.Mass(0, 0, KeyKind.SameWordOther), 1e-5);
        Assert.Equal(1 / 7.0, mass.Mass(0, 1, KeyKind.SameWordOther), 1e-5);
        // each of the seven: [CLS], b and c once, a and [SEP] twice
        Assert.Equal((4 * Twice + 3 * Once) / 7, mass.Mass(0, 0, KeyKind.Itself), 1e-5);
        // from the six behind [CLS]: only the second [SEP] and its like before do not stand side by side, so all are others
        Assert.Equal((4 * other / (2 * equal + 5 * other) + 2 * other / (equal + 6 * other)) / 6, mass.Mass(0, 0, KeyKind.Previous), 1e-5);
        // a and b see two words of the other sentence: of a's one is a; b and c see none of their like
        Assert.Equal((2 * ((equal + other) / (2 * equal + 5 * other)) + 2 * (2 * other / (equal + 6 * other))) / 4, mass.Mass(0, 0, KeyKind.OtherSentence), 1e-5);
        // b and c are what the other sentence lacks
        Assert.Equal((Once + other / (equal + 6 * other)) * 2 / 7 + 4 * (2 * other / (2 * equal + 5 * other)) / 7 + 2 * other / (equal + 6 * other) / 7, mass.Mass(0, 0, KeyKind.UnsharedWord), 1e-5);
        Assert.Equal((2 * 2 * Twice + 2 * 2 * other / (2 * equal + 5 * other) + 3 * 2 * other / (equal + 6 * other)) / 7, mass.Mass(0, 0, KeyKind.Separator), 1e-5);
        Assert.Equal(double.NaN, mass.Mass(0, 0, KeyKind.SameWordOwn));
        Assert.Equal(double.NaN, mass.Mass(0, 0, KeyKind.Punctuation));
    }

    [Fact]
    public void A_head_that_attends_to_all_alike_has_what_equal_weights_give_and_the_average_head_lies_between()
    {
        AttentionMass mass = Look(3);
        foreach (KeyKind kind in KeyKinds.All.Except([KeyKind.SameWordOwn, KeyKind.Punctuation]))
        {
            Assert.Equal(mass.Uniform(1, kind).Value, mass.Mass(1, kind).Value, 1e-5);
            Assert.Equal((mass.Mass(0, kind).Value + mass.Mass(1, kind).Value) / 2, mass.AverageHead(0, kind).Value, 1e-12);
            Assert.Equal(mass.Mass(0, kind).Value - mass.AverageHead(0, kind).Value, mass.Above(0, kind).Value, 1e-12);
            Assert.Equal(3, mass.Mass(0, kind).N);
        }
        Assert.Equal(KeyKind.SameWordOther, mass.MostCharacteristic(0));
        Assert.Equal(0, mass.Mass(0, KeyKind.SameWordOwn).N);
    }

    [Fact]
    public void In_the_last_layer_only_the_token_that_is_read_counts()
    {
        AttentionMass mass = Look();
        // from [CLS], alike to all seven
        Assert.Equal(1 / 7.0, mass.Mass(0, 2, KeyKind.Itself), 1e-5);
        Assert.Equal(mass.Mass(0, 2, KeyKind.First), mass.Mass(0, 2, KeyKind.Itself));
        Assert.Equal(2 / 7.0, mass.Uniform(2, KeyKind.UnsharedWord).Value, 1e-12);
        Assert.Equal(double.NaN, mass.Mass(0, 2, KeyKind.SameWordOther));
        Assert.Equal(double.NaN, mass.Mass(0, 2, KeyKind.Previous));
    }

    [Theory, MemberData(nameof(RotaryTests.Models), MemberType = typeof(RotaryTests))]
    public void Weights_add_up_to_one_where_a_token_sees_and_are_nothing_elsewhere(string name)
    {
        IModel random = RotaryTests.Make(name);
        Batch batch = Small.Batch();
        int rows = 0, last = random.Layers.Count - 1;
        AttentionWeights.Each(random, batch, (layer, _, s, query, weights) =>
        {
            rows++;
            double sum = 0;
            foreach (double weight in weights) sum += weight;
            Assert.Equal(1, sum, 1e-12);
            Assert.Equal(batch.Offsets[s + 1] - batch.Offsets[s], weights.Length);
            for (int j = 0; j < weights.Length; j++)
                Assert.Equal(!random.Causal || (j <= query && j > query - (random.Layers[layer].Window ?? weights.Length)), weights[j] > 0);
            if (layer == last) Assert.Equal(random.Causal ? weights.Length - 1 : 0, query);
        });
        Assert.Equal(random.Layers.Take(last).Sum(l => l.Heads) * batch.Tokens + random.Layers[last].Heads * batch.Count, rows);
    }

    [Theory, MemberData(nameof(RotaryTests.Models), MemberType = typeof(RotaryTests))]
    public void Weights_mix_values_to_what_the_heads_give(string name)
    {
        IModel random = RotaryTests.Make(name);
        Batch batch = Small.Batch();
        Recorder seen = new(site => site.Point is Point.Value or Point.Heads);
        random.Forward(batch, seen, Tokens.All);
        AttentionWeights.Each(random, batch, (layer, head, s, query, weights) =>
        {
            int[] owners = [.. random.Layers[layer].HeadsPerKeyValueHead.SelectMany((heads, owner) => Enumerable.Repeat(owner, heads))];
            Tensor values = seen.Seen[new(layer, Point.Value)], mixes = seen.Seen[new(layer, Point.Heads)];
            int owner = owners.Length == 0 ? head : owners[head], valueWidth = values.Shape[1], width = random.HeadWidth;
            for (int d = 0; d < width; d++)
            {
                double mix = 0;
                for (int j = 0; j < weights.Length; j++)
                    mix += weights[j] * values.Values[(batch.Offsets[s] + j) * valueWidth + owner * width + d];
                Assert.Equal(mixes.Values[(batch.Offsets[s] + query) * mixes.Shape[1] + head * width + d], mix, 1e-5);
            }
        }, Tokens.All);
    }

    [Fact]
    public void Equal_weights_and_the_average_head_are_those_of_layers_with_the_same_window()
    {
        // windows of none, 3, and 3 in the last layer, which reads one token
        IModel windowed = RotaryTests.Make("qwen2, window");
        AttentionMass mass = AttentionMass.Measure(windowed, [example], [text]);
        Assert.Equal([null, 3, 3], windowed.Layers.Select(l => l.Window));
        // by equal weights the first token gets 1/1 + 1/2 … 1/7 of seven, then 1 + 1/2 + 1/3 of the three that see it
        Assert.Equal(Enumerable.Range(1, 7).Sum(n => 1.0 / n) / 7, mass.Uniform(0, KeyKind.First).Value, 1e-12);
        Assert.Equal((1 + 1 / 2.0 + 1 / 3.0) / 3, mass.Uniform(2, KeyKind.First).Value, 1e-12);
        Assert.Equal(0, mass.Uniform(4, KeyKind.First).N);
        Assert.Equal(1 / 3.0, mass.Uniform(4, KeyKind.Itself).Value, 1e-12);
        foreach (int layer in (int[])[0, 1, 2])
            Assert.Equal((mass.Mass(2 * layer, KeyKind.Itself).Value + mass.Mass(2 * layer + 1, KeyKind.Itself).Value) / 2,
                mass.AverageHead(2 * layer, KeyKind.Itself).Value, 1e-12);
        Assert.All(Enumerable.Range(0, 6), h => Assert.Equal(0, mass.Mass(h, KeyKind.Next).N));
    }

    [Fact]
    public void Where_every_token_is_punctuation_its_mass_is_one()
    {
        TokenWords marks = new(["!", "?", ",", ".", "…", "(", ")"], [0, 1, 2, 3, 4, 5, 6], ["!", "?", ",", ".", "…", "(", ")"], [0, 0, 0, 0, 1, 1, 1]);
        AttentionMass mass = AttentionMass.Measure(model, [example], [marks]);
        for (int h = 0; h < 4; h++) Assert.Equal(1, mass.Mass(0, h, KeyKind.Punctuation), 1e-12);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits_and_packing_changes_nothing_but_rounding()
    {
        IReadOnlyList<Example> examples = [.. Small.Examples(300).Select(e => e with { Input = new(e.Input.Ids, new int[e.Input.Ids.Length]) })];
        IReadOnlyList<TokenWords> texts = [.. examples.Select(e => new TokenWords([.. e.Input.Ids.Select(i => $"w{i}")], [.. e.Input.Ids.Index().Select(i => i.Index)], [.. e.Input.Ids.Select(i => $"w{i}")], [.. e.Input.Ids.Index().Select(i => i.Index < 2 ? 0 : 1)]))];
        IModel random = Small.Model(layers: 3);
        int before = Machine.Threads;
        try
        {
            Machine.Threads = 1;
            AttentionMass one = AttentionMass.Measure(random, examples, texts);
            Machine.Threads = 3;
            AttentionMass several = AttentionMass.Measure(random, examples, texts);
            foreach (KeyKind kind in KeyKinds.All)
                for (int h = 0; h < one.Heads.Count; h++)
                {
                    Assert.Equal(one.Mass(h, kind), several.Mass(h, kind));
                    Assert.Equal(one.Above(h, kind), several.Above(h, kind));
                }
            AttentionMass alone = AttentionMass.Measure(random, [examples[299]], [texts[299]]);
            Assert.Equal(alone.Mass(0, 1, KeyKind.First), one.Mass(299, 1, KeyKind.First), 1e-6);
        }
        finally { Machine.Threads = before; }
    }

    [Fact]
    public void Texts_of_other_tokens_are_refused() =>
        Assert.Throws<ArgumentException>(() => AttentionMass.Measure(model, [example], [new(["a"], [0], ["a"], [0])]));

    [Fact]
    public void Sentences_are_told_apart_by_their_words_whatever_types_and_special_tokens_a_family_has()
    {
        string[] pieces = ["<s>", "a", "b", "</s>", "</s>", "c", "</s>"];
        int[] words = [-1, 0, 0, -1, -1, 1, -1];
        string[] texts = ["\u0120ab", "c "];
        TokenWords roberta = TokenWords.FromEncoded(new Encoded(new int[7], new int[7], words, texts, 1), pieces), bert = TokenWords.FromEncoded(new Encoded(new int[7], [0, 0, 0, 0, 1, 1, 1], words, texts, 1), pieces);
        Assert.Equal([-1, 0, 0, -1, -1, 1, -1], roberta.Sentences);
        Assert.Equal(roberta.Sentences, bert.Sentences);
        Assert.Equal(["ab", "c"], roberta.Texts);
        Assert.True(roberta.SameWord(1, 2));
        Assert.False(roberta.SameWord(0, 3));
        // nothing between the two, as GPT-2 has it, and an empty first text
        Assert.Equal([0, 0, 1], TokenWords.FromEncoded(new Encoded(new int[3], new int[3], [0, 1, 2], ["a", "b", "c"], 2), ["a", "b", "c"]).Sentences);
        Assert.Equal([-1, -1, 1, -1], TokenWords.FromEncoded(new Encoded(new int[4], new int[4], [-1, -1, 0, -1], ["c"], 0), ["<s>", "</s>", "c", "</s>"]).Sentences);
    }
}
