using Heartwood.Tensors.Backends;
using Heartwood.Tensors.Backends.Cpu;

namespace Heartwood.Tensors;

/// <summary>Several independent pieces of work at once, for code above the tensors: one piece per thread, each serial inside.</summary>
public static class Parallelism
{
    /// <summary>
    /// Runs body(0) … body(items − 1) on the thread team, with the caller's backend; tensors made in a piece belong to scopes opened in it.
    /// </summary>
    public static void For(int items, Action<int> body)
    {
        IBackend backend = Machine.Backend;
        Workers.For(items, i =>
        {
            using IDisposable choice = Machine.Using(backend);
            body(i);
        });
    }
}
