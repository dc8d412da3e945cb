using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Values mixed, part by part, with what stands for their ablation.</summary>
public static class Mixing
{
    /// <summary>
    /// mask · value + (1 − mask) · ablation. Both ends are exact to the bit: a mask of 1 leaves the value, a mask of 0 the ablation.
    /// </summary>
    /// <param name="value">[token width], the parts side by side: width = parts · partWidth</param>
    /// <param name="mask">[part]</param>
    /// <param name="ablation">
    /// what stands in for the parts: [part partWidth], the same at every token, a constant without a gradient; or [token width], of the
    /// value's shape, which may be tracked
    /// </param>
    /// <returns>[token width]</returns>
    /// <exception cref="ShapeException">the shapes do not fit</exception>
    /// <exception cref="InvalidOperationException">an ablation that is the same at every token is tracked</exception>
    public static Tensor Mix(this Tensor value, Tensor mask, Tensor ablation) =>
        ablation.Shape == value.Shape ? MixEach(value, mask, ablation) : MixConstant(value, mask, ablation);

    // every token is a row of parts of its own: one row of token · parts parts, whose masks repeat
    static Tensor MixEach(Tensor value, Tensor mask, Tensor ablation)
    {
        int tokens = value.AsTokens().Tokens, parts = PartsOf(value, mask);
        Tensor y = Tensor.Unset(value.Shape);
        Machine.Backend.Mix(value.Values, Repeated(mask, tokens).Values, ablation.Values, 1, y.Writable);
        return Record("mix", y, [value.For(mask), ablation.For(mask), mask], [value, mask, ablation], g =>
        {
            Tensor each = Repeated(mask, tokens), along = g.Spread(value.Shape);
            Tensor dValue = Tensor.Unset(value.Wanted() ? value.Shape : new(0));
            Tensor dEach = Tensor.Unset(mask.Wanted() ? new(tokens * parts) : new(0));
            Machine.Backend.MixSlope(value.Values, each.Values, ablation.Values, along.Values, 1, dValue.Writable, dEach.Writable);
            Tensor? dAblation = ablation.Wanted() ? Tensor.Unset(value.Shape) : null;
            if (dAblation is not null)
                Machine.Backend.Mix(Tensor.Zeros(value.Shape.Axes).Values, each.Values, along.Values, 1, dAblation.Writable);
            return [value.Wanted() ? dValue : null, mask.Wanted() ? dEach.As(tokens, parts).SumTo(new(parts)) : null, dAblation];
        });
    }

    static int PartsOf(Tensor value, Tensor mask)
    {
        int width = value.AsTokens().Width, parts = mask.Require(new(mask.Count)).Count;
        if (parts > 0 && width % parts == 0) return parts;
        throw new ShapeException($"A width of {width} does not divide into {parts} parts.");
    }

    static Tensor Repeated(Tensor mask, int tokens)
    {
        Tensor each = Tensor.Unset(new(tokens * mask.Count));
        for (int t = 0; t < tokens; t++) mask.Values.CopyTo(each.Writable[(t * mask.Count)..]);
        return each;
    }

    static Tensor MixConstant(Tensor value, Tensor mask, Tensor ablation)
    {
        var (tokens, width) = value.AsTokens();
        int parts = PartsOf(value, mask);
        ablation.Require(new(parts, width / parts));
        if (ablation.Tracked) throw new InvalidOperationException("What stands in for an ablated part is a constant; take its Detach().");
        Tensor y = Tensor.Unset(value.Shape);
        Machine.Backend.Mix(value.Values, mask.Values, ablation.Values, tokens, y.Writable);
        return Record("mix", y, [value.For(mask), mask], [value, mask], g =>
        {
            Tensor dValue = Tensor.Unset(value.Wanted() ? value.Shape : new(0)), dMask = Tensor.Unset(mask.Wanted() ? mask.Shape : new(0));
            ReadOnlySpan<float> slope = g.Spread(value.Shape).Values;
            Machine.Backend.MixSlope(value.Values, mask.Values, ablation.Values, slope, tokens, dValue.Writable, dMask.Writable);
            return [value.Wanted() ? dValue : null, mask.Wanted() ? dMask : null];
        });
    }
}
