using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Heartwood.Bench.Harness;
using Heartwood.Bench.Models;
using Spectre.Console;
using Progress = Heartwood.Bench.Harness.Progress;

namespace Heartwood.Bench;

/// <summary>The program's words: which entries, how many threads, where the rows go.</summary>
static class CommandLine
{
    static readonly Argument<string[]> entries = new("ENTRY")
    {
        Arity = ArgumentArity.OneOrMore,
        HelpName = "ENTRY",
        Description = "Which entries to run; all for every one.",
    };

    static readonly Option<int[]> threads = new("--threads")
    {
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 2],
        Description = "Numbers of threads, each measured.",
    };

    static readonly Option<string?> only = new("--only")
    {
        HelpName = "TEXT",
        Description = "Only the cases whose size contains this text.",
    };

    static readonly Option<string?> json = new("--json")
    {
        HelpName = "FILE",
        Description = "Writes the rows there, an array.",
    };

    static readonly Option<bool> write = new("--write")
    {
        Description = "Puts the rows into bench/results.jsonl and what follows from them into docs/performance.md.",
    };

    /// <summary>The file of kept results.</summary>
    public static string KeptResults => Repository.Path("bench", "results.jsonl");

    /// <summary>The page that shows some of them.</summary>
    public static string ShortPage => Repository.Path("docs", "performance.md");

    /// <summary>Runs one command.</summary>
    /// <returns>0; 1 for a failure, 2 for a misunderstanding, 130 after Ctrl+C</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        RootCommand root = new($"""
            Measures Heartwood's speed next to that of PyTorch and ONNX Runtime, in turn, medians over rounds.

            Entries:
            {string.Join('\n', Entries.All.Select(e => $"  {e.Name,-16} {e.About}"))}
            """) { entries, threads, only, json, write };
        entries.AcceptOnlyFromAmong([.. Entries.All.Select(e => e.Name), "all"]);
        root.Add(Checkpoint(output));
        root.Add(Page(output));
        root.SetAction(parsed => Measure(parsed, output, error));
        InvocationConfiguration configuration = new() { Output = output, Error = error, ProcessTerminationTimeout = null };
        return root.Parse(arguments.Length == 0 ? ["--help"] : arguments).Invoke(configuration);
    }

    static Command Checkpoint(TextWriter output)
    {
        Option<string> size = new("--size")
        {
            Required = true,
            HelpName = "SIZE",
            Description = $"{string.Join(", ", Synthetic.Names)}, or LAYERSxWIDTH.",
        };
        Option<string> folder = new("--out") { Required = true, HelpName = "FOLDER", Description = "Where to; new or empty." };
        const string about = "Writes a BERT of a size with random weights, as a folder that heartwood loads.";
        Command command = new("checkpoint", about) { size, folder };
        command.SetAction(parsed =>
        {
            Synthetic.Write(parsed.GetValue(size)!, parsed.GetValue(folder)!);
            output.WriteLine($"{parsed.GetValue(folder)}: config.json, vocab.txt, model.safetensors");
        });
        return command;
    }

    static Command Page(TextWriter output)
    {
        Command command = new("page", "Prints every row of bench/results.jsonl as one page of Markdown; measures nothing.");
        command.SetAction(_ => output.Write(PerformancePage.Whole(ResultsFile.Read(KeptResults), Entries.About)));
        return command;
    }

    static int Measure(ParseResult parsed, TextWriter output, TextWriter error)
    {
        string[] names = parsed.GetValue(entries)!;
        Entry[] chosen = [.. Entries.All.Where(e => names.Contains("all") || names.Contains(e.Name))];
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = !stop.IsCancellationRequested;        // the second ends the process
            stop.Cancel();
        });
        using PeerPool pool = new();
        bool keep = parsed.GetValue(write);
        Run run = new(pool, new Progress(error, Console.IsErrorRedirected), stop.Token)
        {
            Only = parsed.GetValue(only),
            Threads = parsed.GetValue(threads)!,
            Measured = (entry, whole) =>
            {
                if (keep) Write([entry], whole);
            },
        };
        IReadOnlyList<EntryResults> results = run.Measure(chosen);
        Row[] rows = [.. results.SelectMany(r => r.Rows)];
        Show(output, results);
        if (parsed.GetValue(json) is { } file)
            File.WriteAllText(file, JsonSerializer.Serialize(rows.Concat(Results.Threads(rows)), Json.Options) + "\n");
        if (!stop.IsCancellationRequested) return 0;
        error.WriteLine($"Stopped; {rows.Length} rows measured so far are kept.");
        return 130;
    }

    static void Show(TextWriter output, IReadOnlyList<EntryResults> results)
    {
        IAnsiConsole console = AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(output),
            ColorSystem = Console.IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (Console.IsOutputRedirected) console.Profile.Width = 200;
        foreach (EntryResults entry in results)
        {
            output.WriteLine($"\n{entry.Entry}");
            console.Write(Tables.Console(entry.Rows));
            foreach (string note in Tables.Notes(entry.Rows)) output.WriteLine($"  {note}");
        }
        Row[] gains = [.. Results.Threads([.. results.SelectMany(r => r.Rows)])];
        if (gains.Length == 0) return;
        output.WriteLine($"\n{Results.ThreadsEntry}");
        console.Write(Tables.Console(gains));
    }

    static void Write(IReadOnlyList<EntryResults> results, bool whole)
    {
        string[] order = [.. Entries.All.Select(e => e.Name)];
        IReadOnlyList<EntryResults> merged = Results.Merged(ResultsFile.Read(KeptResults), results, whole, order);
        string page = PerformancePage.Written(File.ReadAllText(ShortPage), merged);
        ResultsFile.Write(KeptResults, merged);
        File.WriteAllText(ShortPage, page);
    }
}
