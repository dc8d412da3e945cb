using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>All searches of several studies as one stage with one time left; every other stage is passed on under its study's name. Told from several threads.</summary>
/// <param name="shown">where progress goes</param>
/// <param name="searches">how many searches there are in all, at the most</param>
/// <param name="steps">steps of each</param>
sealed class SearchProgress(IProgress<Progress> shown, int searches, int steps)
{
    const string Stage = "searches";

    readonly Lock gate = new();
    readonly Dictionary<(string Owner, string Stage), long> running = [];
    long done;

    /// <summary>The progress of one study.</summary>
    /// <param name="owner">what it is of, before its stages' names; "" for none</param>
    public IProgress<Progress> Of(string owner) => new Share(report =>
    {
        if (!report.Stage.StartsWith(Study.Finding, StringComparison.Ordinal)) shown.Report(owner == "" ? report : report with { Stage = $"{owner}: {report.Stage}" });
        else
            lock (gate)
            {
                done += report.Done - running.GetValueOrDefault((owner, report.Stage));
                running[(owner, report.Stage)] = report.Done;
                Tell(owner == "" ? report.Note : $"{owner}, {report.Note}");
            }
    });

    /// <summary>Counts searches that need not be made: they were found before, or are another study's.</summary>
    public void Spare(int count)
    {
        lock (gate)
        {
            done += (long)count * steps;
            if (count > 0) Tell("");
        }
    }

    /// <summary>Ends the stage, whether all searches that there could have been were made or not.</summary>
    public void End()
    {
        lock (gate)
        {
            if (done == (long)searches * steps) return;
            done = (long)searches * steps;
            Tell("");
        }
    }

    void Tell(string note) => shown.Report(new(Stage, Math.Min(done, (long)searches * steps), (long)searches * steps, "steps", note));

    sealed class Share(Action<Progress> told) : IProgress<Progress>
    {
        public void Report(Progress value) => told(value);
    }
}
