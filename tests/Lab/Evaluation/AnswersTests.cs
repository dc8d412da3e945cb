using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Lab.Evaluation;

[Collection("the thread team")]
public class AnswersTests
{
    readonly IModel model = Small.Model(layers: 3);
    readonly IReadOnlyList<Example> examples = Small.Examples(11);

    float[][] Masks => [.. new Part[][] { [], [Mlps.Kind.Part(0)], [Mlps.Kind.Part(2)], [Heads.Kind.Part(1, 1), Heads.Kind.Part(2, 0)], [.. model.Universe().Parts], [Mlps.Kind.Part(1), Heads.Kind.Part(2, 1)], [Heads.Kind.Part(0, 0)] }.Select(absent => MaskProbe.Without(model.Universe(), absent).Values.ToArray())];

    [Fact]
    public void Reusing_the_layers_below_a_mask_changes_no_bit()
    {
        Ablation ablation = Small.Absent(model, "mean");
        float[][] swept = new Answers(examples, 30).Scores(model, Masks, ablation);
        foreach (var (mask, m) in Masks.Select((mask, m) => (mask, m)))
        {
            float[] plain = [.. Inputs.Batches(examples, 30).SelectMany(batch => model.Forward(batch, new MaskProbe(Tensor.From(mask, mask.Length), ablation)).Values.ToArray())];
            Small.SameBits(plain, swept[m], $"mask {m}");
        }
        float[] unmasked = [.. Inputs.Batches(examples, 30).SelectMany(batch => model.Forward(batch, NoProbe.Instance).Values.ToArray())];
        Small.SameBits(unmasked, swept[0], "ones");
        Small.SameBits(unmasked, new Answers(examples, 30).Scores(model), "no mask");
    }

    [Fact]
    public void Whatever_mask_they_share_the_layers_of_no_bit_changes()
    {
        Ablation ablation = Small.Absent(model, "mean");
        float[][] plain = new Answers(examples, 30).Scores(model, Masks, ablation);
        foreach (float[] shared in Masks)
        {
            float[][] swept = new Answers(examples, 30).Scores(model, Masks, ablation, shared: shared);
            for (int m = 0; m < plain.Length; m++) Small.SameBits(plain[m], swept[m], $"mask {m}");
        }
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits_and_counts_every_example()
    {
        int before = Machine.Threads;
        Ablation ablation = Small.Absent(model, "mean");
        try
        {
            Machine.Threads = 1;
            float[][] one = new Answers(examples, 20).Scores(model, Masks, ablation);
            foreach (int threads in (int[])[2, 3])
            {
                Machine.Threads = threads;
                int told = 0;
                float[][] several = new Answers(examples, 20).Scores(model, Masks, ablation, more => Interlocked.Add(ref told, more));
                for (int m = 0; m < one.Length; m++) Small.SameBits(one[m], several[m], $"mask {m} on {threads} threads");
                Assert.Equal(7 * 11, told);
            }
        }
        finally { Machine.Threads = before; }
    }

    [Fact]
    public void A_model_of_which_nothing_is_left_still_answers_the_same_to_all_with_the_same_first_token()
    {
        IModel nothing = Cutting.Cut(model, [], Small.Absent(model, "mean"));
        int[][] inputs = [[4, 1, 2], [4, 7, 9, 3], [5, 1, 2]];
        float[] scores = new Answers([.. inputs.Select(ids => new Example(new(ids, new int[ids.Length]), 0, "", ""))]).Scores(nothing);
        Assert.Equal(scores[..2], scores[2..4]);
        Assert.NotEqual(scores[..2], scores[4..]);
    }

    [Fact]
    public void Packing_changes_answers_only_by_rounding_and_a_stop_ends_the_work()
    {
        Small.Close(new Answers(examples, 1).Scores(model), new Answers(examples, 1000).Scores(model), "packing");
        Assert.Equal(examples.Sum(e => e.Input.Ids.Length), new Answers(examples).Tokens);
        Assert.Throws<OperationCanceledException>(() => new Answers(examples).Scores(model, stop: new CancellationToken(true)));
    }

    [Theory]
    [InlineData(10, new[] { 4, 4, 4 }, "0+2 2+1")]
    [InlineData(12, new[] { 4, 4, 4 }, "0+3")]
    [InlineData(3, new[] { 4, 4 }, "0+1 1+1")]
    [InlineData(3, new int[0], "")]
    public void Batches_are_cut_in_order_and_hold_what_fits_at_least_one(int most, int[] lengths, string expected) =>
        Assert.Equal(expected, string.Join(' ', Inputs.Pack(lengths, most).Select(b => $"{b.Start}+{b.Count}")));

    [Fact]
    public void Two_models_are_timed_on_the_same_examples()
    {
        int rounds = 0;
        var (a, b) = Speed.InTurn(model, Cutting.Cut(model, [], Ablation.Zero(model.Universe())), examples, 3, more => rounds += more);
        Assert.True(a > 0 && b > 0);
        Assert.Equal(3, rounds);
    }
}
