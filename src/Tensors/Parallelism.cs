using Heartwood.Tensors.Backends.Cpu;

namespace Heartwood.Tensors;

/// <summary>Several independent pieces of work at once, for code above the tensors: one piece per thread, each serial inside.</summary>
public static class Parallelism
{
    /// <summary>Runs body(0) … body(items − 1) on the thread team; tensors made in a piece belong to scopes opened in it.</summary>
    public static void For(int items, Action<int> body) => Workers.For(items, body);
}
