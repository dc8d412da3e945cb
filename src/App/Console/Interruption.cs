using System.Runtime.InteropServices;

namespace Heartwood.App.Console;

/// <summary>Ctrl+C and SIGTERM: the first asks the command to stop after its step, the second ends the process at once.</summary>
sealed class Interruption : IDisposable
{
    readonly CancellationTokenSource source = new();            // never disposed: a signal may still be on its way when the command ends
    readonly PosixSignalRegistration[] signals;
    readonly Surroundings world;
    readonly bool resumes;
    readonly Action<int> exit;
    int times;

    /// <summary>Begins to listen.</summary>
    /// <param name="world">where to say that the command is stopping</param>
    /// <param name="resumes">whether the same command, given again, goes on where this one stops</param>
    /// <param name="exit">ends the process with an exit code</param>
    public Interruption(Surroundings world, bool resumes, Action<int> exit)
    {
        (this.world, this.resumes, this.exit) = (world, resumes, exit);
        signals = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    /// <summary>Cancelled at the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>What is said when the command has stopped.</summary>
    public string Farewell => resumes ? "Stopped. Run the same command to resume." : "Stopped.";

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in signals) signal.Dispose();
    }

    void Handle(PosixSignalContext signal)
    {
        signal.Cancel = true;                                     // do not end the process: the command will
        Press();
    }

    internal void Press()
    {
        if (Interlocked.Increment(ref times) == 1)
        {
            world.Say(
                resumes
                    ? "Stopping after this step; run the same command to resume. Press again to end at once."
                    : "Stopping. Press again to end at once.");
            source.Cancel();
            return;
        }
        if (world.Terminal is not null) world.Error.Write("\e[?25h");     // the bars had hidden the cursor
        exit(Failures.Cancelled);
    }
}
