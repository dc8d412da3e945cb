using System.Text;
using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Tasks;

/// <summary>
/// Running text with masked words, for an encoder that guesses them (Devlin et al. 2019, section 3.1 and appendix A.1). A text is cut into
/// windows, each with the special tokens of a single text around; 15 % of a window's tokens (at least one) are wanted, of which 80 % are
/// replaced by the mask, 10 % by any token, 10 % left as they are. Where a model is measured, the same are wanted every time; in training
/// others in every step. The numbers of a window: nats of its wanted tokens, how many of them are the likeliest, KL divergence from the
/// full model summed over them, and how often both find the same likeliest.
/// </summary>
/// <param name="Window">tokens of text in a window; 0 for as many as the model takes</param>
/// <param name="Stride">tokens between the beginnings of two windows, at most a window; 0 for a window: no overlap</param>
/// <param name="Most">at most this number of windows, spread evenly over them; 0 for all</param>
public sealed record MaskedLanguageModelling(int Window = 0, int Stride = 0, int Most = 0) : IProblem
{
    const double Share = 0.15, Masked = 0.8, Replaced = 0.1;

    /// <inheritdoc/>
    public TaskWords Words => words;

    static readonly TaskWords words = new("text with masked words", "window", "masked words right",
        "A masked word is right where it is the likeliest by what stands around it; intervals are over windows.",
        "in-domain loss, nats per masked word", double.NaN)
    { Measure = "perplexity", LessIsBetter = true };

    /// <inheritdoc/>
    public Tokens Tokens => Tokens.All;

    /// <inheritdoc/>
    public bool OfVocabulary => true;

    /// <inheritdoc/>
    public int Numbers(IModel model) => 4;

    /// <inheritdoc/>
    public IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, InputRules rules)
    {
        if (rules.Tokenizer.Mask is not { } mask)
            throw new InvalidDataException($"{rules.Source}: words are to be masked, and the model's tokenizer has no token [MASK] or "
                + "<mask>. Use the tokenizer that belongs to the model.");
        var (before, after) = rules.Tokenizer.Around;
        int room = rules.MostTokens - before.Length - after.Length, window = Window == 0 ? room : Math.Min(Window, room);
        int stride = Stride == 0 ? window : Stride;
        if (window < 1 || stride > window)
            throw new InvalidDataException($"{rules.Source}: windows of {window} tokens of text, {stride} apart, leave tokens out "
                + $"(the model takes {rules.MostTokens}, {before.Length + after.Length} of them special). "
                + $"Give stride=1 to {Math.Max(1, window)}.");
        List<Example> windows = [];
        foreach (Row row in rows)
        {
            int[] ids = rules.Tokenizer.EncodeText(row.Text).Ids;
            for (int start = 0; start < ids.Length; start += stride)
            {
                int end = Math.Min(ids.Length, start + window);
                Sequence whole = Sequence.Plain([.. before, .. ids.AsSpan(start, end - start), .. after]);
                windows.Add(new(whole, 0, row.Case, row.Group)
                {
                    Row = row,
                    Hidden = new(new(before.Length, end - start), [], [], mask, Math.Min(rules.Tokenizer.Count, rules.Tokenizer.Rows)),
                    Bytes = Encoding.UTF8.GetByteCount(rules.Tokenizer.Decode(ids[start..end], skipSpecial: false)),
                });
                if (end == ids.Length) break;
            }
        }
        if (windows.Count == 0) throw new InvalidDataException($"{rules.Source}: there is no token to mask. Give a file with text.");
        Chance chance = new(0, "masked words");
        return [.. Thinning.Thinned(windows, Most).Select((example, i) => AtStep(example, chance.At(i)))];
    }

    /// <inheritdoc/>
    public Example AtStep(Example example, Chance chance)
    {
        HiddenWords hidden = example.Hidden!;
        int[] ids = [.. example.Input.Ids], places = [.. Enumerable.Range(hidden.Text.Start, hidden.Text.Count)];
        for (int i = 0; i < hidden.Places.Length; i++) ids[hidden.Places[i]] = hidden.Ids[i];           // as the text has them
        ChanceStream stream = chance.Stream();
        stream.Shuffle<int>(places);
        int count = Math.Max(1, (int)Math.Round(Share * places.Length));
        int[] wanted = [.. places.Take(count).Order()], was = [.. wanted.Select(place => ids[place])];
        foreach (int place in wanted)
        {
            float draw = stream.Uniform();
            if (draw < Masked) ids[place] = hidden.Mask;
            else if (draw < Masked + Replaced) ids[place] = stream.Below(hidden.Vocabulary);
        }
        return example with { Input = new(ids, example.Input.TokenTypes), Hidden = hidden with { Places = wanted, Ids = was } };
    }

    /// <inheritdoc/>
    public int[] Places(Batch batch, IReadOnlyList<Example> examples) =>
        [.. examples.SelectMany((example, i) => example.Hidden!.Places.Select(place => batch.Offsets[i] + place))];

    /// <inheritdoc/>
    public int[] Targets(Batch batch, IReadOnlyList<Example> examples) => [.. examples.SelectMany(example => example.Hidden!.Ids)];

    /// <inheritdoc/>
    public void Read(Pass pass, Pass? full, IReadOnlyList<Example> examples, Span<float> numbers)
    {
        TokenScore[] tokens = NextTokens.Read(pass, full, Places(pass.Batch, examples), Targets(pass.Batch, examples));
        for (int e = 0, at = 0; e < examples.Count; at += Wanted(examples[e]), e++)
            LanguageModelling.Sum(new(tokens, at, Wanted(examples[e])), full is not null, numbers.Slice(4 * e, 4));
    }

    /// <inheritdoc/>
    public bool Gives(Example example, int number, bool compared) => number < 2 || compared;

    static int Wanted(Example window) => window.Hidden!.Places.Length;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Choices(ReadOnlySpan<float> numbers) => default;

    /// <inheritdoc/>
    public IReadOnlyList<TaskFigure> Figures => figures;

    static readonly TaskFigure[] figures =
    [
        new("loss", "nats per masked word", "Cross entropy: minus ln of the probability of each masked word, mean over them.",
            (e, n) => (n[0], Wanted(e)), Role: FigureRole.Loss, Least: 0),
        new("perplexity", "", "e to the loss: among how many equally likely words the model hesitates at a mask.",
            (e, n) => (n[0], Wanted(e)), Math.Exp, Least: 1),
        new("masked words right", "share", "Share of masked words that are the likeliest by what stands around them.",
            (e, n) => (n[1], Wanted(e)), Role: FigureRole.Accuracy, Least: 0, Most: 1),
        new("KL", "nats per masked word", "KL divergence from the full model's distribution over the vocabulary.",
            (e, n) => (n[2], Wanted(e)), Role: FigureRole.Kl, Least: 0),
        new("same word", "share", "Share of masked places at which the likeliest word is the full model's.",
            (e, n) => (n[3], Wanted(e)), Role: FigureRole.Agreement, Least: 0, Most: 1),
    ];
}
