using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Heartwood.Bench.Harness;
using Heartwood.Bench.Models;

namespace Heartwood.Bench;

/// <summary>The program's words: which entries, how many threads, where the rows go.</summary>
static class CommandLine
{
    static readonly Argument<string[]> entries = new("ENTRY") { Arity = ArgumentArity.OneOrMore, Description = "Which entries to run; all for every one.", HelpName = "ENTRY" };
    static readonly Option<int[]> threads = new("--threads") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 2], Description = "Numbers of threads, each measured." };
    static readonly Option<string?> only = new("--only") { HelpName = "TEXT", Description = "Only the cases whose size contains this text." };
    static readonly Option<string?> json = new("--json") { HelpName = "FILE", Description = "Writes the rows there, an array." };
    static readonly Option<bool> write = new("--write") { Description = "Puts the rows into docs/performance.json and the tables into docs/performance.md." };

    /// <summary>Runs one command.</summary>
    /// <returns>0; 1 for a failure, 2 for a misunderstanding, 130 after Ctrl+C</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        RootCommand root = new($"""
            Measures Heartwood's speed beside that of PyTorch and ONNX Runtime, in turn, medians over rounds.

            Entries:
            {string.Join('\n', Entries.All.Select(e => $"  {e.Name,-16} {e.About}"))}
            """) { entries, threads, only, json, write };
        entries.AcceptOnlyFromAmong([.. Entries.All.Select(e => e.Name), "all"]);
        root.Add(Checkpoint(output));
        root.SetAction(parsed => Measure(parsed, output, error));
        return root.Parse(arguments.Length == 0 ? ["--help"] : arguments).Invoke(new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null });
    }

    static Command Checkpoint(TextWriter output)
    {
        Option<string> size = new("--size") { Required = true, HelpName = "SIZE", Description = $"{string.Join(", ", Synthetic.Names)}, or LAYERSxWIDTH." };
        Option<string> folder = new("--out") { Required = true, HelpName = "FOLDER", Description = "Where to; new or empty." };
        Command command = new("checkpoint", "Writes a BERT of a size with random weights, as a folder that heartwood loads.") { size, folder };
        command.SetAction(parsed =>
        {
            Synthetic.Write(parsed.GetValue(size)!, parsed.GetValue(folder)!);
            output.WriteLine($"{parsed.GetValue(folder)}: config.json, vocab.txt, model.safetensors");
        });
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
        if (parsed.GetValue(json) is { } file) File.WriteAllText(file, JsonSerializer.Serialize(rows.Concat(Results.Threads(rows)), Json.Options) + "\n");
        if (!stop.IsCancellationRequested) return 0;
        error.WriteLine($"Stopped; {rows.Length} rows measured so far are kept.");
        return 130;
    }

    static void Show(TextWriter output, IReadOnlyList<EntryResults> results)
    {
        Spectre.Console.IAnsiConsole console = Spectre.Console.AnsiConsole.Create(new()
        {
            Out = new Spectre.Console.AnsiConsoleOutput(output),
            ColorSystem = Console.IsOutputRedirected ? Spectre.Console.ColorSystemSupport.NoColors : Spectre.Console.ColorSystemSupport.Detect,
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
        string kept = Repository.Path("docs", "performance.json"), page = Repository.Path("docs", "performance.md");
        IReadOnlyList<EntryResults> merged = Results.Merged(Results.Read(kept), results, whole, [.. Entries.All.Select(e => e.Name)]);
        string text = PerformancePage.Written(File.ReadAllText(page), merged, name => Entries.All.Single(e => e.Name == name).About);
        File.WriteAllText(kept, JsonSerializer.Serialize(merged, Json.Options) + "\n");
        File.WriteAllText(page, text);
    }
}
