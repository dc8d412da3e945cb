using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// Attention within each sequence and head of packed tokens: softmax(Q Kᵀ · scale) V, and its gradients. One item of
/// work is one sequence and head; its rows are gathered into padded scratch, multiplied there, and scattered back.
/// </summary>
static unsafe class Attention<L, V> where L : struct, ILanes<V>
{
    internal static void Forward(float* q, float* k, float* v, AttentionPlan plan, float* context, float* probabilities)
    {
        nint pq = (nint)q, pk = (nint)k, pv = (nint)v, pc = (nint)context, pp = (nint)probabilities;
        EachHead(plan, (sequence, head) => One((float*)pq, (float*)pk, (float*)pv, plan, sequence, head, (float*)pc, (float*)pp + plan.ProbabilitiesAt(sequence, head)));
    }

    static void One(float* q, float* k, float* v, AttentionPlan plan, int sequence, int head, float* context, float* p)
    {
        int length = plan.LengthOf(sequence), width = plan.HeadWidth, step = plan.Heads * width, rowStep = AttentionPlan.RowStep(length), padded = Pad(width);
        long origin = (long)plan.Offsets[sequence] * step + head * width;
        float* keys = Strips.Take(width * rowStep + 2 * length * padded), values = keys + width * rowStep, result = values + length * padded;
        Turn(k + origin, step, length, width, keys, rowStep);
        Gather(v + origin, step, length, width, values, padded);
        Product(q + origin, step, 1, length, width, keys, rowStep, p, rowStep, rowStep);
        for (int i = 0; i < length; i++)
        {
            int seen = plan.Causal ? i + 1 : length;
            float* row = p + (long)i * rowStep;
            ScaleRow(row, seen, plan.Scale);
            Rows.SoftmaxRow<L, V>(row, row, seen);
            new Span<float>(row + seen, rowStep - seen).Clear();
        }
        Product(p, rowStep, 1, length, length, values, padded, result, padded, padded);
        Scatter(result, padded, length, width, context + origin, step);
    }

    internal static void Backward(float* q, float* k, float* v, float* probabilities, float* g, AttentionPlan plan, float* dq, float* dk, float* dv)
    {
        nint pq = (nint)q, pk = (nint)k, pv = (nint)v, pg = (nint)g, pp = (nint)probabilities, pdq = (nint)dq, pdk = (nint)dk, pdv = (nint)dv;
        EachHead(plan, (sequence, head) => OneBack((float*)pq, (float*)pk, (float*)pv, (float*)pp + plan.ProbabilitiesAt(sequence, head), (float*)pg, plan, sequence, head, (float*)pdq, (float*)pdk, (float*)pdv));
    }

    // dV = Pᵀ G; dP = G Vᵀ; dS = P (dP − Σ dP P) · scale; dQ = dS K; dK = dSᵀ Q
    static void OneBack(float* q, float* k, float* v, float* p, float* g, AttentionPlan plan, int sequence, int head, float* dq, float* dk, float* dv)
    {
        int length = plan.LengthOf(sequence), width = plan.HeadWidth, step = plan.Heads * width, rowStep = AttentionPlan.RowStep(length), padded = Pad(width);
        long origin = (long)plan.Offsets[sequence] * step + head * width;
        float* turned = Strips.Take(width * rowStep + length * rowStep + 2 * length * padded), slopes = turned + width * rowStep, side = slopes + length * rowStep, result = side + length * padded;

        Gather(g + origin, step, length, width, side, padded);
        Product(p, 1, rowStep, length, length, side, padded, result, padded, padded);
        Scatter(result, padded, length, width, dv + origin, step);

        Turn(v + origin, step, length, width, turned, rowStep);
        Product(g + origin, step, 1, length, width, turned, rowStep, slopes, rowStep, rowStep);
        for (int i = 0; i < length; i++) SlopeRow(p + (long)i * rowStep, slopes + (long)i * rowStep, rowStep, plan.Scale);

        Gather(k + origin, step, length, width, side, padded);
        Product(slopes, rowStep, 1, length, length, side, padded, result, padded, padded);
        Scatter(result, padded, length, width, dq + origin, step);

        Gather(q + origin, step, length, width, side, padded);
        Product(slopes, 1, rowStep, length, length, side, padded, result, padded, padded);
        Scatter(result, padded, length, width, dk + origin, step);
    }

    static void EachHead(AttentionPlan plan, Action<int, int> body) =>
        Workers.For(plan.Sequences * plan.Heads, item => body(item / plan.Heads, item % plan.Heads));

    static int Pad(int width) => (width + L.Width - 1) / L.Width * L.Width;

