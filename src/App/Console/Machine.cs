using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Heartwood.Lab.Runs;

namespace Heartwood.App.Console;

/// <summary>What the manifest says about the machine and the program.</summary>
static partial class Machine
{
    /// <summary>Processor, cores, memory, operating system and .NET version in one line.</summary>
    public static string InOneLine() => string.Join(", ",
        Processor(), $"{Environment.ProcessorCount} cores", $"{DiskSpace.InWords(Memory)} memory",
        RuntimeInformation.OSDescription.Trim(), RuntimeInformation.FrameworkDescription);

    /// <summary>Memory that this process may use, in bytes; a container's limit counts.</summary>
    public static long Memory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Heartwood's version, with the commit where the build knew it: "0.1.0+3c2a…".</summary>
    public static string Version { get; } =
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The command line as a shell would take it.</summary>
    public static string Command(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(Quoted).Prepend("heartwood"));

    /// <summary>The processor's name, or its architecture where the system does not tell.</summary>
    static string Processor()
    {
        const string facts = "/proc/cpuinfo";
        string? named = File.Exists(facts) ? NameIn(File.ReadLines(facts)) : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return named ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    internal static string? NameIn(IEnumerable<string> cpuinfo) => cpuinfo
        .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
        .FirstOrDefault(fact => fact is ["model name" or "Model" or "Hardware" or "cpu model", { Length: > 0 }])?[1];

    static string Quoted(string argument) => Plain().IsMatch(argument) ? argument : $"'{argument.Replace("'", @"'\''")}'";

    [GeneratedRegex(@"\A[A-Za-z0-9_@%+=:,./-]+\z")]
    private static partial Regex Plain();
}
