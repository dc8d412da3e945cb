using System.Diagnostics;
using System.Text.Json;
using Heartwood.Lab.Runs;
using Heartwood.Tests.Lab.Reports;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.Lab.Runs;

public sealed class ClaimsTests : IDisposable
{
    const string Job = "subnetworks/sparsity-0.5-seed-1.json";

    readonly TemporaryFolder temporary = new();
    readonly App.Clock clock = new();
    readonly Claims claims;

    public ClaimsTests() => claims = new(temporary.Path, clock);

    public void Dispose() => temporary.Dispose();

    string File(int number) => temporary.At($"claims/subnetworks+sparsity-0.5-seed-1.json.{number}");

    void Write(int number, Claimant holder)
    {
        Directory.CreateDirectory(temporary.At("claims"));
        System.IO.File.WriteAllText(File(number), JsonSerializer.Serialize(holder, JsonSerializerOptions.Web));
    }

    static Claimant Dead()
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        string started = Claimant.StartOf(process.Id)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(Environment.MachineName, process.Id, started);
    }

    [Fact]
    public void One_of_many_takes_a_job_and_the_others_are_told_who()
    {
        using Claims.Claim? mine = claims.TryTake(Job, out _);
        Assert.NotNull(mine);
        Assert.Null(claims.TryTake(Job, out Claimant? holder));
        Assert.Equal(Claimant.ThisProcess, holder);
        Assert.Equal($"process {Environment.ProcessId} on {Environment.MachineName}", $"{holder}");
        using Claims.Claim? other = claims.TryTake("subnetworks/sparsity-0.5-seed-2.json", out _);
        Assert.NotNull(other);
    }

    [Fact]
    public void A_job_given_back_is_taken_again_and_a_job_done_leaves_no_claim()
    {
        claims.TryTake(Job, out _)!.Dispose();
        Assert.Equal("free", System.IO.File.ReadAllText(File(1))[..4]);
        Claims.Claim again = claims.TryTake(Job, out _)!;
        Assert.True(System.IO.File.Exists(File(2)));
        again.Done = true;
        again.Dispose();
        Assert.Empty(Directory.GetFiles(temporary.At("claims")));
    }

    [Fact]
    public void A_dead_process_s_job_is_taken_over()
    {
        Write(1, Dead());
        Assert.NotNull(claims.TryTake(Job, out _));
        Assert.Null(claims.TryTake(Job, out _));
    }

    [Fact]
    public void A_claim_whose_number_another_process_has_now_is_taken_over()
    {
        Claimant me = Claimant.ThisProcess;
        Assert.True(me.Lives);
        Write(1, me with { Started = "long ago" });
        Assert.NotNull(claims.TryTake(Job, out _));
    }

    [Fact]
    public void A_claim_of_another_machine_is_refused_by_name()
    {
        Write(1, new("elsewhere", 17, "yesterday"));
        string message = Assert.Throws<IOException>(() => claims.TryTake(Job, out _)).Message;
        Assert.Contains($"{Job} of the run in '{temporary.Path}' is claimed by process 17 on elsewhere, "
            + $"and this is {Environment.MachineName}", message);
        Assert.Contains($"delete {File(1)} and run the same command again", message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"machine\": \"n")]
    public void A_claim_without_a_name_is_waited_for_and_then_taken_over(string found)
    {
        Directory.CreateDirectory(temporary.At("claims"));
        System.IO.File.WriteAllText(File(1), found);
        Assert.Null(claims.TryTake(Job, out Claimant? holder));
        Assert.Null(holder);
        clock.Move(4);
        Assert.Null(claims.TryTake(Job, out _));
        clock.Move(2);
        Assert.NotNull(claims.TryTake(Job, out _));
    }

    [Fact]
    public void Of_many_threads_that_find_a_dead_claim_one_takes_over()
    {
        Claimant dead = Dead();
        for (int round = 0; round < 20; round++)
        {
            string job = $"round-{round}";
            Directory.CreateDirectory(temporary.At("claims"));
            System.IO.File.WriteAllText(temporary.At($"claims/{job}.1"), JsonSerializer.Serialize(dead, JsonSerializerOptions.Web));
            int taken = 0;
            Parallel.For(0, 8, _ =>
            {
                if (new Claims(temporary.Path, clock).TryTake(job, out Claimant? _) is not null) Interlocked.Increment(ref taken);
            });
            Assert.Equal(1, taken);
        }
    }

    [Fact]
    public void Jobs_of_a_plan_are_each_done_once_by_two_that_share_a_folder()
    {
        int[] times = new int[12];
        Thread[] workers = [.. Enumerable.Range(0, 2).Select(worker => new Thread(() =>
        {
            using RunFolder run = RunFolder.Open(temporary.At("run"), Manifests.Small);
            run.Work([.. times.Select((_, i) => new Job($"jobs/{i}", () =>
            {
                Interlocked.Increment(ref times[i]);
                Thread.Sleep(2);
                run.WriteText($"jobs/{i}", $"{i}");
            }))]);
            Assert.All(Enumerable.Range(0, 12), i => Assert.True(run.Has($"jobs/{i}")));
        }))];
        foreach (Thread worker in workers) worker.Start();
        foreach (Thread worker in workers) worker.Join();
        Assert.All(times, n => Assert.Equal(1, n));
        Assert.Empty(Directory.GetFiles(temporary.At("run/claims")));
    }

    [Fact]
    public void Who_waits_for_a_job_says_for_whom_and_can_be_stopped()
    {
        using Claims.Claim? held = new Claims(temporary.At("run"), clock).TryTake("a.json", out _);
        using CancellationTokenSource stop = new();
        List<string> told = [];
        Told progress = new(p => { told.Add(p.Stage); stop.Cancel(); });
        using RunFolder run = RunFolder.Open(temporary.At("run"), Manifests.Small, progress: progress, stop: stop.Token);
        Assert.Throws<OperationCanceledException>(() => run.Work(new Job("a.json", () => run.WriteJson("a.json", 1))));
        Assert.Equal([$"waiting for process {Environment.ProcessId}, which is at a.json"], told);
        Assert.False(run.Has("a.json"));
    }
}
