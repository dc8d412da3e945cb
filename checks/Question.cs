namespace Heartwood.Checks;

/// <summary>What a file's model is asked, as JSON in camelCase.</summary>
/// <param name="Threads">threads of one run</param>
/// <param name="Rounds">how often the timed batches are run at most; 0 where nothing is timed</param>
/// <param name="Batches">the inputs</param>
public sealed record Question(int Threads, int Rounds, IReadOnlyList<QuestionBatch> Batches);

/// <summary>One input: rows of one length.</summary>
/// <param name="Ids">token ids, [row token]</param>
/// <param name="Mask">1 where a token is one of the row's, 0 where it is padding, [row token]</param>
/// <param name="Types">token types, [row token]</param>
/// <param name="Read">of models that give scores or states for every token, which token's are wanted of each row; null of others</param>
/// <param name="Timed">whether its time is taken</param>
public sealed record QuestionBatch(long[][] Ids, long[][] Mask, long[][] Types, int[]? Read, bool Timed);

/// <summary>What came out, as JSON in camelCase.</summary>
/// <param name="LoadedBy">the program that loaded the files, with its version</param>
/// <param name="Scores">of the first file, for each batch its rows' numbers, one row after another: float32, little-endian, in JSON as
/// base64</param>
/// <param name="Seconds">of each file, the median time of all timed batches; none where nothing was timed</param>
public sealed record Answers(string LoadedBy, IReadOnlyList<byte[]> Scores, IReadOnlyList<double> Seconds);
