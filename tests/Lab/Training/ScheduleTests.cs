using Heartwood.Lab.Training;

namespace Heartwood.Tests.Lab.Training;

public class ScheduleTests
{
    [Fact]
    public void The_rate_rises_over_the_warm_up_and_falls_to_its_end()
    {
        Schedule schedule = new(0.5, 10, 4, 0.2);
        double[] expected = [0.125, 0.25, 0.375, 0.5, 0.5 * (0.2 + 0.8), 0.5 * (0.2 + 0.8 * 5 / 6), 0.5 * (0.2 + 0.8 * 4 / 6), 0.5 * (0.2 + 0.8 * 3 / 6), 0.5 * (0.2 + 0.8 * 2 / 6), 0.5 * (0.2 + 0.8 / 6), 0.1, 0.1];
        // step 4 is the first behind the warm-up, step 10 the end
        for (int step = 0; step < expected.Length; step++) Assert.Equal(step < 4 ? expected[step] : 0.5 * (0.2 + 0.8 * Math.Max(0, 10 - step) / 6), schedule.At(step), 1e-12);
        Assert.Equal(0.1, schedule.At(10), 1e-12);
    }

    [Fact]
    public void Without_warm_up_it_begins_at_the_top_and_all_warm_up_ends_there()
    {
        Assert.Equal(3, new Schedule(3, 10, 0).At(0));
        Assert.Equal(0.3, new Schedule(3, 10, 0).At(9), 1e-12);
        Assert.Equal(3, new Schedule(3, 10, 10).At(9));
    }
}
