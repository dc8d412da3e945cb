using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Tasks;

/// <summary>A label with what a classifier gives it.</summary>
/// <param name="Label">the label</param>
/// <param name="Probability">softmax of the scores; 1 of a model that gives one number</param>
/// <param name="Logit">the score itself</param>
public readonly record struct Prediction(string Label, double Probability, double Logit);

/// <summary>A token with what a language model gives it.</summary>
/// <param name="Id">the token</param>
/// <param name="Text">what it says, alone</param>
/// <param name="Probability">softmax of the scores</param>
/// <param name="Logit">the score itself</param>
public readonly record struct TopToken(int Id, string Text, double Probability, double Logit);

/// <summary>
/// Runs a loaded model on text, with a look inside: what a program that uses the library calls first. All passes compute all tokens,
/// so that every site shows [token …]. Where no <see cref="Scope"/> is open, the garbage collector has all tensors.
/// </summary>
public static class Running
{
    /// <summary>A text, or a pair, as the model reads it.</summary>
    /// <exception cref="InvalidDataException">the text is no token for this model</exception>
    public static Batch Read(this LoadedModel model, string text, string? pair = null) => model.Read([(text, pair)]);

    /// <summary>Texts, or pairs, as one batch, packed one after another.</summary>
    /// <exception cref="InvalidDataException">a text is no token for this model</exception>
    public static Batch Read(this LoadedModel model, IEnumerable<(string Text, string? Pair)> texts)
    {
        Row[] rows = [.. texts.Select(text => new Row(text.Text, text.Pair, ""))];
        return new(Inputs.EncodeTexts(rows, model.Tokenizer, model.Model.MostPositions, model.Rule, "the text", model.Note));
    }

    /// <summary>
    /// The scores of a pass: [sequence label] of a classifier, [token vocabulary] of a language model, the row of a token being about the
    /// token that comes next.
    /// </summary>
    /// <param name="model">the model</param>
    /// <param name="batch">the input</param>
    /// <param name="probe">sees every site, and may replace what passes; null for none</param>
    public static Tensor Logits(this LoadedModel model, Batch batch, IProbe? probe = null) =>
        model.Model.Forward(batch, probe ?? NoProbe.Instance, Tokens.All);

    /// <summary>The same, and what passed the sites.</summary>
    /// <param name="model">the model</param>
    /// <param name="batch">the input</param>
    /// <param name="wanted">which sites; null for all</param>
    /// <param name="probe">acts first; null for none</param>
    public static (Tensor Logits, ActivationCache Cache) RunWithCache(
        this LoadedModel model, Batch batch, Predicate<Site>? wanted = null, IProbe? probe = null)
    {
        Recorder recorder = new(wanted, probe);
        Tensor logits = model.Logits(batch, recorder);
        return (logits, new(recorder.Seen));
    }

    /// <summary>What a classifier says of a text or a pair, the likeliest label first.</summary>
    /// <exception cref="Checkpoints.CheckpointException">it is a language model and has no labels</exception>
    public static IReadOnlyList<Prediction> Predict(this LoadedModel model, string text, string? pair = null)
    {
        IReadOnlyList<string> labels = model.Labels;
        Tensor logits = model.Logits(model.Read(text, pair));
        double[] shares = Shares(logits.Values);
        float[] scores = logits.Values.ToArray();
        return [.. labels.Select((label, l) => new Prediction(label, shares[l], scores[l])).OrderByDescending(p => p.Logit)];
    }

