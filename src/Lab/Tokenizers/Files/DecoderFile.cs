using Heartwood.Lab.Json;
using Heartwood.Lab.Tokenizers.Decoders;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads the <c>decoder</c> of a <c>tokenizer.json</c>.</summary>
static class DecoderFile
{
    /// <summary>The decoder.</summary>
    public static IDecoder Read(Field decoder) => decoder.Type switch
    {
        "Sequence" => new DecoderSequence([.. decoder.Only("type", "decoders")["decoders"].Items.Select(Read)]),
        "WordPiece" => new WordPieceDecoder(decoder.Only("type", "prefix", "cleanup")["prefix"].Text, decoder["cleanup"].Flag),
        "ByteLevel" => ByteLevel(decoder.Only("type", "add_prefix_space", "trim_offsets", "use_regex")),
        "ByteFallback" => Plain(decoder, new ByteFallbackDecoder()),
        "Fuse" => Plain(decoder, new Fuse()),
        "Metaspace" => Metaspace(decoder.Only("type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split")),
        "BPEDecoder" => Suffix(decoder.Only("type", "suffix")["suffix"]),
        "Replace" => new ReplaceDecoder(NormalizerFile.Replace(decoder)),
        "Strip" => Strip(decoder.Only("type", "content", "start", "stop")),
        var other => throw decoder["type"].Fault("a decoder of BERT's, GPT-2's or SentencePiece's", $"'{other}'"),
    };

    static IDecoder Plain(Field field, IDecoder decoder)
    {
        field.Only("type");
        return decoder;
    }

    static ByteLevelDecoder ByteLevel(Field field)
    {
        _ = field.Type;
        return new();
    }

    static SuffixDecoder Suffix(Field suffix) =>
        suffix.Text is { Length: > 0 } text ? new(text) : throw suffix.Fault("some text", "none");

    static StripDecoder Strip(Field field) => new(field["content"].Character, field["start"].Number, field["stop"].Number);

    static MetaspaceDecoder Metaspace(Field field)
    {
        char marker = field["replacement"].Character;
        if (field.Find("prepend_scheme") is Field said) return new(marker, SplitterFile.Scheme(said));
        return new(marker, field.FlagOr("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never);
    }
}
