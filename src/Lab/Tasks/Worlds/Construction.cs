namespace Heartwood.Lab.Tasks.Worlds;

/// <summary>One way to fill a pair: a premise and a hypothesis whose words all occur in the premise.</summary>
/// <remarks>
/// Capital letters are content words: A to F nouns, V W X transitive verbs, I J K intransitive verbs; the same letter is the same word in
/// both sentences, different letters are different words. A word in angle brackets is one of its class in <see cref="Lexicon.Classes"/>.
/// FIRST, SECOND and DOES are choices that <see cref="Sentences"/> makes once per pair. All else stands for itself.
/// </remarks>
/// <param name="Premise">the pattern of the first sentence</param>
/// <param name="Hypothesis">the pattern of the second sentence</param>
/// <param name="Weight">how often this pattern is drawn, against its neighbours</param>
sealed record Pattern(string Premise, string Hypothesis, double Weight = 1);

/// <summary>When the training mix shows a construction's full-overlap pairs.</summary>
enum Shown
{
    /// <summary>entailed and, as rare counterexamples, non-entailed</summary>
    WithCounterexamples,

    /// <summary>entailed only</summary>
    EntailedOnly,

    /// <summary>not at all: the construction first occurs out of domain</summary>
    Never,
}

/// <summary>One construction of the made-up language.</summary>
/// <param name="Name">its name in cases</param>
/// <param name="Shown">what training shows of it</param>
/// <param name="Entailed">the patterns whose hypothesis follows from the premise</param>
/// <param name="NonEntailed">the patterns whose hypothesis does not, though all its words occur in the premise</param>
sealed record Construction(string Name, Shown Shown, Pattern[] Entailed, Pattern[] NonEntailed)
{
    static Construction Both(string name, Pattern[] entailed, Pattern[] nonEntailed) =>
        new(name, Shown.WithCounterexamples, entailed, nonEntailed);

    static Construction Held(string name, Pattern[] entailed, Pattern[] nonEntailed) =>
        new(name, Shown.EntailedOnly, entailed, nonEntailed);

    static Construction Unseen(string name, Pattern[] entailed, Pattern[] nonEntailed) => new(name, Shown.Never, entailed, nonEntailed);

    /// <summary>The whole grammar. Order matters: it is part of what a seed means.</summary>
    public static readonly Construction[] All =
    [
        // Who did what to whom, told by the order of the words and by "was … by", "it was … that".
        Both("swap", [new("A V B", "A V B")], [new("A V B", "B V A")]),
        Both("passive", [new("A was V by B", "B V A")], [new("A was V by B", "A V B")]),
        Both("cleft", [new("it was A that B V", "B V A")], [new("it was A that B V", "A V B")]),

        // The noun next to the verb is not its subject.
        Both("phrase on subject", [new("A <near> B DOES", "A DOES")], [new("A <near> B DOES", "B DOES")]),
        Both("clause on subject",
            [new("A who W B DOES", "A DOES", 0.6), new("A who W B DOES", "A W B", 0.4)],
            [new("A who W B DOES", "B DOES")]),

        // One of two clauses is not asserted.
        Both("belief",
            [new("FIRST and E <hoped> that SECOND", "FIRST"), new("FIRST and E <knew> that SECOND", "SECOND")],
            [new("FIRST and E <hoped> that SECOND", "SECOND")]),
        Both("second in doubt",
            [new("FIRST but <perhaps> SECOND", "FIRST"), new("FIRST but <certainly> SECOND", "SECOND")],
            [new("FIRST but <perhaps> SECOND", "SECOND")]),

        // Never non-entailed in training.
        Held("first in doubt",
            [new("<perhaps> FIRST but SECOND", "SECOND"), new("<certainly> FIRST but SECOND", "FIRST")],
            [new("<perhaps> FIRST but SECOND", "FIRST")]),
        Held("object clause on subject",
            [new("A who B W DOES", "A DOES"), new("A who B W DOES", "B W A")],
            [new("A who B W DOES", "B DOES"), new("A who B W DOES", "A W B")]),
        Held("clause on object", [new("A V B who W C", "A V B"), new("A V B who W C", "B W C")], [new("A V B who W C", "A W C")]),
        Held("phrase on object", [new("A V B <near> C", "A V B")], [new("A V B <near> C", "A V C")]),
        Held("two subjects", [new("A and B V C", "A V C"), new("A and B V C", "B V C")], [new("A and B V C", "A V B")]),
        Held("two objects", [new("A V B and C", "A V B"), new("A V B and C", "A V C")], [new("A V B and C", "B V C")]),

        // Not in training at all.
        Unseen("cleft subject", [new("it was A that V B", "A V B")], [new("it was A that V B", "B V A")]),
        Unseen("two phrases on subject",
            [new("A <near> B <near> C DOES", "A DOES")],
            [new("A <near> B <near> C DOES", "B DOES"), new("A <near> B <near> C DOES", "C DOES")]),
        Unseen("clause and phrase on subject",
            [new("A who W B <near> C DOES", "A DOES")],
            [new("A who W B <near> C DOES", "B DOES"), new("A who W B <near> C DOES", "C DOES")]),
    ];
}
