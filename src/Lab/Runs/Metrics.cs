using System.Text;
using System.Text.Json;
using Heartwood.Lab.Json;

namespace Heartwood.Lab.Runs;

/// <summary>
/// Figures of a run as they come, one JSON object a line, each with a whole number "step". Every line reaches the
/// operating system before <see cref="Append"/> returns, so a kill loses none. May be called from several threads.
/// </summary>
public sealed class Metrics : IDisposable
{
    readonly Lock gate = new();
    readonly FileStream stream;
    readonly string path;

    /// <summary>Opens the file for appending, after removing what a resumed run will write again.</summary>
    /// <param name="path">the file; made where it is missing</param>
    /// <param name="lastStep">the step that the run resumes from: later lines are dropped, and so is a torn last line</param>
    /// <exception cref="InvalidDataException">a line before the last is not a JSON object with a "step"</exception>
    internal Metrics(string path, long lastStep)
    {
        this.path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (File.Exists(path)) KeepUntil(path, lastStep);
        stream = new(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>Adds one line.</summary>
    /// <param name="step">the step that the figures belong to</param>
    /// <param name="figures">an object whose properties become the line's, after "step"; for example <c>new { loss, accuracy }</c></param>
    /// <exception cref="IOException">the disk is full; the lines before are kept</exception>
    public void Append<T>(long step, T figures) where T : notnull
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            JsonElement written = JsonSerializer.SerializeToElement(figures, JsonWriting.Kept);
            foreach (JsonProperty figure in written.EnumerateObject()) figure.WriteTo(json);
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        lock (gate)
            try { stream.Write(line.GetBuffer(), 0, (int)line.Length); }
            catch (IOException e) when (DiskSpace.IsFull(e)) { throw DiskSpace.Full(path, e); }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => stream.Dispose();

    static void KeepUntil(string path, long lastStep)
    {
        byte[] bytes = File.ReadAllBytes(path);
        List<Range> kept = [];
        int start = 0;
        for (int number = 1; Array.IndexOf(bytes, (byte)'\n', start) is var end and >= 0; number++, start = end + 1)
            if (StepOf(bytes.AsMemory(start..end)) is not long step)
            {
                if (end + 1 < bytes.Length)
                    throw new InvalidDataException($"{path}, line {number}: expected a JSON object with a whole number \"step\", found "
                        + $"'{Encoding.UTF8.GetString(bytes[start..end])}'. Remove the line, or give another folder with --out.");
            }
            else if (step <= lastStep) kept.Add(start..(end + 1));
        if (kept.Sum(line => line.End.Value - line.Start.Value) == bytes.Length) return;
        Atomic.WriteFile(path, file => { foreach (Range line in kept) file.Write(bytes.AsSpan(line)); });
    }

    static long? StepOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("step", out JsonElement step)
                && step.ValueKind == JsonValueKind.Number && step.TryGetInt64(out long value) ? value : null;
        }
        catch (JsonException) { return null; }
    }
}
