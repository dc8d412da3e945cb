using System.Text;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Tasks;

/// <summary>
/// Running text, cut into windows, each after the token that begins texts (where the tokenizer has one). Every token of a document is
/// scored once, in the first window that holds it; windows that begin less than their length apart overlap, and what was scored before
/// is context. Without a beginning token the document's first token is not scored. The numbers of a window: nats of its scored tokens,
/// how many of them are the likeliest, KL divergence from the full model summed over them, and how often both find the same likeliest.
/// </summary>
/// <param name="Window">tokens of text in a window; 0 for as many as the model takes</param>
/// <param name="Stride">tokens between the beginnings of two windows, at most a window; 0 for a window: no overlap</param>
/// <param name="Most">at most this number of windows, spread evenly over them; 0 for all</param>
public sealed record LanguageModelling(int Window = 0, int Stride = 0, int Most = 0) : IProblem
{
    /// <inheritdoc/>
    public TaskWords Words => words;

    static readonly TaskWords words = new("text", "window", "next tokens right",
        "A token is right where it is the likeliest by what stands before it; intervals are over windows.",
        "in-domain loss, nats per token", double.NaN)
    { Measure = "perplexity", LessIsBetter = true };

    /// <inheritdoc/>
    public Tokens Tokens => Tokens.All;

    /// <inheritdoc/>
    public bool OfVocabulary => true;

    /// <inheritdoc/>
    public IProblem For(IModel model) => model.GuessesMaskedWords() ? new MaskedLanguageModelling(Window, Stride, Most) : this;

    /// <inheritdoc/>
    public int Numbers(IModel model) => 4;

    /// <inheritdoc/>
    public IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, InputRules rules)
    {
        int begin = rules.Begin.Length;
        int window = Math.Min(Window == 0 ? int.MaxValue : Window, rules.MostTokens - begin);
        int furthest = begin == 0 ? window - 1 : window;
        int stride = Stride == 0 ? furthest : Stride;
        if (window < 2 - begin || stride > furthest || stride < 1)
            throw new InvalidDataException($"{rules.Source}: windows of {window} tokens of text, {stride} apart, do not hold every token "
                + $"after another (the model takes {rules.MostTokens} tokens"
                + $"{(begin > 0 ? ", the beginning included" : "; without a beginning token windows share one")}). "
                + $"Give stride=1 to {furthest}.");
        List<Example> windows = [];
        List<Row> nothing = [];
        foreach (Row row in rows)
        {
            int[] ids = rules.Tokenizer.EncodeText(row.Text).Ids;
            List<Example> own = [];
            for (int start = 0, scored = 1 - begin; scored < ids.Length; start += stride)
            {
                int end = Math.Min(ids.Length, start + window);
                int bytes = Encoding.UTF8.GetByteCount(rules.Tokenizer.Decode(ids[scored..end], skipSpecial: false));
                own.Add(new(Sequence.Plain([.. rules.Begin, .. ids.AsSpan(start, end - start)]), 0, row.Case, row.Group)
                {
                    Row = row,
                    From = scored - start + begin,
                    Bytes = bytes,
                });
                scored = end;
            }
            if (own.Count == 0) nothing.Add(row);
            // decoding a piece of text may lose a space at its edge or half a character: together the windows are the document
            double scale = Encoding.UTF8.GetByteCount(row.Text) / Math.Max(1, own.Sum(w => w.Bytes));
            windows.AddRange(own.Select(w => w with { Bytes = w.Bytes * scale }));
        }
        if (windows.Count == 0) throw new InvalidDataException($"{rules.Source}: there is no token to score. Give a file with text.");
        if (nothing.Count > 0)
            rules.Tell($"{rules.Source}: {nothing.Count:N0} of {rows.Count:N0} texts have no token to score and are left out "
                + $"(the first: {(nothing[0].Place.InFile is { Length: > 0 } first ? first : $"'{InputRules.Short(nothing[0].Text)}'")}).");
        return Most == 0 || windows.Count <= Most ? windows
            : [.. Enumerable.Range(0, Most).Select(i => windows[(int)((long)i * windows.Count / Most)])];
    }

    /// <inheritdoc/>
    public int[] Places(Batch batch, IReadOnlyList<Example> examples) =>
        [.. examples.SelectMany((e, i) => Enumerable.Range(batch.Offsets[i] + e.From - 1, Scored(e)))];

    /// <inheritdoc/>
    public int[] Targets(Batch batch, IReadOnlyList<Example> examples) =>
        [.. Places(batch, examples).Select(place => batch.Ids[place + 1])];

    /// <inheritdoc/>
    public void Read(Pass pass, Pass? full, IReadOnlyList<Example> examples, Span<float> numbers)
    {
        int[] places = Places(pass.Batch, examples);
        TokenScore[] tokens = NextTokens.Read(pass, full, places, Targets(pass.Batch, examples));
        for (int e = 0, at = 0; e < examples.Count; at += Scored(examples[e]), e++)
            Sum(new(tokens, at, Scored(examples[e])), full is not null, numbers.Slice(4 * e, 4));
    }

    /// <summary>The numbers of a window: nats, hits, divergence, and hits of the full model's likeliest, summed over its tokens.</summary>
    internal static void Sum(ArraySegment<TokenScore> tokens, bool compared, Span<float> numbers)
    {
        numbers[0] = (float)-tokens.Sum(t => t.LogProbability);
        numbers[1] = tokens.Count(t => t.Right);
        numbers[2] = (float)tokens.Sum(t => t.Kl);
        numbers[3] = compared ? tokens.Count(t => t.Same) : float.NaN;
    }

    /// <inheritdoc/>
    public bool Gives(Example example, int number, bool compared) => number < 2 || compared;

    /// <summary>How many tokens of a window are scored.</summary>
    public static int Scored(Example window) => window.Input.Ids.Length - window.From;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Choices(ReadOnlySpan<float> numbers) => default;

    /// <inheritdoc/>
    public IReadOnlyList<TaskFigure> Figures => figures;

    static readonly TaskFigure[] figures =
    [
        new("loss", "nats per token", "Cross entropy: minus ln of the probability of each token, mean over tokens.",
            (e, n) => (n[0], Scored(e)), Role: FigureRole.Loss, Least: 0),
        new("perplexity", "", "e to the loss: among how many equally likely tokens the model hesitates.",
            (e, n) => (n[0], Scored(e)), Math.Exp, Least: 1),
        new("bits per byte", "bits",
            "The loss of the whole text in bits, divided by its bytes in UTF-8: it can be compared between tokenizers.",
            (e, n) => (n[0] / Math.Log(2), e.Bytes), Least: 0),
        new("next tokens right", "share", "Share of tokens that are the likeliest by what stands before them.",
            (e, n) => (n[1], Scored(e)), Role: FigureRole.Accuracy, Least: 0, Most: 1),
        new("KL", "nats per token", "KL divergence from the full model's distribution over the vocabulary.",
            (e, n) => (n[2], Scored(e)), Role: FigureRole.Kl, Least: 0),
        new("same next token", "share", "Share of places at which the likeliest token is the full model's.",
            (e, n) => (n[3], Scored(e)), Role: FigureRole.Agreement, Least: 0, Most: 1),
    ];
}
