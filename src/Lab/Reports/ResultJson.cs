using System.Text.Json;
using System.Text.Json.Serialization;

namespace Heartwood.Lab.Reports;

/// <summary>Writes and reads <c>result.json</c>: camelCase, indented, numbers that are not finite as null.</summary>
public static class ResultJson
{
    /// <summary>The rules by which every JSON file of a run is written.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new FiniteOrNull() },
    };

    /// <summary>A result as the text of <c>result.json</c>, ending in a line feed.</summary>
    public static string Write(RunResult result) => JsonSerializer.Serialize(result, Options) + "\n";

    /// <summary>Reads the text of a <c>result.json</c>.</summary>
    /// <param name="json">the whole file</param>
    /// <exception cref="InvalidDataException">the text is no result; the message says where and what to do</exception>
    public static RunResult Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<RunResult>(json, Options) ?? throw new JsonException("The file holds 'null'.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"Expected the result.json of this version of Heartwood, found something else{Place(e)}: {e.Message.Split(" Path:")[0]} Run the command that made it again.", e);
        }
    }

    static string Place(JsonException e) => e.LineNumber is { } line ? $" at {e.Path ?? "$"}, line {line + 1}" : "";

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
