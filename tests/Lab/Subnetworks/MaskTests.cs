using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Subnetworks;

public class MaskTests
{
    readonly IModel model = Small.Model();
    readonly Batch batch = Small.Batch();

    public static TheoryData<string, string, bool> Ends => [.. from family in ModelFolder.Families from kind in (string[])["zero", "mean"] from tracked in (bool[])[false, true] select (family, kind, tracked)];

    [Theory, MemberData(nameof(Ends))]
    public void A_mask_of_ones_changes_nothing_to_the_last_bit(string family, string kind, bool tracked)
    {
        IModel model = Small.Model(family: family);
        Tensor ones = Tensor.Ones(model.Universe().Count);
        if (tracked) ones.Track();                               // then the mixing is really computed
        Tensor masked = model.Forward(batch, new MaskProbe(ones, Small.Absent(model, kind)));
        Small.SameBits(model.Forward(batch, NoProbe.Instance).Values, masked.Values, kind);
    }

    [Theory, MemberData(nameof(CuttingTests.FamiliesAndAblations), MemberType = typeof(CuttingTests))]
    public void A_mask_of_zeros_leaves_the_ablation_exactly_at_every_token(string family, string kind)
    {
        IModel model = Small.Model(family: family);
        Ablation ablation = Small.Absent(model, kind);
        Recorder seen = new(inner: new MaskProbe(Tensor.Zeros(model.Universe().Count), ablation));
        model.Forward(batch, seen, Tokens.All);
        foreach (Part part in model.Universe().Parts)
        {
            bool head = Heads.Kind.Includes(part);
            Tensor value = seen.Seen[new(part.Layer, head ? Point.Heads : Point.MlpOut)];
            var (tokens, width) = value.AsTokens();
            int own = head ? model.HeadWidth : width, start = head ? part.Index * own : 0;
            for (int t = 0; t < tokens; t++) Assert.Equal(ablation.ConstantOf(part).ToArray(), value.Values.Slice(t * width + start, own).ToArray());
        }
    }

    [Fact]
    public void Between_the_ends_value_and_ablation_are_mixed_and_other_parts_stay()
    {
        Ablation ablation = Small.Absent(model, "mean");
        Part part = Heads.Kind.Part(0, 1);
        Tensor mask = Tensor.Ones(model.Universe().Count);
        mask.Change()[model.Universe().PlaceOf(part)] = 0.25f;
        Recorder before = new(), after = new(inner: new MaskProbe(mask, ablation));
        model.Forward(batch, before, Tokens.All);
        model.Forward(batch, after, Tokens.All);
        Tensor was = before.Seen[new(0, Point.Heads)], now = after.Seen[new(0, Point.Heads)];
        for (int i = 0; i < was.Count; i++)
        {
            int column = i % model.Width;
            float expected = column < model.HeadWidth ? was.Values[i] : 0.25f * was.Values[i] + 0.75f * ablation.ConstantOf(part)[column - model.HeadWidth];
            Assert.Equal(expected, now.Values[i], 1e-6f);
        }
    }

    [Fact]
    public void A_mask_of_another_number_of_parts_is_refused() =>
        Assert.Throws<ShapeException>(() => new MaskProbe(Tensor.Ones(5), Ablation.Zero(model.Universe())));

    [Theory, InlineData("zero"), InlineData("mean")]
    public void The_gradient_of_the_mask_is_that_of_finite_differences(string kind)
    {
        Ablation ablation = Small.Absent(model, kind);
        float[] at = [.. Enumerable.Range(0, model.Universe().Count).Select(i => 0.2f + 0.7f * new Chance(3, "mask").Uniform(i))];
        Tensor mask = Tensor.From(at, at.Length).Track();
        float[] slopes = LossAt(mask).Gradients(mask)[0].Values.ToArray();
        Assert.Contains(slopes, s => Math.Abs(s) > 0.01);
        const float Step = 0.02f;
        for (int i = 0; i < at.Length; i++)
        {
            double up = LossAt(Moved(i, Step)).Item, down = LossAt(Moved(i, -Step)).Item;
            Assert.Equal((up - down) / (2 * Step), slopes[i], 2e-3);
        }

        Tensor Moved(int place, float by) => Tensor.From([.. at.Select((m, i) => i == place ? m + by : m)], at.Length);
        Tensor LossAt(Tensor m) => model.Forward(batch, new MaskProbe(m, ablation)).CrossEntropy([0, 1, 1, 0, 1]);
    }

    [Fact]
    public void Masks_of_sets_name_the_part_that_a_model_has_not()
    {
        Universe universe = model.Universe();
        Part[] two = [Heads.Kind.Part(0, 1), Mlps.Kind.Part(1)];
        Assert.Equal([1, 0, 1, 1, 1, 0], MaskProbe.Without(universe, two).Values.ToArray());
        Assert.Equal([0, 1, 0, 0, 0, 1], MaskProbe.Only(universe, two).Values.ToArray());
        Assert.Equal("The model has no part L7.H0; its parts run from L0.H0 to L1.MLP.", Assert.Throws<KeyNotFoundException>(() => MaskProbe.Only(universe, [Heads.Kind.Part(7, 0)])).Message);
    }
}
