using Heartwood.Lab.Models;
using Heartwood.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Heartwood.Lab.Tasks;

/// <summary>What a language model says of one token.</summary>
/// <param name="LogProbability">ln of the probability it gives to the token, nats</param>
/// <param name="Right">whether it is the likeliest</param>
/// <param name="Kl">KL divergence from the full model's distribution, nats; NaN without one</param>
/// <param name="Same">whether the likeliest token is the full model's</param>
readonly record struct TokenScore(double LogProbability, bool Right, double Kl, bool Same);

/// <summary>
/// Scores of a language model over its vocabulary, computed in pieces of some tokens, so that there never are many at once.
/// </summary>
public static class NextTokens
{
    /// <summary>Most scores at once.</summary>
    public const int MostScores = 1 << 22;

    /// <summary>How many tokens' scores are computed at once.</summary>
    public static int RowsAtOnce(IModel model) => Math.Max(1, MostScores / model.Vocabulary);

    /// <summary>Walks through the logarithms of the probabilities at some places.</summary>
    /// <param name="pass">a model's pass</param>
    /// <param name="full">the full model's, null for none</param>
    /// <param name="places">rows of the stream</param>
    /// <param name="see">told the number of the place, [vocabulary] and the full model's</param>
    internal static void Each(Pass pass, Pass? full, int[] places, SeeLogs see)
    {
        int rows = RowsAtOnce(pass.Model), width = pass.Model.Vocabulary;
        for (int start = 0; start < places.Length; start += rows)
        {
            using Scope scope = Scope.Open();
            int[] here = places[start..Math.Min(places.Length, start + rows)];
            Tensor logs = pass.ScoresAt(here).LogSoftmax();
            Tensor? others = full?.ScoresAt(here).LogSoftmax(), shares = others?.Exp();
            for (int i = 0; i < here.Length; i++) see(start + i, Row(logs, i), Row(others, i), Row(shares, i));
        }

        ReadOnlySpan<float> Row(Tensor? of, int i) => of is null ? default : of.Values.Slice(i * width, width);
    }

    /// <summary>What a pass says of the tokens that follow some places.</summary>
    /// <param name="pass">a model's pass</param>
    /// <param name="full">the full model's, null for none</param>
    /// <param name="places">rows of the stream</param>
    /// <param name="targets">the token after each</param>
    internal static TokenScore[] Read(Pass pass, Pass? full, int[] places, int[] targets)
    {
        TokenScore[] read = new TokenScore[places.Length];
        Each(pass, full, places, (i, logs, others, shares) =>
        {
            int best = TensorPrimitives.IndexOfMax(logs);
            bool same = !others.IsEmpty && TensorPrimitives.IndexOfMax(others) == best;
            read[i] = new(logs[targets[i]], best == targets[i], Kl(logs, others, shares), same);
        });
        return read;
    }

    /// <summary>KL divergence from the full model, nats; NaN without one, and where its shares are.</summary>
    internal static double Kl(ReadOnlySpan<float> logs, ReadOnlySpan<float> others, ReadOnlySpan<float> shares)
    {
        if (others.IsEmpty) return double.NaN;
        double sum = 0;
        for (int v = 0; v < logs.Length; v++)
            if (shares[v] != 0) sum += shares[v] * ((double)others[v] - logs[v]);
        return sum;
    }

    /// <summary>
    /// Mean KL divergence from the full model over some places. The slope by the stream is computed piece by piece and the rest of
    /// the way is left to the gradients: stream · slope has the same gradient as the divergence, and is moved to its value.
    /// </summary>
    /// <param name="pass">the pass of what is changed</param>
    /// <param name="full">the full model's</param>
    /// <param name="places">rows of the stream</param>
    public static Tensor Divergence(Pass pass, Pass full, int[] places)
    {
        int rows = RowsAtOnce(pass.Model);
        double total = 0;
        Tensor slope = Tensor.Zeros(places.Length, pass.Model.Width), stream = pass.Stream.Detach();
        for (int start = 0; start < places.Length; start += rows)
        {
            using Scope scope = Scope.Open();
            int[] here = places[start..Math.Min(places.Length, start + rows)];
            Tensor leaf = stream.Rows(here).Track();
            Tensor scores = pass.Model.Score(leaf, pass.Batch, Tokens.All, pass.Probe);
            Tensor kl = scores.KlFrom(full.ScoresAt(here)) * ((float)here.Length / places.Length);
            total += kl.Item;
            kl.Gradients(leaf)[0].Values.CopyTo(slope.Change()[(start * pass.Model.Width)..]);
        }
        Tensor linear = (pass.Stream.Rows(places) * slope).Sum();
        return linear + (float)(total - linear.Item);
    }

    /// <summary>
    /// One number per place, of the scores there. They are computed some places at a time, and once more on the way back, so that the
    /// gradient reaches the stream and the head's own weights and there never are scores of many places at once.
    /// </summary>
    /// <param name="pass">a model's pass</param>
    /// <param name="places">rows of the stream, at least one</param>
    /// <param name="numbers">makes [place] of a piece's scores [place vocabulary]; the same each time</param>
    /// <returns>[place]</returns>
    public static Tensor ByPlace(Pass pass, int[] places, Func<Tensor, SomePlaces, Tensor> numbers)
    {
        int rows = RowsAtOnce(pass.Model);
        List<Tensor> pieces = [];
        for (int start = 0; start < places.Length; start += rows)
        {
            Range range = start..Math.Min(places.Length, start + rows);
            SomePlaces here = new(places[range], range);
            pieces.Add(pass.Stream.Rows(here.Places).Recomputed(
                stream => numbers(pass.Model.Score(stream, pass.Batch, Tokens.All, pass.Probe), here)));
        }
        return pieces.Count == 1 ? pieces[0] : Movement.Concatenate(0, [.. pieces]);
    }

    /// <summary>The largest difference of a score between two passes over the same batch.</summary>
    public static double Difference(Pass a, Pass b, int[] places)
    {
        double most = 0;
        for (int start = 0, rows = RowsAtOnce(a.Model); start < places.Length; start += rows)
        {
            using Scope scope = Scope.Open();
            int[] here = places[start..Math.Min(places.Length, start + rows)];
            most = Math.Max(most, Math.Abs(TensorPrimitives.MaxMagnitude((a.ScoresAt(here) - b.ScoresAt(here)).Values)));
        }
        return most;
    }
}

/// <summary>Some of the places that a problem scores.</summary>
/// <param name="Places">rows of the stream</param>
/// <param name="Range">which of all places they are</param>
public readonly record struct SomePlaces(int[] Places, Range Range);

/// <summary>
/// Sees one place's logarithms of probabilities, those of the full model and its probabilities; empty where there is none.
/// </summary>
delegate void SeeLogs(int place, ReadOnlySpan<float> logs, ReadOnlySpan<float> others, ReadOnlySpan<float> shares);
