using System.Runtime.InteropServices;

namespace Heartwood.Tensors;

/// <summary>A run of floats outside the garbage collector's heap (or pinned in it), aligned to 64 bytes.</summary>
sealed unsafe class Block
{
    readonly float[]? pinned;                                   // set for memory that the garbage collector owns
    readonly int offset;
    float* start;

    /// <summary>Memory that lives as long as somebody refers to it.</summary>
    internal Block(int count)
    {
        pinned = GC.AllocateUninitializedArray<float>(count + 16, pinned: true);
        nuint address = (nuint)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
        offset = (int)((((address + 63) & ~(nuint)63) - address) / sizeof(float));
        Count = count;
    }

    /// <summary>Memory lent by a scope.</summary>
    /// <param name="start">where it begins</param>
    /// <param name="count">how many floats are used</param>
    /// <param name="size">how many there are</param>
    internal Block(float* start, int count, int size)
    {
        this.start = start;
        (Count, Size) = (count, size);
    }

    internal int Count { get; }

    internal int Size { get; }

    internal bool Lent => pinned is null;

    /// <summary>Counts the changes in place, so that what was made from the values knows that it is out of date.</summary>
    internal int Version { get; set; }

    /// <summary>
    /// Whether the memory moves on to the scope around when the piece of a pass that made it ends (<see cref="Scope.Within"/>).
    /// </summary>
    internal bool Stays { get; set; }

    /// <summary>
    /// The values. Over pinned memory the span refers to the array itself, so the collector leaves it alone while a kernel runs.
    /// </summary>
    internal Span<float> Values =>
        pinned is not null ? pinned.AsSpan(offset, Count) : start is not null ? new(start, Count) : throw Closed();

    static InvalidOperationException Closed() => new("This tensor's scope is closed and its memory is lent to others. "
        + "Call Keep() on a tensor before the scope that made it closes.");

    /// <summary>Whether the scope that lent the memory has it back.</summary>
    internal bool Returned => Lent && start is null;

    /// <summary>A block that is no more.</summary>
    internal static Block None { get; } = new(null, 0, 0);

    internal float* Return()
    {
        float* was = start;
        start = null;
        return was;
    }
}

/// <summary>
/// The owner of the memory that is lent while it is open on this thread; closing it takes every block back.
/// Tensors made while no scope is open belong to the garbage collector.
/// </summary>
/// <example><c>using Scope pass = Scope.Open();</c></example>
public sealed unsafe class Scope : IDisposable
{
    [ThreadStatic] static Scope? current;
    [ThreadStatic] static Pool? pool;

    readonly Scope? outer = current;
    readonly List<Block> lent = [];

    Scope() { }

    /// <summary>Opens a scope inside the one that is open on this thread.</summary>
    public static Scope Open() => current = new();

    internal static Block Lend(int count) => Lend(count, current);

    internal static Block LendOutside(int count) => Lend(count, current?.outer);

    static Block Lend(int count, Scope? owner)
    {
        if (owner is null) return new(count);
        float* start = (pool ??= new()).Take(count, out int size);
        Block block = new(start, count, size);
        owner.lent.Add(block);
        return block;
    }

    /// <summary>
    /// Runs a piece of a pass in a scope of its own. The result, what gradients will need of it, and tensors that were told to
    /// <see cref="Tensor.Stay"/> move to the scope around without a copy; all other memory is taken back at once, so that the
    /// next piece works in memory that is still in the caches.
    /// </summary>
    /// <param name="piece">makes one tensor</param>
    public static Tensor Within(Func<Tensor> piece)
    {
        if (current is null) return piece();
        using Scope scope = Open();
        Tensor result = piece();
        scope.HandOver(block => block.Stays || block == result.Block);
        return result;
    }

