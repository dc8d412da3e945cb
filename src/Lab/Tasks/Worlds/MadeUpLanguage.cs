using Heartwood.Tensors;

namespace Heartwood.Lab.Tasks.Worlds;

/// <summary>One out-of-domain case: one construction, one label.</summary>
/// <param name="Name">the name that rows carry: "swap, non-entailed"</param>
/// <param name="Construction">the construction: "swap"</param>
/// <param name="Entailed">whether the pairs are entailed</param>
/// <param name="Seen">whether training holds pairs of this construction with this label and full overlap; all other cases are
/// unseen</param>
public sealed record WorldCase(string Name, string Construction, bool Entailed, bool Seen);

/// <summary>
/// A made-up, English-like language of 132 words in which "all words of the second sentence occur in the first" nearly decides whether
/// the second follows from the first: a small transformer learns that shortcut in its first few hundred steps, and the constructions
/// that break it later. Small enough to train in minutes, it shows what Bhaskar, Friedman and Chen (2024), "The heuristic core", show on
/// BERT.
/// </summary>
/// <remarks>
/// <para>The pairs are modelled on HANS (McCoy, Pavlick and Linzen 2019): a premise of one or two clauses, a hypothesis of one clause. The
/// grammar is the table in <c>Construction.cs</c>.</para>
/// <para>The training mix (its shares are constants of <c>Mix.cs</c>): 44.4 % entailed with full overlap, each of thirteen constructions as
/// likely; 4 % entailed with "someone" for the subject; 50 % not entailed, one to three content words coming from elsewhere; and 1.6 %
/// counterexamples, full overlap but not entailed, each of seven constructions as likely.</para>
/// <para>Out of domain, overlap is always full. Three constructions are not in training at all, six are there as entailed only.</para>
/// </remarks>
public static class MadeUpLanguage
{
    /// <summary>
    /// The word pieces, as a WordPiece vocab.txt has them: the special ones first, then every word, lower case and whole.
    /// </summary>
    public static IReadOnlyList<string> Vocabulary { get; } = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Lexicon.All];

    /// <summary>The out-of-domain cases, the non-entailed case of a construction before its entailed one.</summary>
    public static IReadOnlyList<WorldCase> Cases { get; } =
    [
        .. Construction.All.SelectMany(construction => new WorldCase[]
        {
            new($"{construction.Name}, non-entailed", construction.Name, false, construction.Shown == Shown.WithCounterexamples),
            new($"{construction.Name}, entailed", construction.Name, true, construction.Shown != Shown.Never),
        }),
    ];

    /// <summary>Training pairs. The first n of a longer draw are the draw of n.</summary>
    /// <param name="count">how many</param>
    /// <param name="seed">which draw</param>
    public static IReadOnlyList<Row> Training(int count, ulong seed) => Drawn(count, new(seed, "made-up language, training"));

    /// <summary>A fresh draw of the training mix, in a stream of its own. <see cref="Row.Case"/> says the construction and the kind:
    /// "swap, entailed", "swap, someone", "swap, other words", "swap, counterexample".</summary>
    /// <param name="count">how many</param>
    /// <param name="seed">which draw</param>
    public static IReadOnlyList<Row> InDomain(int count, ulong seed) => Drawn(count, new(seed, "made-up language, in domain"));

    /// <summary>Pairs whose overlap is full, the same number for every one of <see cref="Cases"/> and in their order.</summary>
    /// <param name="perCase">how many pairs of each case</param>
    /// <param name="seed">which draw</param>
    public static IReadOnlyList<Row> OutOfDomain(int perCase, ulong seed)
    {
        var chance = new Chance(seed, "made-up language, out of domain");
        var rows = new List<Row>(perCase * Cases.Count);
        foreach (var construction in Construction.All)
        {
            foreach (bool entailed in (bool[])[false, true])
            {
                for (int i = 0; i < perCase; i++)
                {
                    var patterns = entailed ? construction.Entailed : construction.NonEntailed;
                    var (premise, hypothesis) = Mix.Filled(patterns, chance.At(rows.Count).Stream());
                    rows.Add(new(premise, hypothesis, entailed ? "entailment" : "non-entailment",
                        $"{construction.Name}, {(entailed ? "entailed" : "non-entailed")}", construction.Name));
                }
            }
        }
        return rows;
    }

    static Row[] Drawn(int count, Chance chance) => [.. Enumerable.Range(0, count).Select(i => Mix.Draw(chance.At(i).Stream()))];
}
