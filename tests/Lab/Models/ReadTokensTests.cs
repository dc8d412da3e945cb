using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Lab.Models;

/// <summary>The last layer of an ordinary pass computes only the tokens that the classification head reads; no score changes.</summary>
public class ReadTokensTests
{
    public static TheoryData<string, string> Everything => [.. from model in (string[])[.. ModelFolder.Families, "one layer", "bert/tiny", "roberta/tiny", "gpt2/classifier", "llama/classifier", "embedded", "cut", "cut gpt2", "cut llama", "nothing left"] from backend in Machine.Backends select (model, backend)];

    public static TheoryData<string> Families => [.. ModelFolder.Families];

    static (IModel Model, Batch Batch) Make(string name)
    {
        if (name.Contains('/')) return (GoldenModelTests.Load(name), GoldenModelTests.Batch(name.Split('/')[0]));
        if (name == "embedded") return (LoadedModel.Load(null).Model, Small.Batch());
        IModel small = Small.Model(layers: name == "one layer" ? 1 : 3, family: ModelFolder.Families.FirstOrDefault(f => name.Split(' ')[^1] == f) ?? "bert");
        return (name switch
        {
            "cut" or "cut gpt2" or "cut llama" => Cutting.Cut(small, Small.Some(small.Universe(), 2), Small.Absent(small, "mean")),
            "nothing left" => Cutting.Cut(small, [], Small.Absent(small, "mean")),
            _ => small,
        }, Small.Batch());
    }

    [Theory, MemberData(nameof(Everything))]
    public void Scores_are_those_of_the_pass_that_computes_every_token_to_the_bit(string name, string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        var (model, batch) = Make(name);
        Small.SameBits(model.Forward(batch, NoProbe.Instance, Tokens.All).Values, model.Forward(batch, NoProbe.Instance).Values, name);
    }

    [Theory, MemberData(nameof(Families))]
    public void Masked_scores_are_the_same_to_the_bit_and_so_are_the_gradients_of_the_mask_but_for_rounding(string family)
    {
        IModel model = Small.Model(layers: 3, family: family);
        Batch batch = Small.Batch();
        Ablation ablation = Small.Absent(model, "mean");
        int[] labels = [0, 1, 1, 0, 1];
        Tensor mask = Tensor.From([.. Enumerable.Range(0, model.Universe().Count).Select(i => (i % 4) switch { 0 => 0, 1 => 1, _ => new Chance(3, "mask").Uniform(i) })], model.Universe().Count).Track();
        Tensor all = model.Forward(batch, new MaskProbe(mask, ablation), Tokens.All), read = model.Forward(batch, new MaskProbe(mask, ablation));
        Small.SameBits(all.Values, read.Values, "masked");
        Small.Close(all.CrossEntropy(labels).Gradients(mask)[0].Values, read.CrossEntropy(labels).Gradients(mask)[0].Values, "gradients");
    }

    [Theory, MemberData(nameof(Families))]
    public void Sites_of_the_last_layer_show_one_row_per_sequence_and_keys_and_values_all(string family)
    {
        IModel model = Small.Model(layers: 2, family: family);
        Batch batch = Small.Batch();
        int[] readTokens = FamilyRow.For(family).Language is null ? batch.First : batch.Last;
        Recorder all = new(), read = new();
        model.Forward(batch, all, Tokens.All);
        model.Forward(batch, read);
        Assert.Equal(all.Seen.Keys, read.Seen.Keys);
        foreach (var (site, value) in all.Seen)
        {
            bool fewer = site.Layer == 1
                && site.Point is not (Point.AttentionIn or Point.Key or Point.AttentionKey or Point.Value or Point.BeforeScores or Point.Logits);
            Assert.Equal(fewer ? batch.Count : value.Shape[0], read.Seen[site].Shape[0]);
            Small.SameBits((fewer ? value.Rows(readTokens) : value).Values, read.Seen[site].Values, site.ToString());
        }
    }
}
