using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;

namespace Heartwood.Tests.Lab.Training;

public class UntrainedModelTests
{
    static readonly ModelSize size = new(2, 2, 16, 24, 12);

    static IModel Make(ulong seed = 1, FreshStart start = FreshStart.Independent, TokenTypeRule rule = TokenTypeRule.Sentence) => UntrainedModel.Make("bert", size, 30, ["a", "b"], rule, seed, start);

    [Fact]
    public void Matrices_are_Xavier_normal_biases_zero_and_the_seed_decides()
    {
        IModel model = Make();
        float[] up = model.Weights.All["bert.encoder.layer.0.intermediate.dense.weight"].Values.ToArray();
        Assert.Equal(2.0 / (16 + 24), up.Average(v => v * v), 0.2 * 2 / 40);
        Assert.All(model.Weights.All["bert.encoder.layer.1.attention.self.query.bias"].Values.ToArray(), v => Assert.Equal(0, v));
        Assert.All(model.Weights.All["bert.embeddings.LayerNorm.weight"].Values.ToArray(), v => Assert.Equal(1, v));
        Small.SameBits(model, Make());
        Assert.NotEqual(up, Make(2).Weights.All["bert.encoder.layer.0.intermediate.dense.weight"].Values.ToArray());
        Assert.NotEqual(up, model.Weights.All["bert.encoder.layer.1.intermediate.dense.weight"].Values.ToArray());
    }

    [Fact]
    public void A_matching_start_makes_keys_equal_to_queries_and_waves_of_positions()
    {
        IModel model = Make(start: FreshStart.Matching);
        foreach (int layer in (int[])[0, 1])
            Small.SameBits(model.Weights.All[$"bert.encoder.layer.{layer}.attention.self.query.weight"].Values, model.Weights.All[$"bert.encoder.layer.{layer}.attention.self.key.weight"].Values, "keys");
        float[] positions = model.Weights.All["bert.embeddings.position_embeddings.weight"].Values.ToArray();
        for (int p = 0; p < size.Positions; p++)
        {
            Assert.Equal(0.05 * Math.Sin(p), positions[p * 16], 1e-7);
            Assert.Equal(0.05 * Math.Cos(p * Math.Pow(1000, -7.0 / 8)), positions[p * 16 + 15], 1e-7);
        }
    }

    public static TheoryData<string> Families => [.. ModelFolder.Families];

    [Theory, MemberData(nameof(Families))]
    public void In_every_family_tokens_of_a_matching_start_ask_for_what_they_show(string family)
    {
        Batch batch = new([new([3, 5, 7, 5], new int[4])]);
        foreach (FreshStart start in Enum.GetValues<FreshStart>())
        {
            IModel model = UntrainedModel.Make(family, size, 30, ["a", "b"], TokenTypeRule.Sentence, 1, start);
            Assert.Equal((family, 12, 30, 2, 4), (model.Family, model.MostPositions, model.Vocabulary, model.Layers.Count, model.Layers.Sum(l => l.Heads)));
            Recorder seen = new();
            model.Forward(batch, seen, Tokens.All);
            foreach (int layer in (int[])[0, 1]) Assert.Equal(start == FreshStart.Matching, seen.Seen[new(layer, Point.Query)].Values.SequenceEqual(seen.Seen[new(layer, Point.Key)].Values));
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Only_a_family_that_reads_token_types_can_have_them_by_overlap(string family)
    {
        if (family == "bert") Assert.Equal(4, UntrainedModel.Make(family, size, 30, ["a", "b"], TokenTypeRule.Overlap, 1).TokenTypes);
        else Assert.Contains($"which {family} does not", Assert.Throws<ArgumentException>(() => UntrainedModel.Make(family, size, 30, ["a", "b"], TokenTypeRule.Overlap, 1)).Message);
    }

    [Theory, InlineData(TokenTypeRule.Sentence, 2), InlineData(TokenTypeRule.Overlap, 4)]
    public void The_rule_of_token_types_is_written_down_and_decides_how_many_there_are(TokenTypeRule rule, int types)
    {
        IModel model = Make(rule: rule);
        Assert.Equal(types, model.TokenTypes);
        Assert.Equal(rule, TokenTypes.RuleOf(model));
    }

    [Fact]
    public void A_size_that_makes_no_model_is_refused()
    {
        foreach (ModelSize wrong in (ModelSize[])[size with { Layers = 0 }, size with { Heads = 3 }, size with { Neurons = 0 }, size with { Positions = 2 }, size with { Width = 0 }])
            Assert.Contains("a width that its heads divide", Assert.Throws<ArgumentException>(() => UntrainedModel.Make("bert", wrong, 30, ["a", "b"], TokenTypeRule.Sentence, 1)).Message);
    }
}
