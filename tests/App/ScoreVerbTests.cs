using System.Text.Json;

namespace Heartwood.Tests.App;

/// <summary>The verbs on scores and on models that give one number.</summary>
[Collection("the thread team")]
public sealed class ScoreVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    static readonly string[] nouns = ["king", "queen", "doctor", "nurse", "artist", "poet"];

    // the score hangs together with the second sentence's noun
    string Scores(string name, int rows, int from = 0)
    {
        File.WriteAllLines(runs.At(name), ["sentence1\tsentence2\tscore\tgenre", .. Enumerable.Range(from, rows).Select(i =>
        {
            string a = nouns[i % 6], b = nouns[i / 6 % 6];
            return FormattableString.Invariant(
                $"the {a} slept\tthe {b} slept\t{i / 6 % 6 * 0.8 + i % 2 * 0.1:0.0}\t{(i % 2 == 0 ? "news" : "forum")}");
        })]);
        return runs.At(name);
    }

    string[] Train(string data, string into, int steps, params string[] more) => ["train", "--data", data, "--in-domain", data, "--layers",
        "1", "--heads", "2", "--width", "16", "--neurons", "16", "--positions", "20",
        "--steps", $"{steps}", "--batch-tokens", "400", "--learning-rate", "0.003", "--seed", "3", "--out", runs.At(into), .. more];

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    static JsonElement Trained(string text) => Json(text).GetProperty("questions").GetProperty("training").GetProperty("facts");

    static double Figure(JsonElement measured, string name) => measured.GetProperty("figures").GetProperty("inDomain").GetProperty(name)
        .GetProperty("value").GetDouble();

    [Theory, InlineData("bert"), InlineData("roberta"), InlineData("gpt2"), InlineData("llama")]
    public void A_model_of_every_family_learns_scores_and_is_measured_next_to_the_nulls(string family)
    {
        string data = Scores("d.tsv", 144), model = runs.At("run", "model");
        JsonElement trained = Trained(SmallRuns.Works([.. Train(data, "run", 150, "--family", family), "--json"])).GetProperty("final");
        Assert.True(Figure(trained, "mean squared error") < 1, trained.ToString());
        JsonElement measured = Json(SmallRuns.Works("evaluate", "--model", model, "--in-domain", data, "--data", data, "--json"));
        Assert.Equal(["model", "mean of training scores", "word overlap"], measured.EnumerateObject().Select(m => m.Name));
        JsonElement own = measured.GetProperty("model");
        Assert.Equal(Figure(trained, "Pearson"), Figure(own, "Pearson"));
        Assert.True(Figure(own, "Pearson") > 0.95 && Figure(own, "Spearman") > 0.95);
        Assert.Equal(own.GetProperty("inDomainLoss").GetDouble(), Figure(own, "mean squared error"));
        JsonElement mean = measured.GetProperty("mean of training scores");
        Assert.True(Figure(own, "mean squared error") < Figure(mean, "mean squared error"));
        Assert.Equal(JsonValueKind.Null, mean.GetProperty("figures").GetProperty("inDomain").GetProperty("Pearson").GetProperty("value")
            .ValueKind);
        Assert.Contains("\"problem_type\": \"regression\"", File.ReadAllText(Path.Combine(model, "config.json")));
        Assert.Contains("gives one number, a score", SmallRuns.Works("inspect", model));
    }

    [Fact]
    public void The_figures_are_shown_with_n_and_intervals_and_by_case()
    {
        string data = Scores("d.tsv", 144), text = SmallRuns.Works(Train(data, "run", 4));
        Assert.Matches(@"^in-domain: Pearson -?0\.\d{4} \(-?0\.\d{4} to -?0\.\d{4}, n = 144\); "
            + @"Spearman -?0\.\d{4} \(.*, n = 144\); mean squared error \d\.\d{4} \(.*, n = 144\)", text);
        Assert.Contains("Find its subnetworks: heartwood find --model", text);
        text = SmallRuns.Works("evaluate", "--model", runs.At("run", "model"), "--in-domain", $"{data},case=genre");
        Assert.Contains("best constant (in-domain mean)\n    in-domain: Pearson none (one of the two never changes, n = 144)", text);
        Assert.Matches(@"in-domain: news: Pearson .* n = 72", text);
        Assert.DoesNotContain("not measured", text);
        Assert.Contains("mean squared error", string.Join('\n', File.ReadLines(runs.At("run", "curve.jsonl"))));
        Assert.DoesNotContain("NaN", File.ReadAllText(runs.At("run", "metrics.jsonl")) + File.ReadAllText(runs.At("run", "curve.jsonl")));
    }

    [Fact]
    public void A_run_that_is_resumed_has_the_same_bits()
    {
        string data = Scores("d.tsv", 36);
        SmallRuns.Works(Train(data, "once", 40));
        using (Program program = new(Train(data, "twice", 40)))
            if (program.Until(() => runs.LinesOf("twice", "metrics.jsonl") > 20)) program.Kill();
        SmallRuns.Works(Train(data, "twice", 40));
        Assert.Equal(File.ReadAllBytes(runs.At("once", "model", "model.safetensors")),
            File.ReadAllBytes(runs.At("twice", "model", "model.safetensors")));
    }

    [Fact]
    public void A_classifier_is_tuned_to_scores_with_a_new_head_and_back_and_says_so()
    {
        string data = Scores("d.tsv", 36);
        string[] tune = ["train", "--from", runs.Model, "--data", data, "--steps", "2", "--out", runs.At("scores")];
        var (code, _, error) = SmallRuns.Here(tune);
        Assert.True(code == 0, error);
        Assert.Contains("its head (labels entailment, non-entailment) is not what the data asks for; a new one begins (one number, a "
            + "score)", error);
        var (again, _, nothing) = SmallRuns.Here("train", "--from", runs.At("scores", "model"), "--data", data, "--steps", "2", "--out",
            runs.At("further"));
        Assert.True(again == 0, nothing);
        Assert.DoesNotContain("head", nothing);
        Assert.Contains("a new one begins (labels entailment, non-entailment)",
            SmallRuns.Here("train", "--from", runs.At("scores", "model"), "--data", "world:training,rows=20", "--steps", "2", "--out",
            runs.At("back")).Error);
    }

    [Fact]
    public void Masks_of_a_model_that_gives_one_number_are_measured_next_to_random_ones()
    {
        string data = Scores("d.tsv", 36);
        SmallRuns.Works(Train(data, "run", 20));
        string text = SmallRuns.Works("evaluate", "--model", runs.At("run", "model"), "--in-domain", data, "--without", "L0.H1", "--random",
            "1");
        Assert.Contains("L0.H1: 2 parts", text);
        Assert.Contains("random mask 1 of the same size\n    in-domain: Pearson", text);
    }

    [Fact]
    public void The_papers_questions_refuse_scores_by_name_with_the_reason()
    {
        string data = Scores("d.tsv", 36);
        SmallRuns.Works(Train(data, "run", 2));
        string[] sets = ["--data", data, "--in-domain", data, "--out-of-domain", data, "--out", runs.At("found")];
        string ofModel = SmallRuns.Fails(["paper", "--model", runs.At("run", "model"), .. sets]);
        Assert.Contains($"{runs.At("run", "model")} gives one number, a score, and the paper's questions are of accuracy", ofModel);
        Assert.False(Directory.Exists(runs.At("found")));
    }

    [Fact]
    public void Subnetworks_of_a_model_of_scores_are_found_measured_compared_and_cut()
    {
        string data = Scores("d.tsv", 72), model = runs.At("run", "model"), found = runs.At("found");
        SmallRuns.Works(Train(data, "run", 100));
        string[] sets = ["--data", data, "--in-domain", data, "--out-of-domain", Scores("o.tsv", 36, 3)];
        string text = SmallRuns.Works(["find", "--model", model, .. sets, "--seeds", "1,2", "--method", "structured-pruning,steps=40,learning-rate=1", "--sparsity", "0.5",
            "--all", "--out", found, "--threads", "1"]);
        Assert.Contains("Pearson", text);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(found, "subnetworks")).Length);
        string[] lines = [.. Directory.GetFiles(Path.Combine(found, "search"), "*.jsonl").SelectMany(File.ReadLines)];
        double[] distances = [.. lines.Select(line => Json(line).GetProperty("distance").GetDouble())];
        Assert.True(distances.Max() > 1e-4, $"With parts ablated the score moves: {distances.Max()}");
        Assert.True(File.Exists(Path.Combine(found, "report.html")));
    }

    [Fact]
    public void Models_and_data_that_do_not_fit_are_refused_by_name()
    {
        string data = Scores("d.tsv", 36), language = LanguageModel();
        SmallRuns.Works(Train(data, "run", 2));
        string scorer = runs.At("run", "model");
        Assert.Contains($"{data} holds scores (column 'score'), which a model with one label gives; {runs.Model} is a classifier "
            + $"(entailment, non-entailment)", SmallRuns.Fails("evaluate", "--model", runs.Model, "--in-domain", data));
        Assert.Contains($"{language} is a language model", SmallRuns.Fails("evaluate", "--model", language, "--in-domain", data));
        Assert.Contains($"world:in-domain,rows=20 is labelled",
            SmallRuns.Fails("evaluate", "--model", scorer, "--in-domain", "world:in-domain,rows=20"));
        Assert.Contains("holds scores",
            SmallRuns.Fails([.. Train("world:training,rows=20", "x", 2)[..2], "world:training,rows=20", "--in-domain", data, "--steps", "2",
            "--out", runs.At("x")]));
        Assert.Contains("--labels names the labels of a classifier", SmallRuns.Fails([.. Train(data, "x", 2), "--labels", "a,b"]));
        Assert.Contains("nothing that is measured asks for labels",
            SmallRuns.Fails("evaluate", "--model", scorer, "--in-domain", data, "--label-map", "a>b"));
        Assert.Contains("What the numbers in a file are can be said: task=scores or task=labels",
            SmallRuns.Fails([.. Train(data, "x", 2), "--data", "world:training,rows=20"]));
        File.WriteAllText(runs.At("pairs.tsv"), "good\tbad\nthe king slept\tthe king sleep\n");
        Assert.Contains("is a model that gives a score",
            SmallRuns.Fails("evaluate", "--model", scorer, "--in-domain", runs.At("pairs.tsv")));
        string config = Path.Combine(scorer, "config.json");
        File.WriteAllText(config, File.ReadAllText(config)
            .Replace("\"regression\"", "\"single_label_classification\"", StringComparison.Ordinal));
        Assert.Contains("'problem_type': expected \"regression\", for a head with one label gives a score",
            SmallRuns.Fails("inspect", scorer));
    }

    string LanguageModel()
    {
        string folder = runs.At("language");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Tests.Lab.Goldens.Path("gpt2/language"))) File.Copy(file,
            Path.Combine(folder, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
            + string.Concat(Enumerable.Range(5, 35).Select(i => $"word{i}\n")));
        return folder;
    }

    [Theory]
    [InlineData("label=id", "column 'id' has 120 different labels ('id-0', 'id-1', 'id-2', …), too many for classes in 120 rows. Give "
        + "the labels' column with label=COLUMN")]
    [InlineData("label=text", "column 'text' has 120 different labels")]
    [InlineData("label=half", "column 'half' has 61 different labels")]
    public void A_column_that_holds_no_labels_is_refused_before_the_first_step(string key, string says)
    {
        File.WriteAllLines(runs.At("d.tsv"), ["id\ttext\tother\thalf\tkind", .. Enumerable.Range(0, 120).Select(i => $"id-{i}\tthe king "
            + $"saw {i} dogs\tthe dog\tx{i / 2 * 2 % 122}{(i == 7 ? "y" : "")}\tk{i % 25}")]);
        string data = $"{runs.At("d.tsv")},text=text,pair=other";
        Assert.Contains(says, SmallRuns.Fails(Train($"{data},{key}", "run", 2)));
        Assert.False(Directory.Exists(runs.At("run")));
        SmallRuns.Works(Train($"{data},label=kind,rows=30", "kinds", 2));                 // the whole file decides
        SmallRuns.Works(Train($"{data},{key},task=labels", "stated", 2));
    }
}
