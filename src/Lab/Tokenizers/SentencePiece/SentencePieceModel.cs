using System.Text;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Pieces;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>Cuts normalized text into the pieces of a SentencePiece model (Kudo and Richardson 2018).</summary>
sealed class SentencePieceModel : IPieceModel
{
    readonly SentencePieceFile file;
    readonly ICutter cutter;
    readonly int[] ids;
    readonly int[]? bytes;
    readonly char marker;

    /// <param name="file">the model</param>
    /// <param name="kept">its user-defined pieces</param>
    /// <param name="ids">the tokenizer's id of each piece</param>
    public SentencePieceModel(SentencePieceFile file, PieceTrie kept, int[] ids)
    {
        (this.file, this.ids, marker) = (file, ids, file.Normalizer.EscapeWhitespaces ? '▁' : ' ');
        var pieces = file.Pieces.Index().Where(p => p.Item.Kind is PieceKind.Normal or PieceKind.UserDefined or PieceKind.Unused).ToArray();
        Dictionary<string, int> texts = pieces.ToDictionary(p => p.Item.Text, p => p.Index);
        cutter = file.Kind switch
        {
            CutKind.Unigram => new BestPath(new(pieces.Where(p => p.Item.Kind != PieceKind.Unused).Select(p => (p.Item.Text, p.Index))),
                [.. file.Pieces.Select(Score)], file.Unknown, UnknownScore(file)),
            CutKind.Bpe => new MergesByScore(texts, file.Pieces, kept, file.Unknown),
            CutKind.Word => new AtSpaces(texts, file.Unknown, marker),
            _ => new EveryCharacter(texts, kept, file.Unknown),
        };
        if (!file.ByteFallback) return;
        bytes = new int[256];
        foreach (var (id, piece) in file.Pieces.Index())
            if (piece.Kind == PieceKind.Byte) bytes[SentencePieceFile.ByteOf(piece.Text)!.Value] = id;
    }

    /// <summary>
    /// Whether no piece, merge or run of unknown characters reaches over the front of a run of spaces, so that words may be cut there and
    /// remembered. Not so where sums of a whole text decide.
    /// </summary>
    public bool CutsBeforeSpaces => file.Kind == CutKind.Bpe
        && (bytes is not null || file.Pieces.Any(p => p.Kind == PieceKind.Normal && p.Text == $"{marker}"))
        && file.Pieces.All(p => p.Kind switch
        {
            PieceKind.Normal or PieceKind.UserDefined => p.Text.AsSpan().TrimStart(marker).IndexOf(marker) < 0,
            PieceKind.Unused => p.Text.Length == 1,
            _ => true,
        });

    /// <summary>The pieces of a normalized text, by the model's own ids: unknown neighbours are one, or spelled by their bytes.</summary>
    public List<CutPiece> Pieces(ReadOnlySpan<char> text)
    {
        List<CutPiece> cut = [], pieces = [];
        cutter.Cut(text, cut);
        foreach (CutPiece piece in cut)
            if (piece.Id != file.Unknown) pieces.Add(piece);
            else if (bytes is not null)
            {
                byte[] spelled = Encoding.UTF8.GetBytes(text.Slice(piece.Start, piece.Length).ToString());
                for (int i = 0; i < spelled.Length; i++)
                    pieces.Add(new(piece.Start, i < spelled.Length - 1 ? 0 : piece.Length, bytes[spelled[i]]));
            }
            else if (pieces.Count > 0 && pieces[^1].Id == file.Unknown)
                pieces[^1] = pieces[^1] with { Length = pieces[^1].Length + piece.Length };
            else pieces.Add(piece);
        return pieces;
    }

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> word, List<int> into)
    {
        foreach (CutPiece piece in Pieces(word)) into.Add(ids[piece.Id]);
    }

    /// <summary>
    /// A stretch of text as one word, with what a reader would call its words as its parts: they begin (or end) at runs of spaces, and
    /// punctuation is made words of its own where pieces begin or end with it.
    /// </summary>
    public Word Word(ReadOnlySpan<char> text)
    {
        List<CutPiece> pieces = Pieces(text);
        List<(string, int)> parts = [];
        int from = 0, count = 0;
        foreach (CutPiece piece in pieces)
        {
            if (count > 0 && piece.Start > from && Begins(text, from, piece.Start))
            {
                parts.Add((Legible(text[from..piece.Start]), count));
                (from, count) = (piece.Start, 0);
            }
            count++;
        }
        if (count > 0) parts.Add((Legible(text[from..]), count));
        return new(text.ToString(), [.. pieces.Select(p => ids[p.Id])], [.. parts]);
    }

    bool Begins(ReadOnlySpan<char> text, int from, int at)
    {
        if (text[from..at].IndexOfAnyExcept(marker) < 0) return false;
        bool space = text[at] == marker, after = text[at - 1] == marker;
        if (space != after && space != file.SpacesAreSuffixes) return true;
        return IsPunctuation(text[at]) || IsPunctuation(text[at - 1]);
    }

    string Legible(ReadOnlySpan<char> text)
    {
        string plain = text.ToString().Replace(marker, ' '), trimmed = plain.Trim();
        return trimmed != "" ? trimmed : plain;
    }

    static bool IsPunctuation(char c) => (Unicode.MarksOf(c) & Marks.Punctuation) != 0;

    // Whatever the file says, a user-defined piece counts by its length.
    static float Score(ModelPiece piece) =>
        piece.Kind == PieceKind.UserDefined ? 0.1f * (Encoding.UTF8.GetByteCount(piece.Text) - 1) : piece.Score;

    static float UnknownScore(SentencePieceFile file)
    {
        float lowest = float.MaxValue;
        foreach (ModelPiece piece in file.Pieces)
            if (piece.Kind == PieceKind.Normal) lowest = Math.Min(lowest, piece.Score);
        return lowest - 10;
    }
}
