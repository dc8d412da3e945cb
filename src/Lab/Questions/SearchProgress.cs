using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Questions;

/// <summary>
/// All searches of one study or several as one stage with one time left; every other stage is passed on under its study's name. Told from
/// several threads.
/// </summary>
/// <param name="shown">where progress goes</param>
/// <param name="stage">what the searches are called</param>
/// <param name="searches">how many there are in all, at the most</param>
/// <param name="steps">steps of each</param>
public sealed class SearchProgress(IProgress<Progress> shown, string stage, int searches, int steps)
{
    /// <summary>What the progress of a search is called, before its method, seed and sparsity.</summary>
    public const string Finding = "finding";

    readonly Lock gate = new();
    readonly Dictionary<(string Owner, string Stage), long> running = [];
    long done;

    /// <summary>The progress of one study.</summary>
    /// <param name="owner">what it is of, before its stages' names; "" for none</param>
    public IProgress<Progress> ShareOf(string owner) => new Share(report =>
    {
        if (!report.Stage.StartsWith(Finding, StringComparison.Ordinal)) shown.Report(Named(owner, report));
        else
            lock (gate)
            {
                done += report.Done - running.GetValueOrDefault((owner, report.Stage));
                running[(owner, report.Stage)] = report.Done;
                Tell(owner == "" ? report.Note : $"{owner}, {report.Note}");
            }
    });

    /// <summary>The progress of a study that searches nothing.</summary>
    /// <param name="owner">what it is of, before its stages' names</param>
    /// <param name="shown">where progress goes</param>
    public static IProgress<Progress> Under(string owner, IProgress<Progress> shown) =>
        new Share(report => shown.Report(Named(owner, report)));

    static Progress Named(string owner, Progress report) => owner == "" ? report : report with { Stage = $"{owner}: {report.Stage}" };

    /// <summary>Counts searches that need not be made: they were found before, or are another study's.</summary>
    public void Spare(int count)
    {
        lock (gate)
        {
            done += (long)count * steps;
            if (count > 0) Tell("");
        }
    }

    void Tell(string note) => shown.Report(new(stage, Math.Min(done, (long)searches * steps), (long)searches * steps, "steps", note));

    sealed class Share(Action<Progress> told) : IProgress<Progress>
    {
        public void Report(Progress value) => told(value);
    }
}
