using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Exports;

/// <summary>A way to write a model as a folder or file that other programs load.</summary>
public interface IExport
{
    /// <summary>Its name on the command line: "hugging-face".</summary>
    string Name { get; }

    /// <summary>What it writes, in a few words, for help.</summary>
    string InWords { get; }

    /// <summary>The same export with options.</summary>
    /// <exception cref="ArgumentException">an option is not the export's, or out of range</exception>
    IExport With(TenantSpec options);

    /// <summary>Why this model cannot be written so, with the next move; null where it can.</summary>
    string? WhyNot(IModel model);

    /// <summary>Writes a model, whole or not at all.</summary>
    /// <param name="model">the model</param>
    /// <param name="tokenizer">the tokenizer's files by name</param>
    /// <param name="path">where; a file's ending is added where it lacks it; the folder above is made where it does not exist</param>
    /// <param name="replace">whether something that stands there may be replaced</param>
    /// <returns>the folder or file that it wrote</returns>
    /// <exception cref="IOException">it cannot be written</exception>
    string Write(IModel model, IReadOnlyDictionary<string, byte[]> tokenizer, string path, bool replace);

    /// <summary>How other programs load what it writes of a model, where that is worth a word; null where it is not.</summary>
    string? HowLoaded(IModel model) => null;

    /// <summary>
    /// The export that writes the same function as exactly as it can, next to which a close one is timed; itself where it is.
    /// </summary>
    IExport Exact => this;

    /// <summary>
    /// Has a program that is not ours load what was written and compares what both compute; where that program is not here, or none is
    /// known, the check says so.
    /// </summary>
    /// <param name="asked">what was written, and what it is asked</param>
    /// <param name="stop">ends the check</param>
    /// <exception cref="InvalidDataException">the program does not load or run it</exception>
    ExportCheck Check(ExportQuestion asked, CancellationToken stop) =>
        ExportCheck.None($"{Name}: Heartwood knows no other program here that loads it");
}
