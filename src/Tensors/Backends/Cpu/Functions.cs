using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>A function of one number with its derivative; p and q are its constants.</summary>
interface IMap
{
    static abstract V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V>;

    static abstract V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V>;
}

/// <summary>A function of two numbers.</summary>
interface IZip
{
    static abstract V Apply<L, V>(V a, V b) where L : struct, ILanes<V>;
}

readonly struct Add : IZip { public static V Apply<L, V>(V a, V b) where L : struct, ILanes<V> => L.Add(a, b); }
readonly struct Subtract : IZip { public static V Apply<L, V>(V a, V b) where L : struct, ILanes<V> => L.Subtract(a, b); }
readonly struct Multiply : IZip { public static V Apply<L, V>(V a, V b) where L : struct, ILanes<V> => L.Multiply(a, b); }
readonly struct Divide : IZip { public static V Apply<L, V>(V a, V b) where L : struct, ILanes<V> => L.Divide(a, b); }

/// <summary>p · x + q</summary>
readonly struct Affine : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.MultiplyAdd(p, x, q);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V> => p;
}

/// <summary>x held between p and q; the slope is 1 strictly inside, 0 elsewhere.</summary>
readonly struct Clamp : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.Min(q, L.Max(p, x));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V> =>
        L.IfLess(p, x, L.IfLess(x, q, L.Splat(1), L.Splat(0)), L.Splat(0));
}

/// <summary>
/// e^x: x = n ln 2 + r, a polynomial of degree 7 in r (the coefficients of Cephes' expf), then 2^n; relative error about 1e-7.
/// </summary>
readonly struct Exp : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> => Evaluated<L, V>(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V> => Evaluated<L, V>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Evaluated<L, V>(V x) where L : struct, ILanes<V>
    {
        x = L.Min(L.Splat(89.5f), L.Max(L.Splat(-104.5f), x));
        V n = L.Round(L.Multiply(x, L.Splat(1.44269504f)));
        V r = L.MultiplyAdd(n, L.Splat(-1.428606765330187e-6f), L.MultiplyAdd(n, L.Splat(-0.693145751953125f), x));
        V y = L.MultiplyAdd(L.Splat(1.9875691500e-4f), r, L.Splat(1.3981999507e-3f));
        y = L.MultiplyAdd(y, r, L.Splat(8.3334519073e-3f));
        y = L.MultiplyAdd(y, r, L.Splat(4.1665795894e-2f));
        y = L.MultiplyAdd(y, r, L.Splat(1.6666665459e-1f));
        y = L.MultiplyAdd(y, r, L.Splat(5.0000001201e-1f));
        return L.Scale(L.MultiplyAdd(y, L.Multiply(r, r), L.Add(r, L.Splat(1))), n);
    }

    internal const float TwoPerNatural = 1.44269504f;            // log2 e

    /// <summary>2^x for x up to 252; anything below −151 gives 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V OfTwo<L, V>(V x) where L : struct, ILanes<V> => OfTwoBetween<L, V>(L.Max(L.Splat(-151), x));

    /// <summary>
    /// 2^x for x from −252 to 252: x = n + f, a polynomial of degree 5 in f (minimax on [−½, ½], fitted here), then 2^n; relative error
    /// below 2e-7.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V OfTwoBetween<L, V>(V x) where L : struct, ILanes<V>
    {
        V n = L.Round(x), f = L.Subtract(x, n);
        V y = L.MultiplyAdd(L.Splat(1.3269406e-3f), f, L.Splat(9.67129413e-3f));
        y = L.MultiplyAdd(y, f, L.Splat(5.55071123e-2f));
        y = L.MultiplyAdd(y, f, L.Splat(0.240222469f));
        y = L.MultiplyAdd(y, f, L.Splat(0.693147004f));
        return L.Scale(L.MultiplyAdd(y, f, L.Splat(1)), n);
    }
}

