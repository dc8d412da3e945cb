using System.Buffers.Text;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>How a model cuts text; the numbers are the file's.</summary>
enum CutKind
{
    /// <summary>the pieces whose scores sum to most (Kudo 2018)</summary>
    Unigram = 1,

    /// <summary>characters merged pair by pair (Sennrich et al. 2016)</summary>
    Bpe = 2,

    /// <summary>at spaces alone</summary>
    Word = 3,

    /// <summary>every character</summary>
    Char = 4,
}

/// <summary>What a piece is for; the numbers are the file's.</summary>
enum PieceKind
{
    /// <summary>text</summary>
    Normal = 1,

    /// <summary>what stands for the characters that no piece has</summary>
    Unknown = 2,

    /// <summary>a token that no text becomes, such as the end of text</summary>
    Control = 3,

    /// <summary>text that is never cut or rewritten</summary>
    UserDefined = 4,

    /// <summary>a piece that cutting a text must not give</summary>
    Unused = 5,

    /// <summary>a byte that spells an unknown character</summary>
    Byte = 6,
}

/// <summary>A piece of the model; its place in the list is its id.</summary>
/// <param name="Text">the text</param>
/// <param name="Score">unigram: the logarithm of its probability; byte-pair encoding: the larger, the sooner merged</param>
/// <param name="Kind">what it is for</param>
readonly record struct ModelPiece(string Text, float Score, PieceKind Kind);

/// <summary>How text is rewritten before it is cut.</summary>
sealed record NormalizerSpec
{
    /// <summary>The compiled character map, or empty.</summary>
    public byte[] CharacterMap { get; init; } = [];

    /// <summary>Whether a space is put before (or after) a text.</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Whether spaces at the ends go, and of several in a row all but one.</summary>
    public bool RemoveExtraWhitespaces { get; init; } = true;

    /// <summary>Whether spaces become ▁.</summary>
    public bool EscapeWhitespaces { get; init; } = true;
}

/// <summary>
/// A SentencePiece model file (Kudo and Richardson 2018): the fields of its ModelProto that change ids or decoded text. Others
/// are passed over, as SentencePiece does.
/// </summary>
sealed record SentencePieceFile
{
    /// <summary>The pieces.</summary>
    public required IReadOnlyList<ModelPiece> Pieces { get; init; }

    /// <summary>How text is cut.</summary>
    public CutKind Kind { get; init; } = CutKind.Unigram;

    /// <summary>Whether spaces end words rather than begin them.</summary>
    public bool SpacesAreSuffixes { get; init; }

    /// <summary>Whether an unknown character is spelled by its bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>What an unknown piece is decoded to.</summary>
    public string UnknownSurface { get; init; } = " \u2047 ";

    /// <summary>The piece that begins a text, where it is one.</summary>
    public string Begin { get; init; } = "<s>";

    /// <summary>The piece that ends a text, where it is one.</summary>
    public string End { get; init; } = "</s>";

    /// <summary>How text is rewritten.</summary>
    public NormalizerSpec Normalizer { get; init; } = new();

    /// <summary>How decoded text is rewritten, or null.</summary>
    public NormalizerSpec? Denormalizer { get; init; }

    /// <summary>The id of the unknown piece.</summary>
    public int Unknown { get; private init; }

    /// <summary>The id of a control piece, or null.</summary>
    public int? Control(string text)
    {
        for (int id = 0; id < Pieces.Count; id++)
            if (Pieces[id].Kind == PieceKind.Control && Pieces[id].Text == text) return id;
        return null;
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="bytes">the bytes</param>
    /// <param name="path">where they come from</param>
    /// <exception cref="InvalidDataException">not such a file: the message says where, what was expected and what was found</exception>
    public static SentencePieceFile Read(byte[] bytes, string path)
    {
        if (Other(bytes) is string other) throw Fault(path, "the file", "the bytes of a model", other);
        List<ModelPiece> pieces = [];
        SentencePieceFile file = new() { Pieces = pieces };
        WireReader model = new(bytes, path, "the model");
        while (model.Next())
            switch (model.Field)
            {
                case 1: pieces.Add(Piece(model.Message($"piece {pieces.Count}"))); break;
                case 2: file = Trainer(model.Message("trainer_spec"), file); break;
                case 3: file = file with { Normalizer = Rewriting(model.Message("normalizer_spec"), file.Normalizer) }; break;
                case 5:
                    file = file with { Denormalizer = Rewriting(model.Message("denormalizer_spec"), file.Denormalizer ?? new()) };
                    break;
                default: model.Skip(); break;
            }
        return file with { Unknown = Checked(file, path) };
    }

    /// <summary>What can stand in a folder instead of such a file, and how it is made.</summary>
    public const string Converted =
        "a tokenizer.json made of it once (in Python: transformers.AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER))";

    /// <summary>What is wrong with such a file.</summary>
    public static InvalidDataException Fault(string path, string place, string expected, string found)
    {
        string name = Path.GetFileName(path);
        return new($"{path}: read as SentencePiece's file: {place}: expected {expected}; found {found}. Copy the model's own {name} into "
            + $"the folder once more, or {Converted}.");
    }

    // Two things that are often found under such a name.
    static string? Other(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("version https://git-lfs"u8)) return "a pointer of Git LFS, in place of which 'git lfs pull' puts the file";
        ReadOnlySpan<byte> line = bytes.IndexOf((byte)'\n') is > 0 and int end ? bytes[..end] : [];
        int space = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> rank = line[(space + 1)..];
        bool ranks = space > 0 && Base64.IsValid(line[..space]) && rank.Length > 0 && !rank.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        return ranks ? "lines of base64 and numbers, the form of tiktoken (Llama 3), which is read from its tokenizer.json" : null;
    }

