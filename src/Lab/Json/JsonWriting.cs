using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Heartwood.Lab.Json;

/// <summary>
/// How JSON is written, one rule for every file: camelCase, indented. What a program outside reads has numbers that are not finite as
/// null, since JSON has no word for them; what a run reads again itself has them by name, so that it resumes with the same bits.
/// </summary>
public static class JsonWriting
{
    /// <summary>Results, and all that <c>--json</c> prints: NaN and infinities are null; a member that is not known is refused.</summary>
    public static JsonSerializerOptions Published { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new FiniteOrNull(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>A run's own files: NaN and infinities by name, every float to the last bit.</summary>
    internal static JsonSerializerOptions Kept { get; } = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Files whose names and numbers are another program's, for example a model's config.json.</summary>
    internal static JsonSerializerOptions Foreign { get; } = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    /// <summary>NaN and the infinities have no number in JSON: they are written as null, and null is read as NaN.</summary>
    sealed class FiniteOrNull : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}
