using System.Text.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.App;

[Collection("the thread team")]
public sealed class GenerateVerbTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly string speaker;

    public GenerateVerbTests() => speaker = SmallSpeaker.In(temporary.At("speaker"));

    public void Dispose() => temporary.Dispose();

    string[] Generate(params string[] more) => ["generate", "--model", speaker, "--prompt", "a bee", "--tokens", "12", .. more];

    JsonElement Json(params string[] more) => JsonDocument.Parse(SmallRuns.Works([.. Generate(more), "--json"])).RootElement;

    static string Tokens(JsonElement made) => made.GetProperty("tokens").GetRawText();

    [Fact]
    public void The_text_goes_to_the_output_as_it_is_in_JSON_and_figures_to_the_error_stream()
    {
        var (code, output, error) = SmallRuns.Here(Generate());
        JsonElement made = Json();
        Assert.Equal(0, code);
        Assert.Equal(made.GetProperty("text").GetString() + Environment.NewLine, output);
        Assert.StartsWith("a bee", output);
        Assert.Contains($"{made.GetProperty("tokens").GetArrayLength()} tokens after {made.GetProperty("promptTokens").GetInt32()} in ", error);
        Assert.Equal(made.GetProperty("tokens").GetArrayLength(), made.GetProperty("logProbabilities").GetArrayLength());
        Assert.Equal("", made.GetProperty("ablation").GetString());
    }

    [Fact]
    public void Several_texts_are_lines_of_data_of_which_the_first_is_the_text_that_one_would_be()
    {
        string[] drawn = ["--temperature", "1", "--seed", "4"];
        string lines = SmallRuns.Here(Generate([.. drawn, "--texts", "6"])).Out;
        string[] texts = [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!)];
        Assert.Equal(6, texts.Length);
        Assert.All(texts, text => Assert.StartsWith("a bee", text));
        Assert.Equal(Json(drawn).GetProperty("text").GetString(), texts[0]);
        Assert.True(texts.Distinct().Count() > 3);
        Assert.Equal(texts, Json([.. drawn, "--texts", "6"]).EnumerateArray().Select(made => made.GetProperty("text").GetString()));
        File.WriteAllText(temporary.At("texts.jsonl"), lines);
        Assert.Contains("perplexity", SmallRuns.Works("evaluate", "--model", speaker, "--in-domain", $"{temporary.At("texts.jsonl")},text=text,task=text"));
        Assert.Contains("--texts", SmallRuns.Here(Generate("--texts", "6")).Error);
    }

    [Fact]
    public void Parts_are_knocked_out_at_zero_or_at_their_means()
    {
        File.WriteAllText(temporary.At("text.txt"), string.Concat(Enumerable.Repeat("the bee sees a tree. ", 30)));
        JsonElement whole = Json(), zero = Json("--without", "L0.H1,L1.MLP"), mean = Json("--without", "L0.H1,L1.MLP", "--data", temporary.At("text.txt")), only = Json("--only", "L0.H0,L0.H2,L0.H3,L0.MLP,L1.H0,L1.H1,L1.H2,L1.H3");
        Assert.Equal(["zero", $"mean over {temporary.At("text.txt")}", "zero"], new[] { zero, mean, only }.Select(m => m.GetProperty("ablation").GetString()));
        Assert.Equal(zero.GetProperty("ablated").GetRawText(), only.GetProperty("ablated").GetRawText());
        Assert.Equal(Tokens(zero), Tokens(only));
        Assert.Equal(3, new[] { whole, zero, mean }.Select(m => m.GetProperty("logProbabilities").GetRawText()).Distinct().Count());
        Assert.Contains("; ablated: L0.H1,L1.MLP (zero)", SmallRuns.Here(Generate("--without", "L0.H1,L1.MLP")).Error);
    }

    string Mask(string ablation, string file = "")
    {
        File.WriteAllText(temporary.At("mask.json"), $$"""{ "version": 2, "parts": 10, "kept": ["L0.H0", "L0.H2", "L0.H3", "L0.MLP", "L1.H0", "L1.H1", "L1.H2", "L1.H3"], "ablation": "{{ablation}}"{{(file == "" ? "" : $", \"ablationFile\": \"{file}\", \"model\": {{ \"sha256\": \"{LoadedModel.Load(speaker).Sha256}\" }}")}} }""");
        return temporary.At("mask.json");
    }

    [Fact]
    public void A_mask_speaks_with_the_means_that_lie_beside_it_and_no_others()
    {
        LoadedModel loaded = LoadedModel.Load(speaker);
        IReadOnlyList<Sequence> read = [Sequence.Plain(loaded.Tokenizer.Encode("the bee sees a tree.").Ids)];
        using (FileStream stream = File.Create(temporary.At("means.safetensors"))) Ablation.Mean(loaded.Model, loaded.Model.Universe(), [new Batch(read)]).Save(stream);
        JsonElement own = Json("--mask", Mask("mean", "means.safetensors")), zero = Json("--mask", temporary.At("mask.json"), "--ablation", "zero");
        Assert.Equal($"mean, as in {temporary.At("means.safetensors")}", own.GetProperty("ablation").GetString());
        File.WriteAllText(temporary.At("text.txt"), "the bee sees a tree.");
        JsonElement over = Json("--without", "L0.H1,L1.MLP", "--data", temporary.At("text.txt"));
        Assert.Equal(over.GetProperty("logProbabilities").GetRawText(), own.GetProperty("logProbabilities").GetRawText());
        Assert.NotEqual(zero.GetProperty("logProbabilities").GetRawText(), own.GetProperty("logProbabilities").GetRawText());
        Assert.Contains("as in", SmallRuns.Fails(Generate("--mask", temporary.At("mask.json"), "--data", temporary.At("text.txt"))));
        File.Delete(temporary.At("means.safetensors"));
        Assert.Contains("means.safetensors, which the mask names, is not there). Give --data FILE, or --ablation zero.", SmallRuns.Fails(Generate("--mask", temporary.At("mask.json"))));
    }

    [Fact]
    public void A_mask_at_zero_is_given_no_means_unless_they_are_asked_for()
    {
        File.WriteAllText(temporary.At("text.txt"), "the bee sees a tree.");
        Assert.Equal("zero", Json("--mask", Mask("zero")).GetProperty("ablation").GetString());
        Assert.Contains("something else stands in for ablated parts: zero. Leave out --data, or ask for means: --ablation mean.", SmallRuns.Fails(Generate("--mask", temporary.At("mask.json"), "--data", temporary.At("text.txt"))));
        Assert.StartsWith("mean over", Json("--mask", temporary.At("mask.json"), "--data", temporary.At("text.txt"), "--ablation", "mean").GetProperty("ablation").GetString());
        Assert.Contains("--ablation says nothing without --mask or --without", SmallRuns.Fails(Generate("--ablation", "zero")));
        Assert.Contains("Give --data FILE, or --ablation zero.", SmallRuns.Fails(Generate("--without", "L0.H1", "--ablation", "mean")));
    }

    [Fact]
    public void A_seed_says_the_same_again()
    {
        string[] warm = ["--temperature", "1.5", "--top-k", "20", "--top-p", "0.95", "--seed"];
        Assert.Equal(Tokens(Json([.. warm, "3"])), Tokens(Json([.. warm, "3"])));
        Assert.NotEqual(Tokens(Json([.. warm, "3"])), Tokens(Json([.. warm, "4"])));
    }

    [Fact]
    public void A_token_that_begins_or_ends_texts_ends_this_one()
    {
        int[][] said = [.. Enumerable.Range(1, 40).Select(seed => Json("--temperature", "3", "--seed", $"{seed}").GetProperty("tokens").Deserialize<int[]>()!)];
        Assert.All(said, tokens => Assert.DoesNotContain(tokens[..^1], id => id is 1 or 2));
        Assert.Contains(said, tokens => tokens[^1] == 1 && tokens.Length < 12);
    }

    [Fact]
    public void Why_it_stops_is_said()
    {
        Assert.Contains(", stopped at --tokens", SmallRuns.Here([.. Generate()[..5], "--tokens", "1"]).Error);
        string[] reasons = [.. Enumerable.Range(1, 40).Select(seed => SmallRuns.Here(["generate", "--model", speaker, "--prompt", new string('z', 40), "--tokens", "60", "--temperature", "3", "--seed", $"{seed}"]).Error)];
        Assert.Contains(reasons, r => r.Contains(", stopped because the model takes no more than 48", StringComparison.Ordinal));
        Assert.Contains(reasons, r => r.Contains(", ended by the end of the text", StringComparison.Ordinal));
    }

    [Fact]
    public void What_would_say_nothing_is_refused()
    {
        Assert.Contains("--top-k says nothing without --temperature", SmallRuns.Fails(Generate("--top-k", "3")));
        Assert.Contains("no part L9.H0", SmallRuns.Fails(Generate("--without", "L9.H0")));
        Assert.Contains("none is ablated", SmallRuns.Fails(Generate("--data", "text.txt")));
        Assert.Contains("Leave one of the two out", SmallRuns.Fails(Generate("--without", "L0.H0", "--only", "L0.H1")));
        Assert.Contains("takes 48", SmallRuns.Fails("generate", "--model", speaker, "--prompt", new string('z', 60)));
        Assert.Contains("gives scores to labels", SmallRuns.Fails("generate", "--model", SmallWorldModel()));
        File.WriteAllText(temporary.At("mask.json"), """{ "version": 2, "parts": 10, "kept": ["L0.H1"], "ablation": "mean" }""");
        Assert.Contains("--data FILE", SmallRuns.Fails(Generate("--mask", temporary.At("mask.json"))));
    }

    string SmallWorldModel() => Heartwood.Tests.Lab.Studies.SmallWorld.ModelIn(temporary.At("classifier"));

    [Fact]
    public void Inspect_says_that_it_is_a_language_model_and_how_heads_share_keys_and_values()
    {
        string seen = SmallRuns.Works("inspect", speaker);
        Assert.Contains("a language model", seen);
        Assert.Contains("heads L0.H0 to L0.H3 over 2 key and value heads", seen);
        Assert.Contains("10 parts", seen);
    }
}
