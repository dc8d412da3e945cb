using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Training;

public class UntrainedModelTests
{
    static readonly ModelSize size = new(2, 2, 16, 24, 12);

    static readonly string[] labels = ["a", "b"];

    static IModel Make(ulong seed = 1, FreshRecipe? recipe = null) => UntrainedModel.Make("bert", size, 30, labels, seed, recipe);

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
        IModel model = Make(recipe: FreshRecipe.Matching);
        foreach (int layer in (int[])[0, 1])
        {
            string attention = $"bert.encoder.layer.{layer}.attention.self";
            Tensor queries = model.Weights.All[$"{attention}.query.weight"], keys = model.Weights.All[$"{attention}.key.weight"];
            Small.SameBits(queries.Values, keys.Values, "keys");
        }
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
        foreach (FreshRecipe recipe in (FreshRecipe[])[FreshRecipe.Plain, FreshRecipe.Matching])
        {
            IModel model = UntrainedModel.Make(family, size, 30, labels, 1, recipe);
            Assert.Equal((family, 12, 30, 2, 4),
                (model.Family, model.MostPositions, model.Vocabulary, model.Layers.Count, model.Layers.Sum(l => l.Heads)));
            Recorder seen = new();
            model.Forward(batch, seen, Tokens.All);
            foreach (int layer in (int[])[0, 1])
            {
                bool same = seen.Seen[new(layer, Point.Query)].Values.SequenceEqual(seen.Seen[new(layer, Point.Key)].Values);
                Assert.Equal(recipe == FreshRecipe.Matching, same);
            }
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Only_a_family_that_reads_token_types_can_have_them_by_overlap(string family)
    {
        IModel Overlapping() => UntrainedModel.Make(family, size, 30, labels, 1, FreshRecipe.Overlap);
        if (FamilyRow.For(family).TokenTypes) Assert.Equal(4, Overlapping().TokenTypes);
        else Assert.Contains($"which {family} does not. Take --fresh matching", Assert.Throws<ArgumentException>(Overlapping).Message);
    }

    [Theory, InlineData("plain", TokenTypeRule.Sentence, 2), InlineData("matching", TokenTypeRule.Sentence, 2)]
    [InlineData("overlap", TokenTypeRule.Overlap, 4)]
    public void A_recipes_token_types_are_written_down_and_decide_how_many_there_are(string recipe, TokenTypeRule rule, int types)
    {
        IModel model = Make(recipe: FreshRecipe.Named(recipe));
        Assert.Equal(types, model.TokenTypes);
        Assert.Equal(rule, TokenTypes.Read(model, "here"));
    }

    [Fact]
    public void The_recipe_overlap_begins_as_matching_does_but_for_the_table_of_token_types()
    {
        IModel overlap = Make(recipe: FreshRecipe.Overlap), matching = Make(recipe: FreshRecipe.Matching);
        IEnumerable<string> other = matching.Weights.All.Keys
            .Where(name => !overlap.Weights.All[name].Values.SequenceEqual(matching.Weights.All[name].Values));
        Assert.Equal(["bert.embeddings.token_type_embeddings.weight"], other);
    }

    [Fact]
    public void A_recipe_that_there_is_not_is_refused_with_the_nearest()
    {
        Assert.Equal("There is no recipe of a fresh model 'macthing'. Did you mean matching? There are: plain, matching, overlap.",
            Assert.Throws<ArgumentException>(() => FreshRecipe.Named("macthing")).Message);
    }

    [Fact]
    public void A_size_that_makes_no_model_is_refused()
    {
        ModelSize[] none =
        [
            size with { Layers = 0 }, size with { Heads = 3 }, size with { Neurons = 0 }, size with { Positions = 2 },
            size with { Width = 0 },
        ];
        foreach (ModelSize wrong in none)
            Assert.Contains("a width that its heads divide",
                Assert.Throws<ArgumentException>(() => UntrainedModel.Make("bert", wrong, 30, labels, 1)).Message);
    }
}
