using System.Text.RegularExpressions;
using Heartwood.Lab.Tasks.Worlds;

namespace Heartwood.Tests.Lab.Worlds;

/// <summary>Checks pairs against expressions written by hand, apart from the grammar's own table.</summary>
public sealed class ConstructionTests
{
    const string Noun = @"the (?:\w+ )?", Verb = @" (?:\w+ )?";

    static void All(string name, string pattern)
    {
        var rows = MadeUpLanguage.OutOfDomain(40, seed: 3).Where(row => row.Case == name).ToArray();
        Assert.Equal(40, rows.Length);
        Assert.All(rows, row => Assert.Matches($"^{pattern}$", $"{row.Text} => {row.Pair}"));
    }

    static string A(string name) => $@"{Noun}(?<{name}>{string.Join('|', Lexicon.Nouns)})";

    static string Past(string name) => $@"{Verb}(?<{name}>{string.Join('|', Lexicon.Transitives)}) ";

    [Fact]
    public void A_swapped_pair_is_not_entailed() => All("swap, non-entailed", $@"{A("a")}{Past("v")}{A("b")} => the \k<b> \k<v> the \k<a>");

    [Fact]
    public void A_repeated_clause_is_entailed() => All("swap, entailed", $@"{A("a")}{Past("v")}{A("b")} => the \k<a> \k<v> the \k<b>");

    [Fact]
    public void A_passive_entails_the_active_that_turns_it_round() =>
        All("passive, entailed", $@"{A("a")} was{Past("v")}by {A("b")} => the \k<b> \k<v> the \k<a>");

    [Fact]
    public void A_passive_read_as_an_active_is_not_entailed() =>
        All("passive, non-entailed", $@"{A("a")} was{Past("v")}by {A("b")} => the \k<a> \k<v> the \k<b>");

    [Fact]
    public void In_a_cleft_the_noun_after_that_is_the_subject()
    {
        All("cleft, entailed", $@"it was {A("a")} that {A("b")}{Past("v").TrimEnd()} => the \k<b> \k<v> the \k<a>");
        All("cleft, non-entailed", $@"it was {A("a")} that {A("b")}{Past("v").TrimEnd()} => the \k<a> \k<v> the \k<b>");
    }

    [Fact]
    public void The_noun_of_a_phrase_on_the_subject_does_nothing() =>
        All("phrase on subject, non-entailed", $@"{A("a")} \w+ {A("b")} .* => the \k<b> \w+(?: the \w+)?");

    [Fact]
    public void The_object_of_a_clause_on_the_subject_does_nothing() =>
        All("clause on subject, non-entailed", $@"{A("a")} who{Past("w")}{A("b")} .* => the \k<b> (?!\k<w>)\w+(?: the \w+)?");

    [Fact]
    public void What_is_hoped_is_not_entailed() =>
        All("belief, non-entailed", $@".* and {A("e")} (?:hoped|believed|thought|claimed) that {A("c")} .* => the \k<c> \w+(?: the \w+)?");

    [Fact]
    public void What_is_said_beside_a_hope_or_known_is_entailed() =>
        All("belief, entailed", $@"(?:{A("a")} .* and .* (?:hoped|believed|thought|claimed) that .* => the \k<a> .*|.* (?:knew|remembered|learned|realized) that {A("c")} .* => the \k<c> .*)");

    [Fact]
    public void What_is_perhaps_so_is_not_entailed()
    {
        All("second in doubt, non-entailed", $@".* but (?:perhaps|probably|maybe) {A("c")} .* => the \k<c> \w+(?: the \w+)?");
        All("first in doubt, non-entailed", $@"(?:perhaps|probably|maybe) {A("a")} .* but .* => the \k<a> \w+(?: the \w+)?");
    }

    [Fact]
    public void Different_letters_are_different_words()
    {
        foreach (var row in MadeUpLanguage.OutOfDomain(60, seed: 4))
        {
            string[] content = [.. row.Text.Split(' ').Where(word => Lexicon.ContentClass(word) is not null)];
            Assert.Equal(content.Length, content.Distinct().Count());
        }
    }

    [Fact]
    public void Words_are_lower_case_letters_only() => Assert.All(Lexicon.All, word => Assert.Matches(new Regex("^[a-z]+$"), word));
}
