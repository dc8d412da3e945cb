using System.Text.Json;

namespace Heartwood.Lab.Tokenizers;

/// <summary>Finds a model folder's tokenizer: <c>tokenizer.json</c>, else <c>vocab.txt</c> with what <c>tokenizer_config.json</c> says of it.</summary>
static class TokenizerFolder
{
    /// <exception cref="InvalidDataException">no tokenizer, one that is not understood, or two files that contradict each other</exception>
    public static WordPiece Read(string folder)
    {
        string json = Path.Combine(folder, "tokenizer.json"), words = Path.Combine(folder, "vocab.txt"), config = Path.Combine(folder, "tokenizer_config.json");
        var said = File.Exists(config) ? Options(File.ReadAllBytes(config), config) : (Lower: null, Strip: null, Chinese: null);
        if (File.Exists(json))
        {
            var read = WordPiece.FromJson(json);
            Agree("do_lower_case", said.Lower, read.Normalizer.LowerCase);
            Agree("strip_accents", said.Strip, read.Normalizer.StripAccents);
            Agree("tokenize_chinese_chars", said.Chinese, read.Normalizer.SpaceChinese);
            return read;
        }
        if (!File.Exists(words))
            throw new InvalidDataException($"{folder}: neither tokenizer.json nor vocab.txt is there. Copy the model's own tokenizer into the folder.");
        bool lower = said.Lower ?? true;
        var vocabulary = Vocabulary.Of(Vocabulary.Lines(File.ReadAllBytes(words), words), words, lower);
        return new(vocabulary with { Normalizer = new(true, said.Chinese ?? true, said.Strip ?? lower, lower) });

        void Agree(string option, bool? config, bool file)
        {
            if (config is bool c && c != file)
                throw new InvalidDataException($"{folder}: {option} is {c} in tokenizer_config.json, but tokenizer.json does the opposite. Make the two agree with how the model was trained.");
        }
    }

    static (bool? Lower, bool? Strip, bool? Chinese) Options(byte[] bytes, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("an object was expected");
            return (Flag("do_lower_case"), Flag("strip_accents"), Flag("tokenize_chinese_chars"));

            bool? Flag(string name) => document.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => throw new JsonException($"{name} is neither true nor false"),
            } : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: not a tokenizer's configuration ({fault.Message}). Give the model's own file, or remove it.", fault);
        }
    }
}
