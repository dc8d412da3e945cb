using System.Text.Json.Serialization;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Training;

/// <summary>How a fresh model begins: what its attention starts from and what its token types say.</summary>
/// <param name="Name">what it is called in a command</param>
/// <param name="Does">what it does, in words that go on after its name; no part of what is kept of a request</param>
/// <param name="Start">how attention begins</param>
/// <param name="TokenTypes">where token types come from</param>
public sealed record FreshRecipe(string Name, [property: JsonIgnore] string Does, FreshStart Start, TokenTypeRule TokenTypes)
{
    /// <summary>Independent weights, token types by sentence: as models begin elsewhere.</summary>
    public static FreshRecipe Plain { get; } = new("plain", "all weights independent", FreshStart.Independent, TokenTypeRule.Sentence);

    /// <summary>Keys that begin equal to queries: for small models of sentence pairs without pretraining.</summary>
    public static FreshRecipe Matching { get; } = new(
        "matching", "keys equal to queries and sinusoid positions, so that tokens attend to their likes from the first step",
        FreshStart.Matching, TokenTypeRule.Sentence);

    /// <summary>The same, with token types that know of shared words; for families that read token types.</summary>
    public static FreshRecipe Overlap { get; } = new(
        "overlap", "as matching, and token types also say whether the word occurs in the other sentence (bert only)",
        FreshStart.Matching, TokenTypeRule.Overlap);

    /// <summary>All of them, the one that serves where none is named first; a new one gets its line here.</summary>
    public static IReadOnlyList<FreshRecipe> All => [Plain, Matching, Overlap];

    /// <summary>The one of a name.</summary>
    /// <exception cref="ArgumentException">there is none of that name; the message lists what there is, and the nearest</exception>
    public static FreshRecipe Named(string name) =>
        All.FirstOrDefault(recipe => recipe.Name == name) ?? throw new ArgumentException(WhyNot(name));

    /// <summary>Why a name is no recipe's: what there is, and the nearest; null where it is one's.</summary>
    public static string? WhyNot(string name)
    {
        string[] names = [.. All.Select(recipe => recipe.Name)];
        return names.Contains(name) ? null : Nearest.Unknown("recipe of a fresh model", name, names);
    }
}
