using System.Text.Json;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Discovery;

/// <summary>A search whose state is some lists of numbers: its steps are counted and its state is kept here.</summary>
/// <param name="finder">the finder's name, for messages and the state's file</param>
/// <param name="steps">steps in all, at least 1</param>
public abstract class SteppedSearch(string finder, int steps) : ISearch
{
    /// <inheritdoc/>
    public int Step { get; private set; }

    /// <inheritdoc/>
    public int Steps => steps;

    /// <inheritdoc/>
    public abstract Scores Scores { get; }

    /// <summary>Everything that the next step depends on, by name; the lists are changed in place and keep their length.</summary>
    protected abstract IReadOnlyDictionary<string, double[]> Kept { get; }

    /// <summary>Takes a step.</summary>
    /// <param name="step">its number, from 0</param>
    protected abstract IReadOnlyList<StepFigure> Take(int step);

    /// <inheritdoc/>
    public IReadOnlyList<StepFigure> Advance()
    {
        if (Step >= steps) throw new InvalidOperationException($"The search by {finder} has taken all of its {steps} steps.");
        IReadOnlyList<StepFigure> figures = Take(Step);
        if (Kept.Where(k => k.Value.Any(v => !double.IsFinite(v))).Select(k => k.Key).FirstOrDefault() is { } broken)
            throw new InvalidOperationException(
                $"After step {Step + 1} of {finder} a number of '{broken}' is not finite. Check the model with: heartwood evaluate.");
        Step++;
        return figures;
    }

    /// <inheritdoc/>
    public void Save(Stream stream) => JsonSerializer.Serialize(stream, new State(finder, Step, new(Kept)));

    /// <inheritdoc/>
    public void Restore(string path)
    {
        State? state = null;
        try
        {
            state = JsonSerializer.Deserialize<State>(File.ReadAllBytes(path));
        }
        catch (JsonException) { }
        bool fits = state is not null && state.Finder == finder && state.Step >= 0 && state.Step <= steps
            && state.Values.Count == Kept.Count && Kept.All(k => state.Values.TryGetValue(k.Key, out var v) && v.Length == k.Value.Length);
        if (!fits)
            throw new CheckpointException(
                $"{path}: expected the state of a search by {finder} of {steps} steps. Delete the file to begin this search anew.");
        foreach (var (name, values) in Kept) state!.Values[name].CopyTo(values, 0);
        Step = state!.Step;
    }

    sealed record State(string Finder, int Step, Dictionary<string, double[]> Values);
}
