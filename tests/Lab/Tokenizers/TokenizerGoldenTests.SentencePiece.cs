using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.SentencePiece;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>SentencePiece's own models against the sentencepiece package, whatever models stand in the shared goldens.</summary>
public sealed partial class TokenizerGoldenTests
{
    const string SentencePieceAbsent = "(shared/goldens/tokenizers is not there)";

    static readonly string[] sentencePieceNames = ["tokenizer.model", "sentencepiece.bpe.model", "spiece.model", "spm.model"];

    static string? SentencePieceRoot => Files.SharedGoldens("tokenizers");

    public static TheoryData<string> SentencePieceModels => SentencePieceCases("sentencepiece", "*.model", _ => true);

    /// <summary>The folders whose only tokenizer is a SentencePiece model.</summary>
    public static TheoryData<string> SentencePieceFolders => SentencePieceCases("folders", "*.json", json =>
    {
        bool Has(string name) => File.Exists(Path.Combine(Path.ChangeExtension(json, null), name));
        return !Has("tokenizer.json") && sentencePieceNames.Any(Has);
    });

    static TheoryData<string> SentencePieceCases(string folder, string pattern, Func<string, bool> taken)
    {
        string[] found = SentencePieceRoot is not string root || !Directory.Exists(Path.Combine(root, folder)) ? []
            : [.. Directory.GetFiles(Path.Combine(root, folder), pattern).Where(taken).Select(p => Path.GetFileNameWithoutExtension(p))
                .Order(StringComparer.Ordinal)];
        return [.. found.Length > 0 ? found : [SentencePieceAbsent]];
    }

    static string SentencePieceFileOf(string folder, string name)
    {
        if (SentencePieceRoot is not string root || name.StartsWith(SentencePieceAbsent, StringComparison.Ordinal)
            || (folder == "" && !File.Exists(Path.Combine(root, name))))
        {
            Assert.Skip("shared/goldens/tokenizers is not next to the repository, nor under HEARTWOOD_GOLDENS.");
            return "";
        }
        return Path.Combine(root, folder, name);
    }

    static JsonNode SentencePieceJson(string path) => JsonNode.Parse(File.ReadAllBytes(path))!;

    static string[] SentencePieceTexts(string of) =>
        [.. SentencePieceJson(SentencePieceFileOf("", "texts.json"))[of]!.AsArray().Select(t => t!.GetValue<string>())];

    [Theory, MemberData(nameof(SentencePieceModels))]
    public void A_SentencePiece_model_gives_the_ids_pieces_normal_forms_and_texts_of_the_sentencepiece_package(string name)
    {
        string path = SentencePieceFileOf("sentencepiece", name + ".model");
        JsonNode golden = SentencePieceJson(Path.ChangeExtension(path, ".json"));
        Tokenizer tokenizer = Tokenizer.FromSentencePiece(path);
        SentencePieceFile file = SentencePieceFile.Read(File.ReadAllBytes(path), path);

        var pieces = golden["pieces"]!.AsArray()
            .Select(p => (p![0]!.GetValue<string>(), (float)p[1]!.GetValue<double>(), p[2]!.GetValue<int>()));
        Assert.Equal(pieces, file.Pieces.Select(p => (p.Text, p.Score, (int)p.Kind)));
        JsonNode of = golden["ids_of"]!;
        Assert.Equal(of["unk"]!.GetValue<int>(), file.Unknown);
        Assert.Equal((of["bos"]!.GetValue<int>(), of["eos"]!.GetValue<int>()), (tokenizer.Begin ?? -1, tokenizer.End ?? -1));

        string[] sentences = SentencePieceTexts("sentences");
        JsonArray rows = golden["sentences"]!.AsArray();
        JsonNode? others = golden["base"] is JsonNode other
            ? SentencePieceJson(SentencePieceFileOf("sentencepiece", other + ".json")) : null;
        for (int i = 0; i < rows.Count; i++)
        {
            JsonNode row = rows[i] ?? others!["sentences"]![i]!;
            string text = row["text"]?.GetValue<string>() ?? sentences[i];
            int[] ids = TokenizerGoldens.Numbers(row["ids"]);
            SentencePieceSame(ids, tokenizer.Encode(text).Ids, $"{name} {i} '{text}'");
            Assert.Equal(row["decoded"]?.GetValue<string>() ?? text, tokenizer.Decode(ids));
            if (row["pieces"] is not JsonArray shown) continue;
            string normalized = SentencePieceNormalized(tokenizer, text);
            Assert.Equal(row["normalized"]?.GetValue<string>() ?? string.Concat(shown.Select(p => p!.GetValue<string>())), normalized);
            Assert.Equal(shown.Select(p => p!.GetValue<string>()), SentencePiecePieces(file, normalized));
        }
        string[] tricky = SentencePieceTexts("tricky");
        if (golden["tricky"] is JsonArray forms)
            Assert.Equal(forms.Select(f => f!.GetValue<string>()), tricky.Select(t => SentencePieceNormalized(tokenizer, t)));
        foreach (JsonNode? row in golden["decodes"]?.AsArray() ?? [])
            Assert.Equal(row!["decoded"]!.GetValue<string>(), tokenizer.Decode(TokenizerGoldens.Numbers(row["ids"])));
    }

