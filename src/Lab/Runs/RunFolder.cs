using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Heartwood.Lab.Json;

namespace Heartwood.Lab.Runs;

/// <summary>
/// A run: one folder, with <c>manifest.json</c> written before the work begins, every file whole at every moment, and the results of
/// finished jobs kept so that the same command resumes where a stop, a kill or a full disk left it. Several processes may work on
/// one folder: they share its jobs (<see cref="Work(IReadOnlyList{Job})"/>). Its methods may be called from several threads.
/// </summary>
public sealed partial class RunFolder : IDisposable
{
    const string ManifestName = "manifest.json", FinishedName = "finished";

    static readonly string[] OwnFolders = [Claims.Name, RunTimes.Name];

    readonly Claims claims;
    readonly RunTimes times;
    readonly IProgress<Progress>? progress;
    readonly CancellationToken stop;
    bool looking;

    RunFolder(string path, TimeProvider clock, IProgress<Progress>? progress, CancellationToken stop)
    {
        (FolderPath, this.progress, this.stop) = (path, progress, stop);
        (claims, times) = (new(path, clock), new(path, clock));
    }

    /// <summary>The folder's full path.</summary>
    public string FolderPath { get; }

    /// <summary>What was asked: by the first to begin, where this process came later.</summary>
    public Manifest Manifest { get; private set; } = null!;

    /// <summary>Whether another process began this run, earlier or at the same time.</summary>
    public bool Resumed { get; private set; }

    /// <summary>Whether the run is complete, so that there is nothing left to do.</summary>
    public bool Finished => Has(FinishedName);

    /// <summary>
    /// How long the run has taken so far, the parts before each resume included, in seconds; time that several processes shared counts
    /// once.
    /// </summary>
    public double Seconds => times.Seconds;

