using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Tasks;

/// <summary>Where token types come from when a sentence pair becomes tokens.</summary>
public enum TokenTypeRule
{
    /// <summary>0 in the first sentence, 1 in the second, as BERT was trained</summary>
    Sentence,

    /// <summary>the same, plus 2 where the token's word occurs in the other sentence: four types</summary>
    Overlap,
}

/// <summary>What a rule of token types is called in config.json, and how many types it needs.</summary>
public static class TokenTypes
{
    /// <summary>The value of <see cref="OwnKeys.TokenTypes"/> for a rule.</summary>
    public static string NameOf(TokenTypeRule rule) => rule == TokenTypeRule.Overlap ? "overlap" : "sentence";

    /// <summary>How many token types there are by a rule.</summary>
    public static int Count(TokenTypeRule rule) => rule == TokenTypeRule.Overlap ? 4 : 2;

    /// <summary>The rule that a model was trained with, as its config says; sentence where it says nothing.</summary>
    /// <param name="model">the model</param>
    /// <param name="folder">where it is, for what is refused</param>
    /// <exception cref="CheckpointException">the value is not known, or the model has too few token types for it</exception>
    public static TokenTypeRule Read(IModel model, string folder)
    {
        JsonNode? stated = model.Config[OwnKeys.TokenTypes];
        string? name = stated is JsonValue value && value.TryGetValue(out string? text) ? text : stated?.ToJsonString();
        if (name is null or "sentence") return TokenTypeRule.Sentence;
        if (name != "overlap")
            throw new CheckpointException(
                $"{folder}: in config.json '{OwnKeys.TokenTypes}' is '{name}'; Heartwood knows sentence and overlap.");
        if (model.TokenTypes < Count(TokenTypeRule.Overlap))
            throw new CheckpointException($"{folder}: token types by overlap need {Count(TokenTypeRule.Overlap)} types, "
                + $"the model has {model.TokenTypes} (type_vocab_size).");
        return TokenTypeRule.Overlap;
    }
}
