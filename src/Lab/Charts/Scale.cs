namespace Heartwood.Lab.Charts;

/// <summary>
/// A straight axis: <paramref name="Low"/> is drawn at <paramref name="From"/>, <paramref name="High"/> at <paramref name="To"/>.
/// </summary>
/// <param name="Low">the smallest value shown, in data units</param>
/// <param name="High">the largest</param>
/// <param name="From">where the smallest is drawn, in SVG units</param>
/// <param name="To">where the largest is drawn</param>
public readonly record struct Scale(double Low, double High, double From, double To)
{
    /// <summary>The axis of a share, 0 to 1.</summary>
    public static Scale Share(double from, double to) => new(0, 1, from, to);

    /// <summary>
    /// An axis that holds all the values, ends on round numbers and never leaves <paramref name="floor"/> to <paramref name="ceiling"/>.
    /// </summary>
    public static Scale Around(
        IEnumerable<double> values, double from, double to, double ceiling = double.PositiveInfinity, double floor = 0)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        if (finite.Length == 0) return new(0, double.IsFinite(ceiling) ? ceiling : 1, from, to);
        double low = finite.Min(), high = finite.Max(), step = RoundStep(Math.Max(high - low, 1e-3 * Math.Max(1, Math.Abs(high))), 4);
        double first = Math.Max(floor, Math.Floor(low / step) * step), last = Math.Min(ceiling, Math.Ceiling(high / step) * step);
        return new(first, last > first ? last : first + step, from, to);
    }

    /// <summary>Where a value is drawn; values beyond the axis are drawn at its end.</summary>
    public double At(double value) => From + (Math.Clamp(value, Low, High) - Low) / (High - Low) * (To - From);

    /// <summary>Whether the axis reaches the value.</summary>
    public bool Holds(double value) => value >= Low - 1e-9 && value <= High + 1e-9;

    /// <summary>Round values along the axis.</summary>
    /// <param name="about">how many to aim at</param>
    public IEnumerable<double> Ticks(int about)
    {
        double step = RoundStep(High - Low, about);
        // adding zero makes a negative zero positive
        for (double k = Math.Ceiling(Low / step - 1e-6); k * step <= High + 1e-6 * step; k++) yield return k * step + 0.0;
    }

    /// <summary>How many decimals the ticks of the axis need, in percent where <paramref name="percent"/>.</summary>
    public string Pattern(int about, bool percent)
    {
        double step = RoundStep(High - Low, about) * (percent ? 100 : 1);
        int decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 6);
        return decimals == 0 ? "0" : "0." + new string('0', decimals);
    }

    static double RoundStep(double span, int about)
    {
        double rough = span / about, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * power;
    }
}
