namespace Heartwood.Bench.Harness;

/// <summary>The peers' processes: one per program, environment and number of threads, started when first needed.</summary>
sealed class PeerPool : IDisposable
{
    readonly Dictionary<(string Program, string Environment, int Threads), PeerProcess> running = [];
    readonly Dictionary<string, string> absent = [];

    /// <summary>Versions of the peers that were started.</summary>
    public SortedDictionary<string, string> Versions { get; } = new(StringComparer.Ordinal);

    /// <summary>A peer, ready for a case in the environment and configuration that is its fastest.</summary>
    /// <exception cref="PeerException">it cannot be measured in any</exception>
    public PeerCase Ready(Peer peer, int threads)
    {
        if (absent.TryGetValue(peer.Program.Name, out string? why)) throw new PeerException(why);
        PeerCase? best = null;
        PeerException? failure = null;
        foreach (PeerEnvironment environment in peer.Environments)
        {
            try
            {
                PeerCase ready = Running(peer.Program, environment, threads).Prepare(peer.Request);
                if (environment.Name.Length > 0) ready = ready with { Configuration = $"{ready.Configuration}, {environment.Name}" };
                (best, PeerCase? slower) = best is null || ready.Seconds < best.Seconds ? (ready, best) : (best, ready);
                slower?.Drop();
            }
            catch (PeerException e)
            {
                failure = e;
                Forget(peer.Program, environment, threads);
            }
        }
        return best ?? throw failure!;
    }

    /// <summary>
    /// Ends all processes; the next case gets new ones. They keep the memory that they have had: all entries' together do not
    /// fit into a small machine.
    /// </summary>
    public void End()
    {
        foreach (PeerProcess process in running.Values) process.Dispose();
        running.Clear();
    }

    public void Dispose() => End();

    PeerProcess Running(PeerProgram program, PeerEnvironment environment, int threads)
    {
        if (running.TryGetValue((program.Name, environment.Name, threads), out PeerProcess? process)) return process;
        try
        {
            process = new(program, environment, threads);
        }
        catch (PeerException e)
        {
            absent[program.Name] = e.Message;
            throw;
        }
        foreach (var (name, version) in process.Versions) Versions[name] = version;
        return running[(program.Name, environment.Name, threads)] = process;
    }

    // the next case gets a new process: this one may be in the middle of an answer
    void Forget(PeerProgram program, PeerEnvironment environment, int threads)
    {
        if (running.Remove((program.Name, environment.Name, threads), out PeerProcess? process)) process.Dispose();
    }
}
