using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Files;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>
/// Whatever tokenizer folders stand in shared/goldens/tokenizers (or under HEARTWOOD_GOLDENS) against what transformers and the
/// tokenizers library compute with them; folders with nothing but a SentencePiece model are the other part's.
/// </summary>
public sealed partial class TokenizerGoldenTests
{
    const string Absent = "shared/goldens/tokenizers is not there: no tokenizers to compare with";

    // Folders that are refused, and what of them the refusal must name; the reason is that of docs/methods.md.
    static readonly Dictionary<string, string> refused = [];

    static readonly string? goldens = Files.SharedGoldens("tokenizers");

    static readonly Lazy<JsonNode> texts = new(() => Json("texts.json"));

    // Another set of goldens may have folders alone.
    static bool Has(string name) => goldens is not null && File.Exists(Path.Combine(goldens, name));

    static JsonNode Json(string name) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(goldens!, name)))!;

    static IEnumerable<string> AllFolders =>
        goldens is null || !Directory.Exists(Path.Combine(goldens, "folders")) ? []
        : Directory.GetDirectories(Path.Combine(goldens, "folders")).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal);

    static bool IsModelAlone(string folder) =>
        Directory.GetFiles(At(folder), "*.model").Length > 0 && !File.Exists(Path.Combine(At(folder), "tokenizer.json"));

    static string At(string folder) => Path.Combine(goldens!, "folders", folder);

    /// <summary>Every folder; one empty name where there is none, for a test that skips.</summary>
    public static TheoryData<string> Folders => [.. AllFolders.Where(f => !IsModelAlone(f)).DefaultIfEmpty("")];

    [Theory, MemberData(nameof(Folders))]
    public void Ids_of_sentences_are_those_of_tokenizer_json_or_of_the_class(string folder)
    {
        var (tokenizer, golden) = Read(folder);
        JsonObject alone = golden["file_alone_differs"]?.AsObject() ?? [];
        foreach (var (i, row) in golden.Rows("sentences"))
        {
            string text = texts.Value["sentences"]![i]!.GetValue<string>();
            Encoded encoded = tokenizer.Encode(text);
            bool differs = alone.ContainsKey($"{i}") && !AddsTokenOf(folder, text);
            Equal(differs ? alone[$"{i}"]! : row["ids"]!, encoded.Ids, text);
            if (differs) continue;
            Assert.Equal(Digits(row, "types", encoded.Count, 0), encoded.TokenTypes);
            Assert.Equal(Digits(row, "special", encoded.Count, 0), encoded.Words.Select(w => w < 0 ? 1 : 0));
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void Ids_and_types_of_pairs_whole_and_cut_to_16_equal_the_reference(string folder)
    {
        var (tokenizer, golden) = Read(folder);
        if (golden["file_alone_differs"] is JsonObject { Count: > 0 })
            Assert.Skip($"{folder}: pairs of folders that the class builds anew are the class's, not the file's");
        foreach (var (i, row) in golden.Rows("pairs"))
        {
            string[] pair = [.. texts.Value["pairs"]![i]!.AsArray().Select(t => t!.GetValue<string>())];
            Check(row, int.MaxValue);
            if (row["error"] is null) Check(row["longest_first"] ?? row, 16);

            // an empty second text means no pair to transformers
            void Check(JsonNode expected, int most)
            {
                Encoded encoded = tokenizer.Encode(pair[0], pair[1] == "" ? null : pair[1], most);
                Equal(expected["ids"]!, encoded.Ids, $"{pair[0]} | {pair[1]} | {most}");
                Assert.Equal(Digits(expected, "types", encoded.Count, 0), encoded.TokenTypes);
            }
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void Text_of_ids_equals_the_reference(string folder)
    {
        var (tokenizer, golden) = Read(folder);
        if (golden["parts_changed_by_the_class"]?.AsArray().Any(p => p!.GetValue<string>() == "decoder") == true)
            Assert.Skip($"{folder}: its class has another decoder than its file");
        foreach (var (i, row) in golden.Rows("sentences"))
            Assert.Equal(row["decoded"]?.GetValue<string>() ?? texts.Value["sentences"]![i]!.GetValue<string>(),
                tokenizer.Decode(TokenizerGoldens.Numbers(row["ids"])));
        Assert.Equal(TokenizerGoldens.Numbers(golden["special_ids_skipped_by_decode"]).Order(),
            Enumerable.Range(0, tokenizer.Count).Where(tokenizer.Parts.Vocabulary.IsSpecial));
    }

    [Theory, MemberData(nameof(Folders))]
    public void Sentences_cut_to_12_tokens_equal_the_reference(string folder)
    {
        var (tokenizer, golden) = Read(folder);
        if (golden["file_alone_differs"] is JsonObject { Count: > 0 })
            Assert.Skip($"{folder}: batches of folders that the class builds anew are the class's, not the file's");
        foreach (var (number, row) in TokenizerGoldens.Numbers(golden["batches_of_sentences"]).Zip(golden.Batch("max_length_12")))
        {
            int[] padded = TokenizerGoldens.Numbers(row!["ids"]), kept = Digits(row, "attention", padded.Length, 1);
            Assert.Equal(padded.Where((_, t) => kept[t] == 1),
                tokenizer.Encode(texts.Value["sentences"]![number]!.GetValue<string>(), maximumTokens: 12).Ids);
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void Where_transformers_builds_otherwise_than_the_file_says_it_is_said_once(string folder)
    {
        var (tokenizer, golden) = Read(folder);
        int said = tokenizer.Notes.Count(n => n.Contains("transformers 5 builds", StringComparison.Ordinal));
        Assert.InRange(said,
            golden["file_alone_differs"] is JsonObject { Count: > 0 } ? 1 : 0,
            golden["parts_changed_by_the_class"] is JsonArray { Count: > 0 } ? 1 : 0);
    }

    [Fact]
    public void The_class_that_transformers_reads_a_tokenizer_json_with_is_known()
    {
        if (!Has("class-choice.json")) Assert.Skip(Absent);
        int seen = 0;
        foreach (string?[] row in Json("class-choice.json")["rows"]!.AsArray()
            .Select(r => r!.AsArray().Select(c => c?.GetValue<string>()).ToArray()))
            if (!row[3]!.StartsWith("error", StringComparison.Ordinal))
            {
                Assert.True(TokenizerClass.ForJson(row[1], row[2], row[0] == "bytelevel") == row[3], string.Join(' ', row));
                seen++;
            }
        Assert.NotEqual(0, seen);
    }

    /// <summary>
    /// The normalizers of <c>normalizers.json</c> as a tokenizer.json writes them; the map is that of the folder that is named.
    /// </summary>
    public static TheoryData<string> Normalizers =>
        [.. !Has("normalizers.json") ? [""] : Json("normalizers.json")["results"]!.AsObject().Select(r => r.Key)];

    [Theory, MemberData(nameof(Normalizers))]
    public void Normal_forms_equal_the_reference(string name)
    {
        if (name == "") Assert.Skip(Absent);
        JsonNode file = name.StartsWith("Precompiled of ", StringComparison.Ordinal)
            ? JsonNode.Parse(File.ReadAllBytes(Path.Combine(goldens!, name["Precompiled of ".Length..], "tokenizer.json")))!["normalizer"]!
            : name.StartsWith("BertNormalizer ", StringComparison.Ordinal) ? new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = !name.Contains("nothing else", StringComparison.Ordinal),
                ["handle_chinese_chars"] = !name.Contains("nothing else", StringComparison.Ordinal),
                ["strip_accents"] = name.Contains("accents kept", StringComparison.Ordinal) ? false
                    : name.Contains("accents stripped", StringComparison.Ordinal) ? true : null,
                ["lowercase"] = name.Contains("lower", StringComparison.Ordinal),
            }
            : new JsonObject { ["type"] = name };
        var normalizer = TokenizerJson.Read(System.Text.Encoding.UTF8.GetBytes(file.ToJsonString()), "normalizer", NormalizerFile.Read);
        JsonNode all = Json("normalizers.json");
        foreach (var (text, expected) in all["texts"]!.AsArray().Zip(all["results"]![name]!.AsArray()))
        {
            CharacterList written = new();
            normalizer.Apply(text!.GetValue<string>(), written);
            Assert.Equal(expected!.GetValue<string>(), written.Text.ToString());
        }
    }

    [Fact]
    public void Where_rounding_decides_between_two_cuts_the_sums_are_the_references()
    {
        if (!Has("near-ties.json")) Assert.Skip(Absent);
        int rows = 0;
        foreach (JsonNode? model in Json("near-ties.json")["models"]!.AsArray())
        {
            JsonArray pieces = model!["pieces"]!.AsArray(),
                exact = [.. pieces.Select(p => new JsonArray(p![0]!.GetValue<string>(), (double)p[1]!.GetValue<float>()))];
            Tokenizer decimals = Of(pieces.DeepClone()), floats = Of(exact);
            foreach (JsonNode? row in model["rows"]!.AsArray())
            {
                string text = row!["text"]!.GetValue<string>();
                Equal(row["tokenizers"]!, decimals.Encode(text).Ids, text);
                Equal(row["tokenizers_float32_scores"]!, floats.Encode(text).Ids, text);
                rows++;
            }
        }
        Assert.NotEqual(0, rows);

        static Tokenizer Of(JsonNode pieces) => TokenizerGoldens.Read(new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["byte_fallback"] = false, ["vocab"] = pieces },
        });
    }

    static (Tokenizer Tokenizer, Golden Golden) Read(string folder)
    {
        if (folder == "") Assert.Skip(Absent);
        Golden golden = new(folder);
        if (!refused.TryGetValue(folder, out string? named)) return (Tokenizer.FromFolder(At(folder)), golden);
        Assert.Contains(named,
            Assert.Throws<InvalidDataException>(() => Tokenizer.FromFolder(At(folder))).Message, StringComparison.Ordinal);
        Assert.Skip($"{folder} is refused: {named}");
        throw new InvalidOperationException();
    }

    // What the config adds to tokenizer.json is added here too (case 11), so such rows are those of the class.
    static bool AddsTokenOf(string folder, string text)
    {
        if (!File.Exists(Path.Combine(At(folder), "tokenizer.json"))) return false;
        JsonNode file = JsonNode.Parse(File.ReadAllBytes(Path.Combine(At(folder), "tokenizer.json")))!;
        HashSet<string> own = [.. file["added_tokens"]!.AsArray().Select(t => t!["content"]!.GetValue<string>())];
        TokenizerOptions options = TokenizerOptions.InFolder(FolderFiles.On(At(folder)));
        return options.Added.Concat(options.Special.Values).Concat(options.Further)
            .Any(t => !own.Contains(t.Content) && text.Contains(t.Content, StringComparison.Ordinal));
    }

    static int[] Digits(JsonNode row, string name, int count, int otherwise) =>
        row[name] is JsonNode digits ? [.. digits.GetValue<string>().Select(d => d - '0')] : [.. Enumerable.Repeat(otherwise, count)];

    static void Equal(JsonNode expected, int[] found, string text)
    {
        int[] ids = TokenizerGoldens.Numbers(expected);
        Assert.True(ids.SequenceEqual(found), $"'{text}': expected {string.Join(' ', ids)}, found {string.Join(' ', found)}");
    }

    /// <summary>What a folder's file says; rows that are null are those of the file that is its base.</summary>
    sealed class Golden(string folder)
    {
        readonly JsonNode json = Json(Path.Combine("folders", folder + ".json"));

        public JsonNode? this[string name] => json[name];

        Golden? Base => json["base"] is JsonNode name ? new(name.GetValue<string>()) : null;

        public IEnumerable<(int Number, JsonNode Row)> Rows(string name)
        {
            Golden? of = null;
            foreach (var (i, row) in json[name]!.AsArray().Index()) yield return (i, row ?? (of ??= Base)!.Rows(name).ElementAt(i).Row);
        }

        /// <summary>The rows of a batch; none where transformers makes none because there is nothing to pad with.</summary>
        public IEnumerable<JsonNode?> Batch(string name) =>
            json["batches"]?[name] switch { JsonArray rows => rows, JsonObject => [], _ => Base!.Batch(name) };
    }
}
