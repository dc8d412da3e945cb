using System.Text;

namespace Heartwood.Lab.Tokenizers.Characters;

/// <summary>Text being written, its combining characters in canonical order where they are given with their class.</summary>
sealed class CharacterList(int capacity = 64)
{
    readonly List<(int Character, int Rank)> combining = [];
    char[] text = new char[capacity + 2];
    int used;

    /// <summary>All that was written.</summary>
    public ReadOnlySpan<char> Text
    {
        get
        {
            Settle();
            return text.AsSpan(0, used);
        }
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => used = 0;

    /// <summary>Adds a character of class 0.</summary>
    public void Add(int c)
    {
        Settle();
        Write(c);
    }

    /// <summary>Adds characters as they are.</summary>
    public void Add(ReadOnlySpan<char> characters)
    {
        Settle();
        Reserve(characters.Length);
        characters.CopyTo(text.AsSpan(used));
        used += characters.Length;
    }

    /// <summary>
    /// Adds a combining character; up to the next character of class 0, combining characters are ordered by rank, then as given.
    /// </summary>
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

    void Write(int c)
    {
        Reserve(2);
        if (c < 0x10000) text[used++] = (char)c;
        else used += new Rune(c).EncodeToUtf16(text.AsSpan(used));
    }

    void Reserve(int more)
    {
        if (used + more > text.Length) Array.Resize(ref text, Math.Max(text.Length * 2, used + more));
    }
}
