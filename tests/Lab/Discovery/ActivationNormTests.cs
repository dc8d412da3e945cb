using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public class ActivationNormTests
{
    [Theory, InlineData("from=zero"), InlineData("from=ablation,examples=10")]
    public void What_every_finder_promises_is_kept(string options) =>
        FinderRules.AreKept(FinderRules.With(new ActivationNorm(), options), FinderRules.Asked());

    [Theory, InlineData(false), InlineData(true)]
    public void It_is_the_root_mean_square_of_a_part_s_value_over_tokens(bool fromAblation)
    {
        using Scope scope = Scope.Open();
        Search search = FinderRules.Asked(10);
        Scores scores = new ActivationNorm(fromAblation).Begin(search).Finish();
        Recorder recorder = new();
        Batch batch = Classification.Instance.BatchOf(search.Examples);
        search.Model.Stream(batch, recorder, Tokens.All);
        for (int p = 0; p < search.Universe.Count; p++)
        {
            Place place = search.Universe.Places[p];
            Tensor value = recorder.Seen[place.Site];
            double sum = 0;
            for (int t = 0; t < batch.Tokens; t++)
            {
                double[] own = [.. Enumerable.Range(0, place.Length).Select(d => (double)value.Values[t * value.Shape[1] + place.Start + d]
                    - (fromAblation ? search.Ablation.ConstantOf(place)[d] : 0))];
                sum += Math.Sqrt(own.Average(v => v * v));
            }
            Assert.Equal(sum / batch.Tokens, scores.Values[p], 1e-5);
        }
    }

    [Fact]
    public void Blocks_layers_and_neurons_have_their_values_too()
    {
        IModel model = Small.Model();
        Universe universe = model.Universe([AttentionBlocks.Kind, Layers.Kind, Neurons.Kind]);
        Search search = FinderRules.Asked(10) with { Universe = universe, Ablation = Ablation.Zero(universe) };
        Assert.All(new ActivationNorm().Begin(search).Finish().Values, v => Assert.True(v > 0));
    }

    [Fact]
    public void It_passes_each_example_once() => Assert.Equal((512, 100), (new ActivationNorm().Cost(36, 8000).Passes, new ActivationNorm().Cost(36, 100).Passes));
}
