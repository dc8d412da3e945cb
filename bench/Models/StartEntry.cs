using Heartwood.Bench.Harness;
using Heartwood.Lab.Studies;

namespace Heartwood.Bench.Models;

/// <summary>How long a user waits: for the first word, and for each phase of the demo.</summary>
static class StartEntry
{
    static readonly string[] phases = ["find", "evaluate", "compare", "cut", "report"];

    /// <summary>The published program's first answer, and the demo's phases as verbs of the command line.</summary>
    public static Entry Start { get; } = new("start", "the published program's start; the demo's phases", () =>
    [
        Case.Figured("heartwood --help after publish, median of 9", _ =>
        {
            string folder = Repository.Path("bench", "cache", "published");
            Programs.Run("dotnet", "publish", Repository.Path("src", "App"), "-c", "Release", "-o", folder);
            string program = Path.Combine(folder, OperatingSystem.IsWindows() ? "heartwood.exe" : "heartwood");
            double[] starts = [.. Enumerable.Range(0, 9).Select(_ => Programs.Run(program, "--help").Seconds)];
            return new(Measuring.Median(starts), "seconds", FormattableString.Invariant($"{Directory.EnumerateFiles(folder).Sum(f => new FileInfo(f).Length) / 1e6:0.0} MB published"));
        }) with { Target = Target.AtMost(0.2, "200 ms"), Threads = [1] },

        Case.Figured("the demo, all phases", threads =>
        {
            string run = Path.Combine(Path.GetTempPath(), $"heartwood-bench-{Environment.ProcessId}");
            StudyRequest study = EmbeddedStudy.Study;
            try
            {
                (string Phase, double Seconds)[] each = [.. phases.Select(phase => (phase, Programs.Run("dotnet", [Programs.Heartwood, phase, .. phase == "find" ? Sources(study) : [run], .. phase == "find" ? ["--out", run] : Array.Empty<string>(), "--threads", $"{threads}"]).Seconds))];
                double all = each.Sum(p => p.Seconds);
                return new(all, "seconds", string.Join(", ", each.Select(p => FormattableString.Invariant($"{p.Phase} {p.Seconds:0.0} s ({p.Seconds / all:0 %})"))));
            }
            finally
            {
                if (Directory.Exists(run)) Directory.Delete(run, recursive: true);
            }
        }),
    ]);

    static IEnumerable<string> Sources(StudyRequest study) =>
        ["--data", .. study.Data, "--in-domain", .. study.InDomain, "--out-of-domain", .. study.OutOfDomain, "--unseen", .. study.Unseen, "--sparsity", .. study.Sparsities.Select(s => FormattableString.Invariant($"{s}"))];
}
