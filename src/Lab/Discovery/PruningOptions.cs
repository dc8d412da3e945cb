using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// How a mask is learned; the defaults are the paper's (Bhaskar, Friedman and Chen 2024, appendix A) except for the number of steps and
/// the batch; docs/methods.md lists all differences.
/// </summary>
/// <param name="Steps">number of steps</param>
/// <param name="WarmUp">share of the steps in which the target rises from 0, 0 to 1</param>
/// <param name="BatchSize">examples in a batch</param>
/// <param name="LearningRate">learning rate of log α</param>
/// <param name="MultiplierRate">rate at which both multipliers climb</param>
/// <param name="LogAlpha">mean of log α at the start</param>
/// <param name="LogAlphaDeviation">standard deviation of log α at the start</param>
/// <param name="Low">lower limit of the hard concrete distribution, below 0</param>
/// <param name="High">upper limit, above 1</param>
/// <param name="Temperature">its temperature, above 0</param>
/// <param name="ByMask">whether the deterministic mask chooses the parts to keep, as in the paper: about the target size; else the rank
/// does, exactly</param>
public sealed record PruningOptions(
    int Steps = 1200, double WarmUp = 0.7, int BatchSize = 32, double LearningRate = 0.1, double MultiplierRate = 1,
    double LogAlpha = 10, double LogAlphaDeviation = 0.01, double Low = -0.1, double High = 1.1, double Temperature = 2.0 / 3,
    bool ByMask = false)
{
    /// <summary>Reads the options of <c>structured-pruning,key=value,…</c>.</summary>
    /// <exception cref="ArgumentException">an option is unknown or out of range</exception>
    public static PruningOptions Read(TenantSpec spec)
    {
        PruningOptions standard = new();
        PruningOptions read = new(
            spec.Number("steps", standard.Steps, 1, int.MaxValue),
            spec.Number("warm-up", standard.WarmUp, 0, 1),
            spec.Number("batch-size", standard.BatchSize, 1, int.MaxValue),
            spec.Number("learning-rate", standard.LearningRate, 0, double.MaxValue),
            spec.Number("multiplier-rate", standard.MultiplierRate, 0, double.MaxValue),
            spec.Number("log-alpha", standard.LogAlpha, double.MinValue, double.MaxValue),
            spec.Number("log-alpha-deviation", standard.LogAlphaDeviation, 0, double.MaxValue),
            spec.Number("low", standard.Low, double.MinValue, double.MaxValue),
            spec.Number("high", standard.High, double.MinValue, double.MaxValue),
            spec.Number("temperature", standard.Temperature, 0, double.MaxValue),
            spec.Choice("choose", "rank", "mask") == "mask");
        spec.RefuseUnread();
        read.Check();
        return read;
    }

    /// <summary>Refuses options outside their ranges.</summary>
    /// <exception cref="ArgumentException">names the option, its range and its value</exception>
    public void Check()
    {
        Require(Steps >= 1, "steps", "at least 1", Steps);
        Require(WarmUp is >= 0 and <= 1, "warm-up", "from 0 to 1, a share of the steps", WarmUp);
        Require(BatchSize >= 1, "batch-size", "at least 1", BatchSize);
        Require(LearningRate > 0, "learning-rate", "above 0", LearningRate);
        Require(MultiplierRate > 0, "multiplier-rate", "above 0", MultiplierRate);
        Require(Low < 0, "low, the lower limit,", "below 0", Low);
        Require(High > 1, "high, the upper limit,", "above 1", High);
        Require(Temperature > 0, "temperature", "above 0", Temperature);
        Require(LogAlphaDeviation >= 0, "log-alpha-deviation", "at least 0", LogAlphaDeviation);
    }

    static void Require(bool holds, string name, string range, double value)
    {
        if (!holds) throw new ArgumentException($"structured-pruning: {name} should be {range}; it is {value}.");
    }
}
