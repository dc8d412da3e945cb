using Heartwood.Lab.Tokenizers.Normalizers;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads a <c>tokenizer.json</c>; all that would change an id and is not understood is refused by name.</summary>
static class TokenizerFile
{
    static readonly string[] begins = ["<s>", "<|begin_of_text|>", "<bos>", "<|endoftext|>"], ends = ["</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>"];

    /// <summary>The tokenizer in the file's bytes.</summary>
    /// <exception cref="InvalidDataException">the message says where, what was expected and what was found</exception>
    public static TokenizerParts Read(byte[] bytes, string path, TokenizerOptions options) => Field.Read(bytes, path, file => Read(file, options));

    static TokenizerParts Read(Field file, TokenizerOptions options)
    {
        file.Only("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        if (file["version"].Text is var version and not "1.0") throw file["version"].Fault("1.0", $"'{version}'");
        // The caller's limit replaces the file's, as it does in the reference; only the side would remain. Nothing is ever padded.
        if (file.Find("truncation") is Field truncation && truncation["direction"].Text is var side and not "Right") throw truncation["direction"].Fault("Right", $"'{side}'");

        var (model, ids, pieces) = ModelFile.Read(file["model"]);
        INormalizer? normalizer = file.Find("normalizer") is Field n ? NormalizerFile.Read(n) : null;
        List<AddedToken> added = [.. file["added_tokens"].Items.Select(t => Added(t, t["id"].Number).In(normalizer))];
        Vocabulary vocabulary = new(ids, Pieces(file["model"], ids, added, pieces), added);
        SplitterFile splitters = new(options);
        ISplitter? splitter = file.Find("pre_tokenizer") is Field p ? splitters.Read(p) : null;
        Template template = file.Find("post_processor") is Field t ? new TemplateFile(vocabulary).Read(t) : Template.None;
        char marker = splitters.Marker != '\0' ? splitters.Marker : NormalizerFile.Marker(normalizer);
        return new(vocabulary, model, added, normalizer, splitter, splitters.IsByteLevel, marker)
        {
            Template = template,
            Decoder = file.Find("decoder") is Field d ? DecoderFile.Read(d) : null,
            Begin = Id(options.Begin, template.Begin, begins),
            End = Id(options.End, template.End, ends),
        };

        int? Id(string? said, int? ofTemplate, string[] usual) => said == "" ? null
            : said is not null ? vocabulary.Find(said) ?? throw file.Named("added_tokens").Fault($"'{said}', as tokenizer_config.json says", "no such token")
            : ofTemplate ?? usual.Select(vocabulary.Find).FirstOrDefault(id => id is int known && vocabulary.IsSpecial(known));
    }

    /// <summary>An added token.</summary>
    public static AddedToken Added(Field token, int id)
    {
        token.Only("id", "special", "content", "single_word", "lstrip", "rstrip", "normalized");
        string content = token["content"].Text;
        if (content == "") throw token["content"].Fault("some text", "none");
        token = token.Named($"added_tokens '{content}'");
        return new(content, id)
        {
            Special = token.FlagOr("special", false),
            SingleWord = token["single_word"].Flag,
            LeftStrip = token["lstrip"].Flag,
            RightStrip = token["rstrip"].Flag,
            Normalized = token["normalized"].Flag,
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
    public static string[] Pieces(Field at, Dictionary<string, int> ids, IReadOnlyList<AddedToken> added, string[]? model = null)
    {
        HashSet<string> seen = [];
        foreach (AddedToken token in added)
        {
            if (!seen.Add(token.Content)) throw at.Named("added_tokens").Fault("each token once", $"'{token.Content}' twice");
            if (ids.TryGetValue(token.Content, out int other) && other != token.Id) throw at.Named($"added_tokens '{token.Content}'.id").Fault($"{other}, as model.vocab says", $"{token.Id}");
        }
        var beyond = added.Where(t => !ids.ContainsKey(t.Content)).Select(t => KeyValuePair.Create(t.Content, t.Id));
        var all = (model is null ? beyond.Concat(ids) : beyond.Concat(model.Index().Select(p => KeyValuePair.Create(p.Item, p.Index)))).ToArray();
        string?[] pieces = new string?[all.Length];
        foreach (var (piece, id) in all)
        {
            if (id >= all.Length) throw at.Named($"the id of '{piece}'").Fault($"less than {all.Length}, the number of pieces", $"{id}");
            if (pieces[id] is string other) throw at.Named($"the id of '{piece}'").Fault("one of its own", $"{id}, which '{other}' has");
            pieces[id] = piece;
        }
        return pieces!;
    }
}
