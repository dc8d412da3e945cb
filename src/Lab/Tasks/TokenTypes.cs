using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Tasks;

/// <summary>How a model's folder says where its token types come from.</summary>
public static class TokenTypes
{
    /// <summary>The value of <see cref="OwnKeys.TokenTypes"/> for a rule.</summary>
    public static string NameOf(TokenTypeRule rule) => rule == TokenTypeRule.Overlap ? "overlap" : "sentence";

    /// <summary>The rule that a model was trained with.</summary>
    /// <exception cref="CheckpointException">the value is not known</exception>
    public static TokenTypeRule RuleOf(IModel model)
    {
        JsonNode? stated = model.Config[OwnKeys.TokenTypes];
        string? rule = stated is JsonValue value && value.TryGetValue(out string? text) ? text : stated?.ToJsonString();
        return rule switch
        {
            null or "sentence" => TokenTypeRule.Sentence,
            "overlap" => TokenTypeRule.Overlap,
            _ => throw new CheckpointException($"config.json: '{OwnKeys.TokenTypes}' is '{rule}'; Heartwood knows sentence and overlap."),
        };
    }
}
