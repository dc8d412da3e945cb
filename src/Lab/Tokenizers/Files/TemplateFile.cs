using Heartwood.Lab.Json;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads the <c>post_processor</c> of a <c>tokenizer.json</c>: where special tokens stand.</summary>
/// <param name="vocabulary">the pieces, with which the ids must agree</param>
sealed class TemplateFile(Vocabulary vocabulary)
{
    /// <summary>The template.</summary>
    public Template Read(Field processor)
    {
        switch (processor.Type)
        {
            case "BertProcessing":
                processor.Only("type", "sep", "cls");
                return Template.Bert(Named(processor["cls"]), Named(processor["sep"]));
            case "RobertaProcessing":
                processor.Only("type", "sep", "cls", "trim_offsets", "add_prefix_space");
                return Template.Roberta(Named(processor["cls"]), Named(processor["sep"]));
            case "ByteLevel":   // moves offsets, which Heartwood does not use
                processor.Only("type", "add_prefix_space", "trim_offsets", "use_regex");
                return Template.None;
            case "Sequence":
                Template[] some = [.. processor.Only("type", "processors")["processors"].Items.Select(Read).Where(t => t != Template.None)];
                if (some.Length > 1) throw processor["processors"].Fault("one that adds special tokens", $"{some.Length}");
                return some.Length == 0 ? Template.None : some[0];
            case "TemplateProcessing":
                processor.Only("type", "single", "pair", "special_tokens");
                Field tokens = processor["special_tokens"];
                return new(Slots(processor["single"], tokens, 1), Slots(processor["pair"], tokens, 2));
            case var other:
                throw processor["type"].Fault("TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence", $"'{other}'");
        }
    }

    Template.Slot[] Slots(Field template, Field tokens, int texts)
    {
        List<Template.Slot> slots = [];
        foreach (Field slot in template.Items)
        {
            if (slot.Properties.ToArray() is not [var (kind, value)]) throw slot.Fault("SpecialToken or Sequence", slot.Shown);
            string id = value.Only("id", "type_id")["id"].Text;
            int type = value["type_id"].Number;
            slots.Add((kind, id) switch
            {
                ("Sequence", "A") => Template.OfText(0, type),
                ("Sequence", "B") => Template.OfText(1, type),
                ("SpecialToken", _) => new(-1, Ids(tokens[id].Named($"post_processor.special_tokens '{id}'"), id), type),
                _ => throw slot.Fault("SpecialToken, or Sequence A or B", $"{kind} '{id}'"),
            });
        }
        string expected = texts == 1 ? "A" : "A B";
        string found = string.Join(' ', slots.Where(s => s.Text >= 0).Select(s => "AB"[s.Text]).Order());
        return found == expected ? [.. slots] : throw template.Fault($"the texts {expected}, each once", $"'{found}'");
    }

    int[] Ids(Field token, string name)
    {
        token.Only("id", "ids", "tokens");
        Field[] ids = [.. token["ids"].Items], pieces = [.. token["tokens"].Items];
        if (ids.Length == 0 || ids.Length != pieces.Length)
            throw token["ids"].Fault("an id for each of its tokens", $"{ids.Length} for {pieces.Length}");
        foreach (var (id, piece) in ids.Zip(pieces))
            if (vocabulary.Find(piece.Text) != id.Number)
                throw token.Fault($"'{piece.Text}' with its id in the vocabulary", $"{id.Number} in '{name}'");
        return [.. ids.Select(id => id.Number)];
    }

    int Named(Field pair)
    {
        if (pair.Items.ToArray() is not [Field token, Field id]) throw pair.Fault("a token and its id", pair.Shown);
        return vocabulary.Find(token.Text) == id.Number ? id.Number
            : throw pair.Fault($"'{token.Text}' with its id in the vocabulary", $"{id.Number}");
    }
}
