using Heartwood.Lab.Json;
using Heartwood.Lab.Tokenizers.Pieces;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads the <c>model</c> of a <c>tokenizer.json</c>: what cuts words into pieces.</summary>
static class ModelFile
{
    /// <summary>The model and the ids of its pieces; and the texts by id where a text may occur twice, else null.</summary>
    public static (IPieceModel Model, Dictionary<string, int> Ids, string[]? Pieces) Read(Field model) => Kind(model) switch
    {
        "WordPiece" => WordPiece(model.Only("type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab")),
        "BPE" => Bpe(model.Only(
            "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
            "ignore_merges", "vocab", "merges")),
        "Unigram" => Unigram(model.Only("type", "unk_id", "vocab", "byte_fallback")),
        "WordLevel" => WordLevel(model.Only("type", "unk_token", "vocab")),
        var other => throw model["type"].Fault("WordPiece, BPE, Unigram or WordLevel", $"'{other}'"),
    };

    // Old files leave the type out; what they hold shows which kind they are.
    static string Kind(Field model)
    {
        if (model.Find("type") is Field type) return type.Text;
        if (model.Says("merges")) return "BPE";
        return model.Says("unk_id") ? "Unigram" : "WordPiece";
    }

    static (IPieceModel, Dictionary<string, int>, string[]?) WordPiece(Field model)
    {
        var ids = TokenizerFile.Ids(model["vocab"]);
        int unknown = Known(model["unk_token"], ids), longestWord = model["max_input_chars_per_word"].Number;
        return (new WordPiece(ids, unknown, model["continuing_subword_prefix"].Text, longestWord), ids, null);
    }

    static (IPieceModel, Dictionary<string, int>, string[]?) WordLevel(Field model)
    {
        var ids = TokenizerFile.Ids(model["vocab"]);
        return (new WordLevel(ids, Known(model["unk_token"], ids)), ids, null);
    }

    static (IPieceModel, Dictionary<string, int>, string[]?) Bpe(Field model)
    {
        if (model.Find("dropout") is Field dropout && dropout.Real != 0)
            throw dropout.Fault("null: merges that are dropped by chance give other ids each time", dropout.Shown);
        var ids = TokenizerFile.Ids(model["vocab"]);
        Field merges = model["merges"];
        string prefix = model.Find("continuing_subword_prefix")?.Text ?? "";
        var pairs = merges.Items.Where(m => !(m.IsText && m.Text.StartsWith("#version", StringComparison.Ordinal))).Select(Pair);
        MergeTable table = new([.. pairs], ids, prefix,
            (i, piece) => merges.Named($"model.merges {i + 1}").Fault("pieces of model.vocab", $"'{piece}'"));
        return (new Bpe(ids, table, new()
        {
            Unknown = model.Find("unk_token") is Field unknown && (ids.ContainsKey(unknown.Text) || !SpellsAll(ids))
                ? Known(unknown, ids) : null,
            FuseUnknown = model.FlagOr("fuse_unk", false),
            ByteFallback = model.FlagOr("byte_fallback", false),
            IgnoreMerges = model.FlagOr("ignore_merges", false),
            Prefix = prefix,
            Suffix = model.Find("end_of_word_suffix")?.Text ?? "",
        }), ids, null);
    }

    static (IPieceModel, Dictionary<string, int>, string[]?) Unigram(Field model)
    {
        Field vocabulary = model["vocab"];
        List<string> pieces = [];
        List<double> scores = [];
        Dictionary<string, int> ids = [];
        foreach (Field entry in vocabulary.Items)
        {
            if (entry.Items.ToArray() is not [Field piece, Field score]) throw entry.Fault("a piece and its score", entry.Shown);
            ids[piece.Text] = pieces.Count;
            pieces.Add(piece.Text);
            scores.Add(score.Real);
        }
        int unknown = model["unk_id"].Number;
        if (unknown >= pieces.Count) throw model["unk_id"].Fault($"less than {pieces.Count}, the number of pieces", $"{unknown}");
        return (new Unigram(ids, [.. scores], unknown, model.FlagOr("byte_fallback", false)), ids, [.. pieces]);
    }

    // Where every byte has its letter nothing is unknown, and the name of the unknown piece may be an added token's.
    static bool SpellsAll(Dictionary<string, int> ids) => ByteAlphabet.Letters.All(letter => ids.ContainsKey($"{letter}"));

    static int Known(Field token, Dictionary<string, int> ids) =>
        ids.TryGetValue(token.Text, out int id) ? id : throw token.Fault("a piece of model.vocab", $"'{token.Text}'");

    static (string, string) Pair(Field merge)
    {
        string[] two = merge.IsText ? merge.Text.Split(' ') : [.. merge.Items.Select(p => p.Text)];
        return two.Length == 2 ? (two[0], two[1]) : throw merge.Fault("two pieces", merge.Shown);
    }
}
