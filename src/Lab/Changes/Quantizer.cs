using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Quantization;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Changes;

/// <summary>Some parts of a model, among those in play.</summary>
/// <param name="Universe">the parts in play</param>
/// <param name="Kept">those that are meant</param>
public sealed record KeptOf(Universe Universe, IReadOnlyList<Part> Kept);

/// <summary>Quantizes one model by any number of schemes, on the same examples.</summary>
/// <param name="model">the model</param>
/// <param name="problem">what the examples ask</param>
/// <param name="examples">what moments are taken on, and sensitivities</param>
public sealed class Quantizer(IModel model, IProblem problem, IReadOnlyList<Example> examples)
{
    // the numbers of bits that a budget chooses among, and the one that sensitivities are measured at
    static readonly int[] budgeted = [2, 3, 4, 5, 6, 8];
    const int Measured = 3;
    const int MostMeasured = 256;

    IReadOnlyDictionary<string, double>? sensitivities;

    /// <summary>Quantizes.</summary>
    /// <param name="scheme">how</param>
    /// <param name="kept">the parts that have more bits, where the scheme says so of others</param>
    /// <param name="advance">hears of every layer that is done, and of every matrix whose sensitivity is; null for nobody</param>
    /// <param name="stop">ends the work</param>
    /// <exception cref="ArgumentException">the budget is too small</exception>
    public QuantizedModel Make(Scheme scheme, KeptOf? kept, Action? advance, CancellationToken stop)
    {
        IReadOnlyList<Batch> batches = ModelQuantization.Batches([.. examples.SelectMany(problem.Inputs)], scheme.Tokens);
        BitPlan? plan = scheme.Budget > 0 ? Within(scheme, batches, advance, stop)
            : kept is not null && scheme.Others > 0
                ? BitPlan.ByParts(model, kept.Universe, kept.Kept, scheme.Grid.Bits, scheme.Others) : null;
        return ModelQuantization.Make(model, scheme, batches, plan, advance, stop);
    }

    /// <summary>How many pieces of work <see cref="Make"/> tells of.</summary>
    public int Pieces(Scheme scheme) => model.Layers.Count
        + (scheme.Budget > 0 && sensitivities is null ? WeightMatrix.InLayers(model).Count : 0);

    /// <summary>
    /// What rounding each matrix alone to 3 bits costs: KL divergence from the model as it is, nats per example (of text, per token), on at
    /// most 256 of the examples. Of problems without such a divergence, the squared error of outputs.
    /// </summary>
    public IReadOnlyDictionary<string, double> Sensitivities(Scheme scheme, Action? advance, CancellationToken stop)
    {
        if (sensitivities is not null) return sensitivities;
        Example[] few = [.. Thinning.Thinned(examples, MostMeasured)];
        Answers answers = new(few, problem: problem);
        int[] own = [.. Enumerable.Range(0, model.Labels.Count)];
        EvaluationSet set = new("inDomain", few, model.Labels, own) { Problem = problem };
        SetAnswers full = new(set, answers.Scores(model, null, stop, problem.OfVocabulary ? model : null));
        Dictionary<string, double> costs = [];
        foreach (WeightMatrix matrix in WeightMatrix.InLayers(model))
        {
            float[] values = Cells(scheme, matrix, Measured).Nearest(matrix.Read(model.Weights)).Values;
            IModel one = model.With(model.Config, model.Weights.With([new(matrix.Name, matrix.Write(values))]));
            SetAnswers changed = new(set, answers.Scores(one, null, stop, problem.OfVocabulary ? model : null));
            (double Sum, double Per)[] terms = [.. changed.DivergenceTerms(full)];
            costs[matrix.Name] = terms.Length == 0 ? double.NaN : Math.Max(0, terms.Sum(t => t.Sum) / terms.Sum(t => t.Per));
            advance?.Invoke();
        }
        return sensitivities = costs;
    }

    // the loss at other bits is taken to grow as the squared error of the weights does
    BitPlan Within(Scheme scheme, IReadOnlyList<Batch> batches, Action? advance, CancellationToken stop)
    {
        IReadOnlyDictionary<string, double> losses = Sensitivities(scheme, advance, stop);
        if (losses.Values.Any(double.IsNaN))
            throw new ArgumentException($"A budget goes by the divergence from the full model, and {problem.Words.Name} have none. Give "
                + "bits in its place.");
        Dictionary<string, IReadOnlyDictionary<int, BitPlan.Cost>> costs = [];
        foreach (WeightMatrix matrix in WeightMatrix.InLayers(model))
        {
            float[] weights = matrix.Read(model.Weights);
            double Error(CellGrids cells) => cells.Nearest(weights).Values.Zip(weights, (a, b) => (double)(a - b) * (a - b)).Sum();
            double measured = Error(Cells(scheme, matrix, Measured));
            costs[matrix.Name] = budgeted.ToDictionary(bits => bits, bits =>
            {
                CellGrids cells = Cells(scheme, matrix, bits);
                double share = measured > 0 ? Error(cells) / measured : 0;
                return new BitPlan.Cost((cells.Bits + 7) / 8, losses[matrix.Name] * share);
            });
        }
        HashSet<string> inside = [.. costs.Keys];
        Dictionary<string, long> words = WeightMatrix.OfWords(model).Where(_ => scheme.OfWords is not null).ToDictionary(m => m.Name,
            m => (new CellGrids(scheme.OfWords!, m.Rows, m.Columns).Bits + 7) / 8);
        long rest = model.Weights.All.Where(t => !inside.Contains(t.Key))
            .Sum(t => words.TryGetValue(t.Key, out long bytes) ? bytes : (long)t.Value.Count * model.Weights.StoredAs(t.Key).Size());
        long all = model.Weights.StoredBytes, most = (long)(scheme.Budget * all);
        long least = rest + costs.Sum(c => c.Value[budgeted[0]].Bytes);
        if (least > most)
            throw new ArgumentException(
                FormattableString.Invariant($"The budget {scheme.Budget:0.###} is {most:N0} of {all:N0} bytes; with ")
                + FormattableString.Invariant($"{budgeted[0]} bits everywhere the model takes {least:N0}. Give budget=")
                + FormattableString.Invariant($"{Math.Ceiling(1000.0 * least / all) / 1000:0.###} or more, or larger groups."));
        return BitPlan.Within(costs, most - rest);
    }

    static CellGrids Cells(Scheme scheme, WeightMatrix matrix, int bits) =>
        new(scheme.Grid with { Bits = bits }, matrix.Rows, matrix.Columns);
}
