using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

/// <summary>
/// Texts that a language model writes, for a smaller one to learn from (sequence-level distillation, Kim and Rush 2016, drawn from the
/// model's own distribution and not its likeliest text). Each follows from the seed and its number alone. They are kept in the run, some
/// to a file, so that a run that is stopped goes on with the next ones.
/// </summary>
static class SampledTexts
{
    const int PerFile = 10;

    /// <summary>A text.</summary>
    /// <param name="Ids">its tokens, with what begins and, where it came to an end, what ends it</param>
    /// <param name="Text">the same to be read</param>
    sealed record Written(int[] Ids, string Text);

    /// <summary>The seed of one of several texts; of the first the one that was given.</summary>
    internal static ulong SeedOf(ulong seed, int number) => seed + ((ulong)number << 32);

    /// <summary>Why a model writes no texts, with the next move; null where it does.</summary>
    public static string? WhyNot(LoadedModel speaker) =>
        speaker.Model is not { Output: Output.Vocabulary, Causal: true }
            ? $"{speaker.Name} writes no texts: only a language model does. Leave out --sampled to train on the run's own data."
        : speaker.PromptOf("").Length == 0
            ? $"The tokenizer of {speaker.Name} has no token that begins a text, so that none can be sampled. Leave out --sampled."
            : null;

    /// <summary>Writes those that the run does not hold yet.</summary>
    /// <param name="folder">the run</param>
    /// <param name="speaker">the model that writes them</param>
    /// <param name="texts">how many</param>
    /// <param name="most">most tokens of each, with what begins it</param>
    /// <param name="seed">seed of what is drawn</param>
    /// <param name="progress">hears of every text</param>
    /// <param name="stop">ends the work</param>
    /// <returns>a window of running text each</returns>
    public static IReadOnlyList<Example> Take(
        RunFolder folder, LoadedModel speaker, int texts, int most, ulong seed, IProgress<Progress> progress, CancellationToken stop)
    {
        (int First, int Count)[] runs = [.. Enumerable.Range(0, (texts + PerFile - 1) / PerFile)
            .Select(i => (i * PerFile, Math.Min(PerFile, texts - i * PerFile)))];
        string FileOf((int First, int Count) run) => $"heal/texts-seed-{seed}-most-{most}/{run.First:000000}-{run.Count}.json";
        int done = runs.Where(run => folder.Has(FileOf(run))).Sum(run => run.Count);
        folder.Work([.. runs.Select(run => new Job(FileOf(run), () =>
        {
            Written[] written = [.. Enumerable.Range(run.First, run.Count).Select(number =>
            {
                Written one = Write(speaker, most, SeedOf(seed, number), stop);
                progress.Report(new("sampling texts", Interlocked.Increment(ref done), texts, "texts", ""));
                return one;
            })];
            folder.WriteJson(FileOf(run), written);
        }))]);
        return [.. runs.SelectMany(run => folder.ReadJson<Written[]>(FileOf(run)))
            .Select(one => new Example(Sequence.Plain(one.Ids), 0, "", ""))];
    }

    static Written Write(LoadedModel speaker, int most, ulong seed, CancellationToken stop)
    {
        int[] begin = speaker.PromptOf("");
        IEnumerable<SaidToken> said = Generation.Continue(speaker.Model, begin, most - begin.Length, new(Temperature: 1, Seed: seed),
            NoProbe.Instance, speaker.EndsOfText(), speaker.WordsSaid(), stop);
        int[] ids = [.. begin, .. said.Select(token => token.Id)];
        return new(ids, speaker.Tokenizer.Decode(ids));
    }
}
