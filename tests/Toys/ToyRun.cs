using Heartwood.App.Commands;
using Heartwood.Lab.Studies;
using Heartwood.Tests.App;

namespace Heartwood.Tests.Toys;

/// <summary>
/// The test project's tenants, one of every kind, next to those that Heartwood comes with, and a run that all of them made.
/// </summary>
public sealed class ToyRun : IDisposable
{
    const string Ablation = "scaled-mean,share=0.25";

    readonly SmallRuns runs = new();

    /// <summary>The lists with a toy at the end of each.</summary>
    public static Tenants Tenants { get; } = Tenants.Usual with
    {
        PartKinds = [.. Tenants.Usual.PartKinds, Halves.Kind],
        Ablations = [.. Tenants.Usual.Ablations, ScaledMean.Kind],
        Objectives = [.. Tenants.Usual.Objectives, new Doubt()],
        Finders = [.. Tenants.Usual.Finders, new Rise()],
        Questions = [.. Tenants.Usual.Questions, new WithoutKinds()],
        Changes = [.. Tenants.Usual.Changes, new Rounded()],
        Exports = [.. Tenants.Usual.Exports, new PlainText()],
    };

    public ToyRun()
    {
        Found = Works(Find(Folder));
        Evaluated = Works("evaluate", Folder);
        Works("compare", Folder);
        Works("report", Folder);
    }

    /// <summary>What find and evaluate printed.</summary>
    public string Found { get; }

    public string Evaluated { get; }

    public string Model => runs.Model;

    public string Folder => runs.At("toys");

    public string At(params string[] names) => runs.At(names);

    /// <summary>The command that finds subnetworks by all the toys that a search asks.</summary>
    public string[] Find(string into, params string[] more) =>
        ["find", "--model", Model, "--data", "world:training,rows=40", "--in-domain", "world:in-domain,rows=20",
            "--out-of-domain", "world:out-of-domain,per-case=1", "--parts", "heads,halves", "--method", "rise,examples=24", "mask-gradient",
            "--objective", "doubt", "--ablation", Ablation, "--seeds", "1", "--sparsity", "0.5", "0.25", "--draws", "2", "--threads", "1",
            "--out", into, .. more];

    /// <summary>Runs a command among these tenants; null for the toys and all others.</summary>
    public static (int Code, string Out, string Error) Run(Tenants? tenants, params string[] arguments)
    {
        World world = new();
        int code = CommandLine.Run(arguments, world.Redirected(), tenants: tenants ?? Tenants);
        return (code, world.Out.ToString(), world.Error.ToString());
    }

    /// <summary>Runs a command that must succeed.</summary>
    public static string Works(params string[] arguments)
    {
        var (code, output, error) = Run(null, arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {error}");
        return output;
    }

    /// <summary>Runs a command that must fail, with one line.</summary>
    public static string Fails(Tenants? tenants, params string[] arguments)
    {
        var (code, output, error) = Run(tenants, arguments);
        Assert.Equal((1, ""), (code, output));
        Assert.DoesNotContain("this is a bug", error);
        return error;
    }

    public void Dispose() => runs.Dispose();
}
