namespace Heartwood.Lab.Runs;

/// <summary>How a result was made; written before the work begins.</summary>
/// <param name="Command">the command line</param>
/// <param name="Version">version of Heartwood</param>
/// <param name="Machine">processor, cores, memory, operating system, .NET version</param>
/// <param name="Backend">the tensor backend</param>
/// <param name="Threads">number of threads</param>
/// <param name="Seeds">the seeds</param>
/// <param name="Started">when it began, UTC, ISO 8601</param>
/// <param name="ModelSha256">hash of the model's weights file</param>
/// <param name="Data">each data file with rows and hash</param>
/// <param name="Request">every option with its value</param>
public sealed record Manifest(
    string Command, string Version, string Machine, string Backend, int Threads, IReadOnlyList<ulong> Seeds, string Started,
    string ModelSha256, IReadOnlyList<DataFacts> Data, IReadOnlyDictionary<string, string> Request);

/// <summary>One data file.</summary>
/// <param name="Use">
/// "train", "inDomain", "outOfDomain", "unseen" or "choosing"; "config and tokenizer" for what belongs to the model besides its weights;
/// "run" for a run that is joined with others
/// </param>
/// <param name="Source">the file, or the world and its seed; the model's folder</param>
/// <param name="Rows">number of examples; of a tokenizer, of words</param>
/// <param name="Sha256">hash of the file, or of the generated rows</param>
public sealed record DataFacts(string Use, string Source, int Rows, string Sha256);
