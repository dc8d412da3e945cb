using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;

namespace Heartwood.Tests.Toys;

/// <summary>Accuracy without all parts of a kind.</summary>
public sealed record WithoutKindsFacts(Proportion Full, IReadOnlyList<WithoutKind> Kinds);

/// <summary>Without all parts of one kind.</summary>
public sealed record WithoutKind(string Kind, int Parts, Proportion InDomain);

/// <summary>What is left in-domain without all heads, without all halves of MLPs?</summary>
sealed class WithoutKinds : IQuestion<WithoutKindsFacts>
{
    public string Name => "without-kinds";

    public int Version => 1;

    public long Passes(Prospect ahead) => (long)ahead.Universe.Kinds.Count * ahead.Sets.Examples;

    public WithoutKindsFacts? Ask(Subject subject)
    {
        if (!subject.Sets.Any) return null;
        PartKind[] kinds = [.. subject.Universe.Kinds];
        float[][] masks = [.. kinds.Select(kind => subject.Without(subject.Universe.PartsOf(kind)))];
        Action<int> advance = subject.Advance("accuracy without a kind", (long)kinds.Length * subject.Sets.Examples, "examples");
        var scores = subject.Sets.Scores(subject.Model, masks, subject.Ablation, subject.Stop, advance);
        Measured[] measured = [.. scores.Select(each => subject.Sets.Measure(each, null))];
        Measured full = subject.Sets.Measure(subject.FullScores, null);
        WithoutKind One(PartKind kind, Measured without) => new(kind.Many, subject.Universe.CountOf(kind), without.InDomain);
        return new(full.InDomain, [.. kinds.Zip(measured, One)]);
    }

    public IReadOnlyList<Figure> Draw(WithoutKindsFacts facts, Findings findings)
    {
        Markup bars = Bars.Draw("without-kinds", "Accuracy in-domain", "Accuracy without a kind", "A bar for each kind of part.",
            [.. facts.Kinds.Select(kind => (kind.Kind, kind.InDomain.Value, "full", Wording.Percent(kind.InDomain.Value)))]);
        Table table = new("without-kinds", "accuracy without a kind", ["kind", "parts", .. Table.ColumnsOf("in-domain")],
            [.. facts.Kinds.Select(kind => (object?[])[kind.Kind, kind.Parts, .. Table.CellsOf(kind.InDomain)])]);
        const string title = "Without all parts of a kind";
        return [new("without-kinds", title, Reading(facts), [bars], [], $"All parts of the kind are ablated.", [table])];
    }

    public string Words(WithoutKindsFacts facts, Findings findings) => Reading(facts) + "\n";

    static string Reading(WithoutKindsFacts facts) =>
        string.Join(" ", facts.Kinds.Select(Sentence));

    static string Sentence(WithoutKind kind) =>
        $"Without its {kind.Parts} {kind.Kind} the model has {Wording.Percent(kind.InDomain.Value)} right.";
}
