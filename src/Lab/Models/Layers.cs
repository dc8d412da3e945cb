using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>A linear layer under its checkpoint names, at the weights' precision: x · weightᵀ + bias, where it has a bias.</summary>
sealed class Linear(Weights w, int output, int input, bool biased = true)
{
    readonly Tensor weight = w.Get("weight", output, input);
    readonly Tensor? bias = biased ? w.Get("bias", output) : null;
    readonly Precision precision = w.Precision;

    /// <param name="x">[token input]</param>
    /// <param name="activation">applied to the result</param>
    /// <returns>[token output]</returns>
    internal Tensor Forward(Tensor x, Activation activation = Activation.None) => x.Linear(weight, bias, activation, precision: precision);
}

/// <summary>A linear layer whose weight is stored the other way round, as checkpoints call it: x · weight + bias.</summary>
sealed class Conv1D(Weights w, int input, int output)
{
    readonly Tensor weight = w.Get("weight", input, output), bias = w.Get("bias", output);
    readonly Precision precision = w.Precision;

    /// <param name="x">[token input]</param>
    /// <param name="activation">applied to the result</param>
    /// <returns>[token output]</returns>
    internal Tensor Forward(Tensor x, Activation activation = Activation.None) =>
        x.Linear(weight, bias, activation, inputFirst: true, precision);
}

/// <summary>Layer norm under its checkpoint names, the older gamma and beta included.</summary>
sealed class LayerNorm(Weights w, int width, float epsilon)
{
    readonly Tensor gain = w.GetEither("weight", "gamma", width), shift = w.GetEither("bias", "beta", width);

    /// <param name="x">[token width]</param>
    internal Tensor Forward(Tensor x) => x.LayerNorm(gain, shift, epsilon);
}

/// <summary>RMS norm under its checkpoint name.</summary>
sealed class RmsNorm(Weights w, int width, float epsilon)
{
    readonly Tensor gain = w.Get("weight", width);

    /// <param name="x">[token width]</param>
    internal Tensor Forward(Tensor x) => x.RmsNorm(gain, epsilon);
}
