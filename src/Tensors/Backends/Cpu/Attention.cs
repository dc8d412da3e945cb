using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// Attention within each sequence and head of packed tokens: softmax(Q Kᵀ · scale) V, and its gradients. One item of work is one
/// sequence and head, a few vectors of queries at a time. Scores stand turned, [key query]: a lane is a query, so softmax needs
/// no sums across lanes, any number of keys is exact, and keys and values are read where they are; only queries are turned.
/// A query's values do not depend on which queries stand next to it. Scores never leave the cache: the gradient computes them
/// anew, from each query's largest score and the inverse of its sum. Where queries see a window of keys, a round of them computes
/// from the first key that one of them sees to the last, and no others. Where scores have a cap they are capped in place, once they are
/// made, and all else stays what it is.
/// </summary>
static unsafe class Attention<L, V> where L : struct, ILanes<V>
{
    static int Most => 4 * L.Width;                              // queries at a time

    /// <summary>
    /// What a vector of queries sees: its first query the keys from Low on (which may be below 0) and before Open, each further query one
    /// more after both; no key from End on.
    /// </summary>
    readonly record struct Sight(int Low, int Open, int End)
    {
        /// <summary>From here on no query's window has yet to begin.</summary>
        internal int All => Low + L.Width - 1;

        /// <summary>Where the keys before it are seen by some queries only, because of the window: 0 without one.</summary>
        internal int Middle => Math.Clamp(All, 0, Open);

        /// <summary>A key's value for the queries that see it, another for those that do not.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal V At(int key, V lane, V value, V unseen)
        {
            if (key < All) value = L.IfLess(lane, L.Splat(key - Low + 1), value, unseen);
            return key < Open ? value : L.IfLess(lane, L.Splat(key - Open + 1), unseen, value);
        }
    }

    /// <summary>
    /// One sequence and head: where its rows begin, and how they go on. Keys are counted from the first that any query sees.
    /// </summary>
    readonly struct Item(AttentionPlan plan, int sequence, int head)
    {
        /// <summary>Keys of the sequence that no query sees, before those that are counted.</summary>
        internal int Unseen { get; } = plan.From(sequence, 0);

        internal int Keys => plan.LengthOf(sequence) - Unseen;

        /// <summary>How many keys a round of queries sees at most.</summary>
        internal int KeysAtOnce => (int)Math.Min(Keys, plan.Window + (long)Most);

        internal int Queries => plan.QueriesOf(sequence);
        internal int Width => plan.HeadWidth;
        internal nint Step => plan.Step;
        internal nint KeyStep => plan.KeyStep;
        internal float Scale => plan.Scale;
        internal float? Cap => plan.Cap;
        internal long Key => plan.Key(sequence, head) + Unseen * KeyStep;
        internal long Query(int i) => plan.Query(sequence, head, i);

        /// <summary>Whether no head before it reads the same keys and values.</summary>
        internal bool First => plan.Starts[plan.Owners[head]] == head;

        /// <summary>The first key that a query sees.</summary>
        internal int From(int query) => plan.From(sequence, query) - Unseen;

        /// <summary>Where the keys end that the queries before <paramref name="end"/> see.</summary>
        internal int Seen(int end) => plan.Seen(sequence, end - 1) - Unseen;

        /// <summary>
        /// What the vector of queries from <paramref name="start"/> on sees, of keys <paramref name="first"/> to <paramref name="end"/>.
        /// </summary>
        internal Sight See(int start, int first, int end)
        {
            int open = plan.Seen(sequence, start) - Unseen - first;
            return new(open - plan.Window, Math.Min(end - first, open), end - first);
        }

        /// <summary>
        /// Where the largest scores of the queries from <paramref name="i"/> on are kept; the inverse sums are as far on as there are
        /// queries of all heads.
        /// </summary>
        internal long Statistic(int i) => (long)head * plan.Queries + plan.QueryOffsets[sequence] + i;

        internal long Statistics => (long)plan.Heads * plan.Queries;

        // Between the rows of a head lie those of all others, too far for the processor to foresee. So each round of queries asks
        // for its share: of the next head's rows, which will be read, and of this head's, which will be written.

        internal void AskNextQueries(float* q, int start, int end)
        {
            if (head + 1 < plan.Heads) Ask(q + Query(start) + Width, Step, end - start);
        }

        internal void AskNextKeys(float* k, int start, int end)
        {
            if (head + 1 < plan.Heads && plan.Owners[head + 1] != plan.Owners[head]) AskKeys(k + Width, start, end);
        }

        internal void AskQueries(float* q, int start, int end) => Ask(q + Query(start), Step, end - start);

        internal void AskKeys(float* k, int start, int end)
        {
            int first = (int)((long)Keys * start / Queries), last = (int)((long)Keys * end / Queries);
            Ask(k + Key + first * KeyStep, KeyStep, last - first);
        }

        void Ask(float* at, nint step, int rows)
        {
            for (int i = 0; i < rows; i++, at += step)
                for (int d = 0; d < Width; d += Prefetch.Line) Prefetch.Near(at + d);
        }
    }

