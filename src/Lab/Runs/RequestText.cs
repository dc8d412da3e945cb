using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Json;

namespace Heartwood.Lab.Runs;

/// <summary>A request as the manifest keeps it: every option with its value as text.</summary>
public static class RequestText
{
    /// <summary>Flattens a request record: nested names are joined by dots.</summary>
    public static IReadOnlyDictionary<string, string> Flatten(object request)
    {
        SortedDictionary<string, string> options = new(StringComparer.Ordinal);
        Walk(JsonSerializer.SerializeToNode(request, JsonWriting.Kept), "", options);
        return options;
    }

    static void Walk(JsonNode? node, string name, IDictionary<string, string> into)
    {
        if (node is JsonObject members)
            foreach (var (key, value) in members) Walk(value, name == "" ? key : $"{name}.{key}", into);
        else if (node is JsonArray list) into[name] = string.Join(" ", list.Select(item => item?.ToString()));
        else if (node is not null) into[name] = node.ToString();
    }
}
