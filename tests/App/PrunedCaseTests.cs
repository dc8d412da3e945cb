using System.Diagnostics;
using System.Text.RegularExpressions;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.App;

/// <summary>Inputs of public reports that were right all along: a model that another program pruned, and a limit of address space.</summary>
public sealed class PrunedCaseTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    [Fact]
    public void Case_16_fewer_heads_than_the_width_holds_give_the_loss_of_another_program_and_cut_and_full_size_agree()
    {
        string folder = Files.Case("16-pruned-head-dim");
        string Loss(string model) => Regex.Match(
            SmallRuns.Works("evaluate", "--model", model, "--in-domain", Path.Combine(folder, "t.txt,window=64")), "loss ([0-9.]+)").Groups[1].Value;
        Assert.Equal("7.2977", Loss(Path.Combine(folder, "model")));                   // numpy, in double: 7.29768
        string data = Path.Combine(folder, "t2.txt,window=32");
        SmallRuns.Works("find", "--model", Path.Combine(folder, "model"), "--data", data, "--in-domain", data,
            "--method", "structured-pruning,steps=30", "--seeds", "1-2", "--all", "--out", runs.At("found"));
        Assert.Equal("7.3437", Loss(runs.At("found", "cut")));
        Assert.Equal("7.3437", Loss(runs.At("found", "full-size")));
    }

    [Fact]
    public void Case_29_it_runs_within_four_gigabytes_of_address_space()
    {
        string folder = Files.Case("29-ulimit-v"), program = Path.Combine(AppContext.BaseDirectory, "heartwood.dll");
        if (!File.Exists("/bin/bash")) Assert.Skip("/bin/bash is not there: nothing to set a limit of address space with.");
        ProcessStartInfo start = new("/bin/bash",
        [
            "-c", "ulimit -v 4000000 && exec dotnet exec \"$0\" evaluate --model \"$1/model\" --in-domain \"$1/nli.tsv\"", program, folder,
        ])
        { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.Contains("in-domain 50.0 % (21.5 to 78.5 %, n = 8)", output);
    }
}
