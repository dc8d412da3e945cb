using System.Numerics;

namespace Heartwood.Tensors;

/// <summary>
/// A counter-based random generator: a pure function from (seed, purpose, step, index) to bits, so that no state is
/// shared, any step can be replayed, and nothing depends on the number of threads.
/// The bits are Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3).
/// </summary>
public readonly struct Chance
{
    internal const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57, Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;
    internal const int Rounds = 10;

    readonly uint key0, key1, step0, step1;

    Chance(uint key0, uint key1, uint step0, uint step1) => (this.key0, this.key1, this.step0, this.step1) = (key0, key1, step0, step1);

    /// <summary>The generator of one purpose under one seed, at step 0.</summary>
    /// <param name="seed">the user's seed</param>
    /// <param name="purpose">what the numbers are for; two purposes never share numbers</param>
    public Chance(ulong seed, string purpose)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in purpose) hash = (hash ^ c) * 1099511628211;
        ulong key = Mix(seed ^ Mix(hash));
        (key0, key1) = ((uint)key, (uint)(key >> 32));
    }

    /// <summary>The same purpose at another step; steps never share numbers.</summary>
    public Chance At(long step) => new(key0, key1, (uint)step, (uint)(step >> 32));

    /// <summary>32 random bits at <paramref name="index"/>.</summary>
    public uint Bits(long index)
    {
        long block = index >> 2;
        uint c0 = (uint)block, c1 = (uint)(block >> 32), c2 = step0, c3 = step1, k0 = key0, k1 = key1;
        for (int round = 0; round < Rounds; round++, k0 += Weyl0, k1 += Weyl1)
        {
            ulong p0 = (ulong)c0 * Multiplier0, p1 = (ulong)c2 * Multiplier1;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
        }
        return (index & 3) switch { 0 => c0, 1 => c1, 2 => c2, _ => c3 };
    }

    /// <summary>What the bits follow from, next to the index.</summary>
    internal (uint Key0, uint Key1, uint Step0, uint Step1) Source => (key0, key1, step0, step1);

    /// <summary>A number in the open interval (0, 1) at <paramref name="index"/>, never 0 and never 1.</summary>
    public float Uniform(long index) => ((Bits(index) >> 9) + 0.5f) * (1f / (1 << 23));

    /// <summary>A standard normal number at <paramref name="index"/> (Box and Muller 1958).</summary>
    public float Normal(long index)
    {
        double radius = Math.Sqrt(-2 * Math.Log(Uniform(2 * index))), angle = 2 * Math.PI * Uniform(2 * index + 1);
        return (float)(radius * Math.Cos(angle));
    }

    /// <summary>A cursor that walks this step's numbers from the first, for code that draws one after another.</summary>
    public ChanceStream Stream() => new(this);

    static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return BitOperations.RotateLeft(x ^ (x >> 31), 17);
    }
}

/// <summary>Walks the numbers of one <see cref="Chance"/>; each draw moves it on.</summary>
public sealed class ChanceStream(Chance chance)
{
    long next;

    /// <summary>A number in the open interval (0, 1).</summary>
    public float Uniform() => chance.Uniform(next++);

    /// <summary>An integer from 0 to <paramref name="count"/> − 1 (bias below count / 2^32).</summary>
    public int Below(int count) => (int)((ulong)chance.Bits(next++) * (uint)count >> 32);

    /// <summary>True with probability <paramref name="p"/>.</summary>
    public bool Flip(double p) => Uniform() < p;

    /// <summary>One of the items, each as likely.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Puts the items into a random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