    internal static void Forward(float* q, float* k, float* v, AttentionPlan plan, float* context, float* statistics) =>
        EachHead(plan, [.. Enumerable.Range(0, plan.Heads + 1)], item => One(item, q, k, v, context, statistics));

    static void One(Item item, float* q, float* k, float* v, float* context, float* statistics)
    {
        int width = item.Width, keys = item.Keys, atOnce = item.KeysAtOnce, padded = Pad(width);
        float* turned = Strips.Take((width + atOnce + 2) * Most + (keys + Most) * padded), scores = turned + width * Most,
            largest = scores + atOnce * Most, inverse = largest + Most;
        float* valueRoom = inverse + Most, room = valueRoom + keys * padded;
        Side values = Read(v + item.Key, item.KeyStep, keys, width, valueRoom);
        for (int i = 0; i < item.Queries;)
        {
            int lanes = Lanes(item.Queries - i), count = Math.Min(lanes, item.Queries - i),
                end = i + count, from = item.From(i), seen = item.Seen(end);
            Turn(q + item.Query(i), item.Step, count, width, turned, lanes);
            item.AskNextQueries(q, i, end);
            item.AskNextKeys(k, i, end);
            Strided<L, V>.Product(k + item.Key + from * item.KeyStep, item.KeyStep, 1, seen - from, width,
                turned, lanes, scores, lanes, lanes / L.Width);
            item.AskNextKeys(v, i, end);
            if (item.Cap is { } cap) CapScores(scores, (seen - from) * lanes, item.Scale, cap);
            for (int c = 0; c < lanes; c += L.Width)
                Softmax(scores + c, lanes, item.See(i + c, from, seen), item.Scale, largest + c, inverse + c);
            Write(scores, 1, lanes, count, seen - from, values.After(from), context + item.Query(i), item.Step, width, room, inverse);
            if (statistics is not null)
            {
                Copy(largest, statistics + item.Statistic(i), count);
                Copy(inverse, statistics + item.Statistics + item.Statistic(i), count);
            }
            i = end;
        }
    }

    internal static void Backward(
        float* q, float* k, float* v, float* statistics, float* g, AttentionPlan plan, float* dq, float* dk, float* dv) =>
        EachHead(plan, plan.Starts, item => OneBack(item, q, k, v, statistics, g, dq, dk, dv));

    // one piece of work is some groups of heads of a sequence, one after another: they lie side by side in memory; group i is heads
    // starts[i] to starts[i + 1]
    static void EachHead(AttentionPlan plan, int[] starts, Action<Item> body)
    {
        int groups = starts.Length - 1, pieces = Math.Clamp(8 * Workers.Threads / Math.Max(1, plan.Sequences), 1, groups);
        int most = (groups + pieces - 1) / pieces;
        pieces = (groups + most - 1) / most;
        Workers.For(plan.Sequences * pieces, piece =>
        {
            int group = piece % pieces * most;
            for (int head = starts[group]; head < starts[Math.Min(groups, group + most)]; head++)
                body(new(plan, plan.Order[piece / pieces], head));
        });
    }

