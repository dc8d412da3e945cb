namespace Heartwood.Lab.Exports.Transformers;

/// <summary>A linear map of a layer, by the widths of what it reads and gives, as the modelling file lists it.</summary>
/// <param name="Name">its name in the layer</param>
/// <param name="Reads">which width it reads: "stream", "heads", "neurons"</param>
/// <param name="Gives">which it gives</param>
sealed record SizedMap(string Name, string Reads, string Gives)
{
    /// <summary>Several of one block, the last of which reads all heads or neurons.</summary>
    internal static SizedMap[] Block(string inside, string last, params string[] first) =>
        [.. first.Select(name => new SizedMap(name, "stream", inside)), new(last, inside, "stream")];
}
