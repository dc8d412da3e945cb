using System.Diagnostics;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tokenizers;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>A text to be gone on with.</summary>
/// <param name="Model">folder of a language model</param>
/// <param name="Prompt">the text; empty to begin one</param>
/// <param name="Tokens">most tokens to add</param>
/// <param name="Sampling">how each is chosen</param>
public sealed record GenerationRequest(string Model, string Prompt, int Tokens, Sampling Sampling)
{
    /// <summary>The subnetwork that speaks, as <see cref="Masks.Read"/> takes it; null for all of the model.</summary>
    public string? Mask { get; init; }

    /// <summary>Parts that are ablated, as <see cref="Masks.Without"/> takes them; null for none.</summary>
    public string? Without { get; init; }

    /// <summary>Whether a mask of other weights is taken.</summary>
    public bool OtherModel { get; init; }

    /// <summary>A text file that means of ablated parts are taken over; null for none.</summary>
    public string? Data { get; init; }

    /// <summary>What stands in for ablated parts, whatever the mask says; null to follow it.</summary>
    public string? Ablation { get; init; }

    /// <summary>What names in the request are looked up in.</summary>
    public Tenants Tenants { get; init; } = Tenants.Usual;

    /// <summary>Of products with the weights.</summary>
    public Precision Precision { get; init; }
}