    // dV = Pᵀ G; dP = G Vᵀ; dS = P (dP − Σ dP P) · scale, times 1 − (S / cap)² where there is one; dQ = dS K; dK = dSᵀ Q
    static void OneBack(Item item, float* q, float* k, float* v, float* statistics, float* g, float* dq, float* dk, float* dv)
    {
        int width = item.Width, keys = item.Keys, atOnce = item.KeysAtOnce, padded = Pad(width), all = keys * padded;
        int capped = item.Cap is null ? 0 : atOnce * Most;
        float* turned = Strips.Take((width + 2 * atOnce + 2) * Most + 3 * all + 3 * Most * padded + capped),
            p = turned + width * Most, slopes = p + atOnce * Most, largest = slopes + atOnce * Most, inverse = largest + Most;
        float* keyRoom = inverse + Most, keySums = keyRoom + all, valueSums = keySums + all;
        float* queryRoom = valueSums + all, gradientRoom = queryRoom + Most * padded, room = gradientRoom + Most * padded,
            bends = room + Most * padded;
        Side keyRows = Read(k + item.Key, item.KeyStep, keys, width, keyRoom);
        if (item.First)
        {
            new Span<float>(keySums, 2 * all).Clear();
            for (int i = 1; i <= item.Unseen; i++)
            {
                new Span<float>(dk + item.Key - i * item.KeyStep, width).Clear();
                new Span<float>(dv + item.Key - i * item.KeyStep, width).Clear();
            }
        }
        else                                                     // heads of one group follow one another: they add up
        {
            CopyRows(dk + item.Key, item.KeyStep, keys, width, keySums, padded, padded);
            CopyRows(dv + item.Key, item.KeyStep, keys, width, valueSums, padded, padded);
        }
        for (int i = 0; i < item.Queries;)
        {
            int lanes = Lanes(item.Queries - i), count = Math.Min(lanes, item.Queries - i),
                end = i + count, from = item.From(i), seen = item.Seen(end) - from;
            Turn(q + item.Query(i), item.Step, count, width, turned, lanes);
            item.AskNextQueries(q, i, end);
            item.AskNextKeys(k, i, end);
            Strided<L, V>.Product(k + item.Key + from * item.KeyStep, item.KeyStep, 1, seen, width,
                turned, lanes, p, lanes, lanes / L.Width);
            Turn(g + item.Query(i), item.Step, count, width, turned, lanes);
            item.AskNextQueries(g, i, end);
            item.AskNextKeys(v, i, end);
            Strided<L, V>.Product(v + item.Key + from * item.KeyStep, item.KeyStep, 1, seen, width,
                turned, lanes, slopes, lanes, lanes / L.Width);
            item.AskQueries(dq, i, end);
            item.AskKeys(dk, i, end);
            item.AskKeys(dv, i, end);
            new Span<float>(largest, 2 * Most).Clear();
            Copy(statistics + item.Statistic(i), largest, count);
            Copy(statistics + item.Statistics + item.Statistic(i), inverse, count);
            if (item.Cap is { } cap) CapScores(p, seen * lanes, item.Scale, cap, bends);
            for (int c = 0; c < lanes; c += L.Width)
                Slope(p + c, slopes + c, lanes, item.See(i + c, from, from + seen), item.Scale, largest + c, inverse + c);
            if (item.Cap is not null) Times(slopes, bends, seen * lanes);
            Write(slopes, 1, lanes, count, seen, keyRows.After(from), dq + item.Query(i), item.Step, width, room, null);
            Add(slopes, lanes, seen, count, Read(q + item.Query(i), item.Step, count, width, queryRoom), keySums + from * padded, padded);
            Add(p, lanes, seen, count, Read(g + item.Query(i), item.Step, count, width, gradientRoom), valueSums + from * padded, padded);
            i = end;
        }
        CopyRows(keySums, padded, keys, width, dk + item.Key, item.KeyStep, width);
        CopyRows(valueSums, padded, keys, width, dv + item.Key, item.KeyStep, width);
    }

    // queries of the next round: what is left in as few rounds as can be, all about alike
    static int Lanes(int left)
    {
        int vectors = Pad(left) / L.Width, most = Most / L.Width, rounds = (vectors + most - 1) / most;
        return (vectors + rounds - 1) / rounds * L.Width;
    }

    static int Pad(int width) => (width + L.Width - 1) / L.Width * L.Width;

