using System.Text;
using Heartwood.Lab.Tokenizers.Characters;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>
/// Makes text of pieces as SentencePiece does: control pieces vanish, bytes are gathered to characters (each that is part of none
/// is U+FFFD), the unknown piece is shown by a sign, ▁ is a space, and the space that was put before the text goes.
/// </summary>
sealed class SentencePieceDecoder
{
    readonly SentencePieceFile file;
    readonly SentencePieceNormalizer? after;

    /// <param name="file">the model</param>
    /// <exception cref="FormatException">the character map of what is decoded is damaged</exception>
    public SentencePieceDecoder(SentencePieceFile file)
    {
        this.file = file;
        if (file.Denormalizer is { CharacterMap.Length: > 0 } spec) after = new(spec, new([]), suffix: false);
    }

    /// <summary>The text.</summary>
    /// <param name="pieces">the model's ids</param>
    public string Text(IEnumerable<int> pieces)
    {
        StringBuilder text = new();
        List<byte> bytes = [];
        NormalizerSpec spec = file.Normalizer;
        bool front = spec.AddDummyPrefix || spec.RemoveExtraWhitespaces, dropped = false;
        foreach (int id in pieces)
        {
            ModelPiece piece = file.Pieces[id];
            if (piece.Kind == PieceKind.Byte)
            {
                bytes.Add(SentencePieceFile.ByteOf(piece.Text)!.Value);
                continue;
            }
            Spell(bytes, text);
            front &= !dropped && text.Length == 0;
            dropped = false;
            if (piece.Kind == PieceKind.Unknown) text.Append(file.UnknownSurface);
            else if (piece.Kind != PieceKind.Control)
            {
                bool drop = front && piece.Text[0] == '▁';
                dropped = drop && !spec.RemoveExtraWhitespaces;
                text.Append(piece.Text[(drop ? 1 : 0)..].Replace('▁', ' '));
            }
        }
        Spell(bytes, text);
        if (after is null) return text.ToString();
        CharacterList written = new(text.Length);
        after.Apply(text.ToString(), written);
        return written.Text.ToString();
    }

    static void Spell(List<byte> bytes, StringBuilder text)
    {
        ReadOnlySpan<byte> rest = bytes.ToArray();
        while (rest.Length > 0)
        {
            // Every byte of a broken character is replaced; Rune would take several for one.
            bool whole = Rune.DecodeFromUtf8(rest, out Rune rune, out int size) == System.Buffers.OperationStatus.Done;
            text.Append(whole ? rune.ToString() : "\ufffd");
            rest = rest[(whole ? size : 1)..];
        }
        bytes.Clear();
    }
}
