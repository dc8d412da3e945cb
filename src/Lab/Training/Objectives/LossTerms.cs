using System.Globalization;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using static System.FormattableString;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>One term of a loss.</summary>
/// <param name="Name">what it is called in a list of terms: "labels", "outputs", "layers", "directions", "attention",
/// "relations"</param>
/// <param name="Objective">what it is</param>
/// <param name="Weight">what it is multiplied by</param>
public sealed record LossTerm(string Name, IObjective Objective, double Weight);

/// <summary>
/// A loss that is a weighted sum of terms: what the labels say, and how far the outputs and the inside of a model are from those of a
/// teacher (Hinton et al. 2015; Jiao et al. 2020; Wang et al. 2021).
/// </summary>
/// <param name="terms">the terms, at least one</param>
public sealed class LossTerms(IReadOnlyList<LossTerm> terms) : IObjective
{
    /// <summary>The terms that there are, each with what it is.</summary>
    public static IReadOnlyDictionary<string, string> Known { get; } = new Dictionary<string, string>
    {
        ["labels"] = "what training makes small without a teacher: labels, scores, next tokens or masked words",
        ["outputs"] = "the teacher's outputs: KL divergence at a temperature, of scores the squared difference",
        ["layers"] = "the stream after each layer: squared difference",
        ["directions"] = "the stream after each layer: 1 − cosine",
        ["attention"] = "attention maps of each layer (MiniLM): KL divergence",
        ["relations"] = "relations of queries, keys and values in one layer (MiniLMv2): KL divergence",
    };

    /// <summary>The terms.</summary>
    public IReadOnlyList<LossTerm> Terms => terms;

    /// <inheritdoc/>
    public string Name => string.Join(",", terms.Select(term => Invariant($"{term.Name}={term.Weight:0.####}")));

    /// <inheritdoc/>
    public string Meaning => string.Join(" + ", terms.Select(term => Invariant($"{term.Weight:0.####} · {term.Objective.Meaning}")));

    /// <inheritdoc/>
    public bool NeedsReference => terms.Any(term => term.Objective.NeedsReference);

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) => terms.Select(term => term.Objective.WhyNot(problem)).FirstOrDefault(why => why is not null);

    /// <inheritdoc/>
    public IReadOnlyList<SitePair> Sites(IProblem problem, IModel model, IModel full) =>
        [.. terms.SelectMany(term => term.Objective.Sites(problem, model, full)).Distinct()];

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        Sum(term => term.Losses(problem, pass, reference, examples));

    /// <inheritdoc/>
    /// <remarks>Each term has a mean of its own, over examples, places or tokens.</remarks>
    public Tensor Mean(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        Sum(term => term.Mean(problem, pass, reference, examples));

    Tensor Sum(Func<IObjective, Tensor> value)
    {
        Tensor? sum = null;
        foreach (LossTerm term in terms)
        {
            Tensor one = value(term.Objective) * (float)term.Weight;
            sum = sum is null ? one : sum + one;
        }
        return sum!;
    }

    /// <summary>Reads a list of terms, "labels=0.1,outputs=0.9,temperature=2,relations=1"; a term without a weight weighs 1.</summary>
    /// <param name="words">the list</param>
    /// <param name="problem">what is asked</param>
    /// <exception cref="ArgumentException">a name or a number is not understood, nothing is asked for, or a term cannot be asked of the
    /// problem; the message says what there is</exception>
    public static LossTerms Parse(string words, IProblem problem)
    {
        Dictionary<string, double> weights = [];
        foreach (string item in words.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = item.Split('=', 2, StringSplitOptions.TrimEntries);
            if (sides[0] != Temperature && !Known.ContainsKey(sides[0]))
                throw new ArgumentException(Nearest.Unknown("term of a loss", sides[0], [.. Known.Keys, Temperature]));
            double weight = 1;
            bool number = sides.Length == 1 ? sides[0] != Temperature
                : double.TryParse(sides[1], NumberStyles.Float, CultureInfo.InvariantCulture, out weight);
            if (!number || !double.IsFinite(weight) || weight <= 0)
                throw new ArgumentException($"'{item}' is to be {sides[0]}=NUMBER, a number above 0; a term that is to have no weight is "
                    + "left out.");
            if (!weights.TryAdd(sides[0], weight)) throw new ArgumentException($"The loss '{words}' names {sides[0]} twice.");
        }
        weights.Remove(Temperature, out double temperature);
        if (temperature > 0 && (!weights.ContainsKey("outputs") || problem.OfOneNumber))
            throw new ArgumentException("A temperature is that of the term outputs, where these are probabilities; the loss has "
                + "no such term.");
        if (weights.Count == 0)
            throw new ArgumentException($"The loss '{words}' has no term. There are: {string.Join(", ", Known.Keys)}.");
        LossTerm[] terms = [.. weights.Select(w => new LossTerm(w.Key, Term(w.Key, problem, temperature > 0 ? temperature : 1), w.Value))];
        foreach (LossTerm term in terms)
            if (term.Objective.WhyNot(problem) is { } why) throw new ArgumentException($"The term {term.Name} {why}.");
        return new(terms);
    }

    const string Temperature = "temperature";

    static IObjective Term(string name, IProblem problem, double temperature) => name switch
    {
        "labels" => Objectives.ToTrain(problem),
        "outputs" => problem.OfOneNumber ? new SquaredErrorToFull() : new KlToFull(temperature),
        "layers" => new LayersToFull(),
        "directions" => new LayersToFull(cosine: true),
        "attention" => new AttentionToFull(),
        _ => new RelationsToFull(),
    };
}
