using Heartwood.Lab.Tokenizers.Files;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>
/// A model folder whose tokenizer is a SentencePiece model alone. Ids are SentencePiece's, with the special tokens and the shifts of
/// the class. As SentencePiece knows no special tokens in a text, only those that the folder's files list as added are found there.
/// </summary>
static class SentencePieceFolder
{
    static readonly string[] names = ["tokenizer.model", "sentencepiece.bpe.model", "spiece.model", "spm.model"];

    /// <summary>The names that such a model goes by.</summary>
    public static IReadOnlyList<string> Names => names;

    /// <summary>Reads the folder's tokenizer; null where no such model is there.</summary>
    /// <param name="folder">the folder</param>
    /// <param name="options">what its <c>tokenizer_config.json</c> says</param>
    /// <exception cref="InvalidDataException">a file that is not understood, or a class that is not known</exception>
    /// <exception cref="IOException">a file cannot be read</exception>
    public static Tokenizer? Read(string folder, TokenizerOptions options) =>
        Read(folder, name => Path.Combine(folder, name) is var path && File.Exists(path) ? File.ReadAllBytes(path) : null, options);

    /// <summary>Reads the tokenizer of a folder that need not be on disk; null where no such model is there.</summary>
    /// <param name="folder">the folder, or what messages call it</param>
    /// <param name="find">the content of a file, null where there is none</param>
    /// <param name="options">what its <c>tokenizer_config.json</c> says</param>
    /// <exception cref="InvalidDataException">a file that is not understood, or a class that is not known</exception>
    /// <exception cref="IOException">a file cannot be read</exception>
    public static Tokenizer? Read(string folder, Func<string, byte[]?> find, TokenizerOptions options)
    {
        (string Name, byte[]? Bytes)[] there = [.. names.Select(name => (name, find(name))).Where(f => f.Item2 is not null)];
        if (there.Length == 0) return null;
        if (there.Length > 1)
            throw new InvalidDataException($"{folder}: several SentencePiece models: {string.Join(", ", there.Select(f => f.Name))}. "
                + "Keep the one that the model was trained with.");
        string path = Path.Combine(folder, there[0].Name);
        SentencePieceFile file = SentencePieceFile.Read(there[0].Bytes!, path);
        SentencePieceSettings settings = SentencePieceSettings.Read(folder, find, options);
        SentencePieceClass kind = SentencePieceClass.Determine(settings, file, path);
        if (settings.LowerCase == true && !kind.KnowsCase)
            throw new InvalidDataException($"{Path.Combine(folder, "tokenizer_config.json")}: "
                + $"do_lower_case: expected false, as {kind.Name} "
                + "lower-cases nothing; found true. Take it out, or name the class that the model was trained with as tokenizer_class.");
        if (kind.KnowsLegacy && settings is { Legacy: false, AddPrefixSpace: false })
            file = file with { Normalizer = file.Normalizer with { AddDummyPrefix = false } };
        return new(SentencePieceTokenizer.Parts(file, path, Layout(file, path, settings, kind)));
    }