    /// <summary>c[rows, width] = a[rows, inner] · b[inner, width], width in whole vectors; a[r, k] at a + r · rowStep + k · innerStep.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Product(float* a, nint rowStep, nint innerStep, int rows, int inner, float* b, nint bStep, float* c, nint cStep, int width)
    {
        nint w = L.Width;
        int r = 0;
        for (; r <= rows - 4; r += 4)
        {
            float* a0 = a + r * rowStep, a1 = a0 + rowStep, a2 = a1 + rowStep, a3 = a2 + rowStep, c0 = c + r * cStep;
            nint j = 0;
            for (; j <= width - 2 * w; j += 2 * w)
            {
                V s00 = L.Splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
                float* bk = b + j;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStep, bk += bStep)
                {
                    V x = L.Load(bk), y = L.Load(bk + w), f = L.Splat(a0[at]);
                    s00 = L.MultiplyAdd(f, x, s00);
                    s01 = L.MultiplyAdd(f, y, s01);
                    f = L.Splat(a1[at]);
                    s10 = L.MultiplyAdd(f, x, s10);
                    s11 = L.MultiplyAdd(f, y, s11);
                    f = L.Splat(a2[at]);
                    s20 = L.MultiplyAdd(f, x, s20);
                    s21 = L.MultiplyAdd(f, y, s21);
                    f = L.Splat(a3[at]);
                    s30 = L.MultiplyAdd(f, x, s30);
                    s31 = L.MultiplyAdd(f, y, s31);
                }
                Put(c0 + j, s00, s01);
                Put(c0 + cStep + j, s10, s11);
                Put(c0 + 2 * cStep + j, s20, s21);
                Put(c0 + 3 * cStep + j, s30, s31);
            }
            for (; j < width; j += w)
            {
                V s0 = L.Splat(0), s1 = s0, s2 = s0, s3 = s0;
                float* bk = b + j;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStep, bk += bStep)
                {
                    V x = L.Load(bk);
                    s0 = L.MultiplyAdd(L.Splat(a0[at]), x, s0);
                    s1 = L.MultiplyAdd(L.Splat(a1[at]), x, s1);
                    s2 = L.MultiplyAdd(L.Splat(a2[at]), x, s2);
                    s3 = L.MultiplyAdd(L.Splat(a3[at]), x, s3);
                }
                L.Store(c0 + j, s0);
                L.Store(c0 + cStep + j, s1);
                L.Store(c0 + 2 * cStep + j, s2);
                L.Store(c0 + 3 * cStep + j, s3);
            }
        }
        for (; r < rows; r++)
            for (nint j = 0; j < width; j += w)
            {
                V sum = L.Splat(0);
                float* at = a + r * rowStep, bk = b + j;
                for (nint k = 0; k < inner; k++, at += innerStep, bk += bStep) sum = L.MultiplyAdd(L.Splat(*at), L.Load(bk), sum);
                L.Store(c + r * cStep + j, sum);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put(float* at, V x, V y)
    {
        L.Store(at, x);
        L.Store(at + L.Width, y);
    }

    static void ScaleRow(float* row, int count, float scale)
    {
        int i = 0;
        V by = L.Splat(scale);
        for (; i <= count - L.Width; i += L.Width) L.Store(row + i, L.Multiply(L.Load(row + i), by));
        for (; i < count; i++) row[i] *= scale;
    }

    static void SlopeRow(float* p, float* slope, int count, float scale)
    {
        V sums = L.Splat(0);
        for (int i = 0; i < count; i += L.Width) sums = L.MultiplyAdd(L.Load(p + i), L.Load(slope + i), sums);
        V mean = L.Splat(L.Sum(sums)), by = L.Splat(scale);
        for (int i = 0; i < count; i += L.Width)
            L.Store(slope + i, L.Multiply(L.Multiply(L.Load(p + i), L.Subtract(L.Load(slope + i), mean)), by));
    }

    // rows of a head, one behind another, zeros up to a whole vector
    static void Gather(float* from, nint step, int length, int width, float* to, int padded)
    {
        for (int i = 0; i < length; i++, from += step, to += padded)
        {
            new Span<float>(from, width).CopyTo(new(to, width));
            new Span<float>(to + width, padded - width).Clear();
        }
    }

    static void Scatter(float* from, int padded, int length, int width, float* to, nint step)
    {
        for (int i = 0; i < length; i++, from += padded, to += step) new Span<float>(from, width).CopyTo(new(to, width));
    }

    // rows of a head become columns: to[d, i] = from[i, d], zeros beyond the last token
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Turn(float* from, nint step, int length, int width, float* to, int rowStep)
    {
        for (int d = 0; d < width; d++) new Span<float>(to + (long)d * rowStep + length, rowStep - length).Clear();
        int i = 0;
        for (; i <= length - 4; i += 4, from += 4 * step)
        {
            float* a = from, b = a + step, c = b + step, e = c + step, at = to + i;
            int d = 0;
            for (; d <= width - 4; d += 4, at += 4 * rowStep) Turn4(a + d, b + d, c + d, e + d, at, rowStep);
            for (; d < width; d++, at += rowStep) (at[0], at[1], at[2], at[3]) = (a[d], b[d], c[d], e[d]);
        }
        for (; i < length; i++, from += step)
            for (int d = 0; d < width; d++) to[(long)d * rowStep + i] = from[d];
    }

    // four values of each of four rows
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Turn4(float* a, float* b, float* c, float* e, float* to, nint rowStep)
    {
        if (Sse.IsSupported)
        {
            Vector128<float> x = Vector128.Load(a), y = Vector128.Load(b), z = Vector128.Load(c), w = Vector128.Load(e);
            Vector128<float> lowXY = Sse.UnpackLow(x, y), lowZW = Sse.UnpackLow(z, w), highXY = Sse.UnpackHigh(x, y), highZW = Sse.UnpackHigh(z, w);
            Sse.MoveLowToHigh(lowXY, lowZW).Store(to);
            Sse.MoveHighToLow(lowZW, lowXY).Store(to + rowStep);
            Sse.MoveLowToHigh(highXY, highZW).Store(to + 2 * rowStep);
            Sse.MoveHighToLow(highZW, highXY).Store(to + 3 * rowStep);
            return;
        }
        for (int d = 0; d < 4; d++, to += rowStep) (to[0], to[1], to[2], to[3]) = (a[d], b[d], c[d], e[d]);
    }
}
