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

    /// <summary>What each token of a batch says, alone, special tokens included, [token]: names for the rows of a table.</summary>
    public static IReadOnlyList<string> TokenTexts(this LoadedModel model, Batch batch) =>
        [.. batch.Ids.Select(id => model.Tokenizer.Decode([id], skipSpecial: false))];

    /// <summary>
    /// The id of a text that is a single token: the column of its score. Tokenizers of bytes take " Mary", with its space; those that put
    /// a space before every text, as Llama's does, take "Mary".
    /// </summary>
    /// <exception cref="ArgumentException">it is none, or several; the message says which</exception>
    public static int Token(this LoadedModel model, string text)
    {
        int[] ids = model.Tokenizer.EncodeText(text, int.MaxValue).Ids;
        return ids.Length == 1 ? ids[0] : throw new ArgumentException($"A single token was expected; '{text}' is {ids.Length}: "
            + $"{string.Join(", ", ids.Select(id => $"'{model.Tokenizer.Piece(id)}'"))}. Try it with or without a space in front.");
    }

    /// <summary>
    /// The scores of a pass: [sequence label] of a classifier, [token vocabulary] of a language model, the row of a token being about the
    /// token that comes next.
    /// </summary>
    /// <param name="model">the model</param>
    /// <param name="batch">the input</param>
    /// <param name="probe">sees every site, and may replace what passes; null for none</param>
    /// <exception cref="ArgumentException">the probe names a site that the model has not</exception>
    public static Tensor Logits(this LoadedModel model, Batch batch, IProbe? probe = null) =>
        model.Model.Forward(batch, probe ?? NoProbe.Instance, Tokens.All);

    /// <summary>The same, and what passed the sites.</summary>
    /// <param name="model">the model</param>
    /// <param name="batch">the input</param>
    /// <param name="wanted">which sites; null for all</param>
    /// <param name="probe">acts first; null for none</param>
    /// <exception cref="ArgumentException">no site of the model is wanted, or the probe names one that it has not</exception>
    public static (Tensor Logits, ActivationCache Cache) RunWithCache(
        this LoadedModel model, Batch batch, Predicate<Site>? wanted = null, IProbe? probe = null)
    {
        Recorder recorder = Recording(model.Model.Sites(), wanted, probe);
        Tensor logits = model.Logits(batch, recorder);
        return (logits, new(recorder.Seen));
    }

    /// <summary>What passed the sites of a pass without its scores, as a body without a head has none.</summary>
    /// <inheritdoc cref="RunWithCache"/>
    public static ActivationCache Record(this LoadedModel model, Batch batch, Predicate<Site>? wanted = null, IProbe? probe = null)
    {
        Recorder recorder = Recording(
            [.. model.Model.Sites().Where(site => site.Point is not (Point.BeforeScores or Point.Logits))], wanted, probe);
        model.Model.Stream(batch, recorder, Tokens.All);
        return new(recorder.Seen);
    }

    static Recorder Recording(IReadOnlyList<Site> sites, Predicate<Site>? wanted, IProbe? probe) =>
        wanted is null || sites.Any(site => wanted(site)) ? new(wanted, probe) : throw new ArgumentException(
            $"No site of this pass is wanted. It has {string.Join(", ", sites)}.", nameof(wanted));

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
        model.Lens(cache[layer, Point.LayerOut], batch);

    /// <summary>What the model's head makes of a residual stream, norm included, whatever was added to the stream or taken off.</summary>
    /// <param name="model">the model</param>
    /// <param name="stream">as it leaves the last layer, [token width]</param>
    /// <param name="batch">the input whose tokens these are</param>
    /// <returns>as <see cref="Logits"/></returns>
    public static Tensor Lens(this LoadedModel model, Tensor stream, Batch batch) =>
        model.Model.Score(stream, batch, Tokens.All, NoProbe.Instance);

    /// <summary>
    /// What a head, a neuron or a block adds to the residual stream (Elhage et al. 2021, "A mathematical framework for transformer
    /// circuits"): a head's mix through its rows of the output projection, without the projection's bias; of a block all, bias included.
    /// </summary>
    /// <param name="model">the model</param>
    /// <param name="part">its address</param>
    /// <param name="cache">of a pass with the part's site: <see cref="Point.Heads"/>, <see cref="Point.Neurons"/>,
    /// <see cref="Point.AttentionOut"/> or <see cref="Point.MlpOut"/></param>
    /// <returns>[token width]</returns>
    /// <exception cref="ArgumentException">it is a whole layer, a norm stands after its block (Gemma 2), or there is no such kind of
    /// part</exception>
    /// <exception cref="KeyNotFoundException">the model has no such part, or the cache lacks its site</exception>
    public static Tensor Adds(this LoadedModel model, Part part, ActivationCache cache)
    {
        Place place = PlaceIn(model, part);
        if (place.PassesOn) throw new ArgumentException($"{part} is a layer: what it adds are the layer's blocks, L{part.Layer}.ATT and "
            + $"L{part.Layer}.MLP.");
        Tensor value = cache[place.Site];
        if (place.ReadBy is not { } read) return value;
        LayerBlock block = model.Model.Layers[part.Layer].Blocks.First(one => one.Inside == place.Site.Point);
        if (block.After.Count > 0)
            throw new ArgumentException($"What {part} adds cannot be told from what its neighbours add: a norm stands after its block. "
                + $"Ask for the block, L{part.Layer}.{(block.Out == Point.MlpOut ? "MLP" : "ATT")}.");
        Tensor own = model.Model.Weights.All[read.Tensor].Slice(read.Axis, read.Start, read.Length);
        value = value.Slice(1, place.Start, place.Length);
        return read.Axis == 0 ? value.MatMul(own) : value.Linear(own, null);
    }

    /// <inheritdoc cref="Adds(LoadedModel, Part, ActivationCache)"/>
    /// <exception cref="FormatException">it is not an address</exception>
    public static Tensor Adds(this LoadedModel model, string part, ActivationCache cache) => model.Adds(Part.Parse(part), cache);

    /// <summary>A probe that ablates parts with zeros; of other ablations see <see cref="Ablation.Without"/>.</summary>
    /// <param name="model">the model</param>
    /// <param name="parts">their addresses: "L0.H3", "L2.MLP", "L1.ATT", "L1", "L0.N17"</param>
    /// <exception cref="ArgumentException">there is no such kind of part</exception>
    /// <exception cref="KeyNotFoundException">the model has no such part</exception>
    public static IProbe Without(this LoadedModel model, params IEnumerable<Part> parts)
    {
        Part[] ablated = [.. parts];
        return Ablation.Zero(model.Model.Universe(KindsOf(ablated))).Without(ablated);
    }

    /// <inheritdoc cref="Without(LoadedModel, IEnumerable{Part})"/>
    /// <exception cref="FormatException">one is not an address</exception>
    public static IProbe Without(this LoadedModel model, params IEnumerable<string> parts) => model.Without(parts.Select(Part.Parse));

    /// <summary>A probe that puts in place of a part's value what another pass had there.</summary>
    /// <param name="model">the model</param>
    /// <param name="part">its address</param>
    /// <param name="from">what the other pass, of an input of as many tokens, had at the part's site</param>
    /// <param name="tokens">rows of the packed tokens to patch; null for all</param>
    /// <exception cref="ArgumentException">there is no such kind of part</exception>
    /// <exception cref="KeyNotFoundException">the model has no such part</exception>
    public static IProbe Patch(this LoadedModel model, Part part, ActivationCache from, IReadOnlyList<int>? tokens = null)
    {
        Place place = PlaceIn(model, part);
        return new PatchProbe(from, place.Site, tokens, place.Start, place.Length);
    }

    /// <inheritdoc cref="Patch(LoadedModel, Part, ActivationCache, IReadOnlyList{int})"/>
    /// <exception cref="FormatException">it is not an address</exception>
    public static IProbe Patch(this LoadedModel model, string part, ActivationCache from, IReadOnlyList<int>? tokens = null) =>
        model.Patch(Part.Parse(part), from, tokens);

    static Place PlaceIn(LoadedModel model, Part part)
    {
        Universe universe = model.Model.Universe(KindsOf([part]));
        return universe.Places[universe.PlaceOf(part)];
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