    /// <summary>Begins a run in a new or empty folder, or joins or resumes the one that the folder holds.</summary>
    /// <param name="path">the folder</param>
    /// <param name="manifest">what is asked; written if the run is new, compared with what was asked first if not</param>
    /// <param name="clock">measures <see cref="Seconds"/>; the system's where null</param>
    /// <param name="progress">is told when this process waits for another's job</param>
    /// <param name="stop">ends such a wait</param>
    /// <exception cref="IOException">the folder holds another run or files of something else, or it cannot be written</exception>
    public static RunFolder Open(string path, Manifest manifest, TimeProvider? clock = null,
        IProgress<Progress>? progress = null, CancellationToken stop = default)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(path)) throw new IOException($"The run folder '{path}' is a file. Give a folder with --out.");
        RefuseForeignFiles(path);
        try { Directory.CreateDirectory(path); }
        catch (IOException e) when (DiskSpace.IsFull(e)) { throw DiskSpace.Full(path, e); }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException) { throw NotWritable(path, e); }
        try
        {
            Atomic.Recover(path);
            RunFolder run = new(path, clock ?? TimeProvider.System, progress, stop);
            run.Begin(manifest);
            return run;
        }
        catch (UnauthorizedAccessException e) { throw NotWritable(path, e); }
    }

    // of several processes that begin at once, one writes the manifest; the others ask whether it asks the same as they do
    void Begin(Manifest manifest)
    {
        Resumed = true;
        Work(new Job(ManifestName, () =>
        {
            Atomic.WriteFile(PathOf(ManifestName), stream => JsonSerializer.Serialize(stream, manifest, JsonWriting.Kept));
            Resumed = false;
        }));
        Manifest = Resumed ? ReadManifest(PathOf(ManifestName)) : manifest;
        if (Resumed) ManifestDifferences.Refuse(FolderPath, Manifest, manifest);
    }

    static IOException NotWritable(string path, Exception because) =>
        new($"The run folder '{path}' cannot be written: {because.Message} Give a folder that you may write with --out.", because);

    /// <summary>Opens a run that was begun before, whatever it was asked.</summary>
    /// <exception cref="IOException">the folder holds no run</exception>
    public static RunFolder Reopen(
        string path, TimeProvider? clock = null, IProgress<Progress>? progress = null, CancellationToken stop = default)
    {
        RefuseNoRun(path);
        return Open(path, ReadManifest(Path.Combine(path, ManifestName)), clock, progress, stop);
    }

    /// <summary>Opens a run that was begun before, to read what it holds: nothing in it changes.</summary>
    /// <exception cref="IOException">the folder holds no run</exception>
    public static RunFolder Look(string path)
    {
        RefuseNoRun(path);
        return new(Path.GetFullPath(path), TimeProvider.System, null, default)
        {
            Manifest = ReadManifest(Path.Combine(path, ManifestName)),
            Resumed = true,
            looking = true,
        };
    }

    static void RefuseNoRun(string path)
    {
        if (File.Exists(Path.Combine(path, ManifestName))) return;
        string found = Directory.Exists(path) ? $"has no {ManifestName}: it holds no run" : "is no folder";
        throw new IOException($"'{path}' {found}. Give the folder that --out named when the run was made, for example with: "
            + $"heartwood find … --out {path}");
    }

    /// <summary>A run inside this one, for the same progress and stop: begun by the same command, on the same machine.</summary>
    /// <param name="name">the folder in this run's folder</param>
    /// <param name="manifest">what is asked of it</param>
    public RunFolder Within(string name, Manifest manifest) => Open(PathOf(name), manifest, null, progress, stop);

    /// <summary>The full path of a file or folder of this run.</summary>
    /// <param name="name">letters, digits and <c>. _ -</c>, with <c>/</c> between folders: "checkpoints/step-100"</param>
    /// <exception cref="ArgumentException">the name is written otherwise, or would leave the folder</exception>
    public string PathOf(string name) => Name().IsMatch(name) && !name.EndsWith(Atomic.Unfinished, StringComparison.OrdinalIgnoreCase)
        ? Path.Combine(FolderPath, name)
        : throw new ArgumentException($"'{name}' is not a name for a run's file. Use letters, digits, '.', '_' and '-', '/' between "
            + $"folders, begin each with a letter or digit, and do not end with {Atomic.Unfinished}.");

    /// <summary>Whether the run has this file or folder.</summary>
    public bool Has(string name) => Path.Exists(PathOf(name));

    /// <summary>Writes a file through a stream, whole or not at all.</summary>
    public void Write(string name, Action<Stream> write) => Atomic.WriteFile(Writable(name), write);

    /// <summary>Writes a file of bytes, whole or not at all.</summary>
    public void WriteBytes(string name, ReadOnlyMemory<byte> bytes) => Write(name, stream => stream.Write(bytes.Span));

    /// <summary>Writes a file of text in UTF-8, whole or not at all.</summary>
    public void WriteText(string name, string text) => WriteBytes(name, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a value as JSON, whole or not at all.</summary>
    public void WriteJson<T>(string name, T value) => Write(name, stream => JsonSerializer.Serialize(stream, value, JsonWriting.Kept));

    /// <summary>Writes a folder of files, for example a model's; see <see cref="Atomic.WriteFolder"/>.</summary>
    public void WriteFolder(string name, Action<string> write) => Atomic.WriteFolder(Writable(name), write, replace: true);

    /// <summary>Reads a value that <see cref="WriteJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">the file is not such a value</exception>
    public T ReadJson<T>(string name) =>
        Read<T>(PathOf(name), "Delete the file and run the same command again: what it held is computed again.");

    /// <summary>Opens a file of figures, one JSON object a line, for appending.</summary>
    /// <param name="name">its name, for example "metrics.jsonl"</param>
    /// <param name="lastStep">the step that the run resumes from; lines of later steps are dropped</param>
    public Metrics Metrics(string name, long lastStep = long.MaxValue) => new(Writable(name), lastStep);

    /// <summary>Refuses the run now if its disk has fewer bytes free than it will write.</summary>
    /// <exception cref="IOException">fewer bytes are free</exception>
    public void RequireSpace(long bytes) => DiskSpace.Require(FolderPath, bytes);

    /// <summary>Keeps how long this process was at the run.</summary>
    public void Dispose()
    {
        if (looking) return;
        try
        {
            if (!Finished) times.Keep();
            else if (Directory.Exists(Path.Combine(FolderPath, Claims.Name))) Directory.Delete(Path.Combine(FolderPath, Claims.Name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }       // another process has a claim in it
    }

    string Writable(string name) => name is ManifestName or FinishedName || OwnFolders.Contains(name.Split('/')[0])
        ? throw new ArgumentException($"'{name}' is written by the run folder itself. Choose another name.") : PathOf(name);

    static void RefuseForeignFiles(string path)
    {
        if (!Directory.Exists(path)) return;
        string? foreign = Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName).FirstOrDefault(IsForeign);
        if (foreign is null || File.Exists(Path.Combine(path, ManifestName))) return;      // another process may have begun it this moment
        throw new IOException($"The folder '{path}' is not empty and holds no run: it has '{foreign}' and no {ManifestName}. "
            + "Give a new or empty folder with --out.");

        static bool IsForeign(string? name) => name != Claims.Name
            && !(name!.StartsWith(ManifestName, StringComparison.Ordinal) && name.EndsWith(Atomic.Unfinished, StringComparison.Ordinal));
    }

    static Manifest ReadManifest(string file) => Read<Manifest>(file, "Give another folder with --out.");

    static T Read<T>(string file, string nextMove)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            return JsonSerializer.Deserialize<T>(stream, JsonWriting.Kept)!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} cannot be read: {e.Message} {nextMove}", e);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*\z")]
    private static partial Regex Name();
}
