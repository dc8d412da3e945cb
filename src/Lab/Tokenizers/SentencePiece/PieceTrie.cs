namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>Texts with their ids, found from the beginning of a text character by character.</summary>
sealed class PieceTrie
{
    ulong[] keys = new ulong[64];           // the node before and the character, plus 1; 0 where the place is free
    int[] nodes = new int[64];
    readonly List<int> ids = [-1];

    /// <param name="texts">the texts, none of them empty, and their ids</param>
    public PieceTrie(IEnumerable<(string Text, int Id)> texts)
    {
        foreach (var (text, id) in texts)
        {
            int node = 0;
            foreach (char c in text) node = Made(node, c);
            ids[node] = id;
        }
    }

    /// <summary>Whether there are no texts.</summary>
    public bool IsEmpty => ids.Count == 1;

    /// <summary>The node after one more character, or −1. The first node is 0.</summary>
    public int Next(int node, char c)
    {
        ulong key = Key(node, c);
        int place = Place(key);
        return keys[place] == key ? nodes[place] : -1;
    }

    /// <summary>The id of the text that ends at a node, or −1.</summary>
    public int Id(int node) => ids[node];

    /// <summary>The length of the longest of the texts that a text begins with; 0 where there is none.</summary>
    public int Longest(ReadOnlySpan<char> text)
    {
        int length = 0;
        if (IsEmpty) return 0;
        for (int at = 0, node = 0; at < text.Length && (node = Next(node, text[at])) >= 0; at++)
            if (ids[node] >= 0) length = at + 1;
        return length;
    }

    static ulong Key(int node, char c) => ((ulong)(uint)node << 16 | c) + 1;

    int Made(int node, char c)
    {
        if (ids.Count * 2 > keys.Length) Grow();
        ulong key = Key(node, c);
        int place = Place(key);
        if (keys[place] == key) return nodes[place];
        (keys[place], nodes[place]) = (key, ids.Count);
        ids.Add(-1);
        return nodes[place];
    }

    // Where the key is, or would be.
    int Place(ulong key)
    {
        int mask = keys.Length - 1, place = (int)(key * 0x9E3779B97F4A7C15 >> 32) & mask;
        while (keys[place] != 0 && keys[place] != key) place = (place + 1) & mask;
        return place;
    }

    void Grow()
    {
        var (oldKeys, oldNodes) = (keys, nodes);
        (keys, nodes) = (new ulong[oldKeys.Length * 2], new int[oldKeys.Length * 2]);
        for (int i = 0; i < oldKeys.Length; i++)
            if (oldKeys[i] != 0)
            {
                int place = Place(oldKeys[i]);
                (keys[place], nodes[place]) = (oldKeys[i], oldNodes[i]);
            }
    }
}
