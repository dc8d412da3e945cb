using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Lab.Models;

/// <summary>A sequence that is read piece by piece gets the scores of the whole.</summary>
public class PastTests
{
    static readonly int[] ids = [3, 14, 15, 9, 2, 6, 5, 35, 8, 9, 7, 9];

    public static TheoryData<string, string> Everything => [.. from model in (string[])["gpt2/language", "llama/grouped", "llama/qwen2", "llama/llama3"] from backend in Machine.Backends select (model, backend)];

    [Theory, MemberData(nameof(Everything))]
    public void Scores_of_pieces_are_those_of_the_whole_to_the_bit(string name, string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        IModel model = GoldenModelTests.Load(name);
        Same(model, NoProbe.Instance);
        Same(model, new MaskProbe(MaskProbe.Without(model.Universe(), [Heads.Kind.Part(0, 1), Mlps.Kind.Part(0)]), Small.Absent(model, "mean")));
        Same(Cutting.Cut(model, [.. model.Universe().Parts.Skip(2).Where(p => p.Layer > 0 || Mlps.Kind.Includes(p))], Small.Absent(model, "mean")), NoProbe.Instance);      // no head left in the first layer
    }

    static void Same(IModel model, IProbe probe)
    {
        Tensor whole = model.Forward(new([new(ids, new int[ids.Length])]), probe, Tokens.All);
        foreach (int[] pieces in new[] { new[] { 12 }, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [5, 1, 1, 5], [1, 10, 1] })
        {
            Past past = new();
            foreach (int piece in pieces)
            {
                int end = past.Count + piece;
                using Scope pass = Scope.Open();
                Small.SameBits(whole.Slice(0, end - 1, 1).Values, model.Forward(past.Next(ids[past.Count..end]), probe).Values, $"after {end} tokens");
            }
            Assert.Equal(ids.Length, past.Count);
        }
    }

    [Fact]
    public void Scores_of_all_tokens_of_a_piece_can_be_asked_for()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        Past past = new();
        Tensor first = model.Forward(past.Next(ids[..5]), NoProbe.Instance, Tokens.All), second = model.Forward(past.Next(ids[5..]), NoProbe.Instance, Tokens.All);
        Small.SameBits(model.Forward(new([new(ids, new int[ids.Length])]), NoProbe.Instance, Tokens.All).Values, Movement.Concatenate(0, first, second).Values, "both pieces");
    }

    [Fact]
    public void A_pass_that_continues_a_sequence_has_no_gradients()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        model.Weights.All["model.embed_tokens.weight"].Track();
        Assert.Contains("has no gradients", Assert.Throws<InvalidOperationException>(() => model.Forward(new Past().Next(ids), NoProbe.Instance)).Message);
        Assert.Contains("at least one token", Assert.Throws<ArgumentException>(() => new Past().Next()).Message);
    }

    [Fact]
    public void More_tokens_than_the_model_takes_are_refused()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        Past past = new();
        model.Forward(past.Next(new int[48]), NoProbe.Instance);
        Assert.Contains("49 tokens, the model takes 48", Assert.Throws<ArgumentException>(() => model.Forward(past.Next(1), NoProbe.Instance)).Message);
    }
}
