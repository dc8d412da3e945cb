namespace Heartwood.Checks;

/// <summary>What a language model in a GGUF file is asked, as JSON in camelCase.</summary>
/// <param name="Threads">threads of one run</param>
/// <param name="Rounds">how often all prompts are gone on with at most for their time; 0 where nothing is timed</param>
/// <param name="Tokens">how many tokens are to follow each prompt, whether or not one of them ends a text</param>
/// <param name="Prompts">token ids, special ones included</param>
public sealed record LlamaQuestion(int Threads, int Rounds, int Tokens, int[][] Prompts);

/// <summary>What came out, as JSON in camelCase.</summary>
/// <param name="LoadedBy">the program that loaded the files, with its version</param>
/// <param name="Said">of the first file, for each prompt the tokens of the highest scores, one after another</param>
/// <param name="Scores">of the first file, for each prompt the scores that its first token was chosen by, then those of its last (once
/// where that is the same): float32, little-endian, in JSON as base64</param>
/// <param name="Seconds">of each file, the median time of all prompts; none where nothing was timed</param>
public sealed record LlamaAnswers(string LoadedBy, int[][] Said, byte[][] Scores, double[] Seconds);
