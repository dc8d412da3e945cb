using System.Buffers;

namespace Heartwood.Lab.Tokenizers.Splitters;

/// <summary>Whether the marker is put before a text that does not begin with it.</summary>
enum PrependScheme
{
    /// <summary>before every text between special tokens, and before every word of an earlier splitter</summary>
    Always,

    /// <summary>only where the whole text begins</summary>
    First,

    /// <summary>never</summary>
    Never,
}

/// <summary>SentencePiece's words (Kudo and Richardson 2018): every space becomes a marker, and a word begins at each.</summary>
/// <param name="marker">what spaces become, usually ▁</param>
/// <param name="scheme">where a marker is put before</param>
/// <param name="split">whether to cut before each marker, or leave the text whole</param>
sealed class Metaspace(char marker, PrependScheme scheme, bool split) : ISplitter
{
    /// <inheritdoc/>
    public void Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        char[] rented = ArrayPool<char>.Shared.Rent(text.Length + 1);
        bool prepends = scheme == PrependScheme.Always || (scheme == PrependScheme.First && first);
        int before = prepends && text[0] != ' ' && text[0] != marker ? 1 : 0;
        rented[0] = marker;
        Span<char> marked = rented.AsSpan(0, before + text.Length);
        text.Replace(marked[before..], ' ', marker);
        if (!split) into.Add(marked, first);
        else
            for (int at = 0, end; at < marked.Length; at = end)
            {
                end = marked[(at + 1)..].IndexOf(marker) is >= 0 and int length ? at + 1 + length : marked.Length;
                into.Add(marked[at..end], first && at == 0);
            }
        ArrayPool<char>.Shared.Return(rented);
    }
}

/// <summary>
/// Cuts before each run of markers. It is put where a tokenizer has no splitter and none of its merges joins anything to
/// a marker after it (Llama's): no piece can reach over such a cut, so ids stay, and there are words.
/// </summary>
sealed class BeforeMarkers(char marker) : ISplitter
{
    /// <inheritdoc/>
    public void Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        for (int at = 0, end; at < text.Length; at = end)
        {
            end = at;
            while (end < text.Length && text[end] == marker) end++;
            end = text[end..].IndexOf(marker) is >= 0 and int length ? end + length : text.Length;
            into.Add(text[at..end], first && at == 0);
        }
    }
}
