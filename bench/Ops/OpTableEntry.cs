using Heartwood.Bench.Harness;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;
using Heartwood.Tests.Tensors;

namespace Heartwood.Bench.Ops;

/// <summary>The tests' table of ops, timed.</summary>
static class OpTableEntry
{
    const string About = "every op of the tests' table on every backend of this machine, one thread, no peers";

    /// <summary>Every op of the table on every backend.</summary>
    public static Entry OpTable { get; } = new("op-table", About, () =>
    {
        string[] others = [.. Machine.Backends.Where(b => b != Machine.BackendInUse)];
        return Heartwood.Tests.Tensors.OpTable.Rows.Select(op => Case.Timed(op.Name, () => Run(op)) with
        {
            Rivals = [.. others.Select(b => new Rival(b, () => Run(op)) { Backend = b })],
            Threads = [1],
            Seconds = 0.1,
        });
    });

    static Action Run(Op op)
    {
        Tensor[] inputs = op.Draw(1);
        return Passes.Forward(() => op.Function(inputs));
    }
}
