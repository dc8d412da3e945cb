using System.Text.Json;
using Heartwood.Lab.Json;

namespace Heartwood.Lab.Quantization;

/// <summary>
/// <c>quantization.json</c> next to a model's weights: the scheme, and of every matrix its grid, group, bits and bytes, so that the true
/// size is known of a model whose values are written as float32.
/// </summary>
public static class QuantizationFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "quantization.json";

    sealed record Content(int Version, string Scheme, bool HalfScales, long Bytes, double Bits, IReadOnlyList<QuantizedMatrix> Matrices);

    /// <summary>Its content.</summary>
    public static byte[] Write(Scheme scheme, QuantizedModel made) => JsonSerializer.SerializeToUtf8Bytes(
        new Content(1, scheme.Words, true, made.Bytes, made.Bits, made.Matrices), JsonWriting.Published);
}