/// <summary>A text that a model went on with.</summary>
/// <param name="Model">the folder</param>
/// <param name="Prompt">the text that was given</param>
/// <param name="Text">prompt and continuation, as the tokenizer reads them back</param>
/// <param name="PromptTokens">number of the prompt's tokens</param>
/// <param name="Tokens">the tokens that were added</param>
/// <param name="LogProbabilities">logarithm of each one's probability by the model (or the subnetwork) itself, in nats</param>
/// <param name="End">why it ends: "end of text", "tokens" (as many as were asked for), "positions" (as many as the model takes)</param>
/// <param name="Ablated">the parts that were ablated</param>
/// <param name="Ablation">what they left: "zero", "mean over FILE", "mean, as in FILE"; "" where none was ablated</param>
/// <param name="Sampling">how tokens were chosen</param>
/// <param name="Seconds">time of the passes, the prompt's included</param>
/// <param name="MostPositions">as many tokens as the model takes</param>
public sealed record GeneratedText(
    string Model, string Prompt, string Text, int PromptTokens, IReadOnlyList<int> Tokens, IReadOnlyList<double> LogProbabilities,
    string End, IReadOnlyList<string> Ablated, string Ablation, Sampling Sampling, double Seconds, int MostPositions)
{
    const int DataTokens = 16_384, DataPiece = 256;

    /// <summary>Goes on with a text.</summary>
    /// <param name="request">what to do</param>
    /// <param name="show">given each piece of text, the prompt first, as soon as it is known</param>
    /// <param name="stop">ends the work</param>
    /// <param name="tell">hears what a reader should know of how the folder was read</param>
    /// <exception cref="ArgumentException">the model is none of language, the mask another model's, or the prompt too long</exception>
    public static GeneratedText Generate(
        GenerationRequest request, Action<string> show, CancellationToken stop, Action<string>? tell = null) =>
        Several(request, 1, show, stop, tell).Single();

    /// <summary>
    /// Goes on with a text several times, each by a seed of its own that follows from the request's and the text's number; the first is
    /// that of <see cref="Generate"/>.
    /// </summary>
    /// <param name="request">what to do</param>
    /// <param name="texts">how many times</param>
    /// <param name="show">given each piece of text, the prompt first, as soon as it is known</param>
    /// <param name="stop">ends the work</param>
    /// <param name="tell">hears what a reader should know of how the folder was read</param>
    /// <returns>each as soon as it is whole</returns>
    /// <inheritdoc cref="Generate" path="/exception"/>
    public static IEnumerable<GeneratedText> Several(
        GenerationRequest request, int texts, Action<string> show, CancellationToken stop, Action<string>? tell = null)
    {
        LoadedModel loaded = LoadedModel.Load(request.Model, request.Precision);
        if (loaded.Model.GuessesMaskedWords())
            throw new ArgumentException($"{request.Model} guesses masked words and cannot go on with a text. Give a language model.");
        if (loaded.Model.Output != Output.Vocabulary)
            throw new ArgumentException(
                $"{request.Model} gives scores to labels ({string.Join(", ", loaded.Model.Labels)}), not to the token that comes next. "
                    + "Give a language model.");
        foreach (string note in loaded.Notes) tell?.Invoke(note);
        var (mask, universe) = MaskOf(request, loaded);
        Part[] ablated = mask is null ? [] : [.. universe.Parts.Except(mask.Kept)];
        if (ablated.Length == 0 && request.Data is not null)
            throw new ArgumentException(
                "The data is for what ablated parts leave, and none is ablated. Name some: --without L0.H1, or leave out --data.");
        var (probe, ablation) = ablated.Length == 0 ? (NoProbe.Instance, "") : ProbeOf(request, loaded, universe, mask!, ablated, stop);
        for (int text = 0; text < texts; text++)
        {
            Sampling sampling = request.Sampling with { Seed = SampledTexts.SeedOf(request.Sampling.Seed, text) };
            yield return Said(request with { Sampling = sampling }, loaded, probe, show, stop) with
            {
                Ablated = [.. ablated.Select(p => p.ToString())],
                Ablation = ablation,
            };
        }
    }

    static GeneratedText Said(
        GenerationRequest request, LoadedModel loaded, IProbe probe, Action<string> show, CancellationToken stop)
    {
        int[] prompt = loaded.PromptOf(request.Prompt);
        TextFlow flow = new(loaded.Tokenizer);
        IReadOnlySet<int> ends = loaded.EndsOfText();
        IEnumerable<SaidToken> tokens = Generation.Continue(loaded.Model, prompt, request.Tokens, request.Sampling, probe, ends,
            loaded.WordsSaid(), stop);
        List<SaidToken> said = [];
        show(flow.Add(prompt));
        long began = Stopwatch.GetTimestamp();
        foreach (SaidToken token in tokens)
        {
            said.Add(token);
            show(flow.Add(token.Id));
        }
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        show(flow.Rest());
        return new(loaded.Name, request.Prompt, flow.Text, prompt.Length,
            [.. said.Select(t => t.Id)], [.. said.Select(t => t.LogProbability)],
            said.Count > 0 && ends.Contains(said[^1].Id) ? "end of text" : said.Count == request.Tokens ? "tokens" : "positions",
            [], "", request.Sampling, seconds, loaded.Model.MostPositions);
    }

    static (Subnetwork? Mask, Universe Universe) MaskOf(GenerationRequest request, LoadedModel loaded)
    {
        if (request.Mask is not null && request.Without is not null)
            throw new ArgumentException("A mask and parts to ablate were both given. Leave one of the two out.");
        IReadOnlyList<PartKind> kinds = request.Tenants.PartKinds;
        if (request.Mask is null && request.Without is null) return (null, Masks.UniverseOf([], loaded.Model, kinds));
        ModelSizes sizes = loaded.Model.Sizes(kinds);
        Subnetwork mask = (request.Mask is not null ? Masks.Read(request.Mask, sizes) : Masks.Without(request.Without!, sizes)).Mask;
        Universe universe = Masks.UniverseOf([mask], loaded.Model, kinds);
        return (Masks.Fit(mask, loaded, universe, kinds, request.OtherModel), universe);
    }

    static (IProbe Probe, string Ablation) ProbeOf(
        GenerationRequest request, LoadedModel loaded, Universe universe, Subnetwork mask, Part[] ablated, CancellationToken stop)
    {
        MaskAblation rule = new(loaded, universe, request.Tenants.Ablations, request.Ablation, request.Data, Read, stop);
        rule.Require([mask]);
        rule.RefuseIdleData([mask]);
        var (left, inWords) = rule.AblationFor(mask);
        if (!left.IsConstant)
            throw new ArgumentException($"The ablation {left.Name} depends on the input, and a text that is still being written is none. "
                + "Take --ablation zero, or --ablation mean with --data FILE.");
        return (new MaskProbe(MaskProbe.Without(universe, ablated), left), inWords);

        AblationSource Read()
        {
            int longest = Math.Min(DataPiece, loaded.Model.MostPositions);
            Sequence[] rows = [.. RunningText.Read(request.Data!, loaded.Tokenizer, longest, DataTokens)];
            return new(loaded.Model, universe, rows, () => [.. rows.Chunk(4).Select(four => new Batch(four))]);
        }
    }
}
