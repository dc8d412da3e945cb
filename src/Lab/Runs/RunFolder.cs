using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Heartwood.Lab.Runs;

/// <summary>
/// A run: one folder that one process holds, with <c>manifest.json</c> written before the work begins, every file whole
/// at every moment, and the results of finished stages kept so that the same command resumes where a stop, a kill or a
/// full disk left it. Its methods may be called from several threads.
/// </summary>
public sealed partial class RunFolder : IDisposable
{
    const string ManifestName = "manifest.json", FinishedName = "finished", SecondsName = "seconds";

    /// <summary>How a run's own files are written: camelCase, NaN and infinities by name, every float to the last bit.</summary>
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    readonly FileStream held;
    readonly TimeProvider clock;
    readonly long opened;
    readonly double secondsBefore;

    RunFolder(string path, FileStream held, Manifest manifest, bool resumed, TimeProvider clock)
    {
        (FolderPath, this.held, Manifest, Resumed, this.clock) = (path, held, manifest, resumed, clock);
        opened = clock.GetTimestamp();
        secondsBefore = Has(SecondsName) ? double.Parse(File.ReadAllText(PathOf(SecondsName)), CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>The folder's full path.</summary>
    public string FolderPath { get; }

    /// <summary>What was asked: of the first start, where this is a resumed run.</summary>
    public Manifest Manifest { get; }

    /// <summary>Whether an earlier process began this run.</summary>
    public bool Resumed { get; }

    /// <summary>Whether the run is complete, so that there is nothing left to do.</summary>
    public bool Finished => Has(FinishedName);

    /// <summary>How long the run has taken so far, the parts before each resume included, in seconds.</summary>
    public double Seconds => secondsBefore + clock.GetElapsedTime(opened).TotalSeconds;

    /// <summary>Begins a run in a new or empty folder, or resumes the one that the folder holds; the folder is this process's until disposed or dead.</summary>
    /// <param name="path">the folder</param>
    /// <param name="manifest">what is asked; written if the run is new, compared with what was asked first if not</param>
    /// <param name="clock">measures <see cref="Seconds"/>; the system's where null</param>
    /// <exception cref="IOException">another process has the folder, it holds another run or files of something else, or it cannot be written</exception>
    public static RunFolder Open(string path, Manifest manifest, TimeProvider? clock = null)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(path)) throw new IOException($"The run folder '{path}' is a file. Give a folder with --out.");
        RefuseForeignFiles(path);
        FileStream held = RunLock.Take(path);
        try
        {
            Atomic.Recover(path);
            string file = Path.Combine(path, ManifestName);
            bool resumed = File.Exists(file);
            if (!resumed) Atomic.WriteFile(file, stream => JsonSerializer.Serialize(stream, manifest, Json));
            Manifest first = resumed ? ReadManifest(file) : manifest;
            if (resumed) ManifestDifferences.Refuse(path, first, manifest);
            return new(path, held, first, resumed, clock ?? TimeProvider.System);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens a run that was begun before, whatever it was asked.</summary>
    /// <exception cref="IOException">the folder holds no run, or another process has it</exception>
    public static RunFolder Reopen(string path, TimeProvider? clock = null)
    {
        string file = Path.Combine(path, ManifestName);
        return File.Exists(file) ? Open(path, ReadManifest(file), clock)
            : throw new IOException($"'{path}' {(Directory.Exists(path) ? $"has no {ManifestName}: it holds no run" : "is no folder")}. Give the folder that --out named when the run was made, for example with: heartwood find … --out {path}");
    }

    /// <summary>The full path of a file or folder of this run.</summary>
    /// <param name="name">letters, digits and <c>. _ -</c>, with <c>/</c> between folders: "checkpoints/step-100"</param>
    /// <exception cref="ArgumentException">the name is written otherwise, or would leave the folder</exception>
    public string PathOf(string name) => Name().IsMatch(name) && !name.EndsWith(Atomic.Unfinished, StringComparison.OrdinalIgnoreCase)
        ? Path.Combine(FolderPath, name)
        : throw new ArgumentException($"'{name}' is not a name for a run's file. Use letters, digits, '.', '_' and '-', '/' between folders, begin each with a letter or digit, and do not end with {Atomic.Unfinished}.");

    /// <summary>Whether the run has this file or folder.</summary>
    public bool Has(string name) => Path.Exists(PathOf(name));

    /// <summary>Writes a file through a stream, whole or not at all.</summary>
    public void Write(string name, Action<Stream> write) => Atomic.WriteFile(Writable(name), write);

    /// <summary>Writes a file of bytes, whole or not at all.</summary>
    public void WriteBytes(string name, ReadOnlyMemory<byte> bytes) => Write(name, stream => stream.Write(bytes.Span));

    /// <summary>Writes a file of text in UTF-8, whole or not at all.</summary>
    public void WriteText(string name, string text) => WriteBytes(name, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a value as JSON, whole or not at all.</summary>
    public void WriteJson<T>(string name, T value) => Write(name, stream => JsonSerializer.Serialize(stream, value, Json));

    /// <summary>Writes a folder of files, for example a model's; see <see cref="Atomic.WriteFolder"/>.</summary>
    public void WriteFolder(string name, Action<string> write) => Atomic.WriteFolder(Writable(name), write, replace: true);

    /// <summary>Reads a value that <see cref="WriteJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">the file is not such a value</exception>
    public T ReadJson<T>(string name) => Read<T>(PathOf(name), $"Delete the file and run the same command again: what it held is computed anew.");

    /// <summary>Opens a file of figures, one JSON object a line, for appending.</summary>
    /// <param name="name">its name, for example "metrics.jsonl"</param>
    /// <param name="lastStep">the step that the run resumes from; lines of later steps are dropped</param>
    public Metrics Metrics(string name, long lastStep = long.MaxValue) => new(Writable(name), lastStep);

    /// <summary>The result of a stage: computed and kept in <c>stages/NAME.json</c> the first time, read from there when the run resumes.</summary>
    /// <param name="name">the stage's name, unique in the run, written as for <see cref="PathOf"/>: "find/seed-3"</param>
    /// <param name="compute">computes the result; it is handed on as read back from JSON, so that a resumed run sees the same to the last bit</param>
    public T Stage<T>(string name, Func<T> compute)
    {
        string file = $"stages/{name}.json";
        if (!Has(file))
        {
            WriteJson(file, compute());
            KeepSeconds();
        }
        return ReadJson<T>(file);
    }

    /// <summary>Refuses the run now if its disk has fewer bytes free than it will write.</summary>
    /// <exception cref="IOException">fewer bytes are free</exception>
    public void RequireSpace(long bytes) => DiskSpace.Require(FolderPath, bytes);

    /// <summary>Marks the run complete.</summary>
    public void Finish()
    {
        KeepSeconds();
        Atomic.WriteFile(PathOf(FinishedName), _ => { });
    }

    /// <summary>Lets the folder go, for another process to resume.</summary>
    public void Dispose()
    {
        if (!Finished)
            try { KeepSeconds(); } catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }
        held.Dispose();
    }

    void KeepSeconds() => Atomic.WriteFile(PathOf(SecondsName), stream => stream.Write(Encoding.UTF8.GetBytes(Seconds.ToString("R", CultureInfo.InvariantCulture))));

    string Writable(string name) => name is ManifestName or FinishedName or SecondsName
        ? throw new ArgumentException($"'{name}' is written by the run folder itself. Choose another name.") : PathOf(name);

    static void RefuseForeignFiles(string path)
    {
        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, ManifestName))) return;
        string? foreign = Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName)
            .FirstOrDefault(name => !RunLock.Names.Contains(name) && !(name!.StartsWith(ManifestName, StringComparison.Ordinal) && name.EndsWith(Atomic.Unfinished, StringComparison.Ordinal)));
        if (foreign is not null)
            throw new IOException($"The folder '{path}' is not empty and holds no run: it has '{foreign}' and no {ManifestName}. Give a new or empty folder with --out.");
    }

    static Manifest ReadManifest(string file) => Read<Manifest>(file, "Give another folder with --out.");

    static T Read<T>(string file, string nextMove)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            return JsonSerializer.Deserialize<T>(stream, Json)!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} cannot be read: {e.Message} {nextMove}", e);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*\z")]
    private static partial Regex Name();
}
