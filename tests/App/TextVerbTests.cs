using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.App;

/// <summary>The verbs on models that are trained on running text: language models, and an encoder's masked words.</summary>
[Collection("the thread team")]
public sealed class TextVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string Speaker => Directory.Exists(runs.At("speaker")) ? runs.At("speaker") : SmallSpeaker.In(runs.At("speaker"));

    // a bert's tokenizer, without weights
    string Words
    {
        get
        {
            Directory.CreateDirectory(runs.At("words"));
            File.WriteAllText(Path.Combine(runs.At("words"), "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nbee\nfed\na\ncab\nate\n.\n");
            File.WriteAllText(Path.Combine(runs.At("words"), "tokenizer_config.json"), "{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": true}");
            return runs.At("words");
        }
    }

    string Text(string name, int lines = 60)
    {
        string[] one = ["the bee fed a cab.", "a cab ate the bee.", "the bee ate a bee."];
        File.WriteAllText(runs.At(name), string.Join(' ', Enumerable.Range(0, lines).Select(i => one[i * i % 3])));
        return runs.At(name);
    }

    string[] Train(string family, string tokenizer, string into, int steps = 40, params string[] more) =>
        ["train", "--family", family, "--tokenizer", tokenizer, "--data", $"{Text("text.txt")},window=12", "--in-domain", $"{Text("other.txt", 9)},window=12",
            "--layers", "2", "--heads", "2", "--width", "16", "--neurons", "16", "--positions", "32", "--steps", $"{steps}", "--batch-tokens", "100",
            "--learning-rate", "0.01", "--seed", "3", "--threads", "1", "--out", runs.At(into), .. more];

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    static JsonElement Trained(string text) => Json(text).GetProperty("questions").GetProperty("training").GetProperty("facts");

    static double Figure(JsonElement measured, string name) =>
        measured.GetProperty("figures").GetProperty("inDomain").GetProperty(name).GetProperty("value").GetDouble();

    public static TheoryData<string> Families => [.. ModelFolder.OfVocabulary];

    [Theory, MemberData(nameof(Families))]
    public void A_model_is_trained_on_text_from_nothing_measured_and_trained_on(string family)
    {
        bool speaks = !FamilyRow.For(family).Guesses;
        string tokenizer = speaks ? Speaker : Words, model = runs.At("run", "model");
        JsonElement trained = Trained(SmallRuns.Works([.. Train(family, tokenizer, "run", 60, "--checkpoints", "20", "--evaluate-every", "20"), "--json"]));
        JsonElement final = trained.GetProperty("final");
        JsonElement measured = Json(SmallRuns.Works("evaluate", "--model", model, "--in-domain", $"{runs.At("other.txt")},window=12", "--json")).GetProperty("model");
        Assert.Equal(Figure(final, "loss"), Figure(measured, "loss"));
        Assert.Equal(Math.Exp(Figure(final, "loss")), Figure(final, "perplexity"), 1e-3);
        double[] curve = [.. File.ReadLines(runs.At("run", "curve.jsonl")).Select(line => Json(line).GetProperty("inDomainLoss").GetDouble())];
        Assert.Equal(3, curve.Length);
        Assert.True(curve[^1] < 0.8 * Math.Log(speaks ? 41 : 12), $"loss {curve[^1]}");
        Assert.Equal((Output.Vocabulary, speaks), (LoadedModel.Load(model).Model.Output, LoadedModel.Load(model).Model.Causal));
        Assert.True(Directory.Exists(runs.At("run", "checkpoints", "step-20")));

        string text = SmallRuns.Works("train", "--from", model, "--data", $"{runs.At("text.txt")},window=9,stride=5", "--in-domain", $"{runs.At("other.txt")},window=12",
            "--epochs", "1", "--batch-tokens", "100", "--learning-rate", "0.001", "--out", runs.At("tuned"), "--threads", "1");
        Assert.Contains("perplexity", text);
        if (speaks) Assert.Contains("heartwood generate", text);
        if (speaks) Assert.StartsWith("the", SmallRuns.Works("generate", "--model", runs.At("tuned", "model"), "--prompt", "the", "--tokens", "5"));
        else Assert.Contains("guesses masked words and cannot go on with a text", SmallRuns.Fails("generate", "--model", model, "--prompt", "the"));
    }

    [Theory, InlineData("gpt2"), InlineData("bert")]
    public void A_run_on_text_that_is_stopped_and_resumed_has_the_same_bits(string family)
    {
        string tokenizer = family == "bert" ? Words : Speaker;
        SmallRuns.Works(Train(family, tokenizer, "whole"));
        using (Program program = new(Train(family, tokenizer, "stopped")))
            if (program.Until(() => runs.LinesOf("stopped", "metrics.jsonl") > 20)) program.Kill();
        SmallRuns.Works(Train(family, tokenizer, "stopped"));
        Assert.Equal(File.ReadAllBytes(runs.At("whole", "model", "model.safetensors")), File.ReadAllBytes(runs.At("stopped", "model", "model.safetensors")));
    }

    [Fact]
    public void A_subnetwork_of_an_encoder_that_guesses_words_is_found_and_cut()
    {
        SmallRuns.Works(Train("bert", Words, "run", 80));
        string text = SmallRuns.Works("find", "--model", runs.At("run", "model"), "--data", $"{runs.At("text.txt")},window=12", "--in-domain", $"{runs.At("other.txt")},window=12",
            "--seeds", "1,2", "--method", "structured-pruning,steps=20,learning-rate=1", "--sparsity", "0.5", "--all", "--out", runs.At("found"), "--threads", "1");
        Assert.Contains("masked words right", text);
        Assert.True(File.Exists(runs.At("found", "report.html")));
        Assert.True(LoadedModel.Load(runs.At("found", "cut")).Model.GuessesMaskedWords());
    }

    [Fact]
    public void What_cannot_be_trained_on_text_is_refused_with_the_next_move()
    {
        string text = Text("text.txt");
        string[] end = ["--steps", "2", "--out", runs.At("x")];
        Assert.Contains("Give the folder of a model whose tokenizer it should read with: --tokenizer FOLDER", SmallRuns.Fails(["train", "--data", text, .. end]));
        Assert.Contains($"Take --family {string.Join(", ", ModelFolder.OfVocabulary)}", SmallRuns.Fails(["train", "--family", "roberta", "--tokenizer", Words, "--data", text, .. end]));
        Assert.Contains("running text is learned by a language model, or by an encoder that guesses masked words; this has a head for labels",
            SmallRuns.Fails(["train", "--from", runs.Model, "--data", text, .. end]));
        Assert.Contains("holds text. Leave it out, or give labelled rows", SmallRuns.Fails(["train", "--from", Speaker, "--labels", "a,b", "--data", text, .. end]));
        File.WriteAllText(runs.At("pairs.tsv"), "good\tbad\nthe bee ate\tthe bee eat\n");
        string pairs = $"{runs.At("pairs.tsv")},task=pairs,text=good,pair=bad";
        Assert.Contains("not on minimal pairs", SmallRuns.Fails(["train", "--from", Speaker, "--data", pairs, .. end]));
        SmallRuns.Works(Train("bert", Words, "guesser", 2));
        Assert.Contains("which only a model of the next token can be asked", SmallRuns.Fails("evaluate", "--model", runs.At("guesser", "model"), "--in-domain", pairs));
        Assert.Contains("with --tokenizer: the folder's tokenizer is as it is", SmallRuns.Fails([.. Train("bert", Words, "y", 2), "--cased"]));
    }

    [Fact]
    public void A_window_is_no_longer_than_a_batch_unless_the_data_says_so()
    {
        string[] command = ["train", "--family", "gpt2", "--tokenizer", Speaker, "--layers", "1", "--heads", "1", "--width", "8", "--neurons", "8", "--positions", "64",
            "--steps", "2", "--batch-tokens", "20", "--threads", "1"];
        var (code, _, said) = SmallRuns.Here([.. command, "--data", Text("text.txt"), "--out", runs.At("a")]);
        Assert.Equal(0, code);
        Assert.Contains("windows of 20 tokens, as many as a batch holds (--batch-tokens)", said);
        (_, _, said) = SmallRuns.Here([.. command, "--data", $"{Text("text.txt")},window=30", "--out", runs.At("b")]);
        Assert.DoesNotContain("windows of", said);
        Assert.True(Json(File.ReadLines(runs.At("b", "metrics.jsonl")).First()).GetProperty("tokens").GetInt32() > 20);
    }

    [Fact]
    public void The_golden_that_guesses_words_is_trained_further_on_text()
    {
        string? goldens = Files.SharedGoldens("models");
        if (goldens is null) Assert.Skip("shared/goldens/models is not next to the repository, nor under HEARTWOOD_GOLDENS.");
        Directory.CreateDirectory(runs.At("guesser"));
        foreach (string file in (string[])["config.json", "model.safetensors"])
            File.WriteAllBytes(runs.At("guesser", file), File.ReadAllBytes(Path.Combine(goldens, "bert-mlm", file)));
        string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "bee", "fed", "a", "cab", "ate", ".", .. Enumerable.Range(0, 84).Select(i => $"w{i}")];
        File.WriteAllLines(runs.At("guesser", "vocab.txt"), vocabulary);
        string output = SmallRuns.Works("train", "--from", runs.At("guesser"), "--data", $"{Text("text.txt")},window=20", "--in-domain", $"{Text("other.txt", 20)},window=20",
            "--steps", "30", "--batch-tokens", "100", "--learning-rate", "0.003", "--out", runs.At("tuned"), "--threads", "1", "--json");
        double[] losses = [.. File.ReadLines(runs.At("tuned", "metrics.jsonl")).Select(line => Json(line).GetProperty("loss").GetDouble())];
        Assert.True(losses.TakeLast(5).Average() < 0.6 * losses.Take(3).Average(), $"{losses[0]} became {losses[^1]}");
        using HuggingFaceFolder open = HuggingFaceFolder.Open(runs.At("tuned", "model"));
        Assert.True(ModelFolder.Load(open).GuessesMaskedWords());
        Assert.True(Figure(Trained(output).GetProperty("final"), "perplexity") < 96);
    }
}
