
namespace Heartwood.Lab.Tokenizers.Pieces;

/// <summary>What pairs of pieces merge to, and in which order.</summary>
sealed class MergeTable
{
    // Below this many pieces, looking for the best pair anew costs less than a queue.
    const int Short = 48;

    readonly Dictionary<ulong, (int Rank, int Id)> merges;
    readonly HashSet<char> joined = [];

    /// <param name="pairs">the pairs in their order: of a pair that stands twice the last counts</param>
    /// <param name="ids">the ids of the pieces</param>
    /// <param name="prefix">what the second of a pair loses when it is joined</param>
    /// <param name="missing">makes the error that the piece of the merge of that number is not in the vocabulary</param>
    public MergeTable(
        IReadOnlyList<(string First, string Second)> pairs,
        Dictionary<string, int> ids,
        string prefix,
        Func<int, string, Exception> missing)
    {
        merges = new(pairs.Count);
        for (int i = 0; i < pairs.Count; i++)
        {
            var (first, second) = pairs[i];
            int a = Known(first), b = Known(second);
            if (second.Length < prefix.Length) throw missing(i, second);
            merges[Key(a, b)] = (i, Known(prefix == "" ? first + second : first + second[prefix.Length..]));
            if (second != "" && (first == "" || first[^1] != second[0])) joined.Add(second[0]);

            int Known(string piece) => ids.TryGetValue(piece, out int id) ? id : throw missing(i, piece);
        }
    }

    /// <summary>Whether only a piece that ends with the marker is ever merged with a following piece that begins with it.</summary>
    public bool CutsBefore(char marker) => !joined.Contains(marker);

    /// <summary>Merges the pieces from <paramref name="from"/> on, in place.</summary>
    public void Merge(List<int> pieces, int from)
    {
        if (pieces.Count - from <= Short) MergeShort(pieces, from);
        else MergeLong(pieces, from);
    }

    static ulong Key(int first, int second) => (ulong)(uint)first << 32 | (uint)second;

    (int Rank, int Id) Find(int first, int second) => merges.TryGetValue(Key(first, second), out var merge) ? merge : (int.MaxValue, -1);

    void MergeShort(List<int> pieces, int from)
    {
        int count = pieces.Count - from;
        if (count < 2) return;
        Span<int> ids = stackalloc int[Short], ranks = stackalloc int[Short], next = stackalloc int[Short];
        for (int i = 0; i < count; i++) ids[i] = pieces[from + i];
        for (int i = 0; i + 1 < count; i++) (ranks[i], next[i]) = Find(ids[i], ids[i + 1]);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
                if (ranks[i] < ranks[best]) best = i;
            if (ranks[best] == int.MaxValue) break;
            ids[best] = next[best];
            count--;
            for (int i = best + 1; i < count; i++) (ids[i], ranks[i], next[i]) = (ids[i + 1], ranks[i + 1], next[i + 1]);
            if (best + 1 < count) (ranks[best], next[best]) = Find(ids[best], ids[best + 1]);
            if (best > 0) (ranks[best - 1], next[best - 1]) = Find(ids[best - 1], ids[best]);
        }
        pieces.RemoveRange(from, pieces.Count - from);
        pieces.AddRange(ids[..count]);
    }

    void MergeLong(List<int> pieces, int from)
    {
        int count = pieces.Count - from;
        int[] ids = [.. pieces.Skip(from)], next = new int[count], previous = new int[count];
        PriorityQueue<(int At, int First, int Second, int Id), (int Rank, int At)> queue = new();
        for (int i = 0; i < count; i++) (next[i], previous[i]) = (i + 1, i - 1);
        for (int i = 0; i + 1 < count; i++) Offer(i);
        while (queue.TryDequeue(out var merge, out _))
        {
            int at = merge.At, second = next[at];
            if (ids[at] != merge.First || second >= count || ids[second] != merge.Second) continue;   // one of the two was merged since
            (ids[at], ids[second]) = (merge.Id, -1);
            next[at] = next[second];
            if (next[at] < count)
            {
                previous[next[at]] = at;
                Offer(at);
            }
            if (previous[at] >= 0) Offer(previous[at]);
        }
        pieces.RemoveRange(from, count);
        for (int i = 0; i < count; i = next[i]) pieces.Add(ids[i]);

        void Offer(int at)
        {
            var (rank, id) = Find(ids[at], ids[next[at]]);
            if (id >= 0) queue.Enqueue((at, ids[at], ids[next[at]], id), (rank, at));
        }
    }
}