    static SentencePieceLayout Layout(SentencePieceFile file, string path, SentencePieceSettings settings, SentencePieceClass kind)
    {
        var (ids, texts) = Shifted(file, path, kind);
        List<AddedToken> special = [];
        foreach (var (id, piece) in file.Pieces.Index())
            if (piece.Kind is PieceKind.Control or PieceKind.Unknown) special.Add(Special(ids[id]));
        special.AddRange(Enumerable.Range(0, kind.Before.Length).Where(id => special.All(s => s.Id != id)).Select(Special));
        // What a file lists with its id has that id; the class's own tokens come after the pieces.
        int extra = settings.ExtraIds ?? (settings.More.Count(m => IsExtra(m.Content)) is > 0 and int said ? said : kind.ExtraIds);
        if (kind.Places == SpecialPlaces.T5 && !settings.Added.Any(a => IsExtra(a.Content)))
            for (int n = extra - 1; n >= 0; n--) Add($"<extra_id_{n}>");
        string? mask = kind.Mask is null ? null : settings.Named.GetValueOrDefault("mask_token", kind.Mask);
        if (mask is not null && settings.Added.All(a => a.Content != mask)) Add(mask);

        List<AddedToken> added = [];
        foreach (AddedToken token in settings.Added.OrderBy(t => t.Id))
        {
            if (token.Id == texts.Count) texts.Add(token.Content);
            if (token.Id >= texts.Count || texts[token.Id] != token.Content)
            {
                string expected = token.Id < texts.Count ? $"'{texts[token.Id]}' at its id"
                    : $"ids without a gap after the {texts.Count} before";
                throw SentencePieceFile.Fault(path, $"added token '{token.Content}'", expected, $"id {token.Id}");
            }
            added.Add(token with { Normalized = false });
            if (token.Special && special.All(s => s.Id != token.Id)) special.Add(token with { Normalized = false });
        }
        foreach (AddedToken token in settings.More)
        {
            Add(token.Content);
            if (added.All(a => a.Content != token.Content)) added.Add(token with { Id = texts.LastIndexOf(token.Content) });
        }
        foreach (string text in settings.Named.Values) Add(text);

        bool around = kind.Places == SpecialPlaces.Around;
        int? first = kind.Places == SpecialPlaces.T5 ? null : Named(kind.Begin, around && settings.AddBegin == false);
        int? last = Named(kind.End, around && settings.AddEnd != true);
        return new()
        {
            Ids = ids,
            Texts = texts,
            Special = special,
            Added = added,
            Template = kind.Template(around && settings.AddBegin == false ? null : first, around && settings.AddEnd != true ? null : last),
            Begin = first,
            End = last,
            Before = kind.Text.Rewrites || settings.LowerCase == true ? ClassText.Normalizer(settings, kind) : null,
            PrefixesEveryPart = !(kind.KnowsLegacy && settings.Legacy == false),
        };

        AddedToken Special(int id) => new(texts[id], id) { Special = true };

        void Add(string text)
        {
            int id = texts.LastIndexOf(text);
            if (id < 0)
            {
                id = texts.Count;
                texts.Add(text);
            }
            if (special.All(s => s.Id != id)) special.Add(Special(id));
        }

        int? Named((string Purpose, string Text) token, bool canMiss)
        {
            string text = settings.Named.GetValueOrDefault(token.Purpose, token.Text);
            return texts.LastIndexOf(text) is >= 0 and int id ? id : canMiss ? null
                : throw SentencePieceFile.Fault(path, $"{token.Purpose} of {kind.Name}", $"a piece '{text}'", "no such piece");
        }
    }

    static (int[] Ids, List<string> Texts) Shifted(SentencePieceFile file, string path, SentencePieceClass kind)
    {
        int shift = kind.Before.Length - kind.Shared;
        int[] ids = [.. Enumerable.Range(0, file.Pieces.Count).Select(id => id + shift)];
        List<string> texts = [.. kind.Before, .. file.Pieces.Skip(kind.Shared).Select(p => p.Text)];
        if (kind.Before.Length == 0) return (ids, texts);
        if (file.Unknown != 0 || file.Pieces.Count < 4 || file.Control("<s>") != 1 || file.Control("</s>") != 2)
            throw SentencePieceFile.Fault(path, $"the first pieces, as {kind.Name} shifts them", "<unk>, <s> and </s>",
                string.Join(", ", file.Pieces.Take(3).Select(p => p.Text)));
        ids[0] = 3;
        if (kind.Shared > 0) (ids[1], ids[2]) = (0, 2);
        else texts[kind.Before.Length] = "<unk>NOTUSED";
        return (ids, texts);
    }

    static bool IsExtra(string text) => text.StartsWith("<extra_id_", StringComparison.Ordinal);
}
