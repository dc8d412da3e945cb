using Heartwood.Lab.Json;
using Heartwood.Lab.Tokenizers.Normalizers;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads a <c>tokenizer.json</c>; what is not understood and would change an id is refused by name.</summary>
static class TokenizerFile
{
    static readonly string[] begins = ["<s>", "<|begin_of_text|>", "<bos>", "<|endoftext|>"];
    static readonly string[] ends = ["</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>"];

    /// <summary>How many ids of a vocabulary may have no piece: published ones leave a few out.</summary>
    public const int MostHoles = 1000;

    /// <summary>The tokenizer in the file's bytes.</summary>
    /// <exception cref="InvalidDataException">the message says where, what was expected and what was found</exception>
    public static TokenizerParts Read(byte[] bytes, string path, TokenizerOptions options) =>
        TokenizerJson.Read(bytes, path, file => Read(file, options));

    static TokenizerParts Read(Field file, TokenizerOptions options)
    {
        file.Only("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        if (file["version"].Text is var version and not "1.0") throw file["version"].Fault("1.0", $"'{version}'");

        var (model, ids, pieces) = ModelFile.Read(file["model"]);
        INormalizer? normalizer = file.Find("normalizer") is Field n ? NormalizerFile.Read(n) : null;
        AddedToken[] own = [.. file["added_tokens"].Items.Select(t => Added(t, t["id"].Number))];
        int holes = ids.Values.Max() + 1 - ids.Count is var left && pieces is null && left <= MostHoles ? left : 0;
        _ = Pieces(file["model"], ids, own, pieces, holes);
        FolderTokens tokens = new FolderTokens(ids, own).AfterFile(options);
        AddedToken[] added = [.. tokens.Tokens.Select(t => t.In(normalizer))];
        Vocabulary vocabulary = new(ids, Pieces(file["model"], ids, added, pieces, holes), added);
        SplitterFile splitters = new();
        ISplitter? splitter = file.Find("pre_tokenizer") is Field p ? splitters.Read(p) : null;
        Template template = file.Find("post_processor") is Field t ? new TemplateFile(vocabulary).Read(t) : Template.None;
        char marker = splitters.Marker != '\0' ? splitters.Marker : NormalizerFile.Marker(normalizer);
        int? begin = Id(options.Begin, template.Begin, begins), end = Id(options.End, template.End, ends);
        AddedToken[] looked = options.SplitsSpecial ? [.. added.Where(a => !a.Special)] : added;
        return new(vocabulary, model, looked, normalizer, splitter, splitters.IsByteLevel, marker)
        {
            Template = template,
            Decoder = file.Find("decoder") is Field d ? DecoderFile.Read(d) : null,
            Begin = begin,
            End = end,
            TruncatesLeft = options.TruncatesLeft ?? FromLeft(file),
            Notes = [.. tokens.Notes, .. new FileAndClass(file, options).Notes(normalizer, template, begin, end)],
        };

        int? Id(string? said, int? ofTemplate, string[] usual) => said == "" ? null : said is not null ? vocabulary.Find(said)
            : ofTemplate ?? usual.Select(vocabulary.Find).FirstOrDefault(id => id is int known && vocabulary.IsSpecial(known));
    }

    // The caller's limit replaces the file's, as in the reference; only the side is read. Nothing is ever padded.
    static bool FromLeft(Field file) => file.Find("truncation")?["direction"] is Field side
        && (side.Text is "Left" or "Right" ? side.Text == "Left" : throw side.Fault("Left or Right", $"'{side.Text}'"));

    /// <summary>
    /// An added token. What is not said of it is false, but a token that is not special is looked for in normalized text.
    /// </summary>
    public static AddedToken Added(Field token, int id)
    {
        token.Only("id", "special", "content", "single_word", "lstrip", "rstrip", "normalized", "__type");
        string content = token["content"].Text;
        if (content == "") throw token["content"].Fault("some text", "none");
        token = token.Named($"added_tokens '{content}'");
        bool special = token.FlagOr("special", false);
        return new(content, id)
        {
            Special = special,
            SingleWord = token.FlagOr("single_word", false),
            LeftStrip = token.FlagOr("lstrip", false),
            RightStrip = token.FlagOr("rstrip", false),
            Normalized = token.FlagOr("normalized", !special),
        };
    }

    /// <summary>The ids of a vocabulary.</summary>
    public static Dictionary<string, int> Ids(Field vocabulary)
    {
        Dictionary<string, int> ids = [];
        foreach (var (piece, id) in vocabulary.Properties) ids[piece] = id.Number;
        return ids.Count > 0 ? ids : throw vocabulary.Fault("pieces", "none");
    }

    /// <summary>The text of every id.</summary>
    /// <param name="at">where the vocabulary stands</param>
    /// <param name="ids">its pieces</param>
    /// <param name="added">the added tokens; their ids may lie beyond the vocabulary's</param>
    /// <param name="model">the text of the vocabulary's ids, where a text may stand twice</param>
    /// <param name="holes">how many ids may have no piece; their text is empty</param>
    public static string[] Pieces(
        Field at, Dictionary<string, int> ids, IReadOnlyList<AddedToken> added, string[]? model = null, int holes = 0)
    {
        HashSet<string> seen = [];
        foreach (AddedToken token in added)
        {
            if (!seen.Add(token.Content)) throw at.Named("added_tokens").Fault("each token once", $"'{token.Content}' twice");
            if (ids.TryGetValue(token.Content, out int other) && other != token.Id)
                throw at.Named($"added_tokens '{token.Content}'.id").Fault($"{other}, as model.vocab says", $"{token.Id}");
        }
        var beyond = added.Where(t => !ids.ContainsKey(t.Content)).Select(t => KeyValuePair.Create(t.Content, t.Id));
        var within = model is null ? ids : model.Index().Select(p => KeyValuePair.Create(p.Item, p.Index));
        KeyValuePair<string, int>[] all = [.. beyond, .. within];
        long longest = all.Select(p => p.Value).DefaultIfEmpty(-1).Max() + 1L;
        string?[] pieces = new string?[Math.Max(all.Length, Math.Min(all.Length + holes, longest))];
        foreach (var (piece, id) in all)
        {
            if (id >= pieces.Length)
                throw at.Named($"the id of '{piece}'").Fault($"less than {pieces.Length}, the number of pieces", $"{id}");
            if (pieces[id] is string other) throw at.Named($"the id of '{piece}'").Fault("one of its own", $"{id}, which '{other}' has");
            pieces[id] = piece;
        }
        return [.. pieces.Select(p => p ?? "")];
    }
}
