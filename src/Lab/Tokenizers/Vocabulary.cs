using System.Text;

namespace Heartwood.Lab.Tokenizers;

/// <summary>All that a WordPiece tokenizer is made of.</summary>
sealed record Vocabulary
{
    /// <summary>The pieces of the model by their text.</summary>
    public required Dictionary<string, int> Ids { get; init; }

    /// <summary>The tokens recognized in the raw text, before normalization; their ids may lie beyond <see cref="Ids"/>.</summary>
    public required Dictionary<string, int> Special { get; init; }

    /// <summary>The text of every id.</summary>
    public required string[] Pieces { get; init; }

    /// <summary>How text becomes words.</summary>
    public required BertNormalizer Normalizer { get; init; }

    /// <summary>The id of a word that cannot be spelled.</summary>
    public required int Unknown { get; init; }

    /// <summary>The id before the first text, usually <c>[CLS]</c>.</summary>
    public required int Start { get; init; }

    /// <summary>The id after each text, usually <c>[SEP]</c>.</summary>
    public required int End { get; init; }

    /// <summary>What a piece that continues a word begins with.</summary>
    public string Prefix { get; init; } = "##";

    /// <summary>A word of more characters (code points) is unknown.</summary>
    public int LongestWord { get; init; } = 100;

    /// <summary>A vocabulary with BERT's names for the special tokens, as a <c>vocab.txt</c> implies.</summary>
    /// <exception cref="InvalidDataException">one of them is missing</exception>
    public static Vocabulary Of(IReadOnlyList<string> pieces, string path, bool lowerCase)
    {
        Dictionary<string, int> ids = new(pieces.Count);
        for (int i = 0; i < pieces.Count; i++) ids[pieces[i]] = i;
        string[] special = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"];
        return new()
        {
            Ids = ids,
            Special = special.Where(ids.ContainsKey).ToDictionary(s => s, s => ids[s]),
            Pieces = [.. pieces],
            Normalizer = BertNormalizer.For(lowerCase),
            Unknown = Needed("[UNK]"),
            Start = Needed("[CLS]"),
            End = Needed("[SEP]"),
        };

        int Needed(string name) => ids.TryGetValue(name, out int id) ? id
            : throw new InvalidDataException($"{path}: none of its {pieces.Count} lines is '{name}', which a WordPiece vocabulary of BERT has. Give the model's own vocab.txt.");
    }

    /// <summary>The lines of a <c>vocab.txt</c>; an unfinished last line counts, nothing after the last line break does.</summary>
    /// <exception cref="InvalidDataException">not UTF-8</exception>
    public static List<string> Lines(byte[] bytes, string path)
    {
        List<string> lines = [];
        try
        {
            using StringReader reader = new(new UTF8Encoding(false, true).GetString(bytes));
            while (reader.ReadLine() is string line) lines.Add(line);
        }
        catch (DecoderFallbackException fault)
        {
            int at = Math.Max(fault.Index, 0), line = 1 + bytes.AsSpan(0, Math.Min(at, bytes.Length)).Count((byte)'\n');
            throw new InvalidDataException($"{path}: line {line} is not UTF-8. Convert the file, or give the model's own vocab.txt.", fault);
        }
        return lines;
    }
}
