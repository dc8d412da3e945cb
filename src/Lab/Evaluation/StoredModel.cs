using Heartwood.Lab.Models;

namespace Heartwood.Lab.Evaluation;

/// <summary>How large a model is as it is stored, and where it is.</summary>
/// <param name="Weights">number of its weights; null where nothing smaller than the full model can be written</param>
/// <param name="Bytes">bytes that they take</param>
/// <param name="File">folder of the model, or file of the mask; null where there is neither</param>
public sealed record StoredModel(long? Weights, long? Bytes, string? File)
{
    /// <summary>A model made from another, as it is written: in the dtypes of its source.</summary>
    public static StoredModel Made(IModel model) => new(model.Weights.Count, model.Weights.StoredBytes, null);
}
