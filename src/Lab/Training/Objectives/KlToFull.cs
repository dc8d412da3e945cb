using System.Globalization;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// KL(full model ‖ changed model) = Σ p (ln p − ln q), nats: of the labels' distribution, one per example; of distributions over the
/// vocabulary, a mean over the places of an example that the problem scores. A mean over a batch of the latter is one over places, not
/// over examples, so that an example weighs as many places as it has.
/// </summary>
/// <param name="temperature">
/// T: both models' scores are divided by it and the divergence multiplied by T², so that its gradient keeps its size (Hinton, Vinyals and
/// Dean 2015, "Distilling the knowledge in a neural network", section 2)
/// </param>
public sealed class KlToFull(double temperature = 1) : IObjective
{
    /// <inheritdoc/>
    public string Name => "kl-to-full";

    /// <inheritdoc/>
    public string Meaning => temperature == 1 ? "KL divergence from the full model, nats"
        : string.Create(CultureInfo.InvariantCulture, $"T² times the KL divergence from the full model at T = {temperature}, nats");

    /// <inheritdoc/>
    public bool NeedsReference => true;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) =>
        problem.OfOneNumber ? "is of probabilities, and the divergence of one number's is always 0" : null;

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
    {
        if (!problem.OfVocabulary) return Warm(pass.Scores(problem.Tokens), reference!.Value.Scores(problem.Tokens));
        int[] places = problem.Places(pass.Batch, examples)!;
        Tensor each = NextTokens.ByPlace(pass, places, (scores, here) => Warm(scores, reference!.Value.ScoresAt(here.Places)));
        return each.MeansOf(PlacesOfExamples.Counts(problem, pass.Batch, examples));
    }

    /// <inheritdoc/>
    public double[] Weights(IProblem problem, Pass pass, IReadOnlyList<Example> examples) =>
        PlacesOfExamples.Weights(problem, pass.Batch, examples);

    /// <inheritdoc/>
    public Tensor Mean(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
    {
        if (!problem.OfVocabulary && temperature == 1)
            return pass.Scores(problem.Tokens).KlFrom(reference!.Value.Scores(problem.Tokens));
        if (!problem.OfVocabulary) return Losses(problem, pass, reference, examples).Mean();
        int[] places = problem.Places(pass.Batch, examples)!;
        bool frozen = !pass.Model.Weights.All.Values.Any(weight => weight.Tracked);
        // its slope comes with it: no scores twice
        if (frozen && temperature == 1) return NextTokens.Divergence(pass, reference!.Value, places);
        return Losses(problem, pass, reference, examples).Mean(Weights(problem, pass, examples));
    }

    Tensor Warm(Tensor scores, Tensor full)
    {
        if (temperature == 1) return scores.KlsFrom(full);
        float share = (float)(1 / temperature);
        return (scores * share).KlsFrom(full * share) * (float)(temperature * temperature);
    }
}
