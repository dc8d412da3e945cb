using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Subnetworks;

/// <summary>Louizos, Welling and Kingma 2018, equations 10 to 13, in double.</summary>
public class HardConcreteTests
{
    static readonly float[] logAlphas = [-12, -5, -2.3978953f, -1, -0.2f, 0, 0.7f, 2, 2.3978953f, 5, 10];

    public static TheoryData<float, float, float> Shapes => new() { { -0.1f, 1.1f, 2f / 3 }, { -0.5f, 1.2f, 0.4f } };

    [Theory, MemberData(nameof(Shapes))]
    public void A_sample_is_the_stretched_and_clamped_concrete(float low, float high, float temperature)
    {
        Chance chance = new Chance(5, "mask").At(17);
        float[] mask = new HardConcrete(low, high, temperature).Sample(Vector(), chance).Values.ToArray();
        for (int i = 0; i < mask.Length; i++)
        {
            double u = chance.Uniform(i), s = Sigmoid((Math.Log(u) - Math.Log(1 - u) + logAlphas[i]) / temperature);
            Assert.Equal(Math.Clamp(s * (high - low) + low, 0, 1), mask[i], 1e-5);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void The_mask_without_chance_and_the_probability_of_being_present_are_the_formulae(float low, float high, float temperature)
    {
        HardConcrete concrete = new(low, high, temperature);
        float[] mask = concrete.Deterministic(Vector()).Values.ToArray(), present = concrete.Present(Vector()).Values.ToArray();
        for (int i = 0; i < mask.Length; i++)
        {
            Assert.Equal(Math.Clamp(Sigmoid(logAlphas[i]) * (high - low) + low, 0, 1), mask[i], 1e-6);
            Assert.Equal(Sigmoid(logAlphas[i] - temperature * Math.Log(-low / (double)high)), present[i], 1e-6);
        }
    }

    [Fact]
    public void The_probability_of_being_present_is_the_share_of_samples_above_zero()
    {
        HardConcrete concrete = new();
        int[] above = new int[logAlphas.Length];
        const int Draws = 4000;
        for (int draw = 0; draw < Draws; draw++)
        {
            float[] mask = concrete.Sample(Vector(), new Chance(1, "mask").At(draw)).Values.ToArray();
            for (int i = 0; i < mask.Length; i++) above[i] += mask[i] > 0 ? 1 : 0;
        }
        float[] present = concrete.Present(Vector()).Values.ToArray();
        for (int i = 0; i < above.Length; i++) Assert.Equal(present[i], above[i] / (double)Draws, 4 * Math.Sqrt(0.25 / Draws));
    }

    [Fact]
    public void Both_ends_are_reached_exactly()
    {
        Tensor ends = Tensor.From([-20, 20], 2);
        Assert.Equal([0, 1], new HardConcrete().Deterministic(ends).Values.ToArray());
        Assert.Equal([0, 1], new HardConcrete().Sample(ends, new(1, "mask")).Values.ToArray());
    }

    static Tensor Vector() => Tensor.From(logAlphas, logAlphas.Length);

    static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
