using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Heartwood.Lab.Subnetworks.Targets;

/// <summary>What a size is counted in.</summary>
public enum SizeUnit
{
    /// <summary>parts: the fraction of those in play that is ablated</summary>
    Sparsity,

    /// <summary>weights: the share of the full model's that remains, embeddings included</summary>
    Weights,

    /// <summary>bytes of the weights as stored, the same share</summary>
    Bytes,

    /// <summary>time of a pass on one machine, the same share</summary>
    Time,
}

/// <summary>
/// A size that a subnetwork should have: a sparsity, or the share of the full model's weights, bytes or time that remains.
/// </summary>
/// <param name="Value">the fraction, between 0 and 1</param>
/// <param name="Unit">what is counted</param>
[JsonConverter(typeof(TargetJson))]
public readonly record struct Target(double Value, SizeUnit Unit = SizeUnit.Sparsity) : IComparable<Target>, IFormattable
{
    /// <summary>A sparsity.</summary>
    public static implicit operator Target(double sparsity) => new(sparsity);

    /// <summary>The fraction that is gone: of the parts in play, or of the full model's weights, bytes or time.</summary>
    public double Gone => Unit == SizeUnit.Sparsity ? Value : 1 - Value;

    /// <summary>Whether it counts parts.</summary>
    public bool IsSparsity => Unit == SizeUnit.Sparsity;

    /// <summary>The unit's name, as <c>--target</c> takes it.</summary>
    public string UnitName => NameOf(Unit);

    /// <summary>As names of files have it: "sparsity-0.5", "time-0.5".</summary>
    public string InNames => $"{UnitName}-{Value.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Reads UNIT=SHARE.</summary>
    /// <exception cref="ArgumentException">it is none; the message says how one is written</exception>
    public static Target Parse(string text)
    {
        string[] halves = text.Split('=');
        string[] units = [.. Enum.GetValues<SizeUnit>().Select(NameOf)];
        if (halves.Length != 2)
            throw new ArgumentException($"--target takes {string.Join(", ", units.Select(u => $"{u}=0.5"))}; '{text}' is none of them.");
        int unit = Array.IndexOf(units, halves[0]);
        if (unit < 0) throw new ArgumentException(Nearest.Unknown("unit of --target", halves[0], units));
        if (!double.TryParse(halves[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            throw new ArgumentException($"--target {text}: '{halves[1]}' is not a number. Write {halves[0]}=0.5.");
        Target target = new(value, (SizeUnit)unit);
        target.Check();
        return target;
    }

    /// <summary>Refuses what keeps all or nothing by its number.</summary>
    /// <exception cref="ArgumentException">it is not between 0 and 1</exception>
    public void Check()
    {
        if (Value is > 0 and < 1) return;
        throw new ArgumentException(IsSparsity
            ? FormattableString.Invariant(
                $"The sparsity should be between 0 and 1, the fraction of parts that are ablated; it is {Value}.")
            : FormattableString.Invariant(
                $"--target {UnitName} is the share of the full model's {UnitName} that remains, between 0 and 1; it is {Value}."));
    }

    /// <summary>By unit, then by how much is gone.</summary>
    public int CompareTo(Target other) => Unit == other.Unit ? Gone.CompareTo(other.Gone) : Unit.CompareTo(other.Unit);

    /// <summary>"0.5" of a sparsity, else "time=0.5".</summary>
    public override string ToString() => ToString(null, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? provider)
    {
        string value = Value.ToString(format, provider);
        return IsSparsity ? value : $"{UnitName}={value}";
    }

    static string NameOf(SizeUnit unit) => unit switch
    {
        SizeUnit.Weights => "weights",
        SizeUnit.Bytes => "bytes",
        SizeUnit.Time => "time",
        _ => "sparsity",
    };

    // a number is a sparsity, text is UNIT=SHARE
    sealed class TargetJson : JsonConverter<Target>
    {
        public override Target Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.Null) return double.NaN;
            if (reader.TokenType == JsonTokenType.Number) return reader.GetDouble();
            try
            {
                return Parse(reader.GetString() ?? "");
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                throw new JsonException($"expected a sparsity or UNIT=SHARE. {e.Message}");
            }
        }

        public override void Write(Utf8JsonWriter writer, Target value, JsonSerializerOptions options)
        {
            if (!value.IsSparsity) writer.WriteStringValue(value.ToString());
            else if (double.IsFinite(value.Value)) writer.WriteNumberValue(value.Value);
            else writer.WriteNullValue();
        }
    }
}
