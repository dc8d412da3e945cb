using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

/// <summary>The size of one layer.</summary>
/// <param name="Heads">number of heads</param>
/// <param name="KeyValueHeads">number of key and value heads: fewer, where heads share them</param>
/// <param name="Neurons">neurons of the MLP</param>
public sealed record LayerSize(int Heads, int KeyValueHeads, int Neurons);

/// <summary>What the parts of one kind weigh.</summary>
/// <param name="Kind">the kind's name, for example "heads"</param>
/// <param name="Parts">how many there are</param>
/// <param name="Counted">the same in words, "12 heads"</param>
/// <param name="Weights">numbers that only these parts have: gone from the file when all of them are cut</param>
public sealed record KindWeights(string Kind, int Parts, string Counted, long Weights);

/// <summary>What a model folder holds, and what a search of its subnetworks would take.</summary>
/// <param name="Name">the folder</param>
/// <param name="Family">for example "bert"</param>
/// <param name="Sha256">hash of the weights</param>
/// <param name="Parameters">number of weights</param>
/// <param name="Width">width of the residual stream</param>
/// <param name="HeadWidth">width of a head</param>
/// <param name="Vocabulary">number of word pieces</param>
/// <param name="MostPositions">longest input in tokens</param>
/// <param name="Labels">names of the labels; none of a language model</param>
/// <param name="Layers">every layer's size</param>
/// <param name="Heads">number of heads in all</param>
/// <param name="Mlps">number of MLP blocks</param>
/// <param name="Searches">what is estimated, a line per method</param>
/// <param name="TokensPerExample">mean length of an example</param>
/// <param name="Search">time and memory; null of a body, which nothing is searched in before it has a head</param>
/// <param name="Backends">what this machine can compute with, best first</param>
/// <param name="BackendInUse">what it computed the estimate with</param>
public sealed record Inspection(
    string Name, string Family, string Sha256, long Parameters, int Width, int HeadWidth, int Vocabulary, int MostPositions,
    IReadOnlyList<string> Labels, IReadOnlyList<LayerSize> Layers, int Heads, int Mlps,
    IReadOnlyList<string> Searches, double TokensPerExample, Estimate? Search,
    IReadOnlyList<string> Backends, string BackendInUse)
{
    /// <summary>
    /// What the model gives scores to, in words: "labels", "the token that comes next", "no head (config.json says BertModel)",
    /// "the head of a BertForMaskedLM, which …".
    /// </summary>
    public string Head { get; init; } = "";

    /// <summary>Whether a token sees only those before it, as in a language model.</summary>
    public bool Causal { get; init; }

    /// <summary>What the parts of each kind weigh. Kinds hold one another: a block its heads, a layer its blocks.</summary>
    public IReadOnlyList<KindWeights> Kinds { get; init; } = [];

    /// <summary>
    /// What sparsities mean: of the parts in play first, then of each of their kinds alone where there are several.
    /// </summary>
    public IReadOnlyList<SizeForecast> Sizes { get; init; } = [];

    /// <summary>
    /// The smallest share of weights, bytes and time that <c>--target</c> reaches with the parts in play, embeddings included; none of a
    /// body, in which nothing is searched.
    /// </summary>
    public IReadOnlyList<Target> Smallest { get; init; } = [];

    /// <summary>Bytes of the weights, in the dtypes that they are stored in.</summary>
    public long Bytes { get; init; }

    /// <summary>Weights outside of all layers: embeddings, a final norm, the head.</summary>
    public long OutsideLayers { get; init; }

    /// <summary>
    /// How many words the tokenizer has: more or fewer than the embeddings have rows (<see cref="Vocabulary"/>); null without a tokenizer.
    /// </summary>
    public int? Words { get; init; }

    /// <summary>What a reader should know of how the folder's files were read.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Rows of the embeddings that no word has, and words that have no row; "" where there are none.</summary>
    public string Spare => Words is not { } words || words == Vocabulary ? ""
        : words < Vocabulary ? $" ({Counted(Vocabulary - words, "spare row")}: the tokenizer has {words:N0} words)"
        : $" (the tokenizer has {Counted(words - Vocabulary, "word")} more, which no text may use)";

    static string Counted(int count, string noun) => $"{count:N0} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>
    /// Looks into a folder: at a whole model, or at a body whose head is missing or of a kind that Heartwood does not read.
    /// </summary>
    /// <param name="folder">the folder; null for the embedded model</param>
    /// <param name="request">the search to estimate; its data gives the lengths</param>
    /// <param name="length">length of an example in tokens where there is no data</param>
    /// <exception cref="ArgumentException">there is data for the estimate of a search, and no head to search with</exception>
    public static Inspection Inspect(string? folder, StudyRequest request, int length)
    {
        IReadOnlyList<Method> methods = Method.ReadAll(request.Methods, request.Tenants);
        SeenModel loaded = LoadedModel.ToInspect(folder, request.Precision, reads: request.Sets.Has(Role.Train));
        IModel model = loaded.Model;
        if (model.Output == Output.None)
            return !request.Sets.Has(Role.Train) ? Seen(0, [], null, null) : throw new ArgumentException(
                $"--data is for the estimate of a search, and here is nothing to search: {loaded.Name} has {loaded.Head}. "
                + $"Leave it out, or give the body a head first: heartwood train --from {loaded.Name} --data FILE --out RUN.");
        int typical = Math.Min(length, model.MostPositions);
        IReadOnlyList<DataSource> data = DataSets.Read(request.Sets)[Role.Train];
        IProblem problem = data.Count > 0 ? DataSource.ProblemOf(data).For(model)
            : model.Output == Output.Labels ? Classification.Instance : new LanguageModelling();
        IReadOnlyList<Example> pool = data.Count == 0
            ? [.. Enumerable.Range(0, request.Examples == 0 ? 8000 : request.Examples).Select(_ => Typical())]
            : [.. Thinning.Thinned(loaded.Ready!.Encode(data, request.MostTokens), request.Examples).Select(problem.ToLearn)];
        double tokens = pool.Average(e => problem.Inputs(e).Sum(s => s.Ids.Length));
        Universe inPlay = model.Universe(request.Tenants.PartKinds.Named(request.Parts));
        MethodCost[] costs = [.. methods.Select(m => m.Cost(request, inPlay.Count, pool.Count))];
        return Seen(tokens, costs, Estimate.Searches(model, inPlay, problem, pool, costs), LayerTimes.Measure(model, problem, pool));

        Example Typical() => new(new(new int[typical], new int[typical]), 0, "", "");

        Inspection Seen(double tokens, IReadOnlyList<MethodCost> costs, Estimate? search, TimeTable? times) => new(
            loaded.Name, model.Family, loaded.Sha256, model.Weights.Count, model.Width, model.HeadWidth, model.Vocabulary,
            model.MostPositions, model.Labels, [.. model.Layers.Select(SizeOf)], model.Layers.Sum(l => l.Heads),
            model.Layers.Count(l => l.Neurons > 0), [.. costs.Select(c => c.InWords)], tokens, search,
            [.. Tensors.Backends.Machine.Backends], Tensors.Backends.Machine.BackendAt(request.Precision))
        {
            Head = loaded.Head,
            Causal = model.Causal,
            Kinds = [.. request.Tenants.PartKinds.Select(kind => WeightsOf(model, kind)).Where(kind => kind.Parts > 0)],
            Sizes = [.. Forecasts(times)],
            Smallest = times is null ? [] : [.. SmallestBy(times)],
            Bytes = model.Weights.StoredBytes,
            OutsideLayers = model.Weights.All.Where(w => !InALayer(model, w.Key)).Sum(w => (long)w.Value.Count),
            Words = loaded.Ready?.Tokenizer.Count,
            Notes = loaded.Ready is null ? loaded.Notes : [.. loaded.Ready.Notes],
        };

        IEnumerable<Target> SmallestBy(TimeTable times)
        {
            SizeCosts costs = new(model, model.Universe(request.Tenants.PartKinds.Named(request.Parts)), zero: true, times);
            return SizeCosts.Counted.Select(unit => new Target(costs[unit].SmallestShare, unit));
        }

        IEnumerable<SizeForecast> Forecasts(TimeTable? times)
        {
            Universe all = model.Universe(request.Tenants.PartKinds.Named(request.Parts));
            yield return SizeForecast.Make(model, all, times);
            if (all.Kinds.Count == 1) yield break;
            foreach (PartKind kind in all.Kinds) yield return SizeForecast.Make(model, model.Universe([kind]), times);
        }

        static KindWeights WeightsOf(IModel model, PartKind kind)
        {
            Place[] places = [.. kind.Places(model)];
            return new(kind.Name, places.Length, kind.Counted(places.Length), places.Sum(place => SizeForecast.Own(model, place)));
        }

        static bool InALayer(IModel model, string name) =>
            model.Layers.Any(layer => name.StartsWith($"{layer.Name}.", StringComparison.Ordinal));

        static LayerSize SizeOf(LayerShape l) =>
            new(l.Heads, l.HeadsPerKeyValueHead.Count > 0 ? l.HeadsPerKeyValueHead.Count : l.Heads, l.Neurons);
    }
}
