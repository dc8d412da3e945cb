using System.Text;
using Heartwood.Lab.Tokenizers.Files;
using Heartwood.Lab.Tokenizers.SentencePiece;

namespace Heartwood.Lab.Tokenizers;

/// <summary>
/// A model's tokenizer, of whatever kind its folder says: WordPiece, byte-pair encoding of bytes or of characters, or a
/// unigram model, with the normalizer, words, special tokens and decoder that belong to it. Ids and decoded text equal
/// those of the tokenizers library, those of a SentencePiece model SentencePiece's. Safe to use from several threads at once.
/// </summary>
public sealed class Tokenizer
{
    readonly TokenizerParts parts;

    internal Tokenizer(TokenizerParts parts, int rows = int.MaxValue) => (this.parts, Rows) = (parts, rows);

    /// <summary>
    /// Reads a model folder's tokenizer: <c>tokenizer.json</c>, which decides where it is there; else <c>vocab.json</c> and
    /// <c>merges.txt</c> (GPT-2, RoBERTa, Qwen2), <c>vocab.txt</c> (BERT, uncased unless <c>tokenizer_config.json</c> says otherwise) or
    /// SentencePiece's model, as the class in <c>tokenizer_config.json</c> reads them. Tokens that <c>tokenizer_config.json</c>,
    /// <c>special_tokens_map.json</c> and <c>added_tokens.json</c> add are added to each.
    /// </summary>
    /// <exception cref="InvalidDataException">no tokenizer, one that is not understood, or two files that contradict each other</exception>
    /// <exception cref="IOException">a file cannot be read</exception>
    public static Tokenizer FromFolder(string folder) => TokenizerFolder.Read(folder);

    /// <summary>Reads a <c>tokenizer.json</c>.</summary>
    /// <exception cref="InvalidDataException">
    /// not such a file, or one with something that is not understood: the message names it
    /// </exception>
    /// <exception cref="IOException">the file cannot be read</exception>
    public static Tokenizer FromJson(string path) => FromJson(File.ReadAllBytes(path), path);

    /// <summary>
    /// Reads a SentencePiece model alone, such as <c>tokenizer.model</c> or <c>spiece.model</c>: SentencePiece's own ids, and no special
    /// tokens around. (<see cref="FromFolder"/> adds what the model's class does.)
    /// </summary>
    /// <exception cref="InvalidDataException">not such a file: the message says where, what was expected and what was found</exception>
    /// <exception cref="IOException">the file cannot be read</exception>
    public static Tokenizer FromSentencePiece(string path) => FromSentencePiece(File.ReadAllBytes(path), path);

    internal static Tokenizer FromSentencePiece(byte[] bytes, string path) =>
        new(SentencePieceTokenizer.Bare(SentencePieceFile.Read(bytes, path), path));

    /// <summary>
    /// Reads BERT's <c>vocab.txt</c>: one piece per line, in UTF-8; the line's number from 0 is its id, the last line's where a piece
    /// stands twice.
    /// </summary>
    /// <param name="path">the file</param>
    /// <param name="lowerCase">whether the model is uncased: text is lower-cased and its accents stripped</param>
    /// <exception cref="InvalidDataException">not UTF-8, or <c>[UNK]</c>, <c>[CLS]</c> or <c>[SEP]</c> is missing</exception>
    /// <exception cref="IOException">the file cannot be read</exception>
    public static Tokenizer FromVocabulary(string path, bool lowerCase) => FromVocabulary(File.ReadAllBytes(path), path, lowerCase);

    /// <summary>Takes BERT's pieces in the order of their ids.</summary>
    /// <param name="vocabulary">the pieces; a piece that continues a word begins with <c>##</c></param>
    /// <param name="lowerCase">whether the model is uncased: text is lower-cased and its accents stripped</param>
    /// <exception cref="InvalidDataException"><c>[UNK]</c>, <c>[CLS]</c> or <c>[SEP]</c> is missing</exception>
    public static Tokenizer FromWords(IReadOnlyList<string> vocabulary, bool lowerCase) =>
        new(WordPieceVocabulary.Parts(vocabulary, "the vocabulary", new() { LowerCase = lowerCase }));

    internal static Tokenizer FromVocabulary(byte[] bytes, string path, bool lowerCase) =>
        new(WordPieceVocabulary.Parts(WordPieceVocabulary.Lines(bytes, path), path, new() { LowerCase = lowerCase }));

    internal static Tokenizer FromJson(byte[] bytes, string path) => new(TokenizerFile.Read(bytes, path, new()));

    /// <summary>What it is made of.</summary>
    internal TokenizerParts Parts => parts;

    /// <summary>How many ids there are.</summary>
    public int Count => parts.Vocabulary.Pieces.Length;

    /// <summary>What a reader should know of how the folder's files were read: where they disagree, and which one decided.</summary>
    public IReadOnlyList<string> Notes => parts.Notes;

    /// <summary>How many rows the embeddings have that its ids are for; texts with other ids are refused.</summary>
    public int Rows { get; }

    /// <summary>The same tokenizer for embeddings of <paramref name="rows"/> rows.</summary>
    public Tokenizer For(int rows) => new(parts, rows);

    /// <summary>The id that begins a text for a language model, or null where there is none.</summary>
    /// <exception cref="TokenWithoutRowException">it lies beyond <see cref="Rows"/></exception>
    public int? Begin => parts.Begin is int id && id >= Rows ? throw WithoutRow(id, "") : parts.Begin;

