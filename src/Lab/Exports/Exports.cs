using Heartwood.Lab.Exports.Onnx;

namespace Heartwood.Lab.Exports;

/// <summary>The exports that come with the program, each with its usual options.</summary>
public static class Exports
{
    /// <summary>The list, in the order in which help names them; the first is the usual one.</summary>
    public static IReadOnlyList<IExport> Usual =>
    [
        new HuggingFaceExport(), new OnnxExport(), new GgufExport(),
    ];
}
