namespace Heartwood.Lab.Exports.Onnx;

/// <summary>How the large weights of a graph are stored.</summary>
enum OnnxWeights
{
    /// <summary>as they are</summary>
    Float32,

    /// <summary>half as long; computed is in float32</summary>
    Float16,

    /// <summary>
    /// whole numbers with a scale for each output, multiplied as such with inputs that are rounded as they come
    /// (DynamicQuantizeLinear, MatMulInteger)
    /// </summary>
    Int8,
}
