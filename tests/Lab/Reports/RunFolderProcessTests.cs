using System.Globalization;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>Run folders between real processes: two that share one, and kills at any moment.</summary>
public sealed class RunFolderProcessTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly ChanceStream chance = new Chance(1, "moments to kill at").Stream();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void A_job_is_another_process_s_until_that_one_is_dead()
    {
        string folder = temporary.At("run");
        using Child child = new(typeof(Children), nameof(Children.Holds_a_job_for_ever), folder);
        child.WaitUntil(() => File.Exists(Path.Combine(folder, "begun")));
        using RunFolder run = RunFolder.Open(folder, Manifests.Small, progress: new Told(p =>
        {
            Assert.Equal($"waiting for process {child.Id}, which is at job.json", p.Stage);
            child.Kill();
        }));
        Assert.True(run.Resumed);
        run.Work(new Job("job.json", () => run.WriteJson("job.json", 2)));
        Assert.Equal(2, run.ReadJson<int>("job.json"));
    }

    [Fact]
    public void A_run_killed_at_any_moment_resumes_and_loses_nothing()
    {
        string folder = temporary.At("run");
        long last = 0;
        for (int kill = 0; kill < 5; kill++)
        {
            using (Child child = new(typeof(Children), nameof(Children.Trains_for_ever), folder))
            {
                child.WaitUntil(() => StepIn(folder) > last + 20);
                Thread.Sleep(chance.Below(40));
                child.Kill();
            }
            using RunFolder run = RunFolder.Open(folder, Manifests.Small);
            Checkpoint checkpoint = run.ReadJson<Checkpoint>("checkpoint.json");
            Assert.True(checkpoint.Step >= last + 20);
            Assert.All(checkpoint.Weights, weight => Assert.Equal(checkpoint.Step, weight));
            last = checkpoint.Step;
            run.Metrics("metrics.jsonl", last).Dispose();
            Assert.Equal(Enumerable.Range(1, (int)last).Select(step => string.Create(CultureInfo.InvariantCulture, $"{{\"step\":{step},\"loss\":{1.0 / step}}}")),
                File.ReadLines(run.PathOf("metrics.jsonl")));
            long[] model = [.. Directory.GetFiles(run.PathOf("model")).Select(file => long.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture))];
            Assert.Equal(2, model.Length);
            Assert.Equal(model[0], model[1]);
            Assert.InRange(model[0], last - 5, last + 1);
            for (long stage = 0; stage < last / 10; stage++) Assert.Equal(stage, run.Stage<long>($"stage-{stage}", () => throw new InvalidOperationException("A finished stage is computed again.")));
            Assert.Empty(Directory.GetFileSystemEntries(folder, "*.tmp", SearchOption.AllDirectories));
        }
    }

    [Fact]
    public void Runs_killed_while_they_begin_can_all_be_begun_again()
    {
        for (int kill = 0; kill < 3; kill++)
        {
            string folder = temporary.At($"runs-{kill}");
            using (Child child = new(typeof(Children), nameof(Children.Begins_runs_for_ever), folder))
            {
                child.WaitUntil(() => Directory.Exists(Path.Combine(folder, "50")));
                Thread.Sleep(chance.Below(20));
                child.Kill();
            }
            foreach (string begun in Directory.GetDirectories(folder))
            {
                using RunFolder run = RunFolder.Open(begun, Manifests.Small);
                Assert.Equal(Manifests.Small.Command, run.Manifest.Command);
                Assert.True(!run.Finished || run.ReadJson<int>("a.json") == 1);
            }
        }
    }

    static long StepIn(string folder)
    {
        string file = Path.Combine(folder, "metrics.jsonl");
        if (!File.Exists(file)) return 0;
        using StreamReader reader = new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Count(c => c == '\n');
    }
}

/// <summary>What the processes that are killed do; run only by the tests above, each in a process of its own.</summary>
public sealed class Children
{
    [Fact(Explicit = true)]
    public void Trains_for_ever()
    {
        using RunFolder run = RunFolder.Open(Child.Folder, Manifests.Small);
        long done = run.Has("checkpoint.json") ? run.ReadJson<Checkpoint>("checkpoint.json").Step : 0;
        using Metrics metrics = run.Metrics("metrics.jsonl", done);
        for (long step = done + 1; ; step++)
        {
            metrics.Append(step, new { loss = 1.0 / step });
            if (step % 10 == 0) run.Stage($"stage-{step / 10 - 1}", () => step / 10 - 1);
            if (step % 5 == 0) run.WriteFolder("model", folder => { foreach (string name in (string[])["a", "b"]) File.WriteAllText(Path.Combine(folder, name), $"{step}"); });
            run.WriteJson("checkpoint.json", new Checkpoint(step, [.. Enumerable.Repeat(step, 5000)]));
        }
    }

    [Fact(Explicit = true)]
    public void Holds_a_job_for_ever()
    {
        using RunFolder run = RunFolder.Open(Child.Folder, Manifests.Small);
        run.Work(new Job("job.json", () =>
        {
            run.WriteText("begun", "");
            Thread.Sleep(Timeout.Infinite);
        }));
    }

    [Fact(Explicit = true)]
    public void Begins_runs_for_ever()
    {
        for (int number = 0; ; number++)
        {
            using RunFolder run = RunFolder.Open(Path.Combine(Child.Folder, $"{number}"), Manifests.Small);
            run.WriteJson("a.json", 1);
            run.Finish();
        }
    }
}

sealed record Checkpoint(long Step, IReadOnlyList<long> Weights);
