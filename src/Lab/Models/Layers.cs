using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>A linear layer under its checkpoint names: x · weightᵀ + bias.</summary>
sealed class Linear(Weights w, int output, int input)
{
    readonly Tensor weight = w.Get("weight", output, input), bias = w.Get("bias", output);

    /// <param name="x">[token input]</param>
    /// <param name="activation">applied to the result</param>
    /// <returns>[token output]</returns>
    internal Tensor Forward(Tensor x, Activation activation = Activation.None) => x.Linear(weight, bias, activation);
}

/// <summary>Layer norm under its checkpoint names, the older gamma and beta included.</summary>
sealed class LayerNorm(Weights w, int width, float epsilon)
{
    readonly Tensor gain = w.GetEither("weight", "gamma", width), shift = w.GetEither("bias", "beta", width);

    /// <param name="x">[token width]</param>
    internal Tensor Forward(Tensor x) => x.LayerNorm(gain, shift, epsilon);
}
