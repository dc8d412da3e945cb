using System.Diagnostics;
using Heartwood.Lab.Runs;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>A disk that is full: a real one, of one megabyte, where this process may mount it.</summary>
public sealed class FullDiskTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly bool mounted;

    public FullDiskTests() => mounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", temporary.Path);

    public void Dispose()
    {
        if (mounted) Run("umount", temporary.Path);
        temporary.Dispose();
    }

    [Fact]
    public void A_full_disk_is_said_what_was_kept_and_the_run_goes_on_when_there_is_room()
    {
        Assert.SkipUnless(mounted, "Needs to mount a small disk: Linux and root.");
        using RunFolder run = RunFolder.Open(temporary.At("run"), Manifests.Small);
        run.WriteBytes("checkpoint.bin", new byte[300_000]);
        string message = Assert.Throws<IOException>(() => run.WriteBytes("checkpoint.bin", new byte[900_000])).Message;
        Assert.Equal($"No space is left on the disk for '{run.PathOf("checkpoint.bin")}'. Everything written before it is whole and kept. Free some space and run the same command again.", message);
        Assert.Equal(300_000, new FileInfo(run.PathOf("checkpoint.bin")).Length);
        Assert.Throws<IOException>(() => run.WriteFolder("cut", folder => { for (int i = 0; i < 9; i++) File.WriteAllBytes(Path.Combine(folder, $"{i}"), new byte[100_000]); }));
        Assert.Empty(Directory.GetFileSystemEntries(run.FolderPath, "*.tmp"));
        run.WriteBytes("checkpoint.bin", new byte[600_000]);
    }

    [Fact]
    public void Metrics_on_a_full_disk_lose_at_most_the_line_that_did_not_fit()
    {
        Assert.SkipUnless(mounted, "Needs to mount a small disk: Linux and root.");
        using RunFolder run = RunFolder.Open(temporary.At("run"), Manifests.Small);
        string ballast = temporary.At("ballast");
        File.WriteAllBytes(ballast, new byte[900_000]);
        int step = 0;
        using (Metrics metrics = run.Metrics("metrics.jsonl"))
        {
            void Fill() { for (; step < 1000; step++) metrics.Append(step, new { text = new string('x', 1000) }); }
            Assert.Contains("No space is left", Assert.Throws<IOException>(Fill).Message);
        }
        File.Delete(ballast);
        run.Metrics("metrics.jsonl").Dispose();
        Assert.Equal(step, File.ReadLines(run.PathOf("metrics.jsonl")).Count());
    }

    [Fact]
    public void A_run_cannot_begin_on_a_full_disk_and_says_so()
    {
        Assert.SkipUnless(mounted, "Needs to mount a small disk: Linux and root.");
        try { File.WriteAllBytes(temporary.At("ballast"), new byte[2_000_000]); } catch (IOException e) { Assert.True(DiskSpace.IsFull(e)); }
        Assert.Contains("No space is left", Assert.Throws<IOException>(() => RunFolder.Open(temporary.At("run"), Manifests.Small)).Message);
        File.Delete(temporary.At("ballast"));
        RunFolder.Open(temporary.At("run"), Manifests.Small).Dispose();
    }

    [Fact]
    public void A_run_that_its_disk_cannot_hold_is_refused_before_it_works()
    {
        Assert.SkipUnless(mounted, "Needs to mount a small disk: Linux and root.");
        using RunFolder run = RunFolder.Open(temporary.At("run"), Manifests.Small);
        run.RequireSpace(500_000);
        Assert.StartsWith($"The run needs up to 3 MB in '{run.FolderPath}', where 1 MB are free.", Assert.Throws<IOException>(() => run.RequireSpace(3_000_000)).Message);
    }

    [Theory]
    [InlineData(12, "12 bytes")]
    [InlineData(3_400, "3.4 kB")]
    [InlineData(8_000_000, "8 MB")]
    [InlineData(25_300_000_000, "25.3 GB")]
    public void Bytes_are_said_in_words(long bytes, string words) => Assert.Equal(words, DiskSpace.InWords(bytes));

    static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception) { return false; }
    }
}
