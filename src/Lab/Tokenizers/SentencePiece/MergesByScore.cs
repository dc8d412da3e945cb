using System.Text;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>
/// Byte-pair encoding as SentencePiece has it (Sennrich et al. 2016; Kudo and Richardson 2018): there is no list of merges. Of all
/// neighbours whose joined text is a piece, those with the highest score are joined, of equal ones the leftmost, until none are
/// left. User-defined pieces stand alone from the start; unused ones are made on the way and taken apart again at the end.
/// </summary>
/// <param name="ids">the pieces that text can become, unused ones among them</param>
/// <param name="pieces">all pieces, by id</param>
/// <param name="kept">the user-defined pieces</param>
/// <param name="unknown">the id of a character that is no piece</param>
sealed class MergesByScore(Dictionary<string, int> ids, IReadOnlyList<ModelPiece> pieces, PieceTrie kept, int unknown) : ICutter
{
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    readonly IReadOnlyList<ModelPiece> pieces = pieces;
    readonly PieceTrie kept = kept;
    readonly int unknown = unknown;

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> text, List<CutPiece> into) => new Merging(this, text).Write(into);

    // A text being merged: symbols are named by where they start.
    readonly ref struct Merging
    {
        readonly MergesByScore model;
        readonly ReadOnlySpan<char> text;
        readonly (int Length, int Before, bool Kept)[] symbols;
        readonly PriorityQueue<(int Left, int Right, int Length), (float Below, int Left)> pairs = new();
        readonly Dictionary<string, int> cuts = [];            // of an unused piece, the length of the first of its two parts

        public Merging(MergesByScore model, ReadOnlySpan<char> text)
        {
            this.model = model;
            this.text = text;
            symbols = new (int, int, bool)[text.Length];
            for (int at = 0, before = -1, length; at < text.Length; before = at, at += length)
            {
                length = model.kept.Longest(text[at..]);
                bool whole = length > 0;
                if (!whole) Rune.DecodeFromUtf16(text[at..], out _, out length);
                symbols[at] = (length, before, whole);
                Offer(before, at);
            }
            while (pairs.TryDequeue(out var pair, out _)) Join(pair.Left, pair.Right, pair.Length);
        }

        public void Write(List<CutPiece> into)
        {
            for (int at = 0; at < text.Length; at += symbols[at].Length)
                Write(at, symbols[at].Length, into);
        }

        void Join(int left, int right, int length)
        {
            int one = symbols[left].Length, other = symbols[right].Length;
            if (one == 0 || other == 0 || one + other != length) return;                     // merged since
            symbols[left].Length = length;
            symbols[right].Length = 0;
            int next = left + length;
            if (next < text.Length) symbols[next].Before = left;
            Offer(symbols[left].Before, left);
            Offer(left, next);
        }

        void Offer(int left, int right)
        {
            if (left < 0 || right >= text.Length || symbols[left].Kept || symbols[right].Kept) return;
            int length = symbols[left].Length + symbols[right].Length;
            ReadOnlySpan<char> joined = text.Slice(left, length);
            if (!model.lookup.TryGetValue(joined, out int id)) return;
            pairs.Enqueue((left, right, length), (-model.pieces[id].Score, left));
            if (model.pieces[id].Kind == PieceKind.Unused) cuts[joined.ToString()] = symbols[left].Length;
        }

        // Unused pieces may be made of unused ones, as deep as the file likes: so a stack here, not recursion.
        void Write(int start, int length, List<CutPiece> into)
        {
            Stack<(int Start, int Length)>? rest = null;
            for (var (at, size) = (start, length); ; (at, size) = rest.Pop())
            {
                ReadOnlySpan<char> part = text.Slice(at, size);
                int id = model.lookup.TryGetValue(part, out int known) ? known : model.unknown;
                if (model.pieces[id].Kind == PieceKind.Unused
                    && cuts.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(part, out int first))
                {
                    rest ??= [];
                    rest.Push((at + first, size - first));
                    rest.Push((at, first));
                }
                else into.Add(new(at, size, id));
                if (rest is not { Count: > 0 }) return;
            }
        }
    }
}
