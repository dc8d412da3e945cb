namespace Heartwood.App.Console;

/// <summary>How fast one stage goes: rate and time left, over the last half minute.</summary>
sealed class Pace(TimeProvider clock)
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(30), Apart = TimeSpan.FromSeconds(0.5);
    readonly long began = clock.GetTimestamp();
    readonly Queue<(TimeSpan At, long Done)> samples = [];
    TimeSpan lastAt = TimeSpan.MinValue;

    /// <summary>The latest report.</summary>
    public Lab.Runs.Progress Latest { get; private set; }

    /// <summary>Time since the stage began.</summary>
    public TimeSpan Elapsed => clock.GetElapsedTime(began);

    /// <summary>Whether everything is done.</summary>
    public bool Ended => Latest.Done >= Latest.Total;

    /// <summary>How much is done a second; null before it can be told.</summary>
    public double? Rate =>
        samples.TryPeek(out var first) && (Elapsed - first.At).TotalSeconds is > 0 and double seconds && Latest.Done > first.Done
            ? (Latest.Done - first.Done) / seconds : null;

    /// <summary>Time until everything is done at this rate; null before it can be told.</summary>
    public TimeSpan? Left => Rate is double rate ? TimeSpan.FromSeconds(Math.Min((Latest.Total - Latest.Done) / rate, 3.6e6)) : null;

    /// <summary>Takes a report.</summary>
    public void Take(Lab.Runs.Progress report)
    {
        Latest = report;
        TimeSpan now = Elapsed;
        if (samples.Count > 0 && now - lastAt < Apart) return;
        samples.Enqueue((lastAt = now, report.Done));
        while (samples.Count > 2 && now - samples.Peek().At > Window) samples.Dequeue();
    }

    /// <summary>Where the stage is, in one line: "120 of 450 steps, 31/s, 0:11 left, loss 0.31".</summary>
    public string Sofar() => Joined(
        $"{Latest.Done:N0} of {Latest.Total:N0} {Latest.Unit}", Rate is double r ? $"{InWords(r)}/s" : "",
        Left is TimeSpan left ? $"{InWords(left)} left" : "", Latest.Note);

    /// <summary>The same next to a bar, what matters most first: "27 %, 0:11 left, 31/s, loss 0.31".</summary>
    public string BesideBar() => Joined(
        $"{100 * Latest.Done / Math.Max(1, Latest.Total)} %",
        Left is TimeSpan left ? $"{InWords(left)} left" : "",
        Rate is double r ? $"{InWords(r)}/s" : "",
        Latest.Note);

    /// <summary>How the stage went, in one line: "450 steps in 0:31, loss 0.02".</summary>
    public string Outcome() => Joined($"{Latest.Done:N0} {Latest.Unit} in {InWords(Elapsed)}", Latest.Note);

    /// <summary>A time as people read it: "0:07", "12:30", "1:02:03".</summary>
    public static string InWords(TimeSpan time)
    {
        long seconds = (long)Math.Round(time.TotalSeconds);
        return seconds < 3600 ? $"{seconds / 60}:{seconds % 60:00}" : $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}";
    }

    static string InWords(double rate) => rate switch { >= 10 => $"{rate:N0}", >= 1 => $"{rate:0.0}", _ => $"{rate:0.00}" };

    static string Joined(params IEnumerable<string> words) => string.Join(", ", words.Where(w => w.Length > 0));
}
