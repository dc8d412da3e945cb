using System.Diagnostics;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>One explicit test, run by a process of its own that can be killed; a file tells it where to work.</summary>
sealed class Child : IDisposable
{
    const string Variable = "HEARTWOOD_TEST_CHILD_FOLDER";
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    readonly Process process;

    /// <summary>Starts this test assembly again, for one explicit test.</summary>
    public Child(Type type, string test, string folder)
    {
        string host = Environment.ProcessPath!, assembly = typeof(Child).Assembly.Location;
        bool shared = Path.GetFileNameWithoutExtension(host) == "dotnet";
        ProcessStartInfo start = new(host, [.. shared ? [assembly] : Array.Empty<string>(), "--explicit", "only", "--filter-method", $"{type.FullName}.{test}", "--no-progress"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [Variable] = folder },
        };
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>In the child: the folder to work in.</summary>
    public static string Folder => Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException($"This test is the other half of another, which starts it in a process of its own with {Variable}.");

    public int Id => process.Id;

    /// <summary>Waits until something is so; fails if the child ends before.</summary>
    public void WaitUntil(Func<bool> so)
    {
        Assert.True(SpinWait.SpinUntil(() => so() || process.HasExited, Patience), "The child did nothing for a minute.");
        Assert.True(so(), "The child ended too early.");
    }

    /// <summary>Kills it (kill -9) and waits until it is dead.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void WaitForExit() => Assert.True(process.WaitForExit(Patience), "The child did not end.");

    public void Dispose()
    {
        if (!process.HasExited) Kill();
        process.Dispose();
    }
}
