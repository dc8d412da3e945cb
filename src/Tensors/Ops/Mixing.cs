using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Values mixed, part by part, with what stands for their absence.</summary>
public static class Mixing
{
    /// <summary>
    /// mask · value + (1 − mask) · absence. Both ends are exact to the bit: a mask of 1 leaves the value, a mask of 0 the absence.
    /// </summary>
    /// <param name="value">[token width], the parts side by side: width = parts · partWidth</param>
    /// <param name="mask">[part]</param>
    /// <param name="absence">[part partWidth], the same at every token; a constant, without a gradient</param>
    /// <returns>[token width]</returns>
    /// <exception cref="ShapeException">the shapes do not fit</exception>
    /// <exception cref="InvalidOperationException">the absence is tracked</exception>
    public static Tensor Mix(this Tensor value, Tensor mask, Tensor absence)
    {
        var (tokens, width) = value.AsTokens();
        int parts = mask.Require(new(mask.Count)).Count;
        if (parts == 0 || width % parts != 0) throw new ShapeException($"A width of {width} does not divide into {parts} parts.");
        absence.Require(new(parts, width / parts));
        if (absence.Tracked)
            throw new InvalidOperationException("What stands in place of an absent part is a constant; take its Detach().");
        Tensor y = Tensor.Unset(value.Shape);
        Machine.Backend.Mix(value.Values, mask.Values, absence.Values, tokens, y.Writable);
        return Record("mix", y, [value.For(mask), mask], [value, mask], g =>
        {
            Tensor dValue = Tensor.Unset(value.Wanted() ? value.Shape : new(0)), dMask = Tensor.Unset(mask.Wanted() ? mask.Shape : new(0));
            ReadOnlySpan<float> slope = g.Spread(value.Shape).Values;
            Machine.Backend.MixSlope(value.Values, mask.Values, absence.Values, slope, tokens, dValue.Writable, dMask.Writable);
            return [value.Wanted() ? dValue : null, mask.Wanted() ? dMask : null];
        });
    }
}
