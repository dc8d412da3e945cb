namespace Heartwood.Lab.Subnetworks;

/// <summary>What a subnetwork's file says of the model that it is part of, besides the hash of its weights.</summary>
/// <param name="Family">for example "bert"; "" where it is not known</param>
/// <param name="HeadsPerLayer">heads of each layer</param>
/// <param name="MlpPerLayer">whether each layer has an MLP block; as many as there are layers</param>
/// <param name="Width">width of the residual stream; 0 where it is not known</param>
/// <param name="Parallel">whether attention and MLP of a layer read the same residual stream, so that no edge leads from the one to the other</param>
public sealed record ModelSizes(string Family, IReadOnlyList<int> HeadsPerLayer, IReadOnlyList<bool> MlpPerLayer, int Width = 0, bool Parallel = false)
{
    /// <summary>Most parts that a file may speak of: far more than any model has, and little enough to hold.</summary>
    public const int MostParts = 1_000_000;

    /// <summary>Sizes of a model whose layers are alike.</summary>
    public static ModelSizes Even(string family, int layers, int heads, int width = 0, bool parallel = false) =>
        new(family, [.. Enumerable.Repeat(heads, layers)], [.. Enumerable.Repeat(true, layers)], width, parallel);

    /// <summary>Number of layers.</summary>
    public int Layers => HeadsPerLayer.Count;

    /// <summary>Number of heads.</summary>
    public int Heads => HeadsPerLayer.Sum();

    /// <summary>Number of MLP blocks.</summary>
    public int Mlps => MlpPerLayer.Count(there => there);

    /// <summary>Whether the model has this part.</summary>
    public bool Has(Part part) => part.Layer < Layers && (part.Kind == PartKind.Head ? part.Index < HeadsPerLayer[part.Layer] : MlpPerLayer[part.Layer]);

    /// <summary>The model's parts of these grains, in address order.</summary>
    public IEnumerable<Part> Parts(IReadOnlyCollection<string> grains) => HeadsPerLayer.SelectMany((heads, layer) =>
        Enumerable.Range(0, grains.Contains(Grains.Heads) ? heads : 0).Select(h => Part.Head(layer, h)).Concat(grains.Contains(Grains.Mlps) && MlpPerLayer[layer] ? [Part.Mlp(layer)] : Array.Empty<Part>()));

    /// <summary>"4 layers of 8 heads", "layers of 8, 8, 7 heads, with 2 MLPs"</summary>
    public string InWords => HeadsPerLayer.Distinct().Count() == 1 && Mlps == Layers ? $"{Layers} layer{(Layers == 1 ? "" : "s")} of {HeadsPerLayer[0]} head{(HeadsPerLayer[0] == 1 ? "" : "s")}"
        : $"layers of {string.Join(", ", HeadsPerLayer)} heads, {(Mlps == Layers ? "each with an MLP" : $"with {Mlps} MLPs")}";

    /// <summary>Whether two models have the same parts.</summary>
    public bool SameParts(ModelSizes other) => HeadsPerLayer.SequenceEqual(other.HeadsPerLayer) && MlpPerLayer.SequenceEqual(other.MlpPerLayer);
}

/// <summary>The kinds of part that files of subnetworks speak of.</summary>
public static class Grains
{
    /// <summary>whole heads</summary>
    public const string Heads = "heads";

    /// <summary>whole MLP blocks</summary>
    public const string Mlps = "mlps";

    /// <summary>edges between them; can be carried and converted, not yet run</summary>
    public const string Edges = "edges";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Heads, Mlps, Edges];

    /// <summary>What a search of heads and MLP blocks puts in play.</summary>
    public static IReadOnlyList<string> Parts { get; } = [Heads, Mlps];
}
