using System.Collections.Concurrent;
using Heartwood.Tensors;

namespace Heartwood.Lab.Runs;

/// <summary>One piece of a run's work: a file, and what makes it.</summary>
/// <param name="File">the file, as <see cref="RunFolder.PathOf"/> takes it; where it stands, the job is done</param>
/// <param name="Make">makes the file, and nothing that another job makes; stopped in the midst, it can be begun again</param>
public sealed record Job(string File, Action Make);

public sealed partial class RunFolder
{
    static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);

    readonly ConcurrentDictionary<string, Lazy<object?>> stages = [];

    /// <summary>
    /// Does the jobs of a plan, several at once, and shares them with any process that works on the same folder: each is done by one
    /// process; a job of a process that died is taken over. Returns when all are done.
    /// </summary>
    /// <param name="plan">the jobs; none may need another of them</param>
    /// <exception cref="OperationCanceledException">the run was stopped while it waited</exception>
    public void Work(IReadOnlyList<Job> plan)
    {
        while (plan.Where(job => !Has(job.File)).ToArray() is { Length: > 0 } open)
        {
            int done = 0;
            Claimant? holder = null;
            Parallelism.For(open.Length, i =>
            {
                if (TryDo(open[i], out Claimant? other)) Interlocked.Increment(ref done);
                else holder = other ?? holder;
            });
            if (done == 0) Wait(open.FirstOrDefault(job => !Has(job.File))?.File, holder, plan.Count - open.Length, plan.Count);
        }
    }

    /// <summary>Does one job, unless it is done, or waits until another process has done it.</summary>
    /// <exception cref="OperationCanceledException">the run was stopped while it waited</exception>
    public void Work(Job job)
    {
        while (!Has(job.File))
            if (!TryDo(job, out Claimant? holder)) Wait(job.File, holder, 0, 1);
    }

    /// <summary>
    /// The result of a stage: computed by one process and kept in <c>stages/NAME.json</c>, read from there once by each.
    /// </summary>
    /// <param name="name">the stage's name, unique in the run, written as for <see cref="PathOf"/>: "find/seed-3"</param>
    /// <param name="compute">computes the result; it is handed on as read back from JSON, so that a resumed run sees the same to the last
    /// bit</param>
    public T Stage<T>(string name, Func<T> compute)
    {
        string file = $"stages/{name}.json";
        Work(new Job(file, () => WriteJson(file, compute())));
        return (T)stages.GetOrAdd(file, _ => new(() => ReadJson<T>(file))).Value!;
    }

    /// <summary>Puts another result in the place of a stage's, for this process and for those that read it from now on.</summary>
    /// <param name="name">the stage's name</param>
    /// <param name="result">the result, of the type that <see cref="Stage"/> gives</param>
    public void Restage<T>(string name, T result)
    {
        string file = $"stages/{name}.json";
        WriteJson(file, result);
        stages[file] = new(() => ReadJson<T>(file));
    }

    /// <summary>
    /// Marks the run complete, after its last files are written; the process that comes second waits, and then finds them.
    /// </summary>
    /// <param name="write">writes the last files</param>
    public void Finish(Action? write = null) => Work(new Job(FinishedName, () =>
    {
        write?.Invoke();
        times.Keep();
        Atomic.Recover(FolderPath);                              // what a process that died meanwhile left unfinished
        Atomic.WriteFile(PathOf(FinishedName), _ => { });
    }));

    bool TryDo(Job job, out Claimant? holder)
    {
        using Claims.Claim? claim = claims.TryTake(job.File, out holder);
        if (claim is null) return false;
        if (!Has(job.File))
        {
            job.Make();
            times.Keep();
        }
        claim.Done = true;
        return true;
    }

    void Wait(string? file, Claimant? holder, int done, int total)
    {
        if (file is null) return;
        string who = holder is null ? "another process" : $"process {holder.Process}";
        progress?.Report(new($"waiting for {who}, which is at {file}", done, total, "files"));
        stop.WaitHandle.WaitOne(Glance);
        stop.ThrowIfCancellationRequested();
    }
}