    /// <summary>
    /// Gives back the memory of a tensor that nobody reads any more, unless gradients will or it was told to <see cref="Tensor.Stay"/>.
    /// </summary>
    /// <param name="done">what is done with</param>
    /// <param name="next">what takes its place; it may share the memory, which then stays</param>
    /// <returns><paramref name="next"/></returns>
    public static Tensor Replace(Tensor done, Tensor next)
    {
        if (done.Block is { Lent: true, Stays: false } block && block != next.Block) TakeBack(block);
        return next;
    }

    /// <summary>Whether a scope is open on this thread.</summary>
    internal static bool IsOpen => current is not null;

    /// <summary>Moves the blocks that qualify to the scope around this one.</summary>
    internal void HandOver(Predicate<Block> moves)
    {
        for (int i = 0; i < lent.Count; i++)
            if (!lent[i].Returned && moves(lent[i]))
            {
                outer!.lent.Add(lent[i]);
                lent[i] = Block.None;
            }
    }

    /// <summary>Takes one block back before its scope closes.</summary>
    internal static void TakeBack(Block block)
    {
        if (!block.Returned) pool!.Give(block.Return(), block.Size);
    }

    /// <summary>Takes back every block lent since the scope was opened; their tensors must not be used again.</summary>
    public void Dispose()
    {
        if (current != this)
            throw new InvalidOperationException("Scopes close in the reverse order of opening, on the thread that opened them.");
        foreach (Block block in lent) TakeBack(block);
        lent.Clear();
        current = outer;
    }

    /// <summary>Bytes that this thread's scopes have taken from the system so far and keep for reuse.</summary>
    public static long BytesHeld => pool?.Bytes ?? 0;

    /// <summary>Gives the idle blocks of this thread back to the system.</summary>
    public static void Trim() => pool?.Trim();

    // Idle blocks by size class, eight classes per doubling. A request takes an idle block of its class, or of one up to twice as
    // large; where there is none, idle blocks that are too small are given back first. So batches of ever other lengths do not
    // add up: what is held stays near what is used at once.
    sealed class Pool
    {
        const int Kept = 1 << 12;                                // blocks below this many floats are not worth giving back

        readonly SortedDictionary<int, Stack<nint>> idle = [];

        internal long Bytes { get; private set; }

        internal float* Take(int count, out int size)
        {
            size = ClassOf(count);
            for (long larger = size; larger <= 2L * size; larger = ClassOf((int)Math.Min(larger + 1, int.MaxValue)))
            {
                if (idle.TryGetValue((int)larger, out Stack<nint>? stack) && stack.TryPop(out nint at))
                {
                    size = (int)larger;
                    return (float*)at;
                }
                if (larger > int.MaxValue / 2) break;
            }
            FreeSmaller(size);
            Bytes += (long)size * sizeof(float);
            return (float*)NativeMemory.AlignedAlloc((nuint)size * sizeof(float), 64);
        }

        void FreeSmaller(int size)
        {
            long wanted = size;
            foreach (var (smaller, stack) in idle.Reverse())
            {
                if (smaller < Kept) return;
                if (smaller >= size) continue;
                while (wanted > 0 && stack.TryPop(out nint at))
                {
                    Free(at, smaller);
                    wanted -= smaller;
                }
                if (wanted <= 0) return;
            }
        }

        void Free(nint at, int size)
        {
            NativeMemory.AlignedFree((void*)at);
            Bytes -= (long)size * sizeof(float);
        }

        internal void Give(float* block, int size)
        {
            if (!idle.TryGetValue(size, out Stack<nint>? stack)) idle[size] = stack = new();
            stack.Push((nint)block);
        }

        internal void Trim()
        {
            foreach (var (size, stack) in idle)
                while (stack.TryPop(out nint at)) Free(at, size);
        }

        ~Pool() => Trim();                                       // a worker thread that ends takes its idle blocks with it

        static int ClassOf(int count)
        {
            int step = Math.Max(16, (int)(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 1)) / 16));
            return (int)Math.Min(((long)count + step - 1) / step * step, int.MaxValue / 16 * 16);
        }
    }
}