/// <summary>ln x for x &gt; 0 by the series of artanh((m − 1) / (m + 1)); −∞ at 0, NaN below.</summary>
readonly struct Log : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V>
    {
        V tiny = L.Splat(1.17549435e-38f), scaled = L.IfLess(x, tiny, L.Multiply(x, L.Splat(8388608)), x);
        (V m, V e) = L.Split(scaled);
        e = L.IfLess(x, tiny, L.Subtract(e, L.Splat(23)), e);
        V s = L.Divide(L.Subtract(m, L.Splat(1)), L.Add(m, L.Splat(1))), s2 = L.Multiply(s, s);
        V series = L.MultiplyAdd(s2, L.Splat(2f / 9), L.Splat(2f / 7));
        series = L.MultiplyAdd(series, s2, L.Splat(2f / 5));
        series = L.MultiplyAdd(series, s2, L.Splat(2f / 3));
        series = L.MultiplyAdd(series, s2, L.Splat(2));
        V y = L.MultiplyAdd(e, L.Splat(0.693147180559945f), L.Multiply(series, s));
        y = L.IfLess(x, L.Splat(float.PositiveInfinity), y, x);                        // ∞ and NaN stay what they are
        V zero = L.Splat(0), atMost = L.IfLess(x, zero, L.Splat(float.NaN), L.Splat(float.NegativeInfinity));
        return L.IfLess(x, L.Splat(float.Epsilon), atMost, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.Divide(L.Splat(1), x);
}

/// <summary>√x</summary>
readonly struct Sqrt : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.Sqrt(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.Divide(L.Splat(0.5f), L.Sqrt(x));
}

/// <summary>|x|, with slope 0 at 0</summary>
readonly struct Abs : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.Abs(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V> =>
        L.IfLess(x, L.Splat(0), L.Splat(-1), L.IfLess(L.Splat(0), x, L.Splat(1), L.Splat(0)));
}

/// <summary>1 / (1 + e^−x)</summary>
readonly struct Sigmoid : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> =>
        L.Divide(L.Splat(1), L.Add(L.Splat(1), Exp.Evaluated<L, V>(L.Subtract(L.Splat(0), x))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V>
    {
        V y = Apply<L, V>(x, p, q);
        return L.Multiply(y, L.Subtract(L.Splat(1), y));
    }
}

/// <summary>tanh x = sign(x) (1 − e^−2|x|) / (1 + e^−2|x|), by its series near 0</summary>
readonly struct Tanh : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> => Evaluated<L, V>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Evaluated<L, V>(V x) where L : struct, ILanes<V>
    {
        V size = L.Abs(x), e = Exp.Evaluated<L, V>(L.Multiply(size, L.Splat(-2)));
        V far = L.Divide(L.Subtract(L.Splat(1), e), L.Add(L.Splat(1), e));
        V x2 = L.Multiply(x, x), near = L.MultiplyAdd(x2, L.Splat(-17f / 315), L.Splat(2f / 15));
        near = L.MultiplyAdd(near, x2, L.Splat(-1f / 3));
        near = L.MultiplyAdd(L.Multiply(near, x2), x, x);
        return L.IfLess(size, L.Splat(0.1f), near, L.IfLess(x, L.Splat(0), L.Subtract(L.Splat(0), far), far));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V>
    {
        V y = Evaluated<L, V>(x);
        return L.Subtract(L.Splat(1), L.Multiply(y, y));
    }
}

/// <summary>max(x, 0), with slope 0 at 0</summary>
readonly struct Relu : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.IfLess(x, L.Splat(0), L.Splat(0), x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.IfLess(L.Splat(0), x, L.Splat(1), L.Splat(0));
}

/// <summary>
/// x Φ(x) with the normal distribution's Φ (Hendrycks and Gimpel 2016); erfc by Abramowitz and Stegun 7.1.26, absolute error 1.5e-7.
/// </summary>
readonly struct GeluErf : IMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V>
    {
        V below = L.Multiply(Size<L, V>(x), Tail<L, V>(x, out _));                      // |x| Φ(−|x|)
        return L.Subtract(L.IfLess(x, L.Splat(0), L.Splat(0), x), below);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V>
    {
        V tail = Tail<L, V>(x, out V bell);
        V below = L.IfLess(x, L.Splat(0), tail, L.Subtract(L.Splat(1), tail));          // Φ(x)
        V reach = L.Multiply(Size<L, V>(x), L.Multiply(bell, L.Splat(0.398942280401433f)));
        return L.IfLess(x, L.Splat(0), L.Subtract(below, reach), L.Add(below, reach)); // Φ(x) + x φ(x)
    }

    // |x|, at most 17: all is settled there, and infinity times 0 would not be
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Size<L, V>(V x) where L : struct, ILanes<V> => L.Min(L.Splat(17), L.Abs(x));

    // Φ(−|x|), and e^(−x²/2); the published coefficients halved, and their argument by √2
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Tail<L, V>(V x, out V bell) where L : struct, ILanes<V>
    {
        V size = Size<L, V>(x), t = L.Divide(L.Splat(1), L.MultiplyAdd(size, L.Splat(0.3275911f * 0.707106781186548f), L.Splat(1)));
        bell = Exp.OfTwoBetween<L, V>(L.Multiply(L.Multiply(size, size), L.Splat(-Exp.TwoPerNatural / 2)));
        V y = L.MultiplyAdd(L.Splat(1.061405429f / 2), t, L.Splat(-1.453152027f / 2));
        y = L.MultiplyAdd(y, t, L.Splat(1.421413741f / 2));
        y = L.MultiplyAdd(y, t, L.Splat(-0.284496736f / 2));
        y = L.MultiplyAdd(y, t, L.Splat(0.254829592f / 2));
        return L.Multiply(L.Multiply(y, t), bell);
    }
}

/// <summary>
/// GELU by tanh: x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks and Gimpel 2016, section 2), which is x / (1 + e^−2√(2/π) (x +
/// 0.044715 x³))
/// </summary>
readonly struct GeluTanh : IMap
{
    const float Root = 2 * 0.797884560802865f, Cube = 0.044715f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.Divide(L.Max(L.Splat(-30), x), Under<L, V>(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V>
    {
        // all is settled there, and infinity times 0 would not be
        x = L.Min(L.Splat(30), L.Max(L.Splat(-30), x));
        V share = L.Divide(L.Splat(1), Under<L, V>(x)), rest = L.Subtract(L.Splat(1), share);
        V inner = L.MultiplyAdd(L.Multiply(x, x), L.Splat(3 * Root * Cube), L.Splat(Root));
        return L.MultiplyAdd(L.Multiply(x, share), L.Multiply(rest, inner), share);
    }

    // 1 + e^−2√(2/π) (x + 0.044715 x³)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Under<L, V>(V x) where L : struct, ILanes<V>
    {
        V cube = L.Splat(-Exp.TwoPerNatural * Root * Cube), root = L.Splat(-Exp.TwoPerNatural * Root);
        V inner = L.Multiply(x, L.MultiplyAdd(L.Multiply(x, x), cube, root));
        return L.Add(L.Splat(1), Exp.OfTwo<L, V>(L.Min(L.Splat(150), inner)));
    }
}

/// <summary>x / (1 + e^−x)</summary>
readonly struct Silu : IMap
{
    const float Far = 90;                                        // all is settled there, and infinity times 0 would not be

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V x, V p, V q) where L : struct, ILanes<V> => L.Divide(L.Max(L.Splat(-Far), x), Under<L, V>(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<L, V>(V x, V p, V q) where L : struct, ILanes<V>
    {
        x = L.Min(L.Splat(Far), L.Max(L.Splat(-Far), x));
        V share = L.Divide(L.Splat(1), Under<L, V>(x));
        return L.MultiplyAdd(L.Multiply(x, share), L.Subtract(L.Splat(1), share), share);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Under<L, V>(V x) where L : struct, ILanes<V> => L.Add(L.Splat(1), Exp.Evaluated<L, V>(L.Subtract(L.Splat(0), x)));
}
