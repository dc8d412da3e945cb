using System.Text;
using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Models;

/// <summary>A real pretrained language model, where it lies beside the repository: tests/goldens/llama/make.py.</summary>
public class StoriesTests
{
    static readonly JsonElement golden = Goldens.Json("llama/stories.json");

    static LoadedModel Stories() => LoadedModel.Load(Path.GetDirectoryName(Files.Real("models/stories15M/config.json")));

    [Fact]
    public void Greedy_text_is_that_of_an_independent_implementation()
    {
        LoadedModel stories = Stories();
        int[] expected = golden.GetProperty("greedy").Ints();
        int[] ids = [1, .. Generation.Continue(stories.Model, [1], expected.Length - 1, new(), NoProbe.Instance, new HashSet<int>()).Select(t => t.Id)];
        Assert.Equal(expected, ids);
        Assert.StartsWith("Once upon a time, there was a little girl named Lily.", stories.Tokenizer.Decode(ids));
    }

    [Theory, InlineData(0), InlineData(1)]
    public void The_loss_of_each_token_of_running_text_is_that_of_an_independent_implementation(int text)
    {
        JsonElement expected = golden.GetProperty("texts")[text];
        string all = Encoding.UTF8.GetString(File.ReadAllBytes(Files.Real(expected.GetProperty("file").GetString()!)));
        int start = expected.GetProperty("start").GetInt32();
        LoadedModel stories = Stories();
        int[] ids = stories.Tokenizer.Encode(all[start..(start + expected.GetProperty("length").GetInt32())]).Ids;
        Tensor scores = stories.Model.Forward(new([new(ids, new int[ids.Length])]), NoProbe.Instance, Tokens.All).LogSoftmax();
        float[] losses = expected.GetProperty("losses").Floats();
        Assert.Equal(ids.Length - 1, losses.Length);
        for (int t = 0; t < losses.Length; t++) Assert.Equal(losses[t], -scores.Values[t * stories.Model.Vocabulary + ids[t + 1]], 1e-4f);
    }

    [Fact]
    public void Cut_it_scores_as_it_does_masked()
    {
        LoadedModel stories = Stories();
        Batch batch = new([new(stories.Tokenizer.Encode("Lily and Ben went to the park. They saw").Ids, new int[stories.Tokenizer.Encode("Lily and Ben went to the park. They saw").Count])]);
        Part[] kept = [.. Small.Some(stories.Model.Universe(), 3)];
        Ablation ablation = Ablation.Mean(stories.Model, stories.Model.Universe(), [batch]);
        Tensor masked = stories.Model.Forward(batch, new MaskProbe(MaskProbe.Only(stories.Model.Universe(), kept), ablation));
        foreach (IModel same in new[] { Cutting.Cut(stories.Model, kept, ablation), Cutting.FullSize(stories.Model, kept, ablation) })
            Small.Close(masked.Values, same.Forward(batch, NoProbe.Instance).Values, "cut");
    }
}
