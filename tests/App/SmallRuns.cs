using Heartwood.App.Commands;
using Heartwood.Tests.Lab.Reports;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary>Small runs of train and find by the command line, in a folder that is gone after the test.</summary>
sealed class SmallRuns : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public string At(params string[] names) => Path.Combine([temporary.Path, .. names]);

    public string Model => Directory.Exists(At("model")) ? At("model") : SmallWorld.ModelIn(At("model"));

    public string[] Train(string into, int steps = 60, params string[] more) =>
        ["train", "--data", "world:training,rows=60", "--in-domain", "world:in-domain,rows=20", "--layers", "1", "--heads", "2", "--width", "8", "--neurons", "8", "--positions", "40",
            "--steps", $"{steps}", "--batch-tokens", "60", "--learning-rate", "0.01", "--seed", "3", "--checkpoints", "20", "--threads", "1", "--out", At(into), .. more];

    public string[] Find(string into, int steps = 30, params string[] more) =>
        ["find", "--model", Model, "--data", "world:training,rows=60", "--in-domain", "world:in-domain,rows=40", "--out-of-domain", "world:out-of-domain,per-case=2", "--unseen", "world:unseen,per-case=1",
            "--seeds", "1-2", "--method", $"structured-pruning,steps={steps},batch-size=8", "--draws", "2", "--core-share", "1", "--threads", "2", "--out", At(into), .. more];

    /// <summary>Runs a command in this process.</summary>
    public static (int Code, string Out, string Error) Here(params string[] arguments)
    {
        World world = new();
        int code = CommandLine.Run(arguments, world.Redirected());
        return (code, world.Out.ToString(), world.Error.ToString());
    }

    /// <summary>Runs a command in this process that must succeed.</summary>
    public static string Works(params string[] arguments)
    {
        var (code, output, error) = Here(arguments);
        Assert.True(code == 0, error);
        return output;
    }

    /// <summary>Runs a command in this process that must fail, with one line.</summary>
    public static string Fails(params string[] arguments)
    {
        var (code, output, error) = Here(arguments);
        Assert.Equal((1, ""), (code, output));
        string line = error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.StartsWith("Error: ", line);
        Assert.DoesNotContain("this is a bug", line);
        return line[7..];
    }

    /// <summary>Lines of a file that another process writes.</summary>
    public int LinesOf(params string[] names)
    {
        if (!File.Exists(At(names))) return 0;
        using StreamReader reader = new(new FileStream(At(names), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Count(c => c == '\n');
    }

    public void SameTraining(string a, string b)
    {
        foreach (string file in (string[])["model/model.safetensors", "model/config.json", "checkpoints/step-20/model.safetensors"]) Assert.Equal(File.ReadAllBytes(At(a, file)), File.ReadAllBytes(At(b, file)));
        foreach (string lines in (string[])["metrics.jsonl", "curve.jsonl"]) Assert.Equal(SmallWorld.TimelessLines(At(a, lines)), SmallWorld.TimelessLines(At(b, lines)));
    }

    public void SameStudy(string a, string b)
    {
        Assert.Equal(SmallWorld.Timeless(File.ReadAllText(At(a, "result.json"))), SmallWorld.Timeless(File.ReadAllText(At(b, "result.json"))));
        Assert.True(File.Exists(At(b, "report.html")));
        Assert.Equal(File.ReadAllBytes(At(a, "cut", "model.safetensors")), File.ReadAllBytes(At(b, "cut", "model.safetensors")));
        Assert.Empty(Directory.GetFileSystemEntries(At(b), "*.tmp", SearchOption.AllDirectories));
    }

    /// <summary>The same subnetworks and the same cut.</summary>
    public void SameSubnetworks(string a, string b)
    {
        string[] names = [.. Directory.GetFiles(At(a, "subnetworks")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(names);
        foreach (string name in names) Assert.Equal(File.ReadAllBytes(At(a, "subnetworks", name)), File.ReadAllBytes(At(b, "subnetworks", name)));
        Assert.Equal(File.ReadAllBytes(At(a, "cut", "model.safetensors")), File.ReadAllBytes(At(b, "cut", "model.safetensors")));
    }

    /// <summary>Every file of one run is in the other with the same bytes, times aside: of the page, which tells them, not the bytes.</summary>
    public void SameFiles(string a, string b)
    {
        string[] files = FilesIn(a);
        Assert.Equal(files, FilesIn(b));
        foreach (string file in files.Where(f => f != "report.html"))
            if (!file.EndsWith(".json", StringComparison.Ordinal)) Assert.Equal(File.ReadAllBytes(At(a, file)), File.ReadAllBytes(At(b, file)));
            else Assert.Equal(SmallWorld.Timeless(File.ReadAllText(At(a, file))), SmallWorld.Timeless(File.ReadAllText(At(b, file))));

        string[] FilesIn(string run) => [.. Directory.GetFiles(At(run), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(At(run), f)).Where(f => f.Split('/')[0] is not ("times" or "search-times"))
            .Order(StringComparer.Ordinal)];
    }

    public void Dispose() => temporary.Dispose();
}
