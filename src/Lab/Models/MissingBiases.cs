using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>Biases of zero for matrices that a checkpoint keeps without.</summary>
static class MissingBiases
{
    /// <summary>One for every matrix that makes heads or neurons or reads them, and has none; also where nothing else is left.</summary>
    internal static Dictionary<string, Tensor> Zeros(IModel model)
    {
        const string Weight = ".weight";
        Dictionary<string, Tensor> zeros = [];
        foreach (LayerBlock block in model.Layers.SelectMany(layer => layer.Blocks))
        {
            foreach (Series makes in (Series[])[.. block.Own, .. block.Shared])
                if (makes.Tensor.EndsWith(Weight, StringComparison.Ordinal) && model.Weights.Has(makes.Tensor))
                    Add(makes.Tensor, model.Weights.All[makes.Tensor].Shape[0]);
            Add(block.ReadBy.Tensor, model.Width);
        }
        return zeros;

        void Add(string matrix, int length)
        {
            string bias = $"{matrix[..^Weight.Length]}.bias";
            if (!model.Weights.Has(bias)) zeros[bias] = Tensor.Lasting(length);
        }
    }
}
