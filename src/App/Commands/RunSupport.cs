using System.CommandLine;
using System.Globalization;
using Heartwood.App.Console;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;

namespace Heartwood.App.Commands;

/// <summary>What every verb with a run folder does: the manifest, the threads, the folder.</summary>
static class RunSupport
{
    /// <summary>An option that may be given several times.</summary>
    public static Option<string[]> Several(string name, string description, string helpName, params string[] aliases) =>
        new(name, aliases)
        {
            Description = description,
            HelpName = helpName,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => []
        };

    /// <summary>The folder of --out.</summary>
    /// <param name="parsed">the command line</param>
    /// <param name="otherwise">the folder where it was not given; null if it must be</param>
    /// <exception cref="ArgumentException">it was not given and must be</exception>
    public static string OutOf(ParseResult parsed, string? otherwise = null) =>
        parsed.GetValue(SharedOptions.Out) ?? otherwise
            ?? throw new ArgumentException("Where should the result go? Give a folder with --out FOLDER.");

    /// <summary>Refuses options that would be given for nothing.</summary>
    /// <param name="parsed">the command line</param>
    /// <param name="because">what makes them idle, for the message: "with --from"</param>
    /// <param name="idle">the options</param>
    /// <exception cref="ArgumentException">one of them was given</exception>
    public static void RefuseIdle(ParseResult parsed, string because, params IEnumerable<Option> idle)
    {
        if (idle.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } given)
            throw new ArgumentException($"{given.Name} says nothing {because}. Leave one of the two out.");
    }

    /// <summary>Opens (or resumes) a run folder.</summary>
    public static RunFolder Open(
        string path, Session session, string modelSha256, IReadOnlyList<DataFacts> data, IReadOnlyList<ulong> seeds, object request,
        Precision precision = Precision.Float32)
    {
        RunFolder folder = RunFolder.Open(path, new(session.Command, Machine.Version, Machine.InOneLine(),
            Tensors.Backends.Machine.BackendAt(precision), Tensors.Backends.Machine.Threads, seeds,
            session.World.Clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            modelSha256, data, RequestText.Flatten(request)),
            session.World.Clock, session.Progress, session.Stop);
        if (folder.Finished) session.World.Say($"The run in {folder.FolderPath} is finished already; nothing is computed again.");
        else if (folder.Resumed) session.World.Say($"Resuming the run in {folder.FolderPath}.");
        return folder;
    }

    /// <summary>Says what will be computed otherwise than in float32, and what that costs where it is slower.</summary>
    /// <exception cref="NotSupportedException">the backend has no such precision</exception>
    public static void Tell(Session session, Precision precision)
    {
        if (Tensors.Backends.Machine.Explain(Tensors.Backends.Machine.BackendAt(precision)) is not { } how) return;
        session.World.Say($"bf16: {how}.");
        if (Tensors.Backends.Machine.WhyBf16IsSlow is { } why)
            session.World.Say(
                $"That is slower than float32 here: {why}. Leave out --precision bf16, unless you want to see what bf16 changes.");
    }

    /// <summary>Sets the number of threads that the command line asks for.</summary>
    public static void UseThreads(ParseResult parsed) => Tensors.Backends.Machine.Threads = parsed.GetValue(SharedOptions.Threads);
}
