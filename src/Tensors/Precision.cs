using System.Text.Json.Serialization;

namespace Heartwood.Tensors;

/// <summary>
/// How exactly products with frozen weights are computed, forward and, for the gradients of activations and masks, backward.
/// A loaded model has one, with its weights, and hands it to every product (<see cref="MatrixProducts.Linear"/>).
/// Everything else is float32 always: weights that are trained, their gradients, and all that is no matrix product.
/// The backward products are bf16 too because they change little: the gradients of masks move by less than 2 % of their length, of
/// which the forward pass alone makes most (docs/results.md).
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>in float32</summary>
    [JsonStringEnumMemberName("float32")] Float32,

    /// <summary>weights, and what they multiply, rounded to <see cref="Tensors.Bf16"/>, sums in float32</summary>
    [JsonStringEnumMemberName("bf16")] Bf16,
}
