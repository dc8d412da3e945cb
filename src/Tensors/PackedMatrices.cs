using Heartwood.Tensors.Backends;

namespace Heartwood.Tensors;

/// <summary>
/// A weight matrix arranged as the right side of products with it and with its transpose: one is for passes, the other for gradients.
/// </summary>
/// <param name="products">whose arrangement it is: a backend's, at a precision</param>
/// <param name="version">the weight's version that was packed</param>
sealed class PackedMatrices(IProducts products, int version)
{
    internal IProducts Products => products;

    internal int Version => version;

    internal Tensor? Transposed { get; set; }

    internal Tensor? Plain { get; set; }
}
