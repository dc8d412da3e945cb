namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Joins the added tokens of a tokenizer's own file with those that the folder's other files add or name.</summary>
/// <param name="ids">the pieces of the model</param>
/// <param name="own">the added tokens that are known already</param>
sealed class FolderTokens(IReadOnlyDictionary<string, int> ids, IEnumerable<AddedToken> own)
{
    readonly List<AddedToken> tokens = [.. own];
    readonly List<string> notes = [];

    /// <summary>Begins with those special tokens that the vocabulary has; the mask takes the white space before it along.</summary>
    public static FolderTokens FromVocabulary(IReadOnlyDictionary<string, int> ids, IEnumerable<string> special, string? mask) =>
        new(ids, special.Where(ids.ContainsKey).Distinct()
            .Select(s => new AddedToken(s, ids[s]) { Special = true, LeftStrip = s == mask }));

    /// <summary>All added tokens.</summary>
    public IReadOnlyList<AddedToken> Tokens => tokens;

    /// <summary>What a reader should know of them.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>
    /// Adds what the options add to a <c>tokenizer.json</c>: the file's own tokens stay as they are, others follow its last id, which is
    /// where transformers puts them whatever id is written.
    /// </summary>
    public FolderTokens AfterFile(TokenizerOptions options)
    {
        foreach (AddedToken token in options.Added.OrderBy(t => t.Id).Where(t => !Has(t.Content)))
        {
            int id = ids.TryGetValue(token.Content, out int known) ? known : Next();
            if (id != token.Id)
                notes.Add($"The token '{token.Content}' is not in tokenizer.json and has the id {token.Id} "
                    + $"in tokenizer_config.json or added_tokens.json, where another stands: it has {id} here, as in transformers.");
            tokens.Add(token with { Id = id });
        }
        return Name(options);
    }

    /// <summary>Adds the options' tokens to a vocabulary, with the ids and flags that the options give.</summary>
    public FolderTokens AfterVocabulary(TokenizerOptions options)
    {
        foreach (AddedToken token in options.Added)
        {
            tokens.RemoveAll(t => t.Content == token.Content);
            tokens.Add(token);
        }
        return Name(options);
    }

    // A special token that is only named becomes an added token; where no file gives its id, it gets the next one after the last.
    FolderTokens Name(TokenizerOptions options)
    {
        IEnumerable<AddedToken> named = TokenizerOptions.Roles.Where(options.Special.ContainsKey).Select(role => options.Special[role])
            .Concat(options.Further);
        foreach (AddedToken token in named.Where(t => !Has(t.Content)).DistinctBy(t => t.Content).ToArray())
            if (ids.TryGetValue(token.Content, out int id)) tokens.Add(token with { Id = id });
            else
            {
                tokens.Add(token with { Id = Next() });
                notes.Add($"The special token '{token.Content}' is named but not in the vocabulary: "
                    + $"it has the id {tokens[^1].Id} after the last, as in transformers.");
            }
        return this;
    }

    bool Has(string content) => tokens.Exists(t => t.Content == content);

    int Next() => 1 + Math.Max(ids.Values.DefaultIfEmpty(-1).Max(), tokens.Select(t => t.Id).DefaultIfEmpty(-1).Max());
}