    static void Copy(float* from, float* to, int count) => new Span<float>(from, count).CopyTo(new(to, count));

    /// <summary>
    /// Scores before scaling become those of the capped ones, cap / scale · tanh(score · scale / cap); their slopes 1 − tanh² are kept
    /// where they are wanted.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void CapScores(float* scores, nint count, float scale, float cap, float* slopes = null)
    {
        V by = L.Splat(scale / cap), back = L.Splat(cap / scale), one = L.Splat(1);
        for (nint i = 0; i < count; i += L.Width)
        {
            V bent = Tanh.Evaluated<L, V>(L.Multiply(L.Load(scores + i), by));
            L.Store(scores + i, L.Multiply(bent, back));
            if (slopes is not null) L.Store(slopes + i, L.Subtract(one, L.Multiply(bent, bent)));
        }
    }

    // x *= by
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Times(float* x, float* by, nint count)
    {
        for (nint i = 0; i < count; i += L.Width) L.Store(x + i, L.Multiply(L.Load(x + i), L.Load(by + i)));
    }

    /// <summary>
    /// One vector of queries: scores[key] become e^((score − largest) · scale), not yet divided by their sum; keys that a query does not
    /// see, 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Softmax(float* scores, nint step, Sight sight, float scale, float* largest, float* inverse)
    {
        V sum = L.Splat(0), zero = sum, by = L.Splat(scale * Exp.TwoPerNatural),
            low = L.Splat(float.NegativeInfinity), lane = Lane(), most = low;
        int middle = sight.Middle, open = sight.Open, end = sight.End;
        float* at = scores;
        for (int j = 0; j < middle; j++, at += step) most = L.Max(most, sight.At(j, lane, L.Load(at), low));
        for (int j = middle; j < open; j++, at += step) most = L.Max(most, L.Load(at));
        for (int j = open; j < end; j++, at += step) most = L.Max(most, sight.At(j, lane, L.Load(at), low));
        at = scores;
        for (int j = 0; j < middle; j++, at += step)
        {
            V e = sight.At(j, lane, Exp.OfTwo<L, V>(L.Multiply(L.Subtract(L.Load(at), most), by)), zero);
            sum = L.Add(sum, e);
            L.Store(at, e);
        }
        for (int j = middle; j < open; j++, at += step)
        {
            V e = Exp.OfTwo<L, V>(L.Multiply(L.Subtract(L.Load(at), most), by));
            sum = L.Add(sum, e);
            L.Store(at, e);
        }
        for (int j = open; j < end; j++, at += step)
        {
            V e = sight.At(j, lane, Exp.OfTwo<L, V>(L.Multiply(L.Subtract(L.Load(at), most), by)), zero);
            sum = L.Add(sum, e);
            L.Store(at, e);
        }
        L.Store(largest, most);
        L.Store(inverse, L.Divide(L.Splat(1), sum));
    }

