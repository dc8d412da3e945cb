using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Heartwood.Lab.Runs;

/// <summary>A process that has a claim: where it runs, its number there, and when it began, since numbers come again.</summary>
/// <param name="Machine">the machine's name</param>
/// <param name="Process">the process's number on it</param>
/// <param name="Started">
/// when it began, as the machine's own system says it; the same text for anyone who asks, however long the process has lived
/// </param>
public sealed record Claimant(string Machine, int Process, string Started)
{
    /// <summary>This process.</summary>
    public static Claimant ThisProcess { get; } = new(Environment.MachineName, Environment.ProcessId, StartOf(Environment.ProcessId) ?? "");

    /// <summary>Whether it is a process of this machine, so that its life can be seen from here.</summary>
    public bool IsOfThisMachine => Machine == Environment.MachineName;

    /// <summary>Whether the process still lives; asked of processes of this machine only.</summary>
    public bool Lives => StartOf(Process) == Started;

    /// <summary>"process 123 on laptop".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"process {Process} on {Machine}");

    /// <summary>When a living process of this machine began; null where none has the number.</summary>
    internal static string? StartOf(int process) => OperatingSystem.IsLinux() ? StartOnLinux(process) : StartElsewhere(process);

    // ticks since the machine started, and which start that was: unlike a time of day, neither moves when the clock is set
    static string? StartOnLinux(int process)
    {
        string line;
        try { line = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat")); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
        string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');       // after the name, which may hold anything
        const int state = 0, started = 19;
        if (fields[state] is "Z" or "X" or "x") return null;                    // dead, and not yet buried by the process that started it
        return $"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()} {fields[started]}";
    }

    static string? StartElsewhere(int process)
    {
        try
        {
            using Process found = System.Diagnostics.Process.GetProcessById(process);
            return found.HasExited ? null : found.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException) { return null; }
        catch (Win32Exception) { return "not ours to ask"; }                    // it lives, and is another user's
    }
}
