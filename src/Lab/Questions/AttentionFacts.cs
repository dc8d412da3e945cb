using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>What heads attend to.</summary>
/// <param name="Sets">every head's attention on each set</param>
/// <param name="Pages">a page for each head of the core, or for as many as the report has room for</param>
/// <param name="CoreHeads">how many heads the core has</param>
public sealed record AttentionFacts(IReadOnlyList<AttentionSet> Sets, IReadOnlyList<HeadPage> Pages, int CoreHeads);

/// <summary>The heads' attention on one set.</summary>
/// <param name="Set">"inDomain" or "outOfDomain"</param>
/// <param name="Examples">how many examples were looked at</param>
/// <param name="Heads">every head of the model</param>
public sealed record AttentionSet(string Set, int Examples, IReadOnlyList<HeadAttention> Heads);

/// <summary>One head's attention.</summary>
/// <param name="Part">its address</param>
/// <param name="Core">whether the core has it</param>
/// <param name="Read">whether only the token that is read counts: a head of the last layer</param>
/// <param name="Kinds">its attention to each kind of token that the set has</param>
public sealed record HeadAttention(string Part, bool Core, bool Read, IReadOnlyList<KindAttention> Kinds);

/// <summary>A head's attention to one kind of token.</summary>
/// <param name="Kind">the kind, see <see cref="KeyKind"/>, in camelCase</param>
/// <param name="Mass">share of its attention, averaged over the tokens that see any of the kind, then over examples</param>
/// <param name="Above">the same less the average head's, example by example</param>
/// <param name="AverageHead">the average head's, of the heads that read from the same tokens</param>
/// <param name="Uniform">what equal weights on all tokens would give</param>
public sealed record KindAttention(string Kind, Average Mass, Average Above, double AverageHead, double Uniform);

/// <summary>One head, drawn on the text.</summary>
/// <param name="Part">its address</param>
/// <param name="Kind">the kind that it gives most to beyond the average head in-domain</param>
/// <param name="Lost">what ablating it takes from the logit of the correct label, in nats, by set</param>
/// <param name="Examples">the examples drawn</param>
public sealed record HeadPage(string Part, string Kind, IReadOnlyDictionary<string, Average> Lost, IReadOnlyList<DrawnExample> Examples);

/// <summary>One example with a head's attention from one token.</summary>
/// <param name="Set">the set that it is from</param>
/// <param name="Case">its case, "" where it has none</param>
/// <param name="Label">its correct label</param>
/// <param name="Why">"mass" where it was chosen for the head's mass on its kind beyond the average head, "ablation" for what ablating the
/// head changes</param>
/// <param name="Mass">the head's mass on its kind in this example; NaN where it has none of the kind</param>
/// <param name="Lost">what ablating the head takes from the logit of the correct label here, in nats</param>
/// <param name="From">the token that attends: the one with most mass on the kind</param>
/// <param name="Tokens">the tokens</param>
public sealed record DrawnExample(string Set, string Case, string Label, string Why, double Mass, double Lost, int From,
    IReadOnlyList<DrawnToken> Tokens);

/// <summary>One token of a drawn example.</summary>
/// <param name="Text">its text</param>
/// <param name="Sentence">the sentence that it belongs to, 0 or 1; −1 for special tokens</param>
/// <param name="Weight">the share of the drawn token's attention that it gets</param>
/// <param name="To">the token that it attends to most itself; null where the head does not compute it</param>
/// <param name="Share">the share of its attention that goes there</param>
public sealed record DrawnToken(string Text, int Sentence, double Weight, int? To, double? Share);