    /// <summary>
    /// One vector of queries: scores[key] become probabilities, and gradients of probabilities become those of scores before scaling.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Slope(float* scores, float* slopes, nint step, Sight sight, float scale, float* largest, float* inverse)
    {
        int middle = sight.Middle, open = sight.Open, end = sight.End;
        V most = L.Load(largest), share = L.Load(inverse), along = L.Splat(0), zero = along;
        V by = L.Splat(scale * Exp.TwoPerNatural), lane = Lane();
        float* at = scores, slope = slopes;
        for (int j = 0; j < end; j++, at += step, slope += step)
        {
            V p = L.Multiply(Exp.OfTwo<L, V>(L.Multiply(L.Subtract(L.Load(at), most), by)), share);
            if (j < middle || j >= open) p = sight.At(j, lane, p, zero);
            along = L.MultiplyAdd(p, L.Load(slope), along);
            L.Store(at, p);
        }
        V factor = L.Splat(scale);
        for (int j = 0; j < end; j++)
        {
            V difference = L.Subtract(L.Load(slopes + j * step), along);
            L.Store(slopes + j * step, L.Multiply(L.Multiply(L.Load(scores + j * step), difference), factor));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Lane()
    {
        ReadOnlySpan<float> numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        fixed (float* first = numbers) return L.Load(first);
    }

    /// <summary>Rows of a head as the right side of a product.</summary>
    readonly record struct Side(nint At, nint Step)
    {
        /// <summary>The same without its first rows.</summary>
        internal Side After(int rows) => this with { At = At + rows * Step * sizeof(float) };
    }

    // in place, where a row is whole vectors; else copied, with zeros up to the next
    static Side Read(float* from, nint step, int rows, int width, float* room)
    {
        int padded = Pad(width);
        if (width == padded) return new((nint)from, step);
        CopyRows(from, step, rows, width, room, padded, padded);
        return new((nint)room, padded);
    }

    // to[rows] = a · right, each row times its factor
    static void Write(
        float* a, nint rowStep, nint innerStep, int rows, int inner, Side right,
        float* to, nint step, int width, float* room, float* factor)
    {
        int padded = Pad(width);
        bool whole = width == padded;
        Strided<L, V>.Product(
            a, rowStep, innerStep, rows, inner, (float*)right.At, right.Step,
            whole ? to : room, whole ? step : padded, padded / L.Width, factor);
        if (!whole) CopyRows(room, padded, rows, width, to, step, width);
    }

    // rows, with zeros from their width to what is filled: nothing, or up to the next vector
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void CopyRows(float* from, nint step, int rows, int width, float* to, nint toStep, int filled)
    {
        for (int i = 0; i < rows; i++, from += step, to += toStep)
        {
            int d = 0;
            for (; d <= width - L.Width; d += L.Width) L.Store(to + d, L.Load(from + d));
            if (d == width) continue;
            V mask = L.First(width - d), part = L.Load(from + d, mask, L.Splat(0));
            if (filled > width) L.Store(to + d, part);
            else L.Store(to + d, mask, part);
        }
    }

    // sums[rows] += a · right; chains go on over the rounds, so that a value does not depend on where one ends
    static void Add(float* a, nint rowStep, int rows, int inner, Side right, float* sums, int padded) =>
        Strided<L, V>.Product(a, rowStep, 1, rows, inner, (float*)right.At, right.Step, sums, padded, padded / L.Width, onTop: true);

    // rows of a head become columns: to[d, i] = from[i, d], zeros beyond the last row
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Turn(float* from, nint step, int rows, int width, float* to, int lanes)
    {
        for (int d = 0; d < width && rows < lanes; d++) new Span<float>(to + (long)d * lanes + rows, lanes - rows).Clear();
        int i = 0;
        for (; i <= rows - 4; i += 4, from += 4 * step)
        {
            float* a = from, b = a + step, c = b + step, e = c + step, at = to + i;
            int d = 0;
            for (; d <= width - 4; d += 4, at += 4 * lanes) Turn4(a + d, b + d, c + d, e + d, at, lanes);
            for (; d < width; d++, at += lanes) (at[0], at[1], at[2], at[3]) = (a[d], b[d], c[d], e[d]);
        }
        for (; i < rows; i++, from += step)
            for (int d = 0; d < width; d++) to[(long)d * lanes + i] = from[d];
    }

    // four values of each of four rows
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Turn4(float* a, float* b, float* c, float* e, float* to, nint lanes)
    {
        if (Sse.IsSupported)
        {
            Vector128<float> x = Vector128.Load(a), y = Vector128.Load(b), z = Vector128.Load(c), w = Vector128.Load(e);
            Vector128<float> lowXY = Sse.UnpackLow(x, y), lowZW = Sse.UnpackLow(z, w);
            Vector128<float> highXY = Sse.UnpackHigh(x, y), highZW = Sse.UnpackHigh(z, w);
            Sse.MoveLowToHigh(lowXY, lowZW).Store(to);
            Sse.MoveHighToLow(lowZW, lowXY).Store(to + lanes);
            Sse.MoveLowToHigh(highXY, highZW).Store(to + 2 * lanes);
            Sse.MoveHighToLow(highZW, highXY).Store(to + 3 * lanes);
            return;
        }
        for (int d = 0; d < 4; d++, to += lanes) (to[0], to[1], to[2], to[3]) = (a[d], b[d], c[d], e[d]);
    }
}