    /// <summary>The likeliest tokens in a row of scores.</summary>
    /// <param name="model">a language model</param>
    /// <param name="logits">scores, [token vocabulary]</param>
    /// <param name="token">the row; negative from the end, so that −1 is the last</param>
    /// <param name="count">how many tokens</param>
    /// <exception cref="ArgumentException">the scores are not of the vocabulary, or there is no such row</exception>
    public static IReadOnlyList<TopToken> TopTokens(this LoadedModel model, Tensor logits, int token = -1, int count = 5)
    {
        int words = model.Model.Vocabulary, rows = logits.Count / words, row = token < 0 ? rows + token : token;
        if (logits.Shape[logits.Shape.Rank - 1] != words)
            throw new ArgumentException($"Scores of the vocabulary ({words:N0} wide) were expected; these are {logits.Shape}.",
                nameof(logits));
        if (row < 0 || row >= rows)
            throw new ArgumentException($"The scores have tokens 0 to {rows - 1}; {token} is none of them.", nameof(token));
        int said = Math.Min(words, model.Tokenizer.Count);
        float[] scores = logits.Values.Slice(row * words, words).ToArray();
        double[] shares = Shares(scores);
        int[] order = [.. Enumerable.Range(0, said).OrderByDescending(id => scores[id]).Take(count)];
        return [.. order.Select(id => new TopToken(id, model.Tokenizer.Decode([id], skipSpecial: false), shares[id], scores[id]))];
    }

    /// <summary>
    /// The logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens"): what the model's head makes of the residual stream after
    /// a layer, as if it were the last.
    /// </summary>
    /// <param name="model">the model</param>
    /// <param name="cache">of a pass of the batch, with <see cref="Point.LayerOut"/></param>
    /// <param name="layer">the layer</param>
    /// <param name="batch">the input of that pass</param>
    /// <returns>as <see cref="Logits"/></returns>
    public static Tensor Lens(this LoadedModel model, ActivationCache cache, int layer, Batch batch) =>
        model.Model.Score(cache[layer, Point.LayerOut], batch, Tokens.All, NoProbe.Instance);

    /// <summary>A probe that ablates parts with zeros.</summary>
    /// <param name="model">the model</param>
    /// <param name="parts">their addresses: "L0.H3", "L2.MLP", "L1.ATT", "L1", "L0.N17"</param>
    /// <exception cref="FormatException">one is not an address</exception>
    /// <exception cref="ArgumentException">there is no such kind of part</exception>
    /// <exception cref="KeyNotFoundException">the model has no such part</exception>
    public static IProbe Without(this LoadedModel model, params IEnumerable<string> parts)
    {
        Part[] ablated = [.. parts.Select(Part.Parse)];
        Universe universe = model.Model.Universe(KindsOf(ablated));
        return new MaskProbe(MaskProbe.Without(universe, ablated), Ablation.Zero(universe));
    }

    /// <summary>A probe that puts in place of a part's value what another pass had there.</summary>
    /// <param name="model">the model</param>
    /// <param name="part">its address</param>
    /// <param name="from">what the other pass, of an input of as many tokens, had at the part's site</param>
    /// <param name="tokens">rows of the packed tokens to patch; null for all</param>
    /// <exception cref="FormatException">it is not an address</exception>
    /// <exception cref="ArgumentException">there is no such kind of part</exception>
    /// <exception cref="KeyNotFoundException">the model has no such part</exception>
    public static IProbe Patch(this LoadedModel model, string part, ActivationCache from, IReadOnlyList<int>? tokens = null)
    {
        Part patched = Part.Parse(part);
        Universe universe = model.Model.Universe(KindsOf([patched]));
        Place place = universe.Places[universe.PlaceOf(patched)];
        return new PatchProbe(from, place.Site, tokens, place.Start, place.Length);
    }

    static IReadOnlyList<PartKind> KindsOf(Part[] parts)
    {
        foreach (Part part in parts)
            if (!PartKinds.Usual.Any(kind => kind.Includes(part)))
                throw new ArgumentException($"There is no part {part}: parts are written L3.H7, L3.MLP, L3.ATT, L3, L3.N512.");
        return [.. PartKinds.Usual.Where(kind => parts.Any(kind.Includes))];
    }

    static double[] Shares(ReadOnlySpan<float> scores)
    {
        double[] shares = new double[scores.Length];
        double most = float.NegativeInfinity, sum = 0;
        foreach (float score in scores) most = Math.Max(most, score);
        for (int i = 0; i < shares.Length; i++) sum += shares[i] = Math.Exp(scores[i] - most);
        for (int i = 0; i < shares.Length; i++) shares[i] /= sum;
        return shares;
    }
}
