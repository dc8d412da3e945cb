using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks.Targets;

/// <summary>
/// What the parts of a model cost in weights, bytes or time: the size of every cut without making it, and the size that is expected where
/// parts are present with some probability each, independent of one another, with its slope by each. Nested parts multiply: a head costs
/// what it costs times the presence of its block and its layer; what heads share costs 1 − Π (1 − present) of those that it serves.
/// </summary>
public sealed class PartCosts
{
    const double Slack = 1e-9;

    readonly Universe universe;
    readonly LayerCost[] layers;
    readonly double outside;

    /// <summary>Counts what parts cost; nothing is cut for it.</summary>
    /// <param name="model">the full model</param>
    /// <param name="ablation">the parts in play, and what stands in for them: means may need biases that the model has not</param>
    /// <param name="unit">weights, bytes or time</param>
    /// <param name="table">what a pass takes; needed for time only</param>
    /// <exception cref="NotSupportedException">a part in play cannot be cut from a file</exception>
    public PartCosts(IModel model, Ablation ablation, SizeUnit unit, TimeTable? table = null)
        : this(model, ablation.Universe, ablation.How.IsZero, unit, table) { }

    /// <summary>The same before the ablation is made.</summary>
    /// <param name="model">the full model</param>
    /// <param name="universe">the parts in play</param>
    /// <param name="zero">whether zeros stand in for ablated parts</param>
    /// <param name="unit">weights, bytes or time</param>
    /// <param name="table">what a pass takes; needed for time only</param>
    /// <exception cref="NotSupportedException">a part in play cannot be cut from a file</exception>
    internal PartCosts(IModel model, Universe universe, bool zero, SizeUnit unit, TimeTable? table)
    {
        (this.universe, Unit) = (universe, unit);
        IModel whole = zero ? model : model.WithBiases();
        Func<string, double> size = unit switch
        {
            SizeUnit.Weights => _ => 1,
            SizeUnit.Bytes => name => whole.Weights.StoredAs(name).Size(),
            SizeUnit.Time => _ => 0,
            _ => throw new ArgumentException("A sparsity counts parts, which cost nothing but themselves.", nameof(unit)),
        };
        if (unit == SizeUnit.Time && table is null) throw new ArgumentNullException(nameof(table), "Time needs a table of times.");
        ILookup<Site, (Place Place, int At)> at = universe.Places.Select((place, i) => (place, i)).ToLookup(p => p.place.Site);
        layers = [.. whole.Layers.Select((shape, l) =>
            new LayerCost(whole, shape, l, at, size, unit == SizeUnit.Time ? table : null))];
        int served = layers.Sum(layer => layer.Served);
        if (served != universe.Count)
            throw new NotSupportedException($"{universe.Count - served} of the parts in play are no whole heads, neurons, blocks or "
                + "layers, which alone can be cut from a file. Ask for a size in parts: --sparsity.");
        double all = unit == SizeUnit.Time ? 0 : whole.Weights.All.Sum(t => t.Value.Count * size(t.Key));
        outside = unit == SizeUnit.Time ? table!.Outside : all - layers.Sum(layer => layer.Whole);
        Full = unit switch
        {
            SizeUnit.Weights => model.Weights.Count,
            SizeUnit.Bytes => model.Weights.StoredBytes,
            _ => CostOf(universe.Parts),
        };
    }

    /// <summary>What is counted.</summary>
    public SizeUnit Unit { get; }

    /// <summary>The full model's: numbers, bytes, or seconds of the table's pass.</summary>
    public double Full { get; }

    /// <summary>The cost of the cut that keeps these parts of those in play.</summary>
    public double CostOf(IEnumerable<Part> kept)
    {
        State state = new(this, 0);
        foreach (Part part in kept) state.Put(universe.PlaceOf(part), 1, settle: false);
        state.SettleAll();
        return state.Cost;
    }

    /// <summary>The share of the full model that the cut has.</summary>
    public double ShareOf(IEnumerable<Part> kept) => CostOf(kept) / Full;

    /// <summary>The smallest share that any choice of parts reaches; one layer stays.</summary>
    public double SmallestShare
    {
        get
        {
            State none = new(this, 0);
            if (!layers.All(layer => layer.Place >= 0)) return none.Cost / Full;
            return Enumerable.Range(0, layers.Length).Min(l => With(none, l)) / Full;
        }
    }

    double With(State state, int layer)
    {
        state.Put(layers[layer].Place, 1);
        double cost = state.Cost;
        state.Put(layers[layer].Place, 0);
        return cost;
    }

    /// <summary>What the full model loses when one part alone is ablated.</summary>
    /// <returns>one number per part, in the universe's order</returns>
    public double[] Alone()
    {
        State state = new(this, 1);
        double whole = state.Cost;
        double[] alone = new double[universe.Count];
        for (int i = 0; i < alone.Length; i++)
        {
            state.Put(i, 0);
            alone[i] = whole - state.Cost;
            state.Put(i, 1);
        }
        return alone;
    }

    /// <summary>The expected share of the full model.</summary>
    /// <param name="present">the probability of each part, [part], tracked where its gradient is wanted</param>
    /// <returns>one number; its slope by every probability is exact, for the share is linear in each of them</returns>
    public Tensor Expected(Tensor present)
    {
        double[] p = [.. present.Values.ToArray().Select(v => (double)v)];
        var (cost, slopes) = Expected(p);
        double linear = slopes.Zip(p, (slope, v) => slope * v).Sum();
        float[] each = [.. slopes.Select(slope => (float)(slope / Full))];
        return (present * Tensor.From(each, each.Length)).Sum() + (float)((cost - linear) / Full);
    }

