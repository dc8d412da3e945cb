using Heartwood.Tensors;

namespace Heartwood.Tests.App;

/// <summary>Kills, interruptions and collisions of real processes; what is resumed ends with the bits of a run that was left alone.</summary>
[Collection("the thread team")]
public sealed class AccidentTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    [Fact]
    public void Training_killed_at_any_moments_resumes_to_the_same_bits()
    {
        SmallRuns.Works(runs.Train("whole", 240));
        ChanceStream chance = new Chance(1, "kills").Stream();
        int killed = 0;
        foreach (int share in (int[])[0, 1, 2, 3])
        {
            using Program program = new(runs.Train("killed", 240));
            int line = share * 60 + chance.Below(40);
            if (!program.Until(() => share == 0 ? File.Exists(runs.At("killed", "manifest.json")) : runs.LinesOf("killed", "metrics.jsonl") > line)) continue;
            program.Kill();
            killed++;
        }
        Assert.InRange(killed, 2, 4);
        SmallRuns.Works(runs.Train("killed", 240));
        runs.SameTraining("whole", "killed");
    }

    [Fact]
    public void A_search_killed_in_every_stage_resumes_to_the_same_result()
    {
        SmallRuns.Works(runs.Find("whole", 60, "--all"));
        string[] signs = ["manifest.json", "ablation.safetensors", "search/structured-pruning-sparsity-0.5-seed-2.jsonl", "search/structured-pruning-sparsity-0.5-seed-1.safetensors", "subnetworks/structured-pruning-sparsity-0.5-seed-1.json", "stages/evaluation.json", "stages/comparison.json", "cut"];
        int killed = 0;
        foreach (string[] pair in signs.Chunk(2))                 // four processes, two stages apart: the first sign not there yet is waited for
        {
            using Program program = new(runs.Find("killed", 60, "--all"));
            if (!program.Until(() => Path.Exists(runs.At("killed", pair[^1])))) continue;
            program.Kill();
            killed++;
        }
        Assert.InRange(killed, 2, 4);
        SmallRuns.Works(runs.Find("killed", 60, "--all"));
        runs.SameStudy("whole", "killed");
    }

    [Fact]
    public void Ctrl_C_leaves_a_run_that_resumes_and_gives_its_jobs_back()
    {
        Program.NeedsInterrupts();
        SmallRuns.Works(runs.Find("whole", 800, "--all"));
        using (Program program = new(runs.Find("stopped", 800, "--all")))
        {
            Assert.True(program.Until(() => runs.LinesOf("stopped", "search/structured-pruning-sparsity-0.5-seed-1.jsonl") > 5));
            program.Interrupt();
            var (code, output, error) = program.End();
            Assert.Equal((130, ""), (code, output));
            Assert.EndsWith("Stopped. Run the same command to resume.\n", error);
        }
        Assert.False(File.Exists(runs.At("stopped", "result.json")));
        Assert.All(Directory.GetFiles(runs.At("stopped", "claims")), claim => Assert.Equal("free", File.ReadAllText(claim)[..4]));
        var (resumed, _, said) = SmallRuns.Here(runs.Find("stopped", 800, "--all"));
        Assert.Equal(0, resumed);
        Assert.Contains("Resuming the run in", said);
        runs.SameStudy("whole", "stopped");
    }

    [Fact]
    public void Two_processes_on_one_folder_one_killed_give_the_files_of_one_to_the_bit()
    {
        SmallRuns.Works(runs.Find("whole", 800, "--sparsity", "0.5", "0.34", "0.6", "--all"));
        using (Program first = new(runs.Find("shared", 800, "--sparsity", "0.5", "0.34", "0.6", "--all")))
        {
            Assert.True(first.Until(() => runs.LinesOf("shared", "search/structured-pruning-sparsity-0.5-seed-1.jsonl") > 5));
            using Program second = new(runs.Find("shared", 800, "--sparsity", "0.5", "0.34", "0.6", "--all"));
            Assert.True(second.Until(() => SearchesBy(second.Id) > 0 && SearchesBy(first.Id) > 0), "They never were at work at once.");
            first.Kill();
            var (code, _, error) = second.End();
            Assert.Equal(0, code);
            Assert.Contains("Resuming the run in", error);
        }
        runs.SameFiles("whole", "shared");

        int SearchesBy(int process) => Claims().Count(c => c.Contains($"\"process\": {process},"));

        IEnumerable<string> Claims()
        {
            foreach (string file in Directory.GetFiles(runs.At("shared", "claims"), "subnetworks*"))
            {
                string text = "";
                try { text = File.ReadAllText(file); } catch (FileNotFoundException) { }
                yield return text;
            }
        }
    }

    [Fact]
    public void Two_processes_share_a_training_and_say_the_same()
    {
        using Program first = new(runs.Train("shared", 400)), second = new(runs.Train("shared", 400));
        var (one, other) = (first.End(), second.End());
        Assert.Equal((0, 0), (one.Code, other.Code));
        Assert.Equal(one.Out, other.Out);
        SmallRuns.Works(runs.Train("whole", 400));
        runs.SameTraining("whole", "shared");
    }

    [Fact]
    public void Ctrl_C_in_training_keeps_every_step()
    {
        Program.NeedsInterrupts();
        SmallRuns.Works(runs.Train("whole", 200));
        int steps;
        using (Program program = new(runs.Train("stopped", 200)))
        {
            Assert.True(program.Until(() => runs.LinesOf("stopped", "metrics.jsonl") > 30));
            program.Interrupt();
            Assert.Equal(130, program.End().Code);
            steps = runs.LinesOf("stopped", "metrics.jsonl");
        }
        using (Heartwood.Lab.Checkpoints.SafetensorsFile state = Heartwood.Lab.Checkpoints.SafetensorsFile.Open(runs.At("stopped", "state.safetensors"))) Assert.Equal($"{steps}", state.Metadata["step"]);
        SmallRuns.Works(runs.Train("stopped", 200));
        runs.SameTraining("whole", "stopped");
    }

    [Fact]
    public void The_demo_killed_and_interrupted_goes_on_with_the_same_subnetworks()
    {
        Program.NeedsInterrupts();
        string[] search = ["--sparsity", "0.6", "--seeds", "1-2", "--method", "structured-pruning,steps=6,batch-size=4", "--max-examples", "100"], demo = ["demo", .. search, "--out", runs.At("demo")];
        using (Program program = new(demo))
        {
            Assert.True(program.Until(() => runs.LinesOf("demo", "search/structured-pruning-sparsity-0.6-seed-1.jsonl") > 2));
            program.Kill();
        }
        using (Program program = new(demo))
        {
            Assert.True(program.Until(() => File.Exists(runs.At("demo", "subnetworks/structured-pruning-sparsity-0.6-seed-1.json")) && File.Exists(runs.At("demo", "subnetworks/structured-pruning-sparsity-0.6-seed-2.json"))));
            program.Interrupt();
            var (code, output, error) = program.End();
            Assert.Equal((130, ""), (code, output));
            Assert.Contains("Resuming the run in", error);
        }
        SmallRuns.Works(["find", "--data", "world:training,rows=8000,seed=2", .. search, "--out", runs.At("left-alone")]);
        foreach (string file in (string[])["subnetworks/structured-pruning-sparsity-0.6-seed-1.json", "subnetworks/structured-pruning-sparsity-0.6-seed-2.json", "ablation.safetensors"])
            Assert.Equal(File.ReadAllBytes(runs.At("left-alone", file)), File.ReadAllBytes(runs.At("demo", file)));
        Assert.Contains("is not empty and holds no run", SmallRuns.Fails("demo", "--out", Path.GetDirectoryName(runs.At("demo"))!));
    }

    [Fact]
    public void A_data_file_that_changes_during_a_search_ends_it_and_its_subnetworks_are_not_measured()
    {
        string file = runs.At("data.tsv");
        _ = runs.Model;
        File.WriteAllLines(file, ["text\tpair\tlabel", .. Enumerable.Range(0, 30).Select(i => $"the doctor saw the poet\tthe {(i % 2 == 0 ? "doctor" : "poet")} saw\t{(i % 2 == 0 ? "entailment" : "non-entailment")}")]);
        string[] command = ["find", "--model", runs.Model, "--data", $"{file},text=text,pair=pair,label=label", "--in-domain", "world:in-domain,rows=20", "--seeds", "1", "--method", "structured-pruning,steps=80", "--all", "--out", runs.At("run")];
        using Program program = new(command);
        Assert.True(program.Until(() => runs.LinesOf("run", "search/structured-pruning-sparsity-0.5-seed-1.jsonl") > 3));
        File.AppendAllText(file, "the king met the nurse\tthe king\tentailment\n");
        var (code, output, error) = program.End();
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(file, error);
        Assert.Contains("Error: ", error);
        Assert.False(File.Exists(runs.At("run", "result.json")));
        Assert.Contains("the train data", SmallRuns.Fails(command));
    }

    [Fact]
    public void A_disk_that_fills_up_ends_the_run_with_a_word_and_loses_nothing()
    {
        string disk = runs.At("disk");
        Directory.CreateDirectory(disk);
        bool mounted = OperatingSystem.IsLinux() && Shell("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk);
        Assert.SkipUnless(mounted, "Needs to mount a small disk: Linux and root.");
        try
        {
            SmallRuns.Works(runs.Train("whole", 1000));
            string ballast = Path.Combine(disk, "ballast");
            using (Program program = new(runs.Train("disk/run", 1000)))
            {
                Assert.True(program.Until(() => runs.LinesOf("disk/run", "metrics.jsonl") > 50));
                try { File.WriteAllBytes(ballast, new byte[4_000_000]); } catch (IOException) { }
                var (code, _, error) = program.End();
                Assert.Equal(1, code);
                Assert.Contains("No space is left on the disk", error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
            }
            File.Delete(ballast);
            SmallRuns.Works(runs.Train("disk/run", 1000));
            runs.SameTraining("whole", "disk/run");
        }
        finally { Shell("umount", disk); }

        static bool Shell(string program, params string[] arguments)
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }
}
