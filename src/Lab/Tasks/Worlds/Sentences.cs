using Heartwood.Tensors;

namespace Heartwood.Lab.Tasks.Worlds;

/// <summary>Turns patterns into sentences, one pair per instance, so that a letter means one word in both sentences.</summary>
/// <remarks>
/// A noun is written "the NOUN". In the premise, an adjective stands before a noun with probability 0.15 and an adverb before a verb with
/// probability 0.12; the hypothesis has neither, so that its words are always a part of the premise's.
/// </remarks>
sealed class Sentences(ChanceStream chance)
{
    const double AdjectiveShare = 0.15, AdverbShare = 0.12;

    /// <summary>What a capital word may become, and how often the first choice.</summary>
    static readonly (string Name, double First, string[] Choices)[] choices =
    [
        ("FIRST", 0.6, ["A V B", "A I"]),
        ("SECOND", 0.6, ["C W D", "C J"]),
        ("DOES", 0.7, ["X F", "K"]),
    ];

    readonly Dictionary<string, string> words = [];

    /// <summary>The two sentences of a pattern.</summary>
    public (string Premise, string Hypothesis) Pair(Pattern pattern)
    {
        var (premise, hypothesis) = (pattern.Premise, pattern.Hypothesis);
        foreach (var (name, first, options) in choices)
        {
            if (!premise.Contains(name, StringComparison.Ordinal)) continue;
            string chosen = options[chance.Flip(first) ? 0 : 1];
            premise = premise.Replace(name, chosen, StringComparison.Ordinal);
            hypothesis = hypothesis.Replace(name, chosen, StringComparison.Ordinal);
        }
        return (string.Join(' ', premise.Split(' ').SelectMany(slot => Spoken(slot, adorned: true))),
            string.Join(' ', hypothesis.Split(' ').SelectMany(slot => Spoken(slot, adorned: false))));
    }

    IEnumerable<string> Spoken(string slot, bool adorned)
    {
        if (Lexicon.Classes.TryGetValue(slot, out string[]? members)) return [chance.Pick(members)];
        if (ClassOf(slot) is not { } mates) return [slot];
        string word = Word(slot, mates);
        if (mates == Lexicon.Nouns)
            return adorned && chance.Flip(AdjectiveShare) ? ["the", chance.Pick(Lexicon.Adjectives), word] : ["the", word];
        return adorned && chance.Flip(AdverbShare) ? [chance.Pick(Lexicon.Adverbs), word] : [word];
    }

    /// <summary>The word of a letter: the one drawn before, else a new one that no other letter has.</summary>
    string Word(string letter, string[] mates)
    {
        if (words.TryGetValue(letter, out string? known)) return known;
        string word;
        do word = chance.Pick(mates); while (words.ContainsValue(word));
        return words[letter] = word;
    }

    static string[]? ClassOf(string slot) => slot switch
    {
        [>= 'A' and <= 'F'] => Lexicon.Nouns,
        [>= 'V' and <= 'X'] => Lexicon.Transitives,
        [>= 'I' and <= 'K'] => Lexicon.Intransitives,
        _ => null,
    };
}
