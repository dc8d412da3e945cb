using System.Globalization;
using System.Text.RegularExpressions;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>The model at one step of its training.</summary>
/// <param name="Folder">its folder</param>
/// <param name="Name">the folder's name</param>
/// <param name="Step">the number that the name ends with</param>
/// <param name="Sha256">hash of its weights</param>
public sealed partial record TrainingCheckpoint(string Folder, string Name, long Step, string Sha256)
{
    /// <summary>Opens folders of checkpoints one after another, and puts them in the order of their steps.</summary>
    /// <param name="folders">the folders</param>
    /// <param name="trained">the model that the training ended with: all must have its parts and labels</param>
    /// <param name="inPlay">the kinds of part in play</param>
    /// <exception cref="ArgumentException">a name has no step, two have the same, or a checkpoint is of another model</exception>
    public static IReadOnlyList<TrainingCheckpoint> Read(IReadOnlyList<string> folders, IModel trained, IReadOnlyList<PartKind> inPlay)
    {
        TrainingCheckpoint[] all = [.. folders.Select(f => One(f, trained, inPlay)).OrderBy(c => c.Step)];
        foreach (var (before, after) in all.Zip(all.Skip(1)))
            if (before.Step == after.Step || before.Name == after.Name)
                throw new ArgumentException(
                    $"--checkpoints names step {after.Step} twice: {before.Folder} and {after.Folder}. Give each checkpoint once.");
        return all;
    }

    static TrainingCheckpoint One(string folder, IModel trained, IReadOnlyList<PartKind> inPlay)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        if (!Named().IsMatch(name) || !long.TryParse(Number().Match(name).Value, NumberStyles.None, CultureInfo.InvariantCulture,
            out long step))
            throw new ArgumentException(
                $"--checkpoints: '{folder}' does not say its step. Name folders as training does, step-500 or checkpoint-500 (letters, "
                    + "digits, '.', '_' and '-'): the step is the number at the end.");
        LoadedModel loaded = LoadedModel.Load(folder);
        Universe own = loaded.Model.Universe(inPlay), wanted = trained.Universe(inPlay);
        if (!own.Parts.SequenceEqual(wanted.Parts) || !loaded.Model.Labels.SequenceEqual(trained.Labels))
            throw new ArgumentException(
                $"--checkpoints: {folder} has {own.Count} parts and the labels {string.Join(", ", loaded.Model.Labels)}, the model "
                    + $"{wanted.Count} parts and {string.Join(", ", trained.Labels)}. Give checkpoints of the model's own training.");
        return new(folder, name, step, loaded.Sha256);
    }

    [GeneratedRegex(@"\d+\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex Named();
}
