using System.Text;
using Heartwood.Lab.Runs;

namespace Heartwood.Tests.Lab.Reports;

public sealed class RunFolderTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    string Folder => temporary.At("run");

    const int Nobody = 99_999_999;                                               // more than any system's processes

    public void Dispose() => temporary.Dispose();

    RunFolder Open(Manifest? manifest = null) => RunFolder.Open(Folder, manifest ?? Manifests.Small);

    [Fact]
    public void The_manifest_is_on_disk_before_the_work_begins_and_stays_as_it_was_first()
    {
        using (RunFolder run = Open())
        {
            Assert.False(run.Resumed);
            Assert.Contains("\"command\": \"heartwood find --steps 100\"", File.ReadAllText(Path.Combine(Folder, "manifest.json")));
        }
        using RunFolder again = Open(Manifests.Small with { Started = "2027-01-01T00:00:00Z", Command = "heartwood find  --steps 100", Machine = "another", Threads = 64 });
        Assert.True(again.Resumed);
        Assert.Equal("2026-11-20T12:00:00Z", again.Manifest.Started);
    }

    [Fact]
    public void A_finished_run_says_so()
    {
        using (RunFolder run = Open())
        {
            Assert.False(run.Finished);
            run.Finish();
        }
        using RunFolder again = Open();
        Assert.True(again.Finished);
    }

    [Fact]
    public void A_finished_stage_is_not_computed_again_and_its_result_is_the_same_to_the_last_bit()
    {
        float[] values = [0.1f, 1f / 3, float.Epsilon, -0f, float.NaN, float.PositiveInfinity];
        int times = 0;
        Figures Compute() { times++; return new(0.1 + 0.2, values, "grüße"); }
        for (int process = 0; process < 2; process++)
        {
            using RunFolder run = Open();
            Figures result = run.Stage("find-seed-1", Compute);
            Assert.Equal(BitConverter.DoubleToInt64Bits(0.1 + 0.2), BitConverter.DoubleToInt64Bits(result.Loss));
            Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), result.Scores.Select(BitConverter.SingleToInt32Bits));
            Assert.Equal("grüße", result.Note);
        }
        Assert.Equal(1, times);
    }

    sealed record Figures(double Loss, float[] Scores, string Note);

    [Fact]
    public void A_stage_that_throws_leaves_nothing_and_is_computed_again()
    {
        using RunFolder run = Open();
        Assert.Throws<OperationCanceledException>(() => run.Stage<int>("core", () => throw new OperationCanceledException()));
        Assert.Equal(7, run.Stage("core", () => 7));
    }

    [Fact]
    public void A_stage_result_that_cannot_be_read_is_named_with_the_next_move()
    {
        using (RunFolder before = Open()) before.Stage("core", () => 7);
        using RunFolder run = Open();
        File.WriteAllText(run.PathOf("stages/core.json"), "{");
        Assert.Contains("core.json cannot be read", Assert.Throws<InvalidDataException>(() => run.Stage("core", () => 7)).Message);
    }

    [Fact]
    public void A_stage_s_file_is_read_once()
    {
        using RunFolder run = Open();
        Assert.Equal([7], run.Stage<int[]>("core", () => [7]));
        File.Delete(run.PathOf("stages/core.json"));
        Directory.CreateDirectory(run.PathOf("stages/core.json"));                // whoever opens it again fails
        Assert.Equal([7], run.Stage<int[]>("core", () => throw new InvalidOperationException("computed again")));
    }

    [Fact]
    public void Time_that_two_processes_share_counts_once_and_a_pause_does_not_count()
    {
        App.Clock clock = new();
        RunFolder first = RunFolder.Open(Folder, Manifests.Small, clock);
        clock.Move(10);
        RunFolder second = RunFolder.Open(Folder, Manifests.Small, clock);
        clock.Move(10);
        first.Dispose();
        Assert.Equal(20, second.Seconds, 6);
        clock.Move(5);
        second.Dispose();
        clock.Move(100);
        using RunFolder third = RunFolder.Open(Folder, Manifests.Small, clock);
        clock.Move(1);
        Assert.Equal(26, third.Seconds, 6);
    }

    [Fact]
    public void Seconds_go_on_where_the_run_was_stopped()
    {
        App.Clock clock = new();
        for (int process = 1; process <= 3; process++)
        {
            using RunFolder run = RunFolder.Open(Folder, Manifests.Small, clock);
            clock.Move(10);
            Assert.Equal(10.0 * process, run.Seconds, 6);
        }
    }

    public static TheoryData<Manifest, string> Others => new()
    {
        { Manifests.With("steps", "200"), "steps was 100, now 200." },
        { Manifests.With("steps", null), "steps was 100, now not given." },
        { Manifests.With("grain", "heads"), "grain was not given, now heads." },
        { Manifests.Small with { Seeds = [1, 2, 3] }, "seeds were 1 2, now 1 2 3." },
        { Manifests.Small with { ModelSha256 = "xyz" }, "the model's weights have changed since it began." },
        { Manifests.Small with { Data = [new("train", "train.tsv", 100, "changed")] }, "the train data 'train.tsv' has changed since it began." },
        { Manifests.Small with { Data = [.. Manifests.Small.Data, new("inDomain", "dev.tsv", 10, "123")] }, "the inDomain data 'dev.tsv' has changed since it began." },
        { Manifests.Small with { Version = "0.2.0" }, "it was begun by Heartwood 0.1.0, this is 0.2.0." },
        { Manifests.Small with { Backend = "avx2" }, "the backend was scalar, now avx2 (HEARTWOOD_BACKEND=scalar forces it)." },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void A_folder_of_another_run_is_refused_with_each_difference(Manifest other, string difference)
    {
        Open().Dispose();
        string before = File.ReadAllText(Path.Combine(Folder, "manifest.json"));
        string message = Assert.Throws<IOException>(() => Open(other)).Message;
        Assert.Contains("holds another run: " + difference, message);
        Assert.EndsWith("Give another folder with --out, or run the first command again: heartwood find --steps 100", message);
        Assert.Equal(before, File.ReadAllText(Path.Combine(Folder, "manifest.json")));
    }

    [Theory]
    [InlineData("out", "b")]
    [InlineData("threads", "64")]
    [InlineData("json", "True")]
    [InlineData("verbose", null)]
    public void Options_that_do_not_shape_the_result_may_change(string option, string? value)
    {
        Open().Dispose();
        using RunFolder run = Open(Manifests.With(option, value));
        Assert.True(run.Resumed);
    }

    [Fact]
    public void A_folder_of_other_files_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "thesis.tex"), "");
        Assert.Contains("'thesis.tex' and no manifest.json. Give a new or empty folder with --out.", Assert.Throws<IOException>(() => Open()).Message);
        Assert.Equal(["thesis.tex"], Directory.GetFileSystemEntries(Folder).Select(Path.GetFileName));
    }

    [Fact]
    public void A_file_in_the_folders_place_is_refused()
    {
        File.WriteAllText(Folder, "");
        Assert.Contains("is a file", Assert.Throws<IOException>(() => Open()).Message);
    }

    [Fact]
    public void A_folder_below_a_file_is_refused()
    {
        File.WriteAllText(Folder, "");
        Assert.Contains("cannot be written", Assert.Throws<IOException>(() => RunFolder.Open(Path.Combine(Folder, "run"), Manifests.Small)).Message);
    }

    [Fact]
    public void An_empty_folder_is_taken()
    {
        Directory.CreateDirectory(Folder);
        using RunFolder run = Open();
        Assert.False(run.Resumed);
    }

    [Fact]
    public void A_manifest_of_something_else_is_refused()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "manifest.json"), """{ "name": "a web app" }""");
        string message = Assert.Throws<InvalidDataException>(() => Open()).Message;
        Assert.Contains("manifest.json cannot be read", message);
        Assert.EndsWith("Give another folder with --out.", message);
    }

    [Fact]
    public void What_a_dead_process_left_unfinished_is_removed_and_a_living_one_s_is_left_alone()
    {
        using (RunFolder run = Open()) run.WriteText("checkpoints/kept.txt", "kept");
        File.WriteAllText(Path.Combine(Folder, "checkpoints", $"step-10.bin.{Nobody}-1.tmp"), "half");
        Directory.CreateDirectory(Path.Combine(Folder, $"cut.{Nobody}-2.tmp", "inner.tmp"));
        string living = Path.Combine(Folder, $"cut.{Environment.ProcessId}-2.tmp");
        Directory.CreateDirectory(living);
        using RunFolder again = Open();
        Assert.True(Directory.Exists(living));
        Assert.Equal(["kept.txt"], Directory.GetFileSystemEntries(again.PathOf("checkpoints")).Select(Path.GetFileName));
        Assert.False(Directory.Exists(Path.Combine(Folder, $"cut.{Nobody}-2.tmp")));
    }

    [Fact]
    public void A_folder_taken_away_before_its_successor_came_is_back()
    {
        using (RunFolder run = Open()) run.WriteText("models/cut/weights", "old");
        Directory.Move(Path.Combine(Folder, "models", "cut"), Path.Combine(Folder, "models", $"cut.{Nobody}-3.was.tmp"));
        using (RunFolder run = Open()) Assert.Equal("old", File.ReadAllText(run.PathOf("models/cut/weights")));
        Directory.CreateDirectory(Path.Combine(Folder, "models", $"cut.{Nobody}-3.was.tmp"));
        using (RunFolder run = Open()) Assert.Equal(["cut"], Directory.GetFileSystemEntries(run.PathOf("models")).Select(Path.GetFileName));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_nothing_beside_it()
    {
        using RunFolder run = Open();
        run.WriteText("a.txt", "old");
        Assert.Throws<FormatException>(() => run.Write("a.txt", stream => { stream.Write("new"u8); throw new FormatException(); }));
        Assert.Throws<FormatException>(() => run.WriteFolder("cut", folder => { File.WriteAllText(Path.Combine(folder, "x"), "x"); throw new FormatException(); }));
        Assert.Equal("old", File.ReadAllText(run.PathOf("a.txt")));
        Assert.Empty(Directory.GetFileSystemEntries(Folder, "*.tmp"));
        Assert.False(run.Has("cut"));
    }

    [Fact]
    public void A_folder_is_replaced_whole()
    {
        using RunFolder run = Open();
        run.WriteFolder("cut", folder => File.WriteAllText(Path.Combine(folder, "first"), ""));
        run.WriteFolder("cut", folder => File.WriteAllText(Path.Combine(folder, "second"), ""));
        Assert.Equal(["second"], Directory.GetFiles(run.PathOf("cut")).Select(Path.GetFileName));
    }

    [Fact]
    public void Writers_in_parallel_never_meet()
    {
        using RunFolder run = Open();
        Parallel.For(0, 64, i => run.WriteBytes("same.bin", Encoding.UTF8.GetBytes(new string((char)('a' + i % 26), 10_000))));
        Assert.Single(File.ReadAllText(run.PathOf("same.bin")).Distinct());
    }

    [Theory]
    [InlineData("../a.txt")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData(".lock")]
    [InlineData("a\\b")]
    [InlineData("a.tmp")]
    [InlineData("a\n")]
    [InlineData("")]
    [InlineData("manifest.json")]
    [InlineData("finished")]
    [InlineData("claims/mine")]
    [InlineData("times/mine")]
    public void Names_that_leave_the_folder_or_are_its_own_are_refused(string name)
    {
        using RunFolder run = Open();
        Assert.Throws<ArgumentException>(() => run.WriteText(name, "x"));
    }
}
