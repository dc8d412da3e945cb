namespace Heartwood.Lab.Tokenizers;

/// <summary>
/// Text that grows token by token, to be shown as it comes: every piece is what the tokens so far have added for good. Bytes of a
/// character that is not whole yet are held back, and so are spaces that a decoder takes off the beginning of the whole.
/// </summary>
/// <param name="tokenizer">reads the ids</param>
public sealed class TextFlow(Tokenizer tokenizer)
{
    const char Replacement = '\uFFFD';                           // what a decoder makes of bytes that are no character (yet)

    readonly List<int> ids = [];
    int shown;

    /// <summary>The text of all tokens so far.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Adds tokens and gives the text to show next; it may be empty.</summary>
    public string Add(params IEnumerable<int> more)
    {
        ids.AddRange(more);
        Text = tokenizer.Decode(ids);
        return Upto(Text.AsSpan().TrimEnd(Replacement).Length);
    }

    /// <summary>What was held back, when no token follows.</summary>
    public string Rest() => Upto(Text.Length);

    string Upto(int end)
    {
        string next = end > shown ? Text[shown..end] : "";
        shown = Math.Max(shown, end);
        return next;
    }
}
