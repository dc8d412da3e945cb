using System.Diagnostics;
using Heartwood.Bench.Harness;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Bench.Models;

/// <summary>Where the time of the model-level work goes: seconds in each kernel, and outside of all.</summary>
static class ProfileEntry
{
    const int Calls = 3;
    const string About = "seconds in each kernel: a forward pass, a step of mask learning, a step of training";

    /// <summary>A forward pass, a step of mask learning, a step of training.</summary>
    public static Entry Profile { get; } = new("profile", About, () =>
    [
        Profiled("forward, BERT-base, 16 × 64 tokens", () =>
        {
            IModel model = Synthetic.Load("base");
            Batch batch = Pairs.Examples([.. Enumerable.Repeat(64, 16)], model).AsBatch();
            return () =>
            {
                using Scope scope = Scope.Open();
                ForwardEntries.Hidden(model, batch);
            };
        }),
        Profiled("mask-learning step, BERT-base, 32 pairs of MNLI's lengths", () =>
        {
            IModel model = Synthetic.Load("base");
            var search = SubnetworkEntries.Search(model, Pairs.Examples(Pairs.Batch, model), Ablation.Zero(model.Universe(SubnetworkEntries.InPlay)));
            return () => search.Advance();
        }),
        Profiled("training step, BERT-base, 16 × 64 tokens", () =>
        {
            IModel model = Synthetic.Load("base");
            var trainer = TrainingEntries.Make(model, Pairs.Examples([.. Enumerable.Repeat(64, 16)], model));
            return () => trainer.Advance();
        }),
        Profiled("training step, the demo's model, 64 pairs", () =>
        {
            LoadedModel demo = LoadedModel.Load(null);
            var trainer = TrainingEntries.Make(demo.Model, TrainingEntries.DemoPairs(demo, 64));
            return () => trainer.Advance();
        }),
    ]);

    // which kernels there are follows from running the work, so the case's note holds them all
    static Case Profiled(string work, Func<Action> prepare) => Case.Figured(work, _ =>
    {
        TimedBackend timed = new(Machine.All[0]);
        using IDisposable choice = Machine.Using(timed);
        Action action = prepare();
        for (int call = 0; call < Calls; call++) action();         // weights are packed, code is compiled
        timed.Clear();
        long began = Stopwatch.GetTimestamp();
        for (int call = 0; call < Calls; call++) action();
        double all = Stopwatch.GetElapsedTime(began).TotalSeconds, inside = timed.Seconds.Values.Sum();
        IEnumerable<string> shares = timed.Seconds.Append(new("outside of kernels", all - inside))
            .Where(s => s.Value > 0.002 * all).OrderByDescending(s => s.Value)
            .Select(s => FormattableString.Invariant($"{s.Key} {s.Value / Calls * 1000:0.0} ms ({s.Value / all:0.0%})"));
        return new(all / Calls, "seconds", string.Join("; ", shares));
    });
}