    /// <summary>The expected cost, and its slope by the probability of each part.</summary>
    /// <param name="present">the probability of each part</param>
    public (double Cost, double[] Slopes) Expected(IReadOnlyList<double> present)
    {
        double[] p = [.. present], slopes = new double[p.Length];
        int count = layers.Length;
        var content = layers.Select(layer => layer.Content(p)).ToArray();
        double[] here = [.. layers.Select(layer => At(layer.Place, p))], noneAfter = new double[count];
        double after = 1, cost = outside;
        for (int l = count - 1; l >= 0; l--)
        {
            noneAfter[l] = after;
            cost += here[l] * (content[l].Inner + after * (content[l].Last - content[l].Inner));
            after *= 1 - here[l];
        }
        // back: how the cost moves with the chance that no layer stands after l
        double back = 0;
        for (int l = 0; l < count; l++)
        {
            var (inner, last) = content[l];
            layers[l].Slopes(p, here[l] * (1 - noneAfter[l]), here[l] * noneAfter[l], slopes);
            if (layers[l].Place >= 0)
                slopes[layers[l].Place] += inner + noneAfter[l] * (last - inner) - back * noneAfter[l];
            back = back * (1 - here[l]) + here[l] * (last - inner);
        }
        return (cost, slopes);
    }

    /// <summary>The parts of a set that are in a cut at all: those whose block and layer are not ablated.</summary>
    public IReadOnlyList<Part> Effective(IEnumerable<Part> kept)
    {
        HashSet<Part> all = [.. kept];
        bool In(int place) => place < 0 || all.Contains(universe.Parts[place]);
        return [.. all.Where(part => HoldersOf(universe.PlaceOf(part)).All(In)).Order()];
    }

    /// <summary>The parts that hold a part: its block and its layer, where they are in play.</summary>
    /// <param name="place">its place in the universe</param>
    internal IEnumerable<int> HoldersOf(int place)
    {
        LayerCost layer = layers[universe.Places[place].Site.Layer];
        if (layer.Place == place) yield break;
        if (layer.Place >= 0) yield return layer.Place;
        if (layer.BlockOf(place) is >= 0 and var block && block != place) yield return block;
    }

    /// <summary>
    /// The parts that stay of a ranking where a share of the full model is left: the last of the ranking go, one by one, until it is
    /// reached, one layer always staying; then those gone that still fit come back, the best first. What is left is at or just below it.
    /// </summary>
    /// <param name="worth">one number per part, in the universe's order; the lowest goes first, of equals the higher address</param>
    /// <param name="share">the share of the full model that may remain</param>
    /// <returns>the parts in address order, without what lies in an ablated block or layer</returns>
    public IReadOnlyList<Part> Within(IReadOnlyList<double> worth, double share)
    {
        double most = Full * share * (1 + Slack);
        State state = new(this, 1);
        int layersLeft = layers.Count(layer => layer.Place >= 0);
        bool mayAllGo = layersLeft < layers.Length;
        List<int> gone = [];
        foreach (int i in Enumerable.Range(0, universe.Count).OrderBy(i => worth[i]).ThenByDescending(i => i))
        {
            if (state.Cost <= most) break;
            bool layer = universe.Places[i].PassesOn;
            if (layer && layersLeft == 1 && !mayAllGo) continue;
            if (layer) layersLeft--;
            state.Put(i, 0);
            gone.Add(i);
        }
        if (state.Cost > most) return [universe.Parts[layers.MinBy(layer => With(state, Array.IndexOf(layers, layer)))!.Place]];
        foreach (int i in Enumerable.Reverse(gone))
        {
            if (HoldersOf(i).Any(holder => state.At(holder) == 0)) continue;
            state.Put(i, 1);
            if (state.Cost > most) state.Put(i, 0);
        }
        return Effective(universe.Parts.Where((_, i) => state.At(i) > 0));
    }

    static double At(int place, double[] present) => place < 0 ? 1 : present[place];

    // which parts are present, and each layer's cost kept while they change one by one
    sealed class State
    {
        readonly PartCosts costs;
        readonly double[] present;
        readonly (double Inner, double Last)[] content;

        public State(PartCosts costs, double start)
        {
            (this.costs, present, content) = (costs, new double[costs.universe.Count], new (double, double)[costs.layers.Length]);
            Array.Fill(present, start);
            SettleAll();
        }

        public double At(int place) => present[place];

        public void Put(int place, double value, bool settle = true)
        {
            present[place] = value;
            int layer = costs.universe.Places[place].Site.Layer;
            if (settle) content[layer] = costs.layers[layer].Content(present);
        }

        public void SettleAll()
        {
            for (int l = 0; l < content.Length; l++) content[l] = costs.layers[l].Content(present);
        }

        public double Cost
        {
            get
            {
                double cost = costs.outside;
                bool last = true;
                for (int l = content.Length - 1; l >= 0; l--)
                {
                    if (PartCosts.At(costs.layers[l].Place, present) == 0) continue;
                    cost += last ? content[l].Last : content[l].Inner;
                    last = false;
                }
                return cost;
            }
        }
    }
}
