namespace Heartwood.Lab.Exports.Onnx;

/// <summary>How a family's models are written as graphs: one for each, in a file of its own.</summary>
/// <param name="Names">the families, as config.json calls them</param>
/// <param name="Emit">writes inputs, nodes and outputs of the model that the layers are of</param>
sealed record OnnxFamily(IReadOnlyList<string> Names, Action<OnnxLayers> Emit)
{
    /// <summary>The id of padding where config.json names none.</summary>
    internal int Padding { get; init; }

    /// <summary>Those that are written.</summary>
    internal static IReadOnlyList<OnnxFamily> All { get; } =
        [
            OnnxBert.Described, OnnxRoberta.Described, OnnxDistilBert.Described, OnnxElectra.Described,
            OnnxGpt2.Described, OnnxLlama.Described,
        ];

    /// <summary>The one of a family; null where none writes it.</summary>
    internal static OnnxFamily? For(string family) => All.FirstOrDefault(f => f.Names.Contains(family));
}
