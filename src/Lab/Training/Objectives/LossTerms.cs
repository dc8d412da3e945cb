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
    public IReadOnlyDictionary<string, Tensor> Own =>
        terms.SelectMany(term => term.Objective.Own.Select(w => KeyValuePair.Create($"{term.Name}.{w.Key}", w.Value))).ToDictionary();

    /// <inheritdoc/>
    public IObjective WithWeights(IProblem problem, IModel model, IModel full, Chance chance) => new LossTerms(
        [.. terms.Select(term => term with { Objective = term.Objective.WithWeights(problem, model, full, chance) })]);

    /// <summary>The terms that compare with nobody, and those that compare with a teacher; null where there are none.</summary>
    internal (LossTerms? Alone, LossTerms? Compared) Parted()
    {
        LossTerms? Those(bool compared) =>
            terms.Where(term => term.Objective.NeedsReference == compared).ToArray() is { Length: > 0 } some ? new(some) : null;
        return (Those(false), Those(true));
    }

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
        LayerMap? map = null;
        Projections? projections = null;
        foreach (string item in words.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = item.Split('=', 2, StringSplitOptions.TrimEntries);
            if (sides[0] == Map)
            {
                if (map is not null) throw new ArgumentException($"The loss '{words}' names {Map} twice.");
                map = LayerMap.Named(sides.Length > 1 ? sides[1] : "");
                continue;
            }
            if (sides[0] == Projection)
            {
                if (projections is not null) throw new ArgumentException($"The loss '{words}' names {Projection} twice.");
                projections = sides is [_, "learned"] ? Projections.Learned
                    : throw new ArgumentException($"'{item}' is to be {Projection}=learned; without it layers of one width have none.");
                continue;
            }
            if (sides[0] != Temperature && !Known.ContainsKey(sides[0]))
                throw new ArgumentException(Nearest.Unknown("term of a loss", sides[0], [.. Known.Keys, Temperature, Map, Projection]));
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
        if (map is not null && !mapped.Any(weights.ContainsKey))
            throw new ArgumentException($"A {Map} says which layers {string.Join(", ", mapped)} compare; the loss has no such term.");
        if (projections is not null && !projected.Any(weights.ContainsKey))
            throw new ArgumentException($"A {Projection} is one of the terms {string.Join(" and ", projected)}; the loss has no such "
                + "term.");
        How how = new(temperature > 0 ? temperature : 1, map, projections ?? Projections.WhereWidthsDiffer);
        LossTerm[] terms = [.. weights.Select(w => new LossTerm(w.Key, Term(w.Key, problem, how), w.Value))];
        foreach (LossTerm term in terms)
            if (term.Objective.WhyNot(problem) is { } why) throw new ArgumentException($"The term {term.Name} {why}.");
        return new(terms);
    }

    const string Temperature = "temperature", Map = "map", Projection = "projection";

    static readonly string[] mapped = ["layers", "directions", "attention"], projected = ["layers", "directions"];

    readonly record struct How(double Temperature, LayerMap? Map, Projections Projections);

    /// <summary>What a list may say besides its terms, in a sentence.</summary>
    public static string Settings { get; } = $"{Temperature}=T is that of outputs; {Map}=NAME says which layers of the teacher "
        + $"{string.Join(", ", mapped)} compare with ({string.Join("; ", LayerMap.All.Select(map => $"{map.Name}: {map.Does}"))}); "
        + $"{Projection}=learned puts a learned matrix between the {string.Join(" and ", projected)} that are compared, as other widths "
        + "have one anyway";

    static IObjective Term(string name, IProblem problem, How how) => name switch
    {
        "labels" => Objectives.ToTrain(problem),
        "outputs" => problem.OfOneNumber ? new SquaredErrorToFull() : new KlToFull(how.Temperature),
        "layers" => new LayersToFull(map: how.Map, projections: how.Projections),
        "directions" => new LayersToFull(cosine: true, how.Map, how.Projections),
        "attention" => new AttentionToFull(how.Map),
        _ => new RelationsToFull(),
    };
}