    static void SentencePieceSame(int[] expected, int[] found, string what) =>
        Assert.True(expected.SequenceEqual(found), $"{what}: {string.Join(' ', expected)} expected, {string.Join(' ', found)} found");

    static string SentencePieceNormalized(Tokenizer tokenizer, string text)
    {
        CharacterList written = new();
        tokenizer.Parts.Normalizer!.Apply(text, written);
        return written.Text.ToString();
    }

    // An unknown piece shows its text.
    static string[] SentencePiecePieces(SentencePieceFile file, string normalized)
    {
        if (normalized == "") return [];
        PieceTrie kept = new(file.Pieces.Index().Where(p => p.Item.Kind == PieceKind.UserDefined).Select(p => (p.Item.Text, p.Index)));
        SentencePieceModel model = new(file, kept, [.. Enumerable.Range(0, file.Pieces.Count)]);
        return [.. model.Pieces(normalized)
            .Select(p => p.Id == file.Unknown ? normalized.Substring(p.Start, p.Length) : file.Pieces[p.Id].Text)];
    }

    [Fact]
    public void Where_sums_are_all_but_equal_rounding_to_float32_decides_as_in_the_sentencepiece_package()
    {
        JsonNode golden = SentencePieceJson(SentencePieceFileOf("", "near-ties.json"));
        int rows = 0, decided = 0;
        foreach (JsonNode? model in golden["models"]!.AsArray())
        {
            ModelPiece[] pieces = [.. model!["pieces"]!.AsArray().Select((p, i) =>
                new ModelPiece(p![0]!.GetValue<string>(), (float)p[1]!.GetValue<double>(), i == 0 ? PieceKind.Unknown : PieceKind.Normal))];
            NormalizerSpec identity = new() { AddDummyPrefix = false, RemoveExtraWhitespaces = false };
            Tokenizer tokenizer = Tokenizer.FromSentencePiece(ModelBytes.Of(CutKind.Unigram, pieces, identity), "model");
            foreach (JsonNode? row in model["rows"]!.AsArray())
            {
                Assert.Equal(TokenizerGoldens.Numbers(row!["sentencepiece"]), tokenizer.Encode(row["text"]!.GetValue<string>()).Ids);
                rows++;
                if (row["sentencepiece"]!.ToJsonString() != row["tokenizers_float32_scores"]!.ToJsonString()) decided++;
            }
        }
        Assert.True(rows > 0 && decided > 0, $"{rows} rows, in {decided} of them float64 sums choose otherwise");
    }

