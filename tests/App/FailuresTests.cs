using Heartwood.App.Commands;
using Heartwood.App.Console;
using Heartwood.Lab.Runs;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.App;

public sealed class FailuresTests
{
    readonly World world = new();
    readonly List<int> exits = [];

    [Fact]
    public void Our_own_exceptions_are_statements_and_the_runtimes_are_bugs()
    {
        Assert.True(Failures.IsExpected(Thrown(() => throw new KeyNotFoundException("No tensor 'x'."))));
        Assert.True(Failures.IsExpected(Thrown(() => throw new FormatException("'x' is not a part."))));
        Assert.True(Failures.IsExpected(Thrown(() => File.ReadAllText("/no/such/file"))));
        Assert.False(Failures.IsExpected(Thrown(() => _ = new Dictionary<string, int>()["x"])));
        Assert.False(Failures.IsExpected(Thrown(() => int.Parse("x", null))));
        Assert.False(Failures.IsExpected(Thrown(() => ((string)null!).Trim())));
        Assert.False(Failures.IsExpected(Thrown(() => throw new OperationCanceledException())));
    }

    [Fact]
    public void A_bug_says_so_and_asks_for_the_stack()
    {
        Assert.Equal(1, Run(_ => new Dictionary<string, int>()["x"].ToString()));
        Assert.Equal("Error: The given key 'x' was not present in the dictionary. (KeyNotFoundException; this is a bug of Heartwood: run it again with --verbose for the stack, and report it.)\n", world.Error.ToString());
    }

    [Fact]
    public void An_arguments_name_is_not_shown_to_the_user()
    {
        Assert.Equal(1, Run(_ => throw new ArgumentException("Sparsity runs from 0 to 1.", "sparsity")));
        Assert.Equal("Error: Sparsity runs from 0 to 1.\n", world.Error.ToString());
    }

    [Fact]
    public void Of_several_failures_the_one_that_is_not_a_cancellation_is_told()
    {
        Assert.Equal(1, Run(_ => throw new AggregateException(new OperationCanceledException(), new AggregateException(new IOException("No space is left.")))));
        Assert.Equal("Error: No space is left.\n", world.Error.ToString());
    }

    [Fact]
    public void The_first_press_stops_after_the_step_and_the_second_ends_at_once()
    {
        Surroundings surroundings = world.Redirected();
        using Interruption interruption = new(surroundings, resumes: true, exits.Add);
        interruption.Press();
        Assert.True(interruption.Token.IsCancellationRequested);
        Assert.Empty(exits);
        Assert.StartsWith("Stopping after this step; run the same command to resume.", world.Error.ToString());
        interruption.Press();
        Assert.Equal([130], exits);
    }

    [Theory]
    [InlineData("INT", nameof(WaitingCommand.Waits_and_resumes), "Stopping after this step; run the same command to resume. Press again to end at once.\nStopped. Run the same command to resume.\n")]
    [InlineData("TERM", nameof(WaitingCommand.Waits_and_does_not_resume), "Stopping. Press again to end at once.\nStopped.\n")]
    public void A_signal_stops_the_command_with_exit_code_130(string signal, string command, string said)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no kill.");
        if (signal == "INT") Program.NeedsInterrupts();
        using TemporaryFolder temporary = new();
        using Child child = new(typeof(WaitingCommand), command, temporary.Path);      // not this process: other tests run in it
        child.WaitUntil(() => File.Exists(temporary.At("waiting")));
        using (var kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", $"{child.Id}"])) kill.WaitForExit();
        child.WaitForExit();
        Assert.Equal($"130: {said}", File.ReadAllText(temporary.At("ended")));
    }

    [Fact]
    public void A_cancellation_that_nobody_asked_for_is_a_bug()
    {
        Assert.Equal(1, Run(_ => throw new OperationCanceledException()));
        Assert.Contains("this is a bug", world.Error.ToString());
    }

    int Run(Action<Session> act) => CommandLine.Run(["act"], world.Redirected(),
        [new("act", "Acts.", "act") { Run = (_, session) => act(session) }], exits.Add);

    static Exception Thrown(Action act) => Record.Exception(act)!;
}

/// <summary>Commands in processes of their own, run only by the test above.</summary>
public sealed class WaitingCommand
{
    [Fact(Explicit = true)]
    public void Waits_and_resumes() => Wait(resumes: true);

    [Fact(Explicit = true)]
    public void Waits_and_does_not_resume() => Wait(resumes: false);

    static void Wait(bool resumes)
    {
        World world = new();
        int code = CommandLine.Run(["wait"], world.Redirected(), [new("wait", "Waits.", "wait")
        {
            Resumes = resumes,
            Run = (_, session) =>
            {
                File.WriteAllText(Path.Combine(Child.Folder, "waiting"), "");
                session.Stop.WaitHandle.WaitOne(60_000);
                session.Stop.ThrowIfCancellationRequested();
            },
        }]);
        Atomic.WriteFile(Path.Combine(Child.Folder, "ended"), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes($"{code}: {world.Error}")));
    }
}
