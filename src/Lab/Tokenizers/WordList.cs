using System.Text;

namespace Heartwood.Lab.Tokenizers;

/// <summary>Words being spelled, one after another in one buffer.</summary>
sealed class WordList(int capacity)
{
    readonly List<int> ends = [];
    readonly List<(int Character, int Rank)> combining = [];
    char[] text = new char[capacity + 2];
    int used;

    /// <summary>How many words there are.</summary>
    public int Count => ends.Count;

    /// <summary>Word <paramref name="i"/>, never empty.</summary>
    public ReadOnlySpan<char> this[int i] => text.AsSpan((i == 0 ? 0 : ends[i - 1])..ends[i]);

    /// <summary>Forgets all words.</summary>
    public void Clear()
    {
        ends.Clear();
        used = 0;
    }

    /// <summary>Adds a character of class 0 to the word being spelled.</summary>
    public void Add(int c)
    {
        Settle();
        Write(c);
    }

    /// <summary>Adds a combining character; among its like up to the next character of class 0 they stand by rank, then in the order given.</summary>
    public void AddCombining(int c, int rank)
    {
        int at = combining.Count;
        while (at > 0 && combining[at - 1].Rank > rank) at--;
        combining.Insert(at, (c, rank));
    }

    /// <summary>Combining characters that follow are not ordered among those before.</summary>
    public void Settle()
    {
        if (combining.Count == 0) return;
        foreach (var (c, _) in combining) Write(c);
        combining.Clear();
    }

    /// <summary>Ends the word being spelled, if one is.</summary>
    public void End()
    {
        Settle();
        if (used > (ends.Count == 0 ? 0 : ends[^1])) ends.Add(used);
    }

    void Write(int c)
    {
        if (used + 2 > text.Length) Array.Resize(ref text, text.Length * 2);
        if (c < 0x10000) text[used++] = (char)c;
        else used += new Rune(c).EncodeToUtf16(text.AsSpan(used));
    }
}
