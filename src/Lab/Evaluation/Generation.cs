using System.Text.Json.Nodes;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation;

/// <summary>A token that a language model said.</summary>
/// <param name="Id">the token</param>
/// <param name="LogProbability">the logarithm of its probability by the
/// model (softmax of its scores, whatever was sampled from), in nats</param>
public readonly record struct SaidToken(int Id, double LogProbability);

/// <summary>Texts that a language model goes on with.</summary>
public static class Generation
{
    /// <summary>
    /// The tokens that follow a prompt, each as soon as it is known: up to one that
    /// ends the text, included, or as many as are wanted or as the model takes.
    /// </summary>
    /// <param name="model">a language model</param>
    /// <param name="prompt">token ids, at least one, special tokens included</param>
    /// <param name="most">most tokens to follow</param>
    /// <param name="sampling">how each is chosen</param>
    /// <param name="probe">sees every pass, of which the first reads the prompt and every other one token</param>
    /// <param name="ends">tokens that end a text</param>
    /// <param name="words">ids from here on are never said: embeddings may be
    /// longer than the tokenizer's vocabulary; null where all are words</param>
    /// <param name="stop">ends the work</param>
    /// <exception cref="ArgumentException">the model is none of language, or the prompt is empty or too long</exception>
    public static IEnumerable<SaidToken> Continue(
        IModel model, IReadOnlyList<int> prompt, int most, Sampling sampling, IProbe probe,
        IReadOnlySet<int> ends, int? words = null, CancellationToken stop = default)
    {
        if (model.GuessesMaskedWords())
            throw new ArgumentException("The model guesses masked words and cannot go on with a text. Give a language model.");
        if (model.Output != Output.Vocabulary)
            throw new ArgumentException("The model gives scores to labels, not to the token that comes next. Give a language model.");
        if (prompt.Count == 0)
            throw new ArgumentException("There is nothing to continue, and the tokenizer has no token that begins a text. Give a prompt.");
        if (prompt.Count > model.MostPositions)
            throw new ArgumentException($"The prompt has {prompt.Count} tokens, the model takes {model.MostPositions}. Shorten it.");
        return Tokens();

        IEnumerable<SaidToken> Tokens()
        {
            Past past = new();
            int[] next = [.. prompt];
            for (int step = 0; step < most && past.Count + next.Length <= model.MostPositions; step++)
            {
                stop.ThrowIfCancellationRequested();
                SaidToken said = Say(model, past.Next(next), words ?? model.Vocabulary, sampling, step, probe);
                yield return said;
                if (ends.Contains(said.Id)) yield break;
                next = [said.Id];
            }
        }
    }

    /// <summary>A text with what a language model goes on with.</summary>
    /// <param name="model">a language model</param>
    /// <param name="prompt">the text; empty to begin one</param>
    /// <param name="most">most tokens to add</param>
    /// <param name="sampling">how each is chosen; null for the likeliest</param>
    /// <param name="probe">sees every pass, of which the first reads the prompt and every other one token; null for none</param>
    /// <returns>prompt and continuation, as the tokenizer reads them back</returns>
    /// <exception cref="ArgumentException">the model is none of language, or the prompt is too long</exception>
    public static string Generate(this LoadedModel model, string prompt, int most, Sampling? sampling = null, IProbe? probe = null)
    {
        int[] ids = model.PromptOf(prompt);
        IEnumerable<SaidToken> said = Continue(model.Model, ids, most, sampling ?? new(), probe ?? NoProbe.Instance, model.EndsOfText(),
            model.WordsSaid());
        return model.Tokenizer.Decode([.. ids, .. said.Select(token => token.Id)]);
    }

    /// <summary>
    /// The tokens of a text to be gone on with: a tokenizer that puts nothing in front begins an empty one with what ends a text, as GPT-2
    /// was trained.
    /// </summary>
    internal static int[] PromptOf(this LoadedModel model, string text)
    {
        int[] ids = model.Tokenizer.Encode(text).Ids;
        return ids.Length > 0 ? ids : (model.Tokenizer.Begin ?? model.Tokenizer.End) is { } begin ? [begin] : [];
    }

    /// <summary>
    /// The tokens that end a text. A token that begins texts ends the one before: llama2.c's stories follow one another so, with nothing
    /// else between.
    /// </summary>
    internal static IReadOnlySet<int> EndsOfText(this LoadedModel model)
    {
        HashSet<int> ends = [.. new[] { model.Tokenizer.End, model.Tokenizer.Begin }.OfType<int>()];
        if (model.Model.Config["eos_token_id"] is { } said)
            foreach (JsonNode? id in said as IEnumerable<JsonNode?> ?? [said])
                if (id is JsonValue value && value.TryGetValue(out int number)) ends.Add(number);
        return ends;
    }

    /// <summary>Ids from here on are no words.</summary>
    internal static int WordsSaid(this LoadedModel model) => Math.Min(model.Tokenizer.Count, model.Model.Vocabulary);

    static SaidToken Say(IModel model, Batch batch, int words, Sampling sampling, int step, IProbe probe)
    {
        using Scope pass = Scope.Open();
        Tensor scores = model.Forward(batch, probe);
        int id = sampling.Choose(scores.Values[..words], step);
        return new(id, scores.LogSoftmax().Values[id]);
    }
}
