using System.Text.Json;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.App;

/// <summary>Public reports about tokenizers (shared/cases), on the command line.</summary>
public sealed class TokenizerCaseTests
{
    static int PromptTokens(string model, string prompt) =>
        JsonDocument.Parse(SmallRuns.Works("generate", "--model", model, "--prompt", prompt, "--tokens", "1", "--json"))
            .RootElement.GetProperty("promptTokens").GetInt32();

    [Theory, InlineData("slow"), InlineData("fast")]
    public void Qwen2s_slow_tokenizer_cuts_as_its_tokenizer_json_does(string model) =>
        Assert.Equal(8, PromptTokens(Path.Combine(Files.Case("09-qwen2-slow-tokenizer"), model), "the 2024"));

    [Fact]
    public void Markers_of_added_tokens_json_are_tokens_of_a_slow_BERT()
    {
        string folder = Files.Case("11-added-tokens");
        Assert.Contains("in-domain 100 % (",
            SmallRuns.Works("evaluate", "--model", Path.Combine(folder, "bert"), "--in-domain", Path.Combine(folder, "marked.tsv")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_that_only_tokenizer_config_adds_is_a_token() =>
        Assert.Equal(9, PromptTokens(Path.Combine(Files.Case("11-added-tokens"), "llama"), "the <pad> king"));

    [Fact]
    public void A_tokenizer_with_more_words_than_rows_loads_and_a_text_that_spells_one_of_them_is_refused()
    {
        string model = Path.Combine(Files.Case("12-vocabulary-lengths"), "longer-tokenizer");
        Assert.Contains("262 word pieces (the tokenizer has 4 words more, which no text may use), at most",
            SmallRuns.Works("inspect", model), StringComparison.Ordinal);
        string message = SmallRuns.Fails("generate", "--model", model, "--prompt", "the ▁<MID> king", "--tokens", "1");
        Assert.Contains("'▁<MID>' with the id 263, but the model's embeddings have 262 rows", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Embeddings_with_a_row_more_than_words_load_and_never_say_it()
    {
        string model = Path.Combine(Files.Case("12-vocabulary-lengths"), "longer-embeddings");
        Assert.Contains("263 word pieces (1 spare row: the tokenizer has 262 words), at most",
            SmallRuns.Works("inspect", model), StringComparison.Ordinal);
        JsonElement said = JsonDocument.Parse(SmallRuns.Works(
            "generate", "--model", model, "--prompt", "the", "--tokens", "20", "--temperature", "2", "--json")).RootElement;
        Assert.DoesNotContain(262, said.GetProperty("tokens").EnumerateArray().Select(t =>
            t.ValueKind == JsonValueKind.Number ? t.GetInt32() : t.GetProperty("id").GetInt32()));
    }
}
