using Heartwood.Lab.Questions;

namespace Heartwood.Lab.Studies;

/// <summary>The lists of tenants that a run may use. Names are looked up in them and nowhere else.</summary>
/// <param name="Questions">what can be asked, in the order of the page</param>
public sealed record Tenants(IReadOnlyList<IQuestion> Questions)
{
    /// <summary>All that Heartwood comes with.</summary>
    public static Tenants Usual { get; } = new(Lab.Questions.Questions.Usual);

    /// <summary>Refuses names that no question has.</summary>
    /// <exception cref="ArgumentException">names the first such name, and the nearest that there is</exception>
    public void RequireQuestions(IEnumerable<string> names)
    {
        string[] known = [.. Questions.Select(q => q.Name)];
        if (names.FirstOrDefault(n => !known.Contains(n)) is not { } unknown) return;
        string nearest = Nearest.Of(unknown, known) is { } near ? $" Did you mean {near}?" : "";
        throw new ArgumentException($"There is no question '{unknown}'.{nearest} The questions are {string.Join(", ", known)}.");
    }
}
