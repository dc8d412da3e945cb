using System.Runtime.InteropServices;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Gguf;

/// <summary>What the program in <c>checks/</c> is asked; its source says what each means.</summary>
sealed record LlamaQuestion(int Threads, int Rounds, int Tokens, int[][] Prompts);

/// <summary>What it answers.</summary>
sealed record LlamaAnswers(string LoadedBy, int[][] Said, byte[][] Scores, double[] Seconds);

/// <summary>
/// A written file in llama.cpp next to the model in Heartwood: both go on with the same prompts of token ids, greedily and past tokens that
/// end a text. Compared are the tokens, and the scores that the first and the last one was chosen by, the last where all before it agree.
/// Heartwood's scores come of one pass over all tokens, without a cache.
/// </summary>
static class LlamaCheck
{
    internal const int MostTokens = 40;

    const int Prompts = 5, Rounds = 3;

    /// <summary>Asks the program in <c>checks/</c>, where it is here.</summary>
    /// <param name="asked">what is compared; the beginnings of the first rows are the prompts</param>
    /// <param name="program">the program; null where it is not here</param>
    /// <param name="stop">ends it</param>
    /// <exception cref="InvalidDataException">llama.cpp does not load or run the file</exception>
    internal static ExportCheck Run(ExportQuestion asked, string? program, CancellationToken stop)
    {
        if (program is null) return ExportCheck.None($"the program with llama.cpp is not here: {ChecksProgram.HowToGet}");
        IModel model = asked.Model;
        int longest = Math.Max(model.MostPositions - MostTokens + 1, (model.MostPositions + 1) / 2);
        int[][] prompts = [.. asked.Rows.Where(row => row.Ids.Length > 0).Take(Prompts).Select(row => row.Ids.Take(longest).ToArray())];
        if (prompts.Length == 0) return ExportCheck.None("there is no row to go on with: give texts with --data");
        int tokens = Math.Min(MostTokens, model.MostPositions - prompts.Max(prompt => prompt.Length) + 1);
        string[] files = [.. ((string?[])[asked.Written, asked.Beside?.Invoke()]).OfType<string>()];
        LlamaAnswers answers = ChecksProgram.Ask<LlamaQuestion, LlamaAnswers>(
            program, "llama", files, new(asked.Threads, Rounds, tokens, prompts), stop);
        int same = tokens;
        long compared = 0;
        double largest = 0, largestScore = 0;
        for (int p = 0; p < prompts.Length; p++)
        {
            int[] ours = [.. Generation.Continue(model, prompts[p], tokens, new(), NoProbe.Instance, new HashSet<int>(), stop: stop)
                .Select(said => said.Id)];
            int agreed = ours.Zip(answers.Said[p]).TakeWhile(pair => pair.First == pair.Second).Count();
            same = Math.Min(same, agreed);
            ReadOnlySpan<float> theirs = MemoryMarshal.Cast<byte, float>(answers.Scores[p]);
            Compare(theirs[..Math.Min(theirs.Length, model.Vocabulary)], prompts[p]);
            if (tokens > 1 && agreed >= tokens - 1) Compare(theirs[(theirs.Length / 2)..], [.. prompts[p], .. ours[..^1]]);
        }
        return new(answers.LoadedBy, largest, compared, answers.Seconds[0], answers.Seconds.Length > 1 ? answers.Seconds[1] : null, null)
        {
            LargestScore = largestScore,
            SameTokens = same,
            Tokens = tokens,
            Prompts = prompts.Length,
        };

        void Compare(ReadOnlySpan<float> theirs, int[] ids)
        {
            using Scope scope = Scope.Open();
            ReadOnlySpan<float> ours = model.Forward(new Batch([new Sequence(ids, new int[ids.Length])]), NoProbe.Instance).Values;
            if (ours.Length != theirs.Length)
                throw new InvalidDataException(
                    $"{asked.Written}: llama.cpp gives {theirs.Length} scores a token, the model {ours.Length}.");
            for (int i = 0; i < ours.Length; i++)
            {
                double difference = Math.Abs((double)theirs[i] - ours[i]);
                if (!(difference <= largest)) largest = difference;                             // NaN is the largest of all
                largestScore = Math.Max(largestScore, Math.Abs(ours[i]));
            }
            compared += ours.Length;
        }
    }
}
