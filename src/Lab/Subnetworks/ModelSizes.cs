using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>How many parts of one kind each layer of a model has.</summary>
/// <param name="Name">the kind's name, see <see cref="PartKind.Name"/></param>
/// <param name="Letters">what its addresses have after the layer, see <see cref="PartKind.Letters"/></param>
/// <param name="Numbered">whether its parts are numbered</param>
/// <param name="PerLayer">how many each layer has</param>
public sealed record KindSizes(string Name, string Letters, bool Numbered, IReadOnlyList<int> PerLayer)
{
    /// <summary>How many there are in all layers.</summary>
    public int Count => PerLayer.Sum();

    /// <summary>Whether a part is one of them.</summary>
    public bool Has(Part part) => part.Kind == Letters && part.Layer < PerLayer.Count && part.Index >= 0 == Numbered
        && (Numbered ? part.Index < PerLayer[part.Layer] : PerLayer[part.Layer] > 0);

    /// <summary>The parts, in address order.</summary>
    public IEnumerable<Part> Parts()
    {
        for (int layer = 0; layer < PerLayer.Count; layer++)
            for (int i = 0; i < PerLayer[layer]; i++) yield return new(layer, Letters, Numbered ? i : -1);
    }
}

/// <summary>What a subnetwork's file says of the model that it is part of, besides the hash of its weights.</summary>
/// <param name="Family">for example "bert"; "" where it is not known</param>
/// <param name="Kinds">how many parts of each kind there are, heads and MLPs at least, all of as many layers</param>
/// <param name="Width">width of the residual stream; 0 where it is not known</param>
/// <param name="Parallel">whether attention and MLP of a layer read the same
/// residual stream, so that no edge leads from the one to the other</param>
public sealed record ModelSizes(string Family, IReadOnlyList<KindSizes> Kinds, int Width = 0, bool Parallel = false)
{
    /// <summary>Most parts that a file may speak of: far more than any model has, and little enough to hold.</summary>
    public const int MostParts = 1_000_000;

    /// <summary>Sizes of a model of heads and MLP blocks whose layers are alike.</summary>
    public static ModelSizes Even(string family, int layers, int heads, int width = 0, bool parallel = false) =>
        HeadsAndMlps(family, [.. Enumerable.Repeat(heads, layers)], [.. Enumerable.Repeat(true, layers)], width, parallel);

    /// <summary>Sizes of a model of which heads and MLP blocks are known.</summary>
    public static ModelSizes HeadsAndMlps(
        string family, IReadOnlyList<int> headsPerLayer, IReadOnlyList<bool> mlpPerLayer, int width = 0, bool parallel = false)
    {
        PartKind heads = Heads.Kind, mlps = Mlps.Kind;
        return new(family,
            [
                new(heads.Name, heads.Letters, heads.Numbered, headsPerLayer),
                new(mlps.Name, mlps.Letters, mlps.Numbered, [.. mlpPerLayer.Select(there => there ? 1 : 0)]),
            ], width, parallel);
    }

    /// <summary>Number of layers.</summary>
    public int Layers => Kinds[0].PerLayer.Count;

    /// <summary>Heads of each layer.</summary>
    public IReadOnlyList<int> HeadsPerLayer => SizesOf(Heads.Kind).PerLayer;

    /// <summary>How many parts there are of a kind, per layer.</summary>
    /// <exception cref="ArgumentException">nothing is said of this kind</exception>
    public KindSizes SizesOf(PartKind kind) => Kinds.FirstOrDefault(sizes => sizes.Name == kind.Name)
        ?? throw new ArgumentException($"The file does not say how many {kind.Many} the model has. Name the model: --model FOLDER.");

    /// <summary>Whether the model has this part.</summary>
    public bool Has(Part part) => Kinds.Any(kind => kind.Has(part));

    /// <summary>The model's parts of these kinds, in address order.</summary>
    /// <param name="kinds">names of kinds</param>
    public IEnumerable<Part> Parts(IReadOnlyCollection<string> kinds) =>
        Kinds.Where(kind => kinds.Contains(kind.Name)).SelectMany(kind => kind.Parts()).Order();

    /// <summary>"4 layers of 8 heads", "layers of 8, 8, 7 heads, with 2 MLPs"</summary>
    public string InWords
    {
        get
        {
            KindSizes mlps = SizesOf(Mlps.Kind);
            bool all = mlps.Count == Layers;
            if (HeadsPerLayer.Distinct().Count() == 1 && all)
                return $"{Layers} layer{(Layers == 1 ? "" : "s")} of {Heads.Kind.Counted(HeadsPerLayer[0])}";
            return $"layers of {string.Join(", ", HeadsPerLayer)} heads, {(all ? "each with an MLP" : $"with {mlps.Count} MLPs")}";
        }
    }

    /// <summary>Whether two models have the same parts, of the kinds of which both say something.</summary>
    public bool SameParts(ModelSizes other) => Kinds.All(kind =>
        other.Kinds.FirstOrDefault(its => its.Name == kind.Name) is not { } its || its.PerLayer.SequenceEqual(kind.PerLayer));
}
