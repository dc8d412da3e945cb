namespace Heartwood.Lab.Tokenizers.Splitters;

/// <summary>Takes words, one after another.</summary>
interface IWordSink
{
    /// <summary>Takes a word.</summary>
    /// <param name="word">the word, never empty; it may be overwritten after the call</param>
    /// <param name="first">whether it stands where the text begins</param>
    void Add(ReadOnlySpan<char> word, bool first);
}

/// <summary>Cuts normalized text into words: what the tokenizers library calls a pre-tokenizer.</summary>
interface ISplitter
{
    /// <summary>Hands the words of <paramref name="text"/> on.</summary>
    /// <param name="text">the text, never empty</param>
    /// <param name="first">whether it stands where the whole text begins</param>
    /// <param name="into">takes the words</param>
    void Split(ReadOnlySpan<char> text, bool first, IWordSink into);
}

/// <summary>One splitter after another, each cutting the words of the one before.</summary>
sealed class SplitterSequence(ISplitter[] splitters) : ISplitter
{
    /// <inheritdoc/>
    public void Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        for (int i = splitters.Length - 1; i >= 0; i--) into = new Stage(splitters[i], into);
        into.Add(text, first);
    }

    sealed class Stage(ISplitter splitter, IWordSink into) : IWordSink
    {
        public void Add(ReadOnlySpan<char> word, bool first) => splitter.Split(word, first, into);
    }
}
