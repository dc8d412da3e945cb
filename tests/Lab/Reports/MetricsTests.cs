using Heartwood.Lab.Runs;

namespace Heartwood.Tests.Lab.Reports;

public sealed class MetricsTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    string File => temporary.At("metrics.jsonl");

    public void Dispose() => temporary.Dispose();

    Metrics Open(long lastStep = long.MaxValue) => new(File, lastStep);

    string Content() => System.IO.File.ReadAllText(File);

    void Write(string content) => System.IO.File.WriteAllText(File, content);

    [Fact]
    public void A_line_is_a_json_object_and_is_there_at_once()
    {
        using Metrics metrics = Open();
        metrics.Append(5, new { Loss = 0.5f, Note = "a\nb" });
        using StreamReader other = new(new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal("""{"step":5,"loss":0.5,"note":"a\nb"}""" + "\n", other.ReadToEnd());
    }

    [Fact]
    public void A_torn_last_line_is_dropped()
    {
        Write("{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"lo");
        using (Metrics metrics = Open()) metrics.Append(2, new { loss = 0.25 });
        Assert.Equal("{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":0.25}\n", Content());
    }

    [Theory]
    [InlineData("\0\0\0\0")]
    [InlineData("\0\0\0\n")]
    [InlineData("{\"step\":3}{\n")]
    public void So_is_a_last_line_that_the_disk_never_got(string torn)
    {
        Write("{\"step\":1}\n" + torn);
        Open().Dispose();
        Assert.Equal("{\"step\":1}\n", Content());
    }

    [Fact]
    public void Lines_after_the_step_that_the_run_resumes_from_are_dropped()
    {
        Write(string.Concat(Enumerable.Range(1, 100).Select(step => $"{{\"step\":{step}}}\n")));
        using (Metrics metrics = Open(lastStep: 60)) metrics.Append(61, new { again = true });
        string[] lines = Content().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(61, lines.Length);
        Assert.Equal(["{\"step\":60}", "{\"step\":61,\"again\":true}"], lines[^2..]);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{\"loss\":1}")]
    [InlineData("{\"step\":1.5}")]
    [InlineData("nonsense")]
    public void A_bad_line_before_the_last_is_refused_by_its_number(string bad)
    {
        Write($"{{\"step\":1}}\n{bad}\n{{\"step\":3}}\n");
        Assert.Contains($"metrics.jsonl, line 2: expected a JSON object with a whole number \"step\", found '{bad}'", Assert.Throws<InvalidDataException>(() => Open()).Message);
        Assert.Contains(bad, Content());
    }

    [Fact]
    public void Lines_from_several_threads_are_whole()
    {
        using (Metrics metrics = Open()) Parallel.For(0, 1000, step => metrics.Append(step, new { text = new string('x', step % 50) }));
        Open().Dispose();
        Assert.Equal(1000, Content().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }
}
