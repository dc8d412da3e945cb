using Heartwood.Lab.Json;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Normalizers;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads the <c>normalizer</c> of a <c>tokenizer.json</c>.</summary>
static class NormalizerFile
{
    /// <summary>The normalizer.</summary>
    public static INormalizer Read(Field normalizer) => normalizer.Type switch
    {
        "Sequence" => new NormalizerSequence([.. normalizer.Only("type", "normalizers")["normalizers"].Items.Select(Read)]),
        "BertNormalizer" => Bert(normalizer.Only("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase")),
        "NFC" => Plain(normalizer, new UnicodeNormalizer(compatibility: false, composed: true)),
        "NFD" => Plain(normalizer, new UnicodeNormalizer(compatibility: false, composed: false)),
        "NFKC" => Plain(normalizer, new UnicodeNormalizer(compatibility: true, composed: true)),
        "NFKD" => Plain(normalizer, new UnicodeNormalizer(compatibility: true, composed: false)),
        "Lowercase" => Plain(normalizer, new Lowercase()),
        "StripAccents" => Plain(normalizer, new StripAccents()),
        "Nmt" => Plain(normalizer, new Nmt()),
        "ByteLevel" => Plain(normalizer, new ByteLevelNormalizer()),
        "Prepend" => new Prepend(normalizer.Only("type", "prepend")["prepend"].Text),
        "Strip" => new Strip(normalizer.Only("type", "strip_left", "strip_right")["strip_left"].Flag, normalizer["strip_right"].Flag),
        "Replace" => Replace(normalizer),
        "Precompiled" => Precompiled(normalizer.Only("type", "precompiled_charsmap")["precompiled_charsmap"]),
        var other => throw normalizer["type"].Fault("a normalizer of BERT's or SentencePiece's", $"'{other}'"),
    };

    /// <summary>A replacement, which decoders make too.</summary>
    public static Replace Replace(Field replace) =>
        new(Pattern(replace.Only("type", "pattern", "content")["pattern"]), replace["content"].Text);

    /// <summary>What a pattern looks for.</summary>
    public static TextPattern Pattern(Field pattern)
    {
        pattern.Only("String", "Regex");
        if (pattern.Find("String") is Field text) return text.Text != "" ? new(text.Text) : throw text.Fault("some text", "none");
        string expression = pattern["Regex"].Text;
        if (TextPattern.Expressions.TryGetValue(expression, out TextPattern? known)) return known;
        try
        {
            return new(ExpressionParser.Parse(expression));
        }
        catch (FormatException fault)
        {
            throw pattern["Regex"].Fault("a regular expression of groups, sets, repeats and looks ahead",
                $"{fault.Message} in '{expression}'");
        }
    }

    /// <summary>What the normalizer makes of a space, if it is SentencePiece's marker; otherwise U+0000.</summary>
    public static char Marker(INormalizer? normalizer)
    {
        CharacterList written = new();
        normalizer?.Apply("a a", written);
        return written.Text.Contains('▁') ? '▁' : '\0';
    }

    static INormalizer Plain(Field field, INormalizer normalizer)
    {
        field.Only("type");
        return normalizer;
    }

    static Precompiled Precompiled(Field charsmap)
    {
        try
        {
            return new(Convert.FromBase64String(charsmap.Text));
        }
        catch (FormatException fault)
        {
            throw charsmap.Fault("a compiled charsmap in base 64", fault.Message);
        }
    }

    static BertNormalizer Bert(Field bert)
    {
        bool lower = bert["lowercase"].Flag;
        return new(bert["clean_text"].Flag, bert["handle_chinese_chars"].Flag, bert.FlagOr("strip_accents", lower), lower);
    }
}