    static ModelPiece Piece(WireReader piece)
    {
        ModelPiece read = new("", 0, PieceKind.Normal);
        while (piece.Next())
            switch (piece.Field)
            {
                case 1: read = read with { Text = piece.Text() }; break;
                case 2: read = read with { Score = piece.Float() }; break;
                case 3:
                    PieceKind kind = (PieceKind)piece.Int();
                    if (!Enum.IsDefined(kind)) throw piece.Fault("a type from 1 to 6", $"{(int)kind}");
                    read = read with { Kind = kind };
                    break;
                default: piece.Skip(); break;
            }
        if (read.Text == "") throw piece.Fault("text", "none");
        return !read.Text.Contains('\0') ? read : throw piece.Fault("text without U+0000", "U+0000 in it");
    }

    static SentencePieceFile Trainer(WireReader trainer, SentencePieceFile file)
    {
        while (trainer.Next())
            switch (trainer.Field)
            {
                case 3:
                    CutKind kind = (CutKind)trainer.Int();
                    if (!Enum.IsDefined(kind)) throw trainer.Fault("a model_type from 1 to 4", $"{(int)kind}");
                    file = file with { Kind = kind };
                    break;
                case 24: file = file with { SpacesAreSuffixes = trainer.Flag() }; break;
                case 35: file = file with { ByteFallback = trainer.Flag() }; break;
                case 44: file = file with { UnknownSurface = trainer.Text() }; break;
                case 46: file = file with { Begin = trainer.Text() is var begin and not "" ? begin : "<s>" }; break;
                case 47: file = file with { End = trainer.Text() is var end and not "" ? end : "</s>" }; break;
                default: trainer.Skip(); break;
            }
        return file;
    }

    static NormalizerSpec Rewriting(WireReader normalizer, NormalizerSpec spec)
    {
        while (normalizer.Next())
            switch (normalizer.Field)
            {
                case 2: spec = spec with { CharacterMap = normalizer.Bytes().ToArray() }; break;
                case 3: spec = spec with { AddDummyPrefix = normalizer.Flag() }; break;
                case 4: spec = spec with { RemoveExtraWhitespaces = normalizer.Flag() }; break;
                case 5: spec = spec with { EscapeWhitespaces = normalizer.Flag() }; break;
                default: normalizer.Skip(); break;
            }
        return spec;
    }

    // What SentencePiece itself asks of a model before it loads it; gives the unknown piece's id.
    static int Checked(SentencePieceFile file, string path)
    {
        int unknown = -1, bytes = 0;
        bool text = false;
        HashSet<string> written = [], reserved = [];
        foreach (var (id, piece) in file.Pieces.Index())
        {
            bool isText = piece.Kind is PieceKind.Normal or PieceKind.UserDefined or PieceKind.Unused;
            text |= isText;
            if (!(isText ? written : reserved).Add(piece.Text)) throw Wrong(id, "every piece once", $"'{piece.Text}' for the second time");
            if (piece.Kind == PieceKind.Unknown)
                unknown = unknown < 0 ? id : throw Wrong(id, $"one unknown piece, {unknown}", $"'{piece.Text}' as another");
            if (piece.Kind != PieceKind.Byte) continue;
            if (ByteOf(piece.Text) is null) throw Wrong(id, "a byte such as <0x0A>", $"'{piece.Text}'");
            bytes++;
        }
        if (unknown < 0) throw Fault(path, "the pieces", "one that is unknown", $"none among {file.Pieces.Count}");
        if (!text) throw Fault(path, "the pieces", "pieces of text", $"none among {file.Pieces.Count}");
        int all = file.ByteFallback ? 256 : 0;
        return bytes == all ? unknown : throw Fault(path, "the pieces", $"{all} bytes, as byte_fallback says", $"{bytes}");

        InvalidDataException Wrong(int id, string expected, string found) => Fault(path, $"piece {id}", expected, found);
    }

    /// <summary>The byte that a piece like <c>&lt;0x0A&gt;</c> is, or null.</summary>
    public static byte? ByteOf(string piece) =>
        piece is ['<', '0', 'x', char high, char low, '>'] && IsHex(high) && IsHex(low) ? Convert.FromHexString([high, low])[0] : null;

    static bool IsHex(char c) => char.IsAsciiHexDigitUpper(c);
}
