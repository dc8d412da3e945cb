using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Heartwood.Lab.Exports;

/// <summary>
/// The program in <c>checks/</c>, which has the libraries of others that load what exports write (ONNX Runtime, llama.cpp). It is no part
/// of Heartwood's own program, since these libraries are native code.
/// </summary>
static class ChecksProgram
{
    internal const string Variable = "HEARTWOOD_CHECKS";

    /// <summary>How it is had, for who has it not.</summary>
    internal const string HowToGet = $"build it with \"dotnet build checks -c Release\" and name the built heartwood-checks in {Variable}";

    /// <summary>How names are written between the two programs.</summary>
    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web);

    /// <summary>Where it is: what HEARTWOOD_CHECKS names, else next to this program; null where it is not.</summary>
    /// <exception cref="FileNotFoundException">the variable names no file</exception>
    internal static string? Find() => Find(Environment.GetEnvironmentVariable(Variable), AppContext.BaseDirectory);

    /// <summary>The same with what the variable says, and the folder of this program.</summary>
    internal static string? Find(string? variable, string folder)
    {
        if (variable is { Length: > 0 } named)
            return File.Exists(named) ? named
                : throw new FileNotFoundException($"{Variable} is {named}, and there is no such file. Name the program that checks/ "
                    + "builds, or unset it.");
        string beside = Path.Combine(folder, OperatingSystem.IsWindows() ? "heartwood-checks.exe" : "heartwood-checks");
        return File.Exists(beside) ? beside : null;
    }

    /// <summary>Asks it about files.</summary>
    /// <param name="program">the program</param>
    /// <param name="of">which library is asked: onnx, llama</param>
    /// <param name="files">the files</param>
    /// <param name="question">the question, in JSON as its source says</param>
    /// <param name="stop">ends it</param>
    /// <returns>its answers</returns>
    /// <exception cref="InvalidDataException">it fails; the message is its own</exception>
    internal static TAnswers Ask<TQuestion, TAnswers>(
        string program, string of, IReadOnlyList<string> files, TQuestion question, CancellationToken stop)
    {
        string asked = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(asked, JsonSerializer.SerializeToUtf8Bytes(question, Json));
            return JsonSerializer.Deserialize<TAnswers>(Run(program, [of, asked, .. files], stop), Json)!;
        }
        finally
        {
            File.Delete(asked);
        }
    }

    /// <summary>Runs it.</summary>
    /// <returns>what it prints</returns>
    /// <exception cref="InvalidDataException">it fails; the message is its own</exception>
    internal static byte[] Run(string program, IReadOnlyList<string> words, CancellationToken stop)
    {
        bool library = program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        ProcessStartInfo start = new(library ? "dotnet" : program, library ? [program, .. words] : words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            using CancellationTokenRegistration ended = stop.Register(() => End(process));
            Task<string> complaint = process.StandardError.ReadToEndAsync(CancellationToken.None);
            using MemoryStream printed = new();
            process.StandardOutput.BaseStream.CopyTo(printed);
            process.WaitForExit();
            stop.ThrowIfCancellationRequested();
            if (process.ExitCode != 0)
                throw new InvalidDataException($"{program} ended with {process.ExitCode}: {complaint.Result.Trim()}");
            return printed.ToArray();
        }
        catch (Win32Exception fault)
        {
            throw new InvalidDataException(
                $"{program} cannot be started: {fault.Message} Set {Variable} to the program of checks/.", fault);
        }
    }

    static void End(Process process)
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
    }
}
