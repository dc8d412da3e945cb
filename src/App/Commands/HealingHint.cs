using Heartwood.App.Console;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary>The command that trains a cut for a short while, printed after every verb that cuts.</summary>
static class HealingHint
{
    /// <summary>The command as a shell takes it, after a sentence on what it is for; or why there is none.</summary>
    /// <param name="run">the folder as the user wrote it; the training goes to a folder of its name with "-healed"</param>
    /// <param name="cut">the cut model's folder in it</param>
    /// <param name="next">gives the command for a cut and a folder</param>
    /// <param name="own">whether it is the cut that the run keeps, which heal takes</param>
    public static string Words(string run, string cut, Func<string, string, NextTraining> next, bool own = true)
    {
        NextTraining training = next(Path.Combine(run, cut), $"{Path.TrimEndingDirectorySeparator(run)}-healed");
        return training.Words is { } words ?
            (own ? $"To heal the cut, next to a random one that is trained as long: {Machine.Command(["heal", run])}\n" : "")
                + $"To {(own ? "train it by itself" : "heal the cut, train it for a short while")}:\n{Machine.Command(words)}\n"
            : $"{training.WhyNot}\n";
    }
}
