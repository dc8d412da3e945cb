using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;

namespace Heartwood.Lab.Studies;

/// <summary>What changes made of a subnetwork, in words.</summary>
public static class ChangeSummary
{
    /// <summary>One paragraph per change: its size, its claim and the proof, its speed, where it was written.</summary>
    public static string Text(ChangesFacts made)
    {
        List<string> lines = [Said.Text($"Of the subnetwork of seed {made.Seed}, sparsity {made.Sparsity:0.00}; the full model has ")
            + Said.Text($"{made.ParametersBefore:N0} weights:\n")];
        foreach (ChangeFacts change in made.Changes)
        {
            if (change.WhyNot is { } why)
            {
                lines.Add($"{change.Name}: not made. {why}\n");
                continue;
            }
            string proof = Said.Text($"within {change.LargestDifference:0.0e+0} in any logit of {change.Compared} examples");
            lines.Add(Said.Text($"{change.Name}: {change.Parameters:N0} weights; {change.Claim}, {proof}\n"));
            if (change.Speed is { } speed) lines.Add(Said.Text($"    {speed.SpeedUp:0.00} times as fast as the full model\n"));
            lines.AddRange(change.Exports.Select(export => $"    {export.Key}: {export.Value}\n"));
        }
        return string.Concat(lines);
    }
}
