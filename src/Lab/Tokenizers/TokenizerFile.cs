using System.Text.Json;

namespace Heartwood.Lab.Tokenizers;

/// <summary>Reads a <c>tokenizer.json</c> of BERT's kind; all that would change an id and is not understood is refused by name.</summary>
sealed class TokenizerFile(string path)
{
    /// <summary>The vocabulary in the file's bytes.</summary>
    /// <exception cref="InvalidDataException">the message says where, what was expected and what was found</exception>
    public Vocabulary Read(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new() { AllowDuplicateProperties = false });
            return Read(document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // The latter is what a string throws that is no Unicode: bad UTF-8, or half a surrogate pair.
            throw new InvalidDataException($"{path}: not JSON of Unicode text ({fault.Message}). Give the model's own tokenizer.json, or remove it and keep vocab.txt.", fault);
        }
    }

    Vocabulary Read(JsonElement root)
    {
        Only(root, "the file", "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        Expect(root, "version", "1.0", "version");
        // The caller's limit replaces the file's, as it does in the reference; only the side would remain. Nothing is ever padded.
        if (root.TryGetProperty("truncation", out var truncation) && truncation.ValueKind != JsonValueKind.Null)
            Expect(truncation, "direction", "Right", "truncation.direction");

        var model = Get(root, "model", JsonValueKind.Object, "model");
        Only(model, "model", "type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab");
        if (model.TryGetProperty("type", out _)) Expect(model, "type", "WordPiece", "model.type");
        Dictionary<string, int> ids = [];
        foreach (var piece in Get(model, "vocab", JsonValueKind.Object, "model.vocab").EnumerateObject())
            ids[piece.Name] = Number(piece.Value, "model.vocab");
        var special = Added(root, ids);
        string unknown = Text(model, "unk_token", "model.unk_token");
        if (!ids.TryGetValue(unknown, out int unknownId)) throw Fault("model.unk_token", "a piece of model.vocab", unknown);
        int longest = Number(Get(model, "max_input_chars_per_word", JsonValueKind.Number, "model.max_input_chars_per_word"), "model.max_input_chars_per_word");

        Expect(Get(root, "pre_tokenizer", JsonValueKind.Object, "pre_tokenizer"), "type", "BertPreTokenizer", "pre_tokenizer.type");
        var (start, end) = Template(Get(root, "post_processor", JsonValueKind.Object, "post_processor"));
        return new()
        {
            Ids = ids,
            Special = special,
            Pieces = Pieces(ids, special),
            Normalizer = Normalizer(Get(root, "normalizer", JsonValueKind.Object, "normalizer")),
            Unknown = unknownId,
            Start = Known(start),
            End = Known(end),
            Prefix = Text(model, "continuing_subword_prefix", "model.continuing_subword_prefix"),
            LongestWord = longest,
        };

        int Known((string Token, int Id) t) => (special.TryGetValue(t.Token, out int id) || ids.TryGetValue(t.Token, out id)) && id == t.Id ? id
            : throw Fault("post_processor", $"'{t.Token}' with its id in the vocabulary", $"{t.Id}");
    }

    BertNormalizer Normalizer(JsonElement normalizer)
    {
        Expect(normalizer, "type", "BertNormalizer", "normalizer.type");
        Only(normalizer, "normalizer", "type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase");
        bool lower = Flag(normalizer, "lowercase", "normalizer.lowercase");
        bool strip = normalizer.TryGetProperty("strip_accents", out var s) && s.ValueKind != JsonValueKind.Null ? Flag(normalizer, "strip_accents", "normalizer.strip_accents") : lower;
        return new(Flag(normalizer, "clean_text", "normalizer.clean_text"), Flag(normalizer, "handle_chinese_chars", "normalizer.handle_chinese_chars"), strip, lower);
    }

    Dictionary<string, int> Added(JsonElement root, Dictionary<string, int> ids)
    {
        Dictionary<string, int> added = [];
        foreach (var token in Get(root, "added_tokens", JsonValueKind.Array, "added_tokens").EnumerateArray())
        {
            Only(token, "added_tokens", "id", "special", "content", "single_word", "lstrip", "rstrip", "normalized");
            string content = Text(token, "content", "added_tokens.content");
            if (content == "") throw Fault("added_tokens.content", "some text", "none");
            foreach (string option in (string[])["single_word", "lstrip", "rstrip", "normalized"])
                if (Flag(token, option, $"added_tokens '{content}'.{option}")) throw Fault($"added_tokens '{content}'.{option}", "false", "true");
            int id = Number(Get(token, "id", JsonValueKind.Number, "added_tokens.id"), "added_tokens.id");
            if (ids.TryGetValue(content, out int other) && other != id) throw Fault($"added_tokens '{content}'.id", $"{other}, as model.vocab says", $"{id}");
            if (!added.TryAdd(content, id)) throw Fault("added_tokens", "each token once", $"'{content}' twice");
        }
        return added;
    }

    string[] Pieces(Dictionary<string, int> ids, Dictionary<string, int> special)
    {
        var all = special.Where(s => !ids.ContainsKey(s.Key)).Concat(ids).ToArray();
        string?[] pieces = new string?[all.Length];
        foreach (var (piece, id) in all)
        {
            if (id >= all.Length) throw Fault($"the id of '{piece}'", $"less than {all.Length}, the number of pieces", $"{id}");
            if (pieces[id] is string other) throw Fault($"the id of '{piece}'", "one of its own", $"{id}, which '{other}' has");
            pieces[id] = piece;
        }
        return pieces!;
    }

    ((string Token, int Id) Start, (string Token, int Id) End) Template(JsonElement processor)
    {
        string type = Text(processor, "type", "post_processor.type");
        if (type == "BertProcessing")
            return (Named(processor, "cls"), Named(processor, "sep"));
        if (type != "TemplateProcessing") throw Fault("post_processor.type", "TemplateProcessing or BertProcessing", type);
        Only(processor, "post_processor", "type", "single", "pair", "special_tokens");
        var (single, pair) = (Slots(processor, "single"), Slots(processor, "pair"));
        string start = single[0].Name, end = single[^1].Name;
        Same("single", single, [(start, 0), ("A", 0), (end, 0)]);
        Same("pair", pair, [(start, 0), ("A", 0), (end, 0), ("B", 1), (end, 1)]);
        var tokens = Get(processor, "special_tokens", JsonValueKind.Object, "post_processor.special_tokens");
        return ((start, IdOf(tokens, start)), (end, IdOf(tokens, end)));
    }

    void Same(string name, (string Name, int Type)[] found, (string Name, int Type)[] expected)
    {
        static string Write((string Name, int Type)[] slots) => string.Join(' ', slots.Select(s => $"{s.Name}:{s.Type}"));
        if (!found.SequenceEqual(expected)) throw Fault($"post_processor.{name}", $"'{Write(expected)}', BERT's template", $"'{Write(found)}'");
    }

    (string Name, int Type)[] Slots(JsonElement processor, string name)
    {
        string at = $"post_processor.{name}";
        List<(string, int)> slots = [];
        foreach (var slot in Get(processor, name, JsonValueKind.Array, at).EnumerateArray())
        {
            if (slot.ValueKind != JsonValueKind.Object || slot.GetPropertyCount() != 1) throw Fault(at, "SpecialToken or Sequence", Shown(slot));
            var (kind, value) = (slot.EnumerateObject().First().Name, slot.EnumerateObject().First().Value);
            string id = Text(value, "id", at);
            bool isText = id is "A" or "B";
            if (kind != (isText ? "Sequence" : "SpecialToken")) throw Fault(at, "SpecialToken, or Sequence A or B", $"{kind} '{id}'");
            slots.Add((id, Number(Get(value, "type_id", JsonValueKind.Number, at), at)));
        }
        return slots.Count >= 3 ? [.. slots] : throw Fault(at, "a special token before and after each text", $"{slots.Count} slots");
    }

    int IdOf(JsonElement tokens, string name)
    {
        string at = $"post_processor.special_tokens '{name}'";
        var ids = Get(Get(tokens, name, JsonValueKind.Object, at), "ids", JsonValueKind.Array, at);
        return ids.GetArrayLength() == 1 ? Number(ids[0], at) : throw Fault(at, "one id", Shown(ids));
    }

    (string Token, int Id) Named(JsonElement processor, string name)
    {
        string at = $"post_processor.{name}";
        var pair = Get(processor, name, JsonValueKind.Array, at);
        return pair.GetArrayLength() == 2 && pair[0].ValueKind == JsonValueKind.String ? (pair[0].GetString()!, Number(pair[1], at))
            : throw Fault(at, "a token and its id", Shown(pair));
    }

    void Only(JsonElement element, string at, params ReadOnlySpan<string> names)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Fault(at, "an object", Shown(element));
        foreach (var property in element.EnumerateObject())
            if (!names.Contains(property.Name)) throw Fault(at, string.Join(", ", names), $"'{property.Name}', which is not understood");
    }

    void Expect(JsonElement element, string name, string expected, string at)
    {
        if (Text(element, name, at) is var found && found != expected) throw Fault(at, expected, $"'{found}'");
    }

    JsonElement Get(JsonElement element, string name, JsonValueKind kind, string at)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value)) throw Fault(at, $"{kind} '{name}'", "nothing");
        return value.ValueKind == kind ? value : throw Fault(at, $"{kind}", Shown(value));
    }

    string Text(JsonElement element, string name, string at) => Get(element, name, JsonValueKind.String, at).GetString()!;

    bool Flag(JsonElement element, string name, string at) => element.TryGetProperty(name, out var value)
        ? value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => throw Fault(at, "true or false", Shown(value)) }
        : throw Fault(at, "true or false", "nothing");

    int Number(JsonElement element, string at) => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= 0 ? value
        : throw Fault(at, "a whole number from 0", Shown(element));

    static string Shown(JsonElement element)
    {
        string text = element.GetRawText();
        return text.Length <= 60 ? text : text[..60] + "…";
    }

    InvalidDataException Fault(string at, string expected, string found) =>
        new($"{path}: {at}: expected {expected}; found {found}. Only BERT's WordPiece is understood: give such a tokenizer.json, or remove it and keep vocab.txt.");
}
