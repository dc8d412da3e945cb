using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Heartwood.Bench.Harness;

/// <summary>
/// A peer's process. One line goes in and one comes back, after a first one with its versions:
/// a case (a JSON object with an id) gives {"ready": configuration, "seconds": in the trial}, or {"error": why};
/// "go id passes repeats" gives the median seconds of the repeats, after that many passes unmeasured; "drop id" gives "dropped".
/// </summary>
sealed class PeerProcess : IDisposable
{
    static readonly string[] tuning = ["OMP_", "GOMP_", "OPENBLAS_", "GOTO_", "MKL_", "ONEDNN_", "DNNL_", "ATEN_", "MALLOC_", "GLIBC_"];
    readonly Process process;
    readonly Queue<string> complaints = [];
    int cases;

    /// <summary>Starts the process and reads its versions.</summary>
    /// <exception cref="PeerException">it did not start</exception>
    public PeerProcess(PeerProgram program, PeerEnvironment environment, int threads)
    {
        string folder = Repository.Path("bench", "peers");
        ProcessStartInfo start = program.Script.EndsWith(".py", StringComparison.Ordinal)
            ? new(Interpreters.Python(), ["-u", Path.Combine(folder, program.Script)])
            : new(Interpreters.Node(folder), [Path.Combine(folder, program.Script)]);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        foreach (string inherited in start.Environment.Keys.Where(IsTuning).ToArray())
            start.Environment.Remove(inherited);                 // a shell's settings would decide how fast the peer is
        foreach (string variable in (string[])["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PEER_THREADS"])
            start.Environment[variable] = threads.ToString(CultureInfo.InvariantCulture);
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        foreach (var (name, value) in environment.Variables) start.Environment[name] = value;
        process = Process.Start(start) ?? throw new PeerException($"{start.FileName} did not start.");
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginErrorReadLine();
        Versions = Object(Read()).ToDictionary(v => v.Key, v => v.Value!.GetValue<string>());
    }

    /// <summary>What the peer is made of: name and version.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; }

    /// <summary>Processor time that the process has taken.</summary>
    public double Seconds
    {
        get
        {
            process.Refresh();
            return process.HasExited ? 0 : process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Sets a case up, tries its configurations and keeps the fastest.</summary>
    /// <exception cref="PeerException">the peer cannot do it</exception>
    public PeerCase Prepare(JsonObject request)
    {
        JsonObject body = request.DeepClone().AsObject();
        body["id"] = ++cases;
        JsonObject answer = Object(Ask(body.ToJsonString(Json.Line)));
        return answer["error"] is { } error ? throw new PeerException(error.GetValue<string>())
            : new(this, cases, answer["ready"]!.GetValue<string>(), answer["seconds"]!.GetValue<double>());
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        try
        {
            process.StandardInput.Close();                       // the peer ends with its input
            if (!process.WaitForExit(2000)) process.Kill();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // it has ended by itself
        }
        process.Dispose();
    }

    /// <summary>Sends a line and waits for the answer.</summary>
    /// <exception cref="PeerException">the process has ended</exception>
    internal string Ask(string line)
    {
        try
        {
            process.StandardInput.WriteLine(line);
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            throw Ended();
        }
        return Read();
    }

    static bool IsTuning(string variable) => tuning.Any(t => variable.StartsWith(t, StringComparison.Ordinal));

    string Read() => process.StandardOutput.ReadLine() ?? throw Ended();

    PeerException Ended()
    {
        process.WaitForExit(2000);
        lock (complaints)
        {
            string said = complaints.Count > 0 ? string.Join(' ', complaints.TakeLast(2)) : "it said nothing";
            return new($"its process ended: {said}");
        }
    }

    void Note(string? complaint)
    {
        if (string.IsNullOrWhiteSpace(complaint)) return;
        lock (complaints)
        {
            complaints.Enqueue(complaint.Trim());
            if (complaints.Count > 20) complaints.Dequeue();
        }
    }

    static JsonObject Object(string line)
    {
        try
        {
            return JsonNode.Parse(line)!.AsObject();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new PeerException($"expected a JSON object, found '{line}'");
        }
    }
}

/// <summary>A case that stands ready in a peer's process.</summary>
/// <param name="Process">where</param>
/// <param name="Id">as the process knows it</param>
/// <param name="Configuration">the fastest that was found</param>
/// <param name="Seconds">of one call, in the trial</param>
sealed record PeerCase(PeerProcess Process, int Id, string Configuration, double Seconds)
{
    /// <summary>One turn: some passes unmeasured, then the median seconds of the repeats.</summary>
    public double Go(int passes, int repeats)
    {
        string answer = Process.Ask(string.Create(CultureInfo.InvariantCulture, $"go {Id} {passes} {repeats}"));
        return double.TryParse(answer, CultureInfo.InvariantCulture, out double seconds) ? seconds
            : throw new PeerException($"expected seconds, found '{answer}'");
    }

    /// <summary>Lets the process give the case's memory back.</summary>
    public void Drop()
    {
        try
        {
            Process.Ask($"drop {Id}");
        }
        catch (PeerException)
        {
            // it has ended, and its memory is given back
        }
    }
}

/// <summary>Why a peer cannot be measured: it is then shown as absent, with this reason.</summary>
sealed class PeerException(string message) : Exception(message);
