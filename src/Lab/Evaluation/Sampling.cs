using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation;

/// <summary>How a language model's next token is chosen from its scores.</summary>
/// <param name="Temperature">what scores are divided by before softmax; 0 takes the best token (greedy)</param>
/// <param name="TopK">only so many of the best tokens are drawn from (Fan et al. 2018); 0 for all</param>
/// <param name="TopP">of those, only the fewest best whose probabilities add up to this (Holtzman et al. 2020); 1 for all</param>
/// <param name="Seed">which numbers are drawn: the same seed gives the same text</param>
public sealed record Sampling(double Temperature = 0, int TopK = 0, double TopP = 1, ulong Seed = 0)
{
    /// <summary>
    /// The tokens that may come next, best first, with their probabilities, which add up to 1; of equal scores the lower id is first.
    /// </summary>
    /// <param name="scores">[vocabulary]</param>
    /// <exception cref="InvalidDataException">a score is no number</exception>
    public IReadOnlyList<(int Id, double Probability)> Candidates(ReadOnlySpan<float> scores)
    {
        int[] order = Order(scores);
        if (Temperature == 0) return [(order[0], 1)];
        int count = TopK == 0 ? order.Length : Math.Min(TopK, order.Length);
        double best = scores[order[0]], sum = 0;
        double[] raised = new double[count];
        for (int i = 0; i < count; i++) sum += raised[i] = Math.Exp((scores[order[i]] - best) / Temperature);
        if (TopP < 1)
        {
            double wanted = TopP * sum, held = 0;
            count = 0;
            do held += raised[count++];
            while (held < wanted && count < raised.Length);
            sum = held;
        }
        return [.. Enumerable.Range(0, count).Select(i => (order[i], raised[i] / sum))];
    }

    /// <summary>The token that comes next.</summary>
    /// <param name="scores">[vocabulary]</param>
    /// <param name="step">which of the text's tokens it is, from 0: each draws a number of its own</param>
    public int Choose(ReadOnlySpan<float> scores, long step)
    {
        IReadOnlyList<(int Id, double Probability)> candidates = Candidates(scores);
        double left = new Chance(Seed, "generation").At(step).Uniform(0);
        foreach (var (id, probability) in candidates)
            if ((left -= probability) < 0) return id;
        return candidates[^1].Id;                                // the probabilities' rounding
    }

    // ids by falling score: a float's bits, turned so that they order as the numbers do, above the id
    static int[] Order(ReadOnlySpan<float> scores)
    {
        ulong[] keys = new ulong[scores.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            if (float.IsNaN(scores[i]))
                throw new InvalidDataException($"The score of token {i} is not a number. "
                    + "Look at the weights, or at what replaces ablated parts.");
            uint bits = BitConverter.SingleToUInt32Bits(scores[i] + 0f);              // one zero
            keys[i] = (ulong)((bits & 0x8000_0000) == 0 ? ~(bits | 0x8000_0000) : bits) << 32 | (uint)i;
        }
        Array.Sort(keys);
        return Array.ConvertAll(keys, key => (int)(uint)key);
    }
}
