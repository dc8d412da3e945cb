using System.Text.RegularExpressions;
using Heartwood.App.Console;
using Report = Heartwood.Lab.Runs.Progress;

namespace Heartwood.Tests.App;

public sealed partial class ProgressTests
{
    readonly World world = new();

    [Fact]
    public void Redirected_progress_is_plain_lines_seconds_apart_and_one_at_each_end()
    {
        using (Progress progress = Progress.In(world.Redirected()))
            for (int step = 0; step <= 450; step++, world.Time.Move(0.1))
                progress.Report(new("finding subnetworks, seed 3", step, 450, "steps", $"loss {step}"));
        string[] lines = Lines(world.Error);
        Assert.Equal(9, lines.Length);                                     // at 5, 10 … 40 seconds, and the end
        Assert.Equal("finding subnetworks, seed 3: 50 of 450 steps, 10/s, 0:40 left, loss 50", lines[0]);
        Assert.Equal("finding subnetworks, seed 3: 450 steps in 0:45, loss 450", lines[^1]);
        Assert.DoesNotContain('\e', world.Error.ToString());
        Assert.Empty(world.Out.ToString());
    }

    [Fact]
    public void A_resumed_stage_counts_its_rate_from_where_it_resumed()
    {
        using (Progress progress = Progress.In(world.Redirected()))
            for (int step = 1000; step <= 1010; step++, world.Time.Move(1)) progress.Report(new("training", step, 2000, "steps"));
        Assert.Contains("1.0/s", Lines(world.Error)[0]);
    }

    [Theory, InlineData(20), InlineData(3600)]
    public void Time_in_which_the_process_was_stopped_counts_for_no_rate(double stop)
    {
        using (Progress progress = Progress.In(world.Redirected()))
            for (int step = 0; step <= 450; step++, world.Time.Move(0.1))
            {
                if (step == 203) world.Time.Stop(stop);
                progress.Report(new("finding subnetworks", step, 450, "steps"));
            }
        string[] lines = Lines(world.Error);
        Assert.Equal(9, lines.Length);
        Assert.Equal("finding subnetworks: 251 of 450 steps, 10/s, 0:20 left", lines[4]);
        Assert.Equal("finding subnetworks: 450 steps in 0:45", lines[^1]);
    }

    [Fact]
    public void Slow_steps_are_no_stop()
    {
        using (Progress progress = Progress.In(world.Redirected()))
            for (int step = 0; step <= 4; step++, world.Time.Move(60)) progress.Report(new("sizes", step, 10, "searches"));
        Assert.Equal("sizes: 2 of 10 searches, 0.02/s, 8:00 left", Lines(world.Error)[1]);
    }

    [Fact]
    public void Stages_in_parallel_end_once_each()
    {
        using (Progress progress = Progress.In(world.Redirected()))
            Parallel.For(0, 8, seed => { for (int step = 0; step <= 1000; step++) progress.Report(new($"seed {seed}", step, 1000, "steps")); });
        Assert.Equal(Enumerable.Range(0, 8).Select(seed => $"seed {seed}: 1,000 steps in 0:00"), Lines(world.Error).Order());
    }

    [Fact]
    public void A_stage_of_nothing_ends_at_once_and_may_come_again()
    {
        using (Progress progress = Progress.In(world.Redirected()))
            for (int time = 0; time < 2; time++) progress.Report(new("knocking out", 0, 0, "sets"));
        Assert.Equal(["knocking out: 0 sets in 0:00", "knocking out: 0 sets in 0:00"], Lines(world.Error));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(120)]
    public void Bars_fit_the_terminal_and_ended_stages_stay_as_lines(int width)
    {
        using (Progress progress = Progress.In(world.OnTerminal(width, colours: false)))
        {
            for (int step = 0; step <= 300; step++, world.Time.Move(0.2))
                foreach (int seed in (int[])[1, 2])
                    progress.Report(new($"finding subnetworks at 60 %, seed {seed}", seed * step / 2, 300, "steps", "loss 0.3141, sparsity 0.42"));
            SpinWait.SpinUntil(() => world.Screen.ToString().Contains('━'), 5000);
        }
        string screen = world.Screen.ToString(), text = Escape().Replace(screen, "");
        Assert.Contains("━", text);
        Assert.All(text.Split('\n'), line => Assert.True(line.TrimEnd('\r').Length <= 2 * width, $"{line.Length} characters: {line}"));
        Assert.Contains("✓ finding subnetworks at 60 %", text);
        Assert.DoesNotMatch(Colour(), screen);
        Assert.EndsWith("\e[?25h", screen);
    }

    [Fact]
    public void Colours_are_there_where_the_terminal_has_them()
    {
        using (Progress progress = Progress.In(world.OnTerminal(60, colours: true))) progress.Report(new("training", 1, 1, "steps"));
        Assert.Matches(Colour(), world.Screen.ToString());
    }

    [Fact]
    public void Reports_after_the_end_are_not_shown()
    {
        Progress progress = Progress.In(world.Redirected());
        progress.Dispose();
        progress.Report(new Report("training", 1, 1, "steps"));
        Assert.Empty(world.Error.ToString());
    }

    static string[] Lines(StringWriter written) => written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escape();

    [GeneratedRegex(@"\e\[(3[1-7]|9[0-7]|38;)[0-9;]*m")]
    private static partial Regex Colour();
}
