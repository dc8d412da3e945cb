using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary>Folders whose names or heads are other than usual, by the command line.</summary>
[Collection("the thread team")]
public sealed class NameCasesTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    static int[] Tokens(string json) => [.. Json(json).GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32())];

    [Fact]
    public void An_encoder_without_its_prefix_is_trained_as_under_BERTs_names()
    {
        string place = Files.Case("02-encoder-without-prefix");
        string folder = Path.Combine(place, "encoder"), data = Path.Combine(place, "nli.tsv");
        string[] Train(string from, string into) => ["train", "--from", from, "--data", data, "--steps", "2", "--out", runs.At(into)];
        SmallRuns.Works(Train(folder, "bare"));
        JsonElement last = Json(File.ReadLines(runs.At("bare", "metrics.jsonl")).Last());
        Assert.Equal((2, 0.694), (last.GetProperty("step").GetInt32(), Math.Round(last.GetProperty("loss").GetDouble(), 3)));

        Rename(folder, "prefixed", name => $"bert.{name}");
        SmallRuns.Works(Train(runs.At("prefixed"), "usual"));
        string[] Lines(string run) => SmallWorld.TimelessLines(runs.At(run, "metrics.jsonl"));
        Assert.Equal(Lines("usual"), Lines("bare"));
        foreach (string file in (string[])["model.safetensors", "config.json"])
            Assert.Equal(File.ReadAllBytes(runs.At("usual", "model", file)), File.ReadAllBytes(runs.At("bare", "model", file)));
    }

    void Copy(string folder, string into)
    {
        Directory.CreateDirectory(runs.At(into));
        foreach (string file in Directory.GetFiles(folder))
            File.WriteAllBytes(runs.At(into, Path.GetFileName(file)), File.ReadAllBytes(file));
    }

    void Rename(string folder, string into, Func<string, string> name)
    {
        Copy(folder, into);
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
        int length = (int)BitConverter.ToInt64(bytes);
        JsonObject renamed = [];
        foreach (var (was, entry) in JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject())
            renamed[was == "__metadata__" ? was : name(was)] = entry?.DeepClone();
        byte[] header = JsonSerializer.SerializeToUtf8Bytes(renamed), size = BitConverter.GetBytes((long)header.Length);
        File.WriteAllBytes(runs.At(into, "model.safetensors"), [.. size, .. header, .. bytes[(8 + length)..]]);
    }

    [Fact]
    public void A_classifier_out_of_DataParallel_is_inspected_and_measured()
    {
        string place = Files.Case("02-encoder-without-prefix"), folder = Path.Combine(place, "parallel");
        Assert.Contains("labels: entailment, non-entailment", SmallRuns.Works("inspect", folder));
        Rename(folder, "usual", name => name["module.".Length..]);
        string[] Evaluate(string model) => ["evaluate", "--model", model, "--in-domain", Path.Combine(place, "nli.tsv"), "--json"];
        Assert.Equal(SmallRuns.Works(Evaluate(runs.At("usual"))), SmallRuns.Works(Evaluate(folder)));
    }

    [Fact]
    public void A_GPT2_whose_word_embeddings_lie_under_the_outputs_name_goes_on_with_a_text()
    {
        string folder = Path.Combine(Files.Case("04-tied-weights"), "gpt2");
        var (code, output, error) = SmallRuns.Here("generate", "--model", folder, "--prompt", "the king", "--tokens", "5", "--json");
        Assert.True(code == 0, error);
        Assert.Equal([248, 65, 194, 194, 248], Tokens(output));
        Assert.Contains("the file's header says that transformer.wte.weight is lm_head.weight: read so.", error);
        Assert.Contains("a language model", SmallRuns.Works("inspect", folder));
    }

    [Fact]
    public void A_Llama_without_an_output_of_its_own_is_read_as_tied_with_a_note()
    {
        string folder = Path.Combine(Files.Case("04-tied-weights"), "llama");
        string shown = SmallRuns.Works("inspect", folder);
        Assert.Contains("a language model", shown);
        Assert.Contains("Write \"tie_word_embeddings\": true into config.json", shown);
        Copy(folder, "said");
        JsonNode config = JsonNode.Parse(File.ReadAllText(runs.At("said", "config.json")))!;
        config["tie_word_embeddings"] = true;
        File.WriteAllText(runs.At("said", "config.json"), config.ToJsonString());
        string[] Generate(string model) => ["generate", "--model", model, "--prompt", "the king", "--tokens", "5", "--json"];
        Assert.Equal(Tokens(SmallRuns.Works(Generate(runs.At("said")))), Tokens(SmallRuns.Works(Generate(folder))));
        Assert.DoesNotContain("tie_word_embeddings", SmallRuns.Works("inspect", runs.At("said")));
    }

    [Fact]
    public void A_config_without_a_family_is_read_by_the_tensors_names()
    {
        string shown = SmallRuns.Works("inspect", Path.Combine(Files.Case("30-no-model-type"), "model"));
        Assert.Contains("bert, 6,162 weights", shown);
        Assert.Contains("it has no 'model_type'; the tensors' names are those of bert, and it is read so.", shown);
    }

    /// <summary>A body without a head, or under one that finds answers, as a folder.</summary>
    string Headless(bool other)
    {
        IModel whole = LoadedModel.Load(SmallWorld.ModelIn(runs.At("whole"))).Model;
        JsonObject config = (JsonObject)whole.Config.DeepClone();
        config["architectures"] = new JsonArray(other ? "BertForQuestionAnswering" : "BertModel");
        foreach (string key in new[] { "id2label", "label2id" }) config.Remove(key);
        var body = whole.Weights.Map((name, t) => name.StartsWith("bert.", StringComparison.Ordinal) ? t : null);
        if (other) body = body.With([new("qa_outputs.bias", Tensor.Lasting(2))]);
        HuggingFaceFolder.Write(runs.At("body"), config, body.Named(Dtype.F32), SmallWorld.Tokenizer);
        return runs.At("body");
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_body_is_inspected_and_given_a_head_and_every_other_verb_says_so(bool other)
    {
        string folder = Headless(other);
        string said = other ? "this is a BertForQuestionAnswering, whose head finds where an answer stands"
            : "the weights hold a body without a head (config.json says BertModel)";
        string shown = SmallRuns.Works("inspect", folder);
        Assert.Contains(other ? "a body: the head of a BertForQuestionAnswering, which finds where an answer stands: Heartwood does not read it"
            : "a body: no head (config.json says BertModel)", shown);
        Assert.Contains("4 heads and 2 MLPs: 6 parts", shown);
        Assert.Contains($"heartwood train --from {folder} --data FILE --out RUN", shown);
        JsonElement seen = Json(SmallRuns.Works("inspect", folder, "--json"));
        Assert.Equal((JsonValueKind.Null, 4), (seen.GetProperty("search").ValueKind, seen.GetProperty("heads").GetInt32()));
        string[] training = ["--data", "world:training,rows=20"], inDomain = ["--in-domain", "world:in-domain,rows=20"];
        string[] outOfDomain = ["--out-of-domain", "world:out-of-domain,per-case=1"];
        string idle = SmallRuns.Fails(["inspect", folder, .. training]);
        Assert.Contains("--data is for the estimate of a search, and here is nothing to search", idle);

        File.WriteAllText(runs.At("mask.json"), """{ "version": 2, "parts": 6, "kept": ["L0.H0"], "ablation": "zero" }""");
        string[][] others =
        [
            ["find", "--model", folder, .. training, "--out", runs.At("run")],
            ["evaluate", "--model", folder, .. inDomain],
            ["evaluate", "--model", folder, .. inDomain, "--mask", runs.At("mask.json")],
            ["evaluate", "--model", folder, .. inDomain, "--without", "L0.H0"],
            ["generate", "--model", folder, "--prompt", "the king"],
            ["mask", runs.At("mask.json"), "--model", folder],
            ["paper", "--model", folder, .. training, .. inDomain, .. outOfDomain, "--out", runs.At("paper")],
        ];
        foreach (string[] words in others)
        {
            string refused = SmallRuns.Fails(words);
            Assert.Contains(said, refused);
            Assert.Contains($"heartwood train --from {folder} --data FILE --out RUN", refused);
        }

        var (code, _, error) = SmallRuns.Here(["train", "--from", folder, .. training, "--steps", "1", "--out", runs.At("tuned")]);
        Assert.True(code == 0, error);
        const string Left = "a fresh head for entailment, non-entailment; left out: 'qa_outputs.bias', of a BertForQuestionAnswering.";
        Assert.Equal(other, error.Contains(Left, StringComparison.Ordinal));
        Assert.Contains("labels: entailment, non-entailment", SmallRuns.Works("inspect", runs.At("tuned", "model")));
    }
}
