namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>Where a class puts its special tokens.</summary>
enum SpecialPlaces
{
    /// <summary>the beginning before each text, the end after it, each where it is asked for: <c>&lt;s&gt; A &lt;s&gt; B</c></summary>
    Around,

    /// <summary><c>[CLS] A [SEP] B [SEP]</c></summary>
    Bert,

    /// <summary><c>&lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B &lt;/s&gt;</c></summary>
    Roberta,

    /// <summary><c>A &lt;/s&gt; B &lt;/s&gt;</c></summary>
    T5,

    /// <summary><c>A &lt;sep&gt; B &lt;sep&gt; &lt;cls&gt;</c></summary>
    XlNet,
}

/// <summary>
/// What the transformers library's class adds to a SentencePiece model: special tokens, ids of its own, and for ALBERT and XLNet the
/// rewriting of text before SentencePiece sees it.
/// </summary>
/// <param name="Name">the class</param>
/// <param name="Places">where special tokens stand</param>
/// <param name="Begin">the purpose and the usual text of the token that begins a text (XLNet's ends it)</param>
/// <param name="End">the purpose and the usual text of the token that ends a text</param>
/// <param name="ModelTypes">the kinds of model that use it</param>
sealed record SentencePieceClass(
    string Name, SpecialPlaces Places, (string Purpose, string Text) Begin, (string Purpose, string Text) End, params string[] ModelTypes)
{
    /// <summary>The mask, which is added after the pieces where the model lacks it.</summary>
    public string? Mask { get; init; }

    /// <summary>The ids that stand before the model's pieces, or none; the unknown piece is then id 3.</summary>
    public string[] Before { get; init; } = [];

    /// <summary>How many of the model's first pieces have their ids among <see cref="Before"/>.</summary>
    public int Shared { get; init; }

    /// <summary>How many <c>&lt;extra_id_N&gt;</c> there are where nothing is said.</summary>
    public int ExtraIds { get; init; }

    /// <summary>Whether <c>legacy</c> false means that text after an added token is given no space in front.</summary>
    public bool KnowsLegacy { get; init; }

    /// <summary>Whether text is rewritten before SentencePiece sees it, and whether it is lower-cased where nothing is said.</summary>
    public (bool Rewrites, bool Lowers) Text { get; init; }

    /// <summary>Whether <c>do_lower_case</c> is asked.</summary>
    public bool KnowsCase { get; init; }

    static readonly (string, string) cls = ("cls_token", "[CLS]"), sep = ("sep_token", "[SEP]");
    static readonly (string, string) begin = ("bos_token", "<s>"), end = ("eos_token", "</s>");

    static readonly SentencePieceClass[] all =
    [
        new("LlamaTokenizer", SpecialPlaces.Around, begin, end, "llama", "mistral", "mixtral", "phi3") { KnowsLegacy = true },
        new("CodeLlamaTokenizer", SpecialPlaces.Around, begin, end),
        new("GemmaTokenizer", SpecialPlaces.Around, ("bos_token", "<bos>"), ("eos_token", "<eos>"), "gemma", "gemma2", "gemma3_text")
        {
            Mask = "<mask>",
        },
        new("T5Tokenizer", SpecialPlaces.T5, begin, end, "t5", "mt5", "umt5", "longt5", "switch_transformers")
        {
            ExtraIds = 100, KnowsLegacy = true,
        },
        new("MT5Tokenizer", SpecialPlaces.T5, begin, end) { KnowsLegacy = true },
        new("AlbertTokenizer", SpecialPlaces.Bert, cls, sep, "albert") { Mask = "[MASK]", Text = (true, true), KnowsCase = true },
        new("XLNetTokenizer", SpecialPlaces.XlNet, ("cls_token", "<cls>"), ("sep_token", "<sep>"), "xlnet")
        {
            Mask = "<mask>", Text = (true, false), KnowsCase = true,
        },
        new("XLMRobertaTokenizer", SpecialPlaces.Roberta, ("cls_token", "<s>"), ("sep_token", "</s>"), "xlm-roberta", "xlm-roberta-xl")
        {
            Mask = "<mask>", Before = ["<s>", "<pad>", "</s>", "<unk>"], Shared = 3,
        },
        new("CamembertTokenizer", SpecialPlaces.Roberta, ("cls_token", "<s>"), ("sep_token", "</s>"), "camembert")
        {
            Mask = "<mask>", Before = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"],
        },
        new("DebertaV2Tokenizer", SpecialPlaces.Bert, cls, sep, "deberta-v2") { Mask = "[MASK]", KnowsCase = true },
        new("RemBertTokenizer", SpecialPlaces.Bert, cls, sep, "rembert") { Mask = "[MASK]", KnowsCase = true },
        new("BigBirdTokenizer", SpecialPlaces.Bert, cls, sep, "big_bird") { Mask = "[MASK]" },
    ];

    /// <summary>
    /// The class of a folder: the one named, else the one of the model's kind, else the one that the file's name and pieces say.
    /// </summary>
    /// <param name="settings">what the folder's files say</param>
    /// <param name="file">the model</param>
    /// <param name="path">where it stands</param>
    /// <exception cref="InvalidDataException">a class that is not known here, or none that can be told</exception>
    public static SentencePieceClass Determine(SentencePieceSettings settings, SentencePieceFile file, string path)
    {
        if (settings.Class is string named and not ("PreTrainedTokenizer" or "TokenizersBackend"))
            return all.FirstOrDefault(c => c.Name == named) ?? throw Unknown($"tokenizer_class '{named}'");
        if (settings.ModelType is string type)
            return all.FirstOrDefault(c => c.ModelTypes.Contains(type)) ?? throw Unknown($"no tokenizer_class, and model_type '{type}'");
        bool Has(string piece) => file.Control(piece) is not null;
        string? told = Path.GetFileName(path) switch
        {
            "tokenizer.model" => Has("<bos>") ? "GemmaTokenizer" : "LlamaTokenizer",
            "spiece.model" => Has("[CLS]") ? "AlbertTokenizer" : Has("<cls>") ? "XLNetTokenizer" : "T5Tokenizer",
            "spm.model" => "DebertaV2Tokenizer",
            _ => null,                                         // XLM-RoBERTa, CamemBERT and mBART name it alike, and their ids differ
        };
        return all.FirstOrDefault(c => c.Name == told)
            ?? throw Unknown("neither tokenizer_class nor model_type, and a name that several classes use");

        InvalidDataException Unknown(string found) => new($"{path}: SentencePiece's file; which special tokens and ids belong to it is "
            + $"said by the tokenizer's class: expected one of {string.Join(", ", all.Select(c => c.Name))}"
            + $"; found {found}. Name the right one of "
            + $"these as tokenizer_class in tokenizer_config.json, or put {SentencePieceFile.Converted} next to it.");
    }

    /// <summary>The template of special tokens.</summary>
    /// <param name="first">the id of <see cref="Begin"/>, or null where it is left out</param>
    /// <param name="last">the id of <see cref="End"/>, or null where it is left out</param>
    public Template Template(int? first, int? last)
    {
        static Template.Slot Text(int text, int type) => Tokenizers.Template.OfText(text, type);
        static Template.Slot Token(int? id, int type) => Tokenizers.Template.Special(id!.Value, type);
        switch (Places)
        {
            case SpecialPlaces.Around: return Tokenizers.Template.Around(first, last);
            case SpecialPlaces.Bert: return Tokenizers.Template.Bert(first!.Value, last!.Value);
            case SpecialPlaces.Roberta: return Tokenizers.Template.Roberta(first!.Value, last!.Value);
            case SpecialPlaces.T5:
                Template.Slot[] single = [Text(0, 0), Token(last, 0)];
                return new(single, [.. single, Text(1, 0), Token(last, 0)]);
            default:
                Template.Slot[] text = [Text(0, 0), Token(last, 0)];
                return new([.. text, Token(first, 2)], [.. text, Text(1, 1), Token(last, 1), Token(first, 2)]);
        }
    }
}
