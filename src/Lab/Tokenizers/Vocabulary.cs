namespace Heartwood.Lab.Tokenizers;

/// <summary>The pieces of a tokenizer, added tokens included.</summary>
sealed class Vocabulary
{
    readonly Dictionary<string, int> ids;
    readonly Dictionary<string, int> added;
    readonly bool[] special;

    /// <param name="ids">the pieces of the model; of a text that stands twice, the last id</param>
    /// <param name="pieces">the text of every id</param>
    /// <param name="tokens">the added tokens</param>
    public Vocabulary(Dictionary<string, int> ids, string[] pieces, IReadOnlyList<AddedToken> tokens)
    {
        (this.ids, Pieces, special) = (ids, pieces, new bool[pieces.Length]);
        added = tokens.ToDictionary(t => t.Content, t => t.Id);
        foreach (AddedToken token in tokens) (special[token.Id], pieces[token.Id]) = (token.Special, token.Written);
    }

    /// <summary>The text of every id.</summary>
    public string[] Pieces { get; }

    /// <summary>Whether decoding can leave the piece out.</summary>
    public bool IsSpecial(int id) => special[id];

    /// <summary>The id of a piece, or null.</summary>
    public int? Find(string piece) => added.TryGetValue(piece, out int id) || ids.TryGetValue(piece, out id) ? id : null;
}
