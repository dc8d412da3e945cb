using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>The kinds of part that there are. A new kind is its own file and a line here.</summary>
public static class PartKinds
{
    /// <summary>Those that Heartwood comes with; the first two are in play where nobody says otherwise.</summary>
    public static IReadOnlyList<PartKind> Usual { get; } =
        [Heads.Kind, Mlps.Kind, AttentionBlocks.Kind, Layers.Kind, Neurons.Kind];

    /// <summary>Names of the kinds that are in play where nobody says otherwise.</summary>
    public static IReadOnlyList<string> InPlay { get; } = [Heads.Kind.Name, Mlps.Kind.Name];

    /// <summary>The kinds of these names, in the order of the list.</summary>
    /// <param name="kinds">the kinds that there are</param>
    /// <param name="names">names of some of them</param>
    /// <exception cref="ArgumentException">there is no kind of a name, a name is there twice, or there is none</exception>
    public static IReadOnlyList<PartKind> Named(this IReadOnlyList<PartKind> kinds, IReadOnlyCollection<string> names)
    {
        string known = string.Join(", ", kinds.Select(kind => kind.Name));
        if (names.Count == 0)
            throw new ArgumentException($"Which parts are in play? Name at least one kind of {known}: --parts heads,mlps.");
        foreach (string name in names)
        {
            if (!kinds.Any(kind => kind.Name == name))
                throw new ArgumentException(Nearest.Unknown("kind of part", name, kinds.Select(kind => kind.Name))
                    + " Name those in play with commas between them: --parts heads,mlps.");
            if (names.Count(other => other == name) > 1)
                throw new ArgumentException($"'{name}' is named twice in --parts {string.Join(',', names)}. Name each kind once.");
        }
        return [.. kinds.Where(kind => names.Contains(kind.Name))];
    }

    /// <summary>All parts that a model has of some kinds.</summary>
    /// <param name="model">the model</param>
    /// <param name="inPlay">the kinds that are in play</param>
    /// <exception cref="ArgumentException">it has none of these kinds</exception>
    public static Universe Universe(this IModel model, IReadOnlyList<PartKind> inPlay)
    {
        Place[] places = [.. inPlay.SelectMany(kind => kind.Places(model))];
        return places.Length > 0 ? new(places)
            : throw new ArgumentException($"The model has no {string.Join(" and no ", inPlay.Select(kind => kind.One))}: "
                + "nothing is in play.");
    }

    /// <summary>The model with the first heads and neurons of each layer alone, to be timed: zeros stand in for the others.</summary>
    /// <param name="model">the model</param>
    /// <param name="heads">at most so many heads of each layer stay</param>
    /// <param name="neurons">at most so many neurons of each layer stay</param>
    internal static IModel WithFewer(this IModel model, int heads, int neurons)
    {
        Place[] places = [.. Heads.Kind.Places(model), .. Neurons.Kind.Places(model)];
        if (places.Length == 0) return model;
        Universe universe = new(places);
        Part[] kept = [.. universe.Parts.Where(part => part.Index < (Heads.Kind.Includes(part) ? heads : neurons))];
        return Cutting.Cut(model, kept, Ablation.Zero(universe));
    }

    /// <summary>What files of the model's subnetworks say of it: how many parts of each kind each layer has.</summary>
    /// <param name="model">the model</param>
    /// <param name="kinds">the kinds that files may speak of</param>
    public static ModelSizes Sizes(this IModel model, IReadOnlyList<PartKind> kinds)
    {
        return new(model.Family, [.. kinds.Select(SizesOf)], model.Width, model.Layers.Any(layer => layer.Parallel));

        KindSizes SizesOf(PartKind kind)
        {
            int[] perLayer = new int[model.Layers.Count];
            foreach (Place place in kind.Places(model)) perLayer[place.Part.Layer]++;
            return new(kind.Name, kind.Letters, kind.Numbered, perLayer);
        }
    }

    /// <summary>A place at each of the things that stand side by side in one block of every layer.</summary>
    /// <param name="model">the model</param>
    /// <param name="kind">their kind</param>
    /// <param name="block">the block of a layer</param>
    internal static IEnumerable<Place> InEach(IModel model, PartKind kind, Func<LayerShape, LayerBlock> block)
    {
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            LayerBlock side = block(model.Layers[layer]);
            for (int i = 0; i < side.Count; i++)
            {
                Stretch read = side.ReadBy.At(i);
                int? alone = side.Groups.Count > 0 && side.GroupAt(i) is var group && side.Groups[group] == 1 ? group : null;
                Stretch[] shared = alone is null ? [] : [.. side.Shared.Select(series => series.At(alone.Value))];
                yield return new(kind.Part(layer, i), kind, new(layer, side.Inside), i * side.ItemWidth, side.ItemWidth,
                    [.. side.Own.Select(series => series.At(i)), .. shared, read], read, side.Bias);
            }
        }
    }

    /// <summary>A place at each block of every layer, where it is not cut.</summary>
    /// <inheritdoc cref="InEach"/>
    internal static IEnumerable<Place> OfEach(IModel model, PartKind kind, Func<LayerShape, LayerBlock> block)
    {
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            LayerBlock whole = block(model.Layers[layer]);
            if (whole.Count == 0) continue;
            IEnumerable<string> held = whole.Own.Concat(whole.Shared).Append(whole.ReadBy).Select(series => series.Tensor);
            string[] tensors = [.. held.Concat(whole.Before).Concat(whole.After).Distinct()];
            yield return new(kind.Part(layer), kind, new(layer, whole.Out), 0, model.Width, Whole(model, tensors), null, whole.Constant)
            {
                Parallel = model.Layers[layer].Parallel,
            };
        }
    }

    /// <summary>All of some tensors.</summary>
    internal static IReadOnlyList<Stretch> Whole(IModel model, IEnumerable<string> tensors) =>
        [.. tensors.Select(name => new Stretch(name, 0, 0, model.Weights.All[name].Shape[0]))];
}
