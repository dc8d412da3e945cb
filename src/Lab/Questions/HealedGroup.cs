namespace Heartwood.Lab.Questions;

/// <summary>Trainings that differ in nothing but the seed.</summary>
/// <param name="Name">what was trained, and on what where that varies</param>
/// <param name="Each">each seed's, the first seed first</param>
sealed record HealedGroup(string Name, IReadOnlyList<HealedFacts> Each)
{
    /// <summary>What it began as.</summary>
    public HealingStart Start => Each[0].Start;

    /// <summary>All of a run: the cut first, on each loss, then what stands next to it.</summary>
    /// <param name="facts">what was trained</param>
    public static HealedGroup[] All(HealingFacts facts) => [.. facts.Healed
        .GroupBy(h => (h.Start, h.From, h.Loss, h.Teacher))
        .OrderBy(group => group.Key.Start)
        .Select(group => new HealedGroup(NameOf(group.First(), facts), [.. group]))];

    static string NameOf(HealedFacts h, HealingFacts facts)
    {
        string what = h.Start switch
        {
            HealingStart.Cut => "the cut",
            HealingStart.Random => "random parts",
            HealingStart.Scratch => "from scratch",
            _ => h.From,
        };
        string taught = h.Teacher is null or HealedFacts.FullModel ? ""
            : $", by {Path.GetFileName(Path.TrimEndingDirectorySeparator(h.Teacher))}";
        return facts.Losses.Count == 1 ? $"{what}{taught}" : $"{what}: {h.Loss}{taught}";
    }
}
