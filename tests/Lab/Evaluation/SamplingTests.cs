using Heartwood.Lab.Evaluation;

namespace Heartwood.Tests.Lab.Evaluation;

/// <summary>Distributions that were computed by hand.</summary>
public class SamplingTests
{
    // probabilities 0.2, 0.5, 0.3
    static readonly float[] scores = [MathF.Log(2), MathF.Log(5), MathF.Log(3)];

    static void Distribution(Sampling sampling, params (int Id, double Probability)[] expected)
    {
        IReadOnlyList<(int Id, double Probability)> found = sampling.Candidates(scores);
        Assert.Equal(expected.Select(c => c.Id), found.Select(c => c.Id));
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i].Probability, found[i].Probability, 1e-6);
    }

    [Fact]
    public void Temperature_flattens_or_sharpens()
    {
        Distribution(new(1), (1, 0.5), (2, 0.3), (0, 0.2));
        Distribution(new(2), (1, 0.415446), (2, 0.321803), (0, 0.262751));       // roots: 0.707107, 0.547723, 0.447214, of 1.702043
        Distribution(new(0.5), (1, 25 / 38.0), (2, 9 / 38.0), (0, 4 / 38.0));    // squares
        Distribution(new(0), (1, 1));
    }

    [Fact]
    public void Top_k_keeps_so_many_and_top_p_the_fewest_that_hold_so_much()
    {
        Distribution(new(1, TopK: 2), (1, 0.625), (2, 0.375));
        Distribution(new(1, TopK: 9), (1, 0.5), (2, 0.3), (0, 0.2));
        Distribution(new(1, TopP: 0.45), (1, 1));
        Distribution(new(1, TopP: 0.55), (1, 0.625), (2, 0.375));
        Distribution(new(1, TopP: 0.85), (1, 0.5), (2, 0.3), (0, 0.2));
        Distribution(new(1, TopP: 0), (1, 1));
        Distribution(new(1, TopK: 2, TopP: 0.6), (1, 1));                        // of the two that are left, the first holds 0.625
        Distribution(new(2, TopP: 0.7), (1, 0.563508), (2, 0.436492));           // after the temperature: 0.415 + 0.322
    }

    [Fact]
    public void Of_equal_scores_the_lower_id_is_first_and_minus_infinity_is_never_drawn()
    {
        Assert.Equal([1, 2, 0, 3], new Sampling(1).Candidates([-1, 0f, -0f, -2]).Select(c => c.Id));
        float[] one = [float.NegativeInfinity, 3, float.NegativeInfinity];
        Assert.All(Enumerable.Range(0, 200), step => Assert.Equal(1, new Sampling(1).Choose(one, step)));
        Assert.Contains("score of token 1 is not a number", Assert.Throws<InvalidDataException>(() => new Sampling().Choose([1, float.NaN], 0)).Message);
    }

    [Fact]
    public void Draws_come_as_often_as_they_should_and_depend_on_seed_and_step_only()
    {
        const int Draws = 4000;
        Sampling sampling = new(1, Seed: 7);
        int[] drawn = [.. Enumerable.Range(0, Draws).Select(step => sampling.Choose(scores, step))];
        foreach (var (id, probability) in sampling.Candidates(scores)) Assert.Equal(probability, drawn.Count(d => d == id) / (double)Draws, 0.03);      // four deviations
        Assert.Equal(drawn, Enumerable.Range(0, Draws).Reverse().Select(step => new Sampling(1, Seed: 7).Choose(scores, step)).Reverse());
        Assert.NotEqual(drawn, Enumerable.Range(0, Draws).Select(step => new Sampling(1, Seed: 8).Choose(scores, step)));
    }
}