    [Theory, MemberData(nameof(SentencePieceFolders))]
    public void A_folder_with_a_SentencePiece_model_alone_gives_sentencepieces_ids_with_the_special_tokens_of_its_class(string name)
    {
        string folder = SentencePieceFileOf("folders", name);
        JsonNode golden = SentencePieceJson(folder + ".json");
        JsonNode? other = golden["base"] is JsonNode b ? SentencePieceJson(SentencePieceFileOf("folders", b + ".json")) : null;
        Tokenizer tokenizer = Tokenizer.FromFolder(folder);
        Assert.Equal(golden["length"]!.GetValue<int>(), tokenizer.Count);
        foreach (JsonNode? token in golden["added_tokens"]!.AsArray())
            Assert.Equal(token!["content"]!.GetValue<string>(), tokenizer.Piece(token["id"]!.GetValue<int>()));
        Assert.Equal(TokenizerGoldens.Numbers(golden["special_ids_skipped_by_decode"]),
            Enumerable.Range(0, tokenizer.Count).Where(tokenizer.Parts.Vocabulary.IsSpecial));

        string[] sentences = SentencePieceTexts("sentences");
        for (int i = 0; i < sentences.Length; i++)
        {
            JsonNode? own = golden["sentences"]![i];
            JsonNode row = own ?? other!["sentences"]![i]!;
            JsonNode? differing = golden["sentencepiece_differs"] ?? (own is null ? other!["sentencepiece_differs"] : null);
            int[]? alone = differing?[$"{i}"] is JsonNode differs ? TokenizerGoldens.Numbers(differs) : null;
            var (ids, around) = (TokenizerGoldens.Numbers(row["ids"]), row["special"]!.GetValue<string>());
            int before = around.TakeWhile(c => c == '1').Count();
            int after = before == around.Length ? 0 : around.Reverse().TakeWhile(c => c == '1').Count();
            int[] text = alone ?? ids[before..^after];
            Encoded encoded = tokenizer.Encode(sentences[i]);
            SentencePieceSame(text, tokenizer.EncodeText(sentences[i]).Ids, $"{name} {i} '{sentences[i]}'");
            Assert.Equal([.. ids[..before], .. text, .. ids[^after..]], encoded.Ids);
            if (alone is not null) continue;
            Assert.Equal(ids, encoded.Ids);
            Assert.Equal(row["types"]?.GetValue<string>() ?? new string('0', ids.Length), string.Concat(encoded.TokenTypes));
            // Unknown pieces are left out; of spaces that then come first, sentencepiece drops all, the class one.
            Assert.Equal((row["decoded"]?.GetValue<string>() ?? sentences[i]).TrimStart(' '), tokenizer.Decode(ids).TrimStart(' '));
        }
    }

    [Theory, MemberData(nameof(SentencePieceFolders))]
    public void Pairs_in_a_folder_with_a_SentencePiece_model_alone_have_the_special_tokens_of_its_class(string name)
    {
        string folder = SentencePieceFileOf("folders", name);
        JsonNode golden = SentencePieceJson(folder + ".json");
        JsonNode? other = golden["base"] is JsonNode b ? SentencePieceJson(SentencePieceFileOf("folders", b + ".json")) : null;
        Tokenizer tokenizer = Tokenizer.FromFolder(folder);
        JsonArray pairs = SentencePieceJson(SentencePieceFileOf("", "texts.json"))["pairs"]!.AsArray();
        int equal = 0;
        for (int i = 0; i < pairs.Count; i++)
        {
            JsonNode row = golden["pairs"]![i] ?? other!["pairs"]![i]!;
            string first = pairs[i]![0]!.GetValue<string>(), second = pairs[i]![1]!.GetValue<string>();
            Encoded encoded = tokenizer.Encode(first, second == "" ? null : second);
            // What sentencepiece itself gives for a pair is not in the goldens; where the class gives the same ids, all must be the same.
            if (!TokenizerGoldens.Numbers(row["ids"]).SequenceEqual(encoded.Ids)) continue;
            Assert.Equal(row["types"]?.GetValue<string>() ?? new string('0', encoded.Count), string.Concat(encoded.TokenTypes));
            equal++;
        }
        Assert.True(equal * 10 >= pairs.Count * 7, $"{equal} of {pairs.Count} pairs are those of the class");
    }
}
