using Heartwood.Lab.Json;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
sealed class SplitterFile
{
    /// <summary>Whether words are spelled in the alphabet of bytes.</summary>
    public bool IsByteLevel { get; private set; }

    /// <summary>What stands for a space, or U+0000.</summary>
    public char Marker { get; private set; }

    /// <summary>The splitter.</summary>
    public ISplitter Read(Field splitter) => Read(splitter, last: true);

    ISplitter Read(Field splitter, bool last) => splitter.Type switch
    {
        "Sequence" => Sequence([.. splitter.Only("type", "pretokenizers")["pretokenizers"].Items], last),
        "BertPreTokenizer" => Plain(splitter, new BertSplitter()),
        "Whitespace" => Plain(splitter, new Whitespace()),
        "WhitespaceSplit" => Plain(splitter, new WhitespaceSplit()),
        "ByteLevel" => OfBytes(splitter.Only("type", "add_prefix_space", "trim_offsets", "use_regex"), last),
        "Metaspace" => OfSpaces(splitter.Only("type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split")),
        "Digits" => Split.At(Marks.Digit,
            splitter.Only("type", "individual_digits")["individual_digits"].Flag ? Delimiters.Isolated : Delimiters.Contiguous),
        "Punctuation" => Split.At(Marks.Punctuation,
            splitter.Only("type", "behavior").Find("behavior") is Field b ? Behaviour(b) : Delimiters.Isolated),
        "Split" => AtPattern(splitter.Only("type", "pattern", "behavior", "invert")),
        "CharDelimiterSplit" => Split.At(new TextPattern($"{splitter.Only("type", "delimiter")["delimiter"].Character}"),
            Delimiters.Removed, invert: false),
        "FixedLength" => OfLength(splitter.Only("type", "length")["length"]),
        var other => throw splitter["type"].Fault("a pre-tokenizer of BERT's, GPT-2's or SentencePiece's", $"'{other}'"),
    };

    static FixedLength OfLength(Field length) => length.Number > 0 ? new(length.Number) : throw length.Fault("1 or more", length.Shown);

    SplitterSequence Sequence(Field[] splitters, bool last) =>
        new([.. splitters.Select((s, i) => Read(s, last && i == splitters.Length - 1))]);

    static ISplitter Plain(Field field, ISplitter splitter)
    {
        field.Only("type");
        return splitter;
    }

    // Splitters after this one cut words as they are spelled. The last one leaves the spelling to the piece model: its words stay legible.
    ByteLevel OfBytes(Field field, bool last)
    {
        IsByteLevel |= last;
        return new(field["add_prefix_space"].Flag, field.FlagOr("use_regex", true) ? WordPattern.Gpt2 : null, spells: !last);
    }

    Metaspace OfSpaces(Field field)
    {
        Marker = field["replacement"].Character;
        bool? add = field.Find("add_prefix_space")?.Flag;
        PrependScheme unsaid = add == false ? PrependScheme.Never : PrependScheme.Always;
        PrependScheme scheme = field.Find("prepend_scheme") is Field said ? Scheme(said) : unsaid;
        if (add is bool adds && adds == (scheme == PrependScheme.Never))
            throw field["add_prefix_space"].Fault("what prepend_scheme says", $"{adds}");
        return new(Marker, scheme, field.FlagOr("split", true));
    }

    /// <summary>Where a marker is put before text.</summary>
    public static PrependScheme Scheme(Field scheme) => scheme.Text switch
    {
        "always" => PrependScheme.Always,
        "first" => PrependScheme.First,
        "never" => PrependScheme.Never,
        var other => throw scheme.Fault("always, first or never", $"'{other}'"),
    };

    static Split AtPattern(Field split)
    {
        Delimiters delimiters = Behaviour(split["behavior"]);
        bool invert = split["invert"].Flag;
        Field pattern = split["pattern"];
        Field? expression = pattern.Only("String", "Regex").Find("Regex");
        return expression is Field e && WordPattern.Expressions.TryGetValue(e.Text, out WordPattern? known)
            ? Split.At(known, delimiters, invert) : Split.At(NormalizerFile.Pattern(pattern), delimiters, invert);
    }

    static Delimiters Behaviour(Field behaviour) => behaviour.Text switch
    {
        "Removed" => Delimiters.Removed,
        "Isolated" => Delimiters.Isolated,
        "MergedWithPrevious" => Delimiters.MergedWithPrevious,
        "MergedWithNext" => Delimiters.MergedWithNext,
        "Contiguous" => Delimiters.Contiguous,
        var other => throw behaviour.Fault("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous", $"'{other}'"),
    };
}
