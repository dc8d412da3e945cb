using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

/// <summary>Models that others are trained to be like.</summary>
static class Teachers
{
    /// <summary>Loads a teacher, which has to read and answer as the model that is trained.</summary>
    /// <param name="folder">its folder</param>
    /// <param name="student">the model that is trained, or the one that it was cut out of</param>
    /// <exception cref="ArgumentException">it is another kind of model</exception>
    public static LoadedModel Load(string folder, LoadedModel student)
    {
        LoadedModel loaded = LoadedModel.Load(folder);
        (IModel own, IModel full) = (student.Model, loaded.Model);
        string? differs = own.Vocabulary != full.Vocabulary ? $"{own.Vocabulary} tokens, {full.Vocabulary} tokens of the teacher"
            : own.Output != full.Output ? $"an output of {own.Output.ToString().ToLowerInvariant()}, "
                + $"{full.Output.ToString().ToLowerInvariant()} of the teacher"
            : !own.Labels.SequenceEqual(full.Labels)
                ? $"the labels {string.Join(", ", own.Labels)}, the teacher {string.Join(", ", full.Labels)}" : null;
        return differs is null ? loaded
            : throw new ArgumentException($"The teacher {folder} is another kind of model: {student.Name} has {differs}. A teacher reads "
                + "the same tokens and answers with the same labels, as the full model of a cut does.");
    }
}
