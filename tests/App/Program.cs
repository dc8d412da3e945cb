using System.Diagnostics;

namespace Heartwood.Tests.App;

/// <summary>The built program, run as a process of its own.</summary>
sealed class Program : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    readonly Process process;
    readonly Task<string> output, error;

    /// <summary>Skips a test that presses Ctrl+C where processes begin with it ignored, as all that inherit from a background process of a shell without job control.</summary>
    public static void NeedsInterrupts()
    {
        const string status = "/proc/self/status", field = "SigIgn:";
        const int interrupt = 1 << 1;                            // signal 2
        string? ignored = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) : null;
        Assert.SkipWhen(ignored is not null && (Convert.ToUInt64(ignored[field.Length..].Trim(), 16) & interrupt) != 0,
            "Ctrl+C is ignored here: this was begun in the background by a shell without job control. Run it in the foreground.");
    }

    /// <summary>Starts <c>heartwood</c> with these words.</summary>
    public Program(params IEnumerable<string> arguments) : this(new Dictionary<string, string?>(), arguments) { }

    /// <summary>The same with variables set (or removed, where null).</summary>
    public Program(IReadOnlyDictionary<string, string?> variables, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "heartwood.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        process = Process.Start(start)!;
        (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <summary>The process's number.</summary>
    public int Id => process.Id;

    /// <summary>Runs it to its end.</summary>
    public static (int Code, string Out, string Error) Run(params IEnumerable<string> arguments)
    {
        using Program program = new(arguments);
        return program.End();
    }

    /// <summary>Waits for its end.</summary>
    public (int Code, string Out, string Error) End()
    {
        Assert.True(process.WaitForExit(Patience), "heartwood did not end.");
        return (process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Waits until something is so; false if the process ended before.</summary>
    public bool Until(Func<bool> so)
    {
        for (long began = Stopwatch.GetTimestamp(); !so(); Thread.Sleep(1))
        {
            if (process.HasExited) return so();
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, "heartwood did nothing for long.");
        }
        return true;
    }

    /// <summary>Kills it: no handler runs.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>What Ctrl+C sends.</summary>
    public void Interrupt()
    {
        using Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) Kill();
        process.Dispose();
    }
}
