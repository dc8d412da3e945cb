namespace Heartwood.Lab.Discovery;

/// <summary>How a mask is learned; the defaults are the paper's (Bhaskar, Friedman and Chen 2024, appendix A) except for the number of steps and the batch; docs/methods.md lists all differences.</summary>
/// <param name="Sparsity">target: the fraction of parts that are absent in the end, 0 to 1</param>
/// <param name="Steps">number of steps</param>
/// <param name="WarmUp">share of the steps in which the target rises from 0, 0 to 1</param>
/// <param name="Batch">examples in a batch</param>
/// <param name="Rate">learning rate of log α</param>
/// <param name="MultiplierRate">rate at which both multipliers climb</param>
/// <param name="LogAlpha">mean of log α at the start</param>
/// <param name="LogAlphaDeviation">standard deviation of log α at the start</param>
/// <param name="Low">lower limit of the hard concrete distribution, below 0</param>
/// <param name="High">upper limit, above 1</param>
/// <param name="Temperature">its temperature, above 0</param>
public sealed record PruningOptions(
    double Sparsity = 0.5, int Steps = 1200, double WarmUp = 0.7, int Batch = 32, double Rate = 0.1, double MultiplierRate = 1,
    double LogAlpha = 10, double LogAlphaDeviation = 0.01, double Low = -0.1, double High = 1.1, double Temperature = 2.0 / 3)
{
    /// <summary>Refuses options outside their ranges.</summary>
    /// <exception cref="ArgumentException">names the option, its range and its value</exception>
    public void Check()
    {
        Require(Sparsity is > 0 and < 1, "sparsity", "between 0 and 1, the fraction of parts that are absent", Sparsity);
        Require(Steps >= 1, "steps", "at least 1", Steps);
        Require(WarmUp is >= 0 and <= 1, "warm-up", "from 0 to 1, a share of the steps", WarmUp);
        Require(Batch >= 1, "batch", "at least 1", Batch);
        Require(Rate > 0, "mask rate", "above 0", Rate);
        Require(MultiplierRate > 0, "multiplier rate", "above 0", MultiplierRate);
        Require(Low < 0, "lower limit", "below 0", Low);
        Require(High > 1, "upper limit", "above 1", High);
        Require(Temperature > 0, "temperature", "above 0", Temperature);
        Require(LogAlphaDeviation >= 0, "deviation of log alpha", "at least 0", LogAlphaDeviation);
    }

    static void Require(bool holds, string name, string range, double value)
    {
        if (!holds) throw new ArgumentException($"The {name} should be {range}; it is {value}.");
    }
}

/// <summary>What one step of mask learning did.</summary>
/// <param name="Step">the step, from 1</param>
/// <param name="Distance">the objective's mean over the batch: KL divergence from the full model in nats, of scores the squared difference</param>
/// <param name="Sparsity">expected sparsity of the mask</param>
/// <param name="Target">target sparsity of the step</param>
/// <param name="Multiplier1">λ1</param>
/// <param name="Multiplier2">λ2</param>
public sealed record PruningLine(int Step, double Distance, double Sparsity, double Target, double Multiplier1, double Multiplier2);
