using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers;

/// <summary>
/// Reads a text into words, up to the first, added tokens not asked, at which there are as many pieces as may be. Of a pair both texts
/// are read whole: an odd number of tokens is shared by their lengths.
/// </summary>
sealed class Reading(TokenizerParts parts, int maximum) : IWordSink
{
    readonly CharacterList normalized = new();
    readonly bool isOneWord = parts.Splitter is BeforeMarkers;
    bool full;

    /// <summary>The words.</summary>
    public List<Word> Words { get; } = [];

    /// <summary>How many pieces they have.</summary>
    public int Pieces { get; private set; }

    /// <summary>Reads a text.</summary>
    public Reading Read(ReadOnlySpan<char> text)
    {
        if (parts.Raw is null) Between(text, true);
        else
            foreach (var (token, start, end) in parts.Raw.Parts(text))
                if (full) break;
                else if (token is null) Between(text[start..end], start == 0);
                else Take(Word.Whole(token.Content, token.Id));
        return this;
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<char> word, bool first)
    {
        if (full) return;
        Take(parts.Words[word]);
        full = !isOneWord && Pieces >= maximum;
    }

    void Between(ReadOnlySpan<char> text, bool first)
    {
        if (parts.Normalizer is not null)
        {
            normalized.Clear();
            parts.Normalizer.Apply(text, first, normalized);
            text = normalized.Text;
        }
        if (parts.Normalized is null) Split(text, first);
        else
            foreach (var (token, start, end) in parts.Normalized.Parts(text))
                if (full) break;
                else if (token is null) Split(text[start..end], first && start == 0);
                else Take(Word.Whole(token.Content, token.Id));
    }

    void Split(ReadOnlySpan<char> text, bool first)
    {
        if (text.Length == 0) return;
        if (parts.Splitter is null) Add(text, first);
        else parts.Splitter.Split(text, first, this);
        if (isOneWord) full = Pieces >= maximum;
    }

    void Take(Word word)
    {
        if (word.Pieces.Length == 0) return;
        Words.Add(word);
        Pieces += word.Pieces.Length;
    }
}
