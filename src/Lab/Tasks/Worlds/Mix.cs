using Heartwood.Tensors;

namespace Heartwood.Lab.Tasks.Worlds;

/// <summary>The training mix of the made-up language: what kinds of pair it holds, and in what shares.</summary>
static class Mix
{
    /// <summary>The share of pairs whose words all occur in the premise and that are none the less not entailed.</summary>
    public const double CounterexampleShare = 0.016;

    /// <summary>The share of entailed pairs with "someone" for the subject: overlap not full, and yet entailed.</summary>
    public const double SomeoneShare = 0.04;

    /// <summary>The share of entailed pairs whose words all occur in the premise.</summary>
    public const double FullOverlapEntailedShare = 0.46 - CounterexampleShare;

    /// <summary>
    /// Among pairs with words from elsewhere, the share that has "someone" for the subject too, so that the word alone tells nothing.
    /// </summary>
    const double SomeoneAmongOthers = 0.04;

    /// <summary>How many content words are replaced in a pair with words from elsewhere, each entry as likely.</summary>
    static readonly int[] replaced = [1, 2, 2, 3, 3];

    static readonly Construction[] shown = [.. Construction.All.Where(construction => construction.Shown != Shown.Never)];

    static readonly Construction[] countered = [.. Construction.All.Where(construction => construction.Shown == Shown.WithCounterexamples)];

    /// <summary>One pair of the mix.</summary>
    public static Row Draw(ChanceStream chance)
    {
        double kind = chance.Uniform();
        if (kind < CounterexampleShare) return Counterexample(chance);
        kind -= CounterexampleShare;
        var construction = chance.Pick(shown);
        var (premise, hypothesis) = Filled(construction.Entailed, chance);
        if (kind < SomeoneShare)
            return new(premise, WithSomeone(hypothesis), "entailment", $"{construction.Name}, someone", construction.Name);
        if (kind < SomeoneShare + FullOverlapEntailedShare)
            return new(premise, hypothesis, "entailment", $"{construction.Name}, entailed", construction.Name);
        hypothesis = WithOtherWords(premise, hypothesis, chance);
        if (chance.Flip(SomeoneAmongOthers)) hypothesis = WithSomeone(hypothesis);
        return new(premise, hypothesis, "non-entailment", $"{construction.Name}, other words", construction.Name);
    }

    /// <summary>A pattern of the list, by weight, turned into sentences.</summary>
    public static (string Premise, string Hypothesis) Filled(Pattern[] patterns, ChanceStream chance)
    {
        double point = chance.Uniform() * patterns.Sum(pattern => pattern.Weight);
        int i = 0;
        while (i < patterns.Length - 1 && point >= patterns[i].Weight) point -= patterns[i++].Weight;
        return new Sentences(chance).Pair(patterns[i]);
    }

    static Row Counterexample(ChanceStream chance)
    {
        var construction = chance.Pick(countered);
        var (premise, hypothesis) = Filled(construction.NonEntailed, chance);
        return new(premise, hypothesis, "non-entailment", $"{construction.Name}, counterexample", construction.Name);
    }

    /// <summary>"the doctor slept" becomes "someone slept".</summary>
    static string WithSomeone(string hypothesis) => string.Join(' ', [Lexicon.Someone, .. hypothesis.Split(' ')[2..]]);

    /// <summary>Replaces one to three content words of the hypothesis by words of their class that the premise does not have.</summary>
    static string WithOtherWords(string premise, string hypothesis, ChanceStream chance)
    {
        string[] said = premise.Split(' '), words = hypothesis.Split(' ');
        int[] places = [.. Enumerable.Range(0, words.Length).Where(i => Lexicon.ContentClass(words[i]) is not null)];
        chance.Shuffle<int>(places);
        foreach (int place in places.Take(chance.Pick(replaced)))
        {
            string[] mates = Lexicon.ContentClass(words[place])!;
            do words[place] = chance.Pick(mates); while (said.Contains(words[place]));
        }
        return string.Join(' ', words);
    }
}
