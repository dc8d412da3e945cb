using Heartwood.Bench.Harness;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;

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
            double megabytes = Directory.EnumerateFiles(folder).Sum(f => new FileInfo(f).Length) / 1e6;
            return new(Measuring.Median(starts), "seconds", FormattableString.Invariant($"{megabytes:0.0} MB published"));
        }) with { Target = Target.AtMost(0.2, "200 ms"), Threads = [1] },

        Case.Figured("the demo, all phases", threads =>
        {
            string run = Path.Combine(Path.GetTempPath(), $"heartwood-bench-{Environment.ProcessId}");
            string[] search = [.. Sources(EmbeddedStudy.Study), "--out", run];
            try
            {
                List<(string Phase, double Seconds)> each = [];
                foreach (string phase in phases)
                {
                    string[] words = [Programs.Heartwood, phase, .. phase == "find" ? search : [run], "--threads", $"{threads}"];
                    each.Add((phase, Programs.Run("dotnet", words).Seconds));
                }
                double all = each.Sum(p => p.Seconds);
                string Share((string Phase, double Seconds) part) =>
                    FormattableString.Invariant($"{part.Phase} {part.Seconds:0.0} s ({part.Seconds / all:0 %})");
                return new(all, "seconds", string.Join(", ", each.Select(Share)));
            }
            finally
            {
                if (Directory.Exists(run)) Directory.Delete(run, recursive: true);
            }
        }),
    ]);

    static string OptionFor(Role role) => role switch
    {
        Role.Train => "--data",
        Role.InDomain => "--in-domain",
        Role.OutOfDomain => "--out-of-domain",
        _ => "--unseen",
    };

    static IEnumerable<string> Sources(StudyRequest study) =>
    [
        .. study.Sets.SelectMany(set => (string[])[OptionFor(set.Role), set.Data]),
        "--sparsity", .. study.Sparsities.Select(s => FormattableString.Invariant($"{s}")),
    ];
}
