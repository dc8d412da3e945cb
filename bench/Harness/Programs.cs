using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Heartwood.Bench.Harness;

/// <summary>
/// Runs programs of ours in processes of their own: the command line, and work of the benchmark that must be alone in its
/// memory.
/// </summary>
static class Programs
{
    /// <summary>The command line as it was built with the benchmark.</summary>
    public static string Heartwood { get; } = Path.Combine(AppContext.BaseDirectory, "heartwood.dll");

    /// <summary>Runs a program to its end.</summary>
    /// <returns>what it wrote, and its seconds from start to end</returns>
    /// <exception cref="InvalidOperationException">it failed; the message ends with what it said</exception>
    public static (string Output, double Seconds) Run(string program, params IEnumerable<string> arguments)
    {
        long began = Stopwatch.GetTimestamp();
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> complaint = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return process.ExitCode == 0 ? (output, seconds)
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {complaint.Result.Trim()}");
    }

    /// <summary>Runs a piece of work of <see cref="Models.Alone"/> in a process of its own.</summary>
    /// <returns>its figures by name</returns>
    /// <exception cref="InvalidOperationException">it failed</exception>
    public static IReadOnlyDictionary<string, double> Alone(string work, int threads, params IEnumerable<string> arguments)
    {
        string[] words = [typeof(Programs).Assembly.Location, Models.Alone.Word, work, threads.ToString(CultureInfo.InvariantCulture)];
        return JsonSerializer.Deserialize<Dictionary<string, double>>(Run("dotnet", [.. words, .. arguments]).Output)!;
    }

    /// <summary>Bytes that this process has in memory, now and at the most; 0 where the system does not say.</summary>
    public static (long Now, long Most) Resident()
    {
        const string file = "/proc/self/status";
        if (!File.Exists(file)) return (0, 0);
        Dictionary<string, string> lines = File.ReadLines(file).Select(l => l.Split(':', 2)).Where(l => l.Length == 2)
            .ToDictionary(l => l[0], l => l[1]);
        return (Bytes("VmRSS"), Bytes("VmHWM"));

        long Bytes(string name)
        {
            string kilobytes = lines[name].Replace("kB", "", StringComparison.Ordinal).Trim();
            return 1024 * long.Parse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture);
        }
    }
}
