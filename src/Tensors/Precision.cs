using System.Text.Json.Serialization;

namespace Heartwood.Tensors;

/// <summary>How exactly products with frozen weights are computed. Everything else is float32 always: weights that are trained, gradients, and all that is no matrix product.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>in float32</summary>
    [JsonStringEnumMemberName("float32")] Float32,

    /// <summary>weights and activations rounded to <see cref="Tensors.Bf16"/>, sums in float32</summary>
    [JsonStringEnumMemberName("bf16")] Bf16,
}