    /// <summary>The id that ends a text for a language model, or null where there is none.</summary>
    public int? End => parts.End;

    /// <summary>The id that hides a word from an encoder that guesses it, or null where there is none.</summary>
    public int? Mask => parts.Vocabulary.Find("[MASK]") ?? parts.Vocabulary.Find("<mask>");

    /// <summary>The special tokens that stand before and after a single text.</summary>
    public (int[] Before, int[] After) Around
    {
        get
        {
            IReadOnlyList<Template.Slot> slots = parts.Template.Single;
            IEnumerable<Template.Slot> before = slots.TakeWhile(slot => slot.Text < 0);
            return (Ids(before), Ids(slots.Skip(before.Count() + 1)));

            static int[] Ids(IEnumerable<Template.Slot> special) => [.. special.SelectMany(slot => slot.Ids)];
        }
    }

    /// <summary>The piece of id <paramref name="id"/>, as the vocabulary writes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">there is no such id</exception>
    public string Piece(int id) => (uint)id < (uint)Count ? parts.Vocabulary.Pieces[id]
        : throw new ArgumentOutOfRangeException(nameof(id), $"There is no piece {id}: the vocabulary has ids 0 to {Count - 1}.");

    /// <summary>The id of a piece.</summary>
    /// <exception cref="KeyNotFoundException">the vocabulary has no such piece</exception>
    public int Id(string piece) => parts.Vocabulary.Find(piece)
        ?? throw new KeyNotFoundException($"The vocabulary of {Count} pieces has no '{piece}'.");

    /// <summary>
    /// A text or a pair as ids, with the special tokens of its kind around: <c>[CLS] text [SEP] pair [SEP]</c>. Special
    /// tokens that the text spells are recognized, as the reference does. What is too long loses its end (its beginning,
    /// where <c>truncation_side</c> is left), of a pair the longer text first.
    /// </summary>
    /// <param name="text">the text, or the first of a pair</param>
    /// <param name="pair">the second of a pair, or null</param>
    /// <param name="maximumTokens">the most tokens there may be, special tokens included</param>
    /// <exception cref="ArgumentOutOfRangeException">not even the special tokens fit</exception>
    /// <exception cref="TokenWithoutRowException">the text has a token beyond <see cref="Rows"/></exception>
    public Encoded Encode(string text, string? pair = null, int maximumTokens = int.MaxValue) =>
        Encode(pair is null ? parts.Template.Single : parts.Template.Pair, text, pair, maximumTokens);

    /// <summary>A text as ids, without special tokens around it.</summary>
    /// <param name="text">the text</param>
    /// <param name="maximumTokens">the most tokens there may be; what is too long loses its end</param>
    /// <exception cref="TokenWithoutRowException">the text has a token beyond <see cref="Rows"/></exception>
    public Encoded EncodeText(string text, int maximumTokens = int.MaxValue) => Encode(Template.None.Single, text, null, maximumTokens);

    /// <summary>The text that ids stand for. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="ids">the ids</param>
    /// <param name="skipSpecial">whether special tokens are left out</param>
    /// <exception cref="ArgumentOutOfRangeException">there is no such id</exception>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = true)
    {
        List<(int Id, string Piece)> kept = [.. ids.Select(id => (Id: id, Piece: Piece(id)))
            .Where(p => !skipSpecial || !parts.Vocabulary.IsSpecial(p.Id))];
        if (parts.Text is not null) return parts.Text([.. kept.Select(k => k.Id)]);
        List<string> pieces = [.. kept.Select(k => k.Piece)];
        return parts.Decoder is null ? string.Join(' ', pieces) : string.Concat(parts.Decoder.Apply(pieces));
    }

    Encoded Encode(IReadOnlyList<Template.Slot> slots, string text, string? pair, int maximumTokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        int around = Template.SpecialTokens(slots);
        if (maximumTokens < around || maximumTokens < 0)
            throw new ArgumentOutOfRangeException(nameof(maximumTokens),
                $"{around} special tokens do not fit in {maximumTokens}. Allow at least {around + 1} tokens.");
        bool left = parts.TruncatesLeft;
        Encoded encoded = Template.Fill(slots, Read(text), pair is null ? null : Read(pair), maximumTokens, left);
        foreach (int id in encoded.Ids)
            if (id >= Rows) throw WithoutRow(id, text);
        return encoded;

        Reading Read(string of) => new Reading(parts, pair is null && !left ? maximumTokens : int.MaxValue).Read(Whole(of));
    }

    // Says which token of which text; of a long text only the beginning.
    TokenWithoutRowException WithoutRow(int id, string text) => new(
        $"The text '{(text.Length > 60 ? text[..60] + "…" : text)}' has the token '{Piece(id)}' with the id {id}, "
        + $"but the model's embeddings have {Rows} rows, for the ids 0 to {Rows - 1}. "
        + "Leave such texts out, write the token otherwise, or take a model whose embeddings have a row for it.");

    // Half a surrogate pair is no character; it is read as U+FFFD, as in the reference, which reads UTF-8.
    static string Whole(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\ud800', '\udfff')) return text;
        StringBuilder whole = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes()) whole.Append(rune.ToString());
        return whole.ToString();
    }
}
