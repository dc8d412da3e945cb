using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;
using static Heartwood.Tests.Lab.Tokenizers.TokenizerGoldens;
using static Heartwood.Tests.Lab.Tokenizers.WordPieceGoldens;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>Published tokenizers on real sentences against the tokenizers library.</summary>
public class RealTokenizerTests
{
    [Theory, InlineData("gpt2", "tokenizers/gpt2"), InlineData("bert-base-uncased", "tokenizers/bert-base-uncased"), InlineData("stories15M", "models/stories15M")]
    public void Ids_and_decoded_text_of_real_sentences_equal_the_reference(string kind, string folder)
    {
        if (SharedData() is not string data)
        {
            Assert.Skip("../shared/data is not there: no published tokenizer and no real text to compare on");
            return;
        }
        var tokenizer = Tokenizer.FromFolder(Path.Combine(data, folder));
        int sentences = 0;
        foreach (JsonNode golden in TokenizerGoldens.Json("real.json").AsArray().Where(g => g!["kind"]!.GetValue<string>() == kind && g["whole"] is null)!)
        {
            string file = golden["file"]!.GetValue<string>();
            int column = golden["column"]!.GetValue<int>(), count = golden["count"]!.GetValue<int>(), tokens = 0;
            string[] lines = [.. System.IO.File.ReadAllText(Path.Combine(data, file)).Split('\n').Skip(1).Take(count).Select(l => l.Split('\t').ElementAtOrDefault(column) ?? "")];
            foreach (var (i, first) in golden["first"]!.AsArray().Index()) Assert.Equal(Numbers(first), tokenizer.Encode(lines[i]).Ids);
            foreach (var (group, (expected, decoded)) in Hashes(golden["ids"]).Zip(Hashes(golden["decoded"])).Index())
            {
                uint ids = Empty, text = Empty;
                foreach (string line in lines.Skip(100 * group).Take(100))
                {
                    var encoded = tokenizer.Encode(line);
                    ids = Hash(encoded.Ids, ids);
                    text = TokenizerGoldens.Hash(tokenizer.Decode(encoded.Ids), text);
                    tokens += encoded.Count;
                    sentences++;
                }
                Assert.True(ids == expected, $"{file}: one of the lines from {2 + group * 100} on has other ids than in the reference");
                Assert.True(text == decoded, $"{file}: one of the lines from {2 + group * 100} on decodes otherwise than in the reference");
            }
            Assert.Equal(golden["tokens"]!.GetValue<int>(), tokens);
        }
        Assert.Equal(2200, sentences);
    }

    [Theory, InlineData("gpt2", "tokenizers/gpt2"), InlineData("stories15M", "models/stories15M")]
    public void A_whole_running_text_at_once_equals_the_reference(string kind, string folder)
    {
        if (SharedData() is not string data)
        {
            Assert.Skip("../shared/data is not there: no published tokenizer and no real text to compare on");
            return;
        }
        JsonNode golden = TokenizerGoldens.Json("real.json").AsArray().Single(g => g!["kind"]!.GetValue<string>() == kind && g["whole"] is not null)!;
        string text = System.IO.File.ReadAllText(Path.Combine(data, golden["file"]!.GetValue<string>()));
        var tokenizer = Tokenizer.FromFolder(Path.Combine(data, folder));
        int[] ids = tokenizer.Encode(text).Ids;
        Assert.Equal(golden["tokens"]!.GetValue<int>(), ids.Length);
        Assert.Equal(Hashes(golden["ids"])[0], Hash(ids));
        Assert.Equal(Hashes(golden["decoded"])[0], TokenizerGoldens.Hash(tokenizer.Decode(ids), Empty));
        if (kind == "gpt2") Assert.Equal(text, tokenizer.Decode(ids));
    }
}
