using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Xml.Linq;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Tests.Lab.Questions;

/// <summary>
/// The schema of <c>result.json</c> as the questions' records make it: what is published must be this, letter for letter.
/// </summary>
static class ResultSchema
{
    static readonly JsonSerializerOptions written = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    static readonly JsonSerializerOptions rules = new(JsonWriting.Published) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    /// <summary>The whole schema of the questions that Heartwood comes with, as a file.</summary>
    public static string Text(IReadOnlyList<IQuestion> questions)
    {
        Dictionary<string, JsonNode> definitions = [];
        JsonNode manifest = For(typeof(Manifest), definitions), candidates = For(typeof(IReadOnlyList<Candidate>), definitions),
            exports = For(typeof(IReadOnlyList<ExportFacts>), definitions);
        JsonNode failures = For(typeof(IReadOnlyList<Failure>), definitions);
        JsonObject entries = [];
        foreach (IQuestion question in questions)
            entries[question.Name] = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject
                {
                    ["version"] = new JsonObject { ["const"] = question.Version },
                    ["facts"] = For(question.FactsType, definitions),
                    ["leftOut"] = new JsonObject { ["type"] = "string", ["description"] = "why it was not asked" },
                },
                ["required"] = new JsonArray("version"),
                ["oneOf"] = new JsonArray(Required("facts"), Required("leftOut")),
                ["additionalProperties"] = false,
            };
        JsonObject schema = new()
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "result.json of a Heartwood run",
            ["description"] = "What failed, the models that a run measured or made, and the facts of the questions that it was asked. Numbers that are not finite are null. Questions of others "
                + "may stand next to these.",
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["manifest"] = manifest,
                ["failures"] = failures,
                ["candidates"] = candidates,
                ["exports"] = exports,
                ["questions"] = new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = entries,
                    ["additionalProperties"] = new JsonObject { ["type"] = "object", ["required"] = new JsonArray("version") },
                },
            },
            ["required"] = new JsonArray("manifest", "failures", "candidates", "exports", "questions"),
            ["additionalProperties"] = false,
            ["definitions"] = new JsonObject(definitions.OrderBy(d => d.Key, StringComparer.Ordinal)
                .Select(d => KeyValuePair.Create(d.Key, (JsonNode?)d.Value))),
        };
        return schema.ToJsonString(written) + "\n";
    }

    static JsonObject Required(string key) => new() { ["required"] = new JsonArray(key) };

    // records become definitions; real numbers may be null, whole ones are within 64 bits
    static JsonObject For(Type type, Dictionary<string, JsonNode> definitions)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return OrNull(For(inner, definitions));
        if (type == typeof(string)) return new() { ["type"] = "string" };
        if (type == typeof(bool)) return new() { ["type"] = "boolean" };
        if (type == typeof(double)) return new() { ["type"] = new JsonArray("number", "null") };
        if (type == typeof(Target))
            return new()
            {
                ["type"] = new JsonArray("number", "string", "null"),
                ["pattern"] = "^(weights|bytes|time)=",
            };
        if (type == typeof(ulong)) return new() { ["type"] = "integer", ["minimum"] = 0 };
        if (type == typeof(int) || type == typeof(long)) return new() { ["type"] = "integer" };
        if (type.IsEnum)
            return new()
            {
                ["enum"] = new JsonArray([.. Enum.GetNames(type)
                .Select(n => (JsonNode)JsonNamingPolicy.CamelCase.ConvertName(n))])
            };
        JsonTypeInfo info = rules.GetTypeInfo(type);
        if (info.Kind == JsonTypeInfoKind.Enumerable) return new() { ["type"] = "array", ["items"] = For(info.ElementType!, definitions) };
        if (info.Kind == JsonTypeInfoKind.Dictionary) return new()
        {
            ["type"] = "object",
            ["additionalProperties"] =
            For(info.ElementType!, definitions)
        };
        if (info.Kind != JsonTypeInfoKind.Object) throw new NotSupportedException($"{type} has no shape that the schema can say.");
        if (!definitions.ContainsKey(type.Name))
        {
            definitions[type.Name] = new JsonObject();           // a record may hold itself
            definitions[type.Name] = Record(info, definitions);
        }
        return new() { ["$ref"] = $"#/definitions/{type.Name}" };
    }

    static JsonObject Record(JsonTypeInfo info, Dictionary<string, JsonNode> definitions)
    {
        JsonObject properties = [];
        JsonArray required = [];
        foreach (JsonPropertyInfo property in info.Properties)
        {
            if (property.Get is null) continue;                  // not written
            JsonObject shape = For(property.PropertyType, definitions);
            if (property.IsGetNullable && !property.PropertyType.IsValueType) shape = OrNull(shape);
            if (Docs.Parameter(info.Type, property.Name) is { } words)
            {
                if (shape.ContainsKey("$ref")) shape = new() { ["allOf"] = new JsonArray(shape) };
                shape.Insert(0, "description", words);
            }
            properties[property.Name] = shape;
            if (property.AssociatedParameter is { HasDefaultValue: false }) required.Add(property.Name);
        }
        JsonObject record = new()
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = required,
            ["additionalProperties"] =
            false
        };
        if (Docs.Summary(info.Type) is { } summary) record.Insert(0, "description", summary);
        return record;
    }

    static JsonObject OrNull(JsonObject shape)
    {
        if (shape["type"] is JsonArray) return shape;
        if (shape["type"] is JsonValue type && shape.Count == 1) return new() { ["type"] = new JsonArray(type.GetValue<string>(), "null") };
        return new() { ["anyOf"] = new JsonArray(shape, new JsonObject { ["type"] = "null" }) };
    }

    /// <summary>The records' documentation.</summary>
    static class Docs
    {
        static readonly Dictionary<string, XElement> members = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Heartwood.Lab.xml"))
            .Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);

        public static string? Summary(Type type) => Words(members.GetValueOrDefault($"T:{type.FullName}")?.Element("summary"));

        public static string? Parameter(Type type, string name) => Words(members.GetValueOrDefault($"T:{type.FullName}")?.Elements("param")
            .FirstOrDefault(p => JsonNamingPolicy.CamelCase.ConvertName(p.Attribute("name")!.Value) == name));

        static string? Words(XElement? element)
        {
            if (element is null) return null;
            foreach (XElement see in element.Elements().ToList())
                see.ReplaceWith(see.Attribute("cref")?.Value.Split('.')[^1] ?? see.Attribute("name")?.Value ?? see.Value);
            return string.Join(' ', element.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }
    }
}
