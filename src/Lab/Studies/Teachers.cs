using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

/// <summary>Models that others are trained to be like.</summary>
public static class Teachers
{
    /// <summary>What the embedded model is called as a teacher.</summary>
    public const string Embedded = "embedded";

    /// <summary>What a run's own full model is called among several teachers.</summary>
    public const string Full = "full";

    /// <summary>Whether there is a teacher of a name.</summary>
    public static bool Exists(string name) => name == Embedded || Directory.Exists(name);

    /// <summary>The names of the teachers that teach together: a folder, or several with + between them.</summary>
    /// <exception cref="ArgumentException">one is named twice, or has no name</exception>
    public static IReadOnlyList<string> In(string words)
    {
        string[] names = Directory.Exists(words) ? [words] : words.Split('+', StringSplitOptions.TrimEntries);
        return names.All(name => name != "") && names.Distinct().Count() == names.Length ? names
            : throw new ArgumentException($"'{words}' is to name teachers with + between them, each once.");
    }

    /// <summary>Loads a teacher, which has to read and answer as the model that is trained.</summary>
    /// <param name="folder">its folder, or <see cref="Embedded"/></param>
    /// <param name="student">the model that is trained, or the one that it was cut out of</param>
    /// <exception cref="ArgumentException">it is another kind of model</exception>
    public static LoadedModel Load(string folder, LoadedModel student)
    {
        LoadedModel loaded = LoadedModel.Load(Directory.Exists(folder) || folder != Embedded ? folder : null);
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
