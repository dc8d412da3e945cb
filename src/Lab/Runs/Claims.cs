using System.Globalization;
using System.Text;
using System.Text.Json;
using Heartwood.Lab.Json;

namespace Heartwood.Lab.Runs;

/// <summary>
/// Who is at which job of a run folder. A claim is a file <c>claims/JOB.N</c> that only one process can create. It is never
/// overwritten: a process that takes over from a dead one creates number N + 1, and again only one can. The highest number is the
/// claim; the others go when the job is done.
/// </summary>
/// <param name="folder">the run's folder</param>
/// <param name="clock">measures how long a claim has been without a name</param>
sealed class Claims(string folder, TimeProvider clock)
{
    /// <summary>The folder of claims in a run's folder.</summary>
    public const string Name = "claims";

    // a process that is killed between the creation of a claim and its next line leaves a claim without a name
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    const string Free = "free";                                                  // what a claim says that was given back

    readonly Lock gate = new();
    readonly Dictionary<string, long> nameless = [];

    /// <summary>Takes a job, if nobody who lives has it.</summary>
    /// <param name="job">the job's name, as <see cref="RunFolder.PathOf"/> takes it</param>
    /// <param name="holder">who has it, where that is somebody else; null where that one has not yet written its name</param>
    /// <returns>the claim, to be ended; null where another process, or another thread of this one, has it</returns>
    /// <exception cref="IOException">it is claimed on another machine, or the folder cannot be written</exception>
    public Claim? TryTake(string job, out Claimant? holder)
    {
        while (true)
        {
            int last = Last(job);
            bool lastHasNoName = false;
            if (last > 0)
            {
                State state = Read(FileOf(job, last), out holder);
                if (state == State.Gone) continue;
                if (state == State.Claimed && IsHeld(job, last, holder!)) return null;
                lastHasNoName = state == State.Nameless;
                if (lastHasNoName && !IsGivenUp(FileOf(job, last))) return null;
            }
            holder = null;
            string file = FileOf(job, last + 1);
            if (!Create(file)) continue;
            // one of the two sees the other: the slow one, whose claim was taken for a dead one's, or the one who took it so
            bool overtaken = File.Exists(FileOf(job, last + 2));
            bool wrong = lastHasNoName && Read(FileOf(job, last), out Claimant? slow) == State.Claimed && IsHeld(job, last, slow!);
            if (!overtaken && !wrong) return new(this, job, last + 1);
            Release(file);
        }
    }

    /// <summary>Whether a living process has a claim.</summary>
    /// <exception cref="IOException">it is another machine's</exception>
    bool IsHeld(string job, int number, Claimant holder)
    {
        if (holder.IsOfThisMachine) return holder.Lives;
        throw new IOException(
            $"{job} of the run in '{folder}' is claimed by {holder}, and this is {Environment.MachineName}: "
            + "whether that process lives cannot be seen from here. A folder is for the processes of one machine: "
            + "go on there, or give another folder with --out. If that process is dead, delete "
            + $"{FileOf(job, number)} and run the same command again.");
    }

    bool IsGivenUp(string file)
    {
        lock (gate)
        {
            if (nameless.TryGetValue(file, out long since)) return clock.GetElapsedTime(since) > Patience;
            nameless[file] = clock.GetTimestamp();
            return false;
        }
    }

    int Last(string job)
    {
        int number = 0;
        while (File.Exists(FileOf(job, number + 1))) number++;
        return number;
    }

    string FileOf(string job, int number) =>
        Path.Combine(folder, Name, string.Create(CultureInfo.InvariantCulture, $"{job.Replace('/', '+')}.{number}"));

    /// <summary>Creates a claim, if there is none of this number.</summary>
    static bool Create(string file)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using FileStream stream = new(file, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            JsonSerializer.Serialize(stream, Claimant.ThisProcess, JsonWriting.Kept);
            return true;
        }
        catch (DirectoryNotFoundException) { return false; }                      // a finished run removed it this moment
        catch (IOException e) when (DiskSpace.IsFull(e))
        {
            File.Delete(file);
            throw DiskSpace.Full(file, e);
        }
        catch (IOException) when (File.Exists(file)) { return false; }
    }

    enum State
    {
        Gone,                                                                    // the job is done
        Nameless,                                                                // created, and not yet written
        Free,                                                                    // given back before the job was done
        Claimed,
    }

    static State Read(string file, out Claimant? holder)
    {
        holder = null;
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using StreamReader reader = new(stream);
            string text = reader.ReadToEnd();
            if (text.StartsWith(Free, StringComparison.Ordinal)) return State.Free;
            holder = JsonSerializer.Deserialize<Claimant>(text, JsonWriting.Kept);
            return holder is null ? State.Nameless : State.Claimed;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException) { return State.Gone; }
        catch (JsonException) { return State.Nameless; }
    }

    static void Release(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.Write(Encoding.ASCII.GetBytes(Free));
    }

    /// <summary>A job that is this thread's until the claim is ended: by <see cref="Done"/>, or else given back for others to do.</summary>
    internal sealed class Claim(Claims claims, string job, int number) : IDisposable
    {
        /// <summary>Whether the job is done, so that the claims on it go.</summary>
        public bool Done { get; set; }

        /// <summary>Ends the claim.</summary>
        public void Dispose()
        {
            try
            {
                if (Done)
                    for (int n = number; n > 0; n--) File.Delete(claims.FileOf(job, n));
                else Release(claims.FileOf(job, number));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }       // it ends with the process
        }
    }
}
