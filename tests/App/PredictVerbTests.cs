using System.Text.Json;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood predict</c> and <c>evaluate --examples</c>: what models say of each row, and where two of them differ.</summary>
[Collection("the thread team")]
public sealed class PredictVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string Speaker => Directory.Exists(runs.At("speaker")) ? runs.At("speaker") : SmallSpeaker.In(runs.At("speaker"));

    string Write(string name, params string[] lines)
    {
        File.WriteAllLines(runs.At(name), lines);
        return runs.At(name);
    }

    static JsonElement Json(params string[] words) => JsonDocument.Parse(SmallRuns.Works(["predict", .. words, "--json"])).RootElement;

    static JsonElement[] Rows(JsonElement made) => [.. made.GetProperty("rows").EnumerateArray()];

    static JsonElement Answer(JsonElement row, int model = 0) => row.GetProperty("answers")[model];

    static double Figure(JsonElement row, string name, int model = 0) => Answer(row, model).GetProperty("figures").GetProperty(name).GetDouble();

    [Fact]
    public void A_classifier_gives_a_text_and_a_pair_the_probabilities_of_the_library()
    {
        LoadedModel model = LoadedModel.Load(runs.Model);
        foreach (string[] asked in (string[][])[["the king slept"], ["the king slept", "the queen slept"]])
        {
            using Scope scope = Scope.Open();
            JsonElement row = Assert.Single(Rows(Json(["--model", runs.Model, "--text", asked[0], .. asked.Length > 1 ? ["--pair", asked[1]] : (string[])[]])));
            IReadOnlyList<Heartwood.Lab.Tasks.Prediction> own = model.Predict(asked[0], asked.ElementAtOrDefault(1));
            Assert.Equal(own[0].Label, Answer(row).GetProperty("answer").GetString());
            foreach (var (choice, expected) in Answer(row).GetProperty("choices").EnumerateArray().Zip(own))
            {
                Assert.Equal(expected.Label, choice.GetProperty("name").GetString());
                Assert.Equal(expected.Probability, choice.GetProperty("probability").GetDouble(), 1e-5);
            }
            Assert.False(Answer(row).TryGetProperty("right", out _));
        }
        Assert.Matches(@"^(non-)?entailment +\d+\.\d+ %\n", SmallRuns.Works("predict", "--model", runs.Model, "--text", "the king slept"));
    }

    [Fact]
    public void Every_layout_is_predicted_with_its_labels_and_without()
    {
        string labelled = Write("a.tsv", "sentence1\tsentence2\tgold_label", "the king slept\tthe queen slept\tentailment", "the poet slept\tthe king slept\t-");
        JsonElement made = Json("--model", runs.Model, "--data", labelled);
        Assert.Equal([true, false], Rows(made).Select(row => Answer(row).TryGetProperty("right", out _)));
        Assert.Equal(1, made.GetProperty("sets")[0].GetProperty("accuracy").GetProperty("n").GetInt32());
        Assert.Equal(2, made.GetProperty("sets")[0].GetProperty("rows").GetInt32());
        string[] answers = [.. Rows(made).Select(row => Answer(row).GetProperty("answer").GetString()!)];
        foreach (string file in (string[])
        [
            Write("b.tsv", "sentence1\tsentence2", "the king slept\tthe queen slept", "the poet slept\tthe king slept"),
            Write("c.csv", "idx,premise,hypothesis", "0,the king slept,the queen slept", "1,the poet slept,the king slept"),
            Write("d.jsonl", "{\"sentence1\": \"the king slept\", \"sentence2\": \"the queen slept\"}", "{\"sentence1\": \"the poet slept\", \"sentence2\": \"the king slept\"}"),
            $"{Write("e.csv", "x,y", "the king slept,the queen slept", "the poet slept,the king slept")},text=x,pair=y",
            $"{Write("f.tsv", "sentence1\tsentence2\tlabel", "the king slept\tthe queen slept\t-1", "the poet slept\tthe king slept\t-1")},preset=rte",
        ])
        {
            JsonElement[] rows = Rows(Json("--model", runs.Model, "--data", file));
            Assert.Equal(answers, rows.Select(row => Answer(row).GetProperty("answer").GetString()));
            Assert.All(rows, row => Assert.Equal(JsonValueKind.Null, row.GetProperty("label").ValueKind));
        }
        JsonElement[] lines = Rows(Json("--model", runs.Model, "--data", Write("g.txt", "the king slept", "", "the queen slept")));
        Assert.Equal(["line 1", "line 3"], lines.Select(row => row.GetProperty("place").GetString()));
    }

    [Fact]
    public void Labels_of_another_model_are_refused_or_not_looked_at()
    {
        string file = Write("a.csv", "sentence1,sentence2,label", "the king slept,the queen slept,maybe", "the poet slept,the king slept,entailment");
        Assert.Contains("the label 'maybe' is none of the model's", SmallRuns.Fails("predict", "--model", runs.Model, "--data", file));
        Assert.Equal(2, Rows(Json("--model", runs.Model, "--data", file, "--no-labels")).Length);
        Assert.Equal(2, Rows(Json("--model", runs.Model, "--data", $"{file},labels=maybe>non-entailment")).Length);
    }

    [Fact]
    public void Two_models_show_first_the_rows_on_which_they_differ_and_which_is_right()
    {
        string other = SmallWorld.ModelOf("roberta", runs.At("roberta"));
        JsonElement made = Json("--model", runs.Model, other, "--data", "world:in-domain,rows=60");
        JsonElement[] rows = Rows(made);
        bool[] differ = [.. rows.Select(row => row.GetProperty("differ").GetBoolean())];
        Assert.Equal(60, rows.Length);
        Assert.Contains(true, differ);
        Assert.Equal(differ.OrderByDescending(d => d), differ);
        JsonElement compared = made.GetProperty("compared").GetProperty("in-domain");
        int Count(string name) => compared.GetProperty(name).GetInt32();
        Assert.Equal(60, Count("bothRight") + Count("onlyFirstRight") + Count("onlySecondRight") + Count("bothWrong"));
        Assert.Equal(differ.Count(d => d), Count("onlyFirstRight") + Count("onlySecondRight"));             // of two labels
        Assert.Equal(differ.Count(d => d) / 60.0, compared.GetProperty("differ").GetProperty("value").GetDouble(), 1e-12);
        double Share(string model) => Json("--model", model, "--data", "world:in-domain,rows=60").GetProperty("sets")[0].GetProperty("accuracy").GetProperty("value").GetDouble();
        Assert.Equal(Share(runs.Model) - Share(other), compared.GetProperty("accuracy").GetProperty("value").GetDouble(), 1e-12);
        string said = SmallRuns.Works("predict", "--model", runs.Model, other, "--data", "world:in-domain,rows=60");
        Assert.Contains($"the two differ on {differ.Count(d => d)} of 60 rows", said);
        Assert.InRange(said.Split('\n').Length, 10, 50);
    }

    [Fact]
    public void What_a_subnetwork_says_stands_next_to_its_model_and_is_what_evaluate_measures()
    {
        JsonElement made = Json("--model", runs.Model, "--data", "world:in-domain,rows=40", "--without", "L0.H0,L1.MLP", "--ablation", "zero");
        Assert.Equal("zero", made.GetProperty("ablation").GetString());
        JsonElement measured = JsonDocument.Parse(SmallRuns.Works("evaluate", "--model", runs.Model, "--in-domain", "world:in-domain,rows=40",
            "--without", "L0.H0,L1.MLP", "--random", "0", "--examples", runs.At("rows.jsonl"), "--json")).RootElement;
        double right = Rows(made).Average(row => Answer(row, 1).GetProperty("right").GetBoolean() ? 1.0 : 0);
        Assert.Equal(measured.GetProperty("masks")[0].GetProperty("subnetwork").GetProperty("measured").GetProperty("inDomain").GetProperty("value").GetDouble(), right, 1e-12);

        // the file of evaluate says the same of every row
        JsonElement[] written = [.. File.ReadAllLines(runs.At("rows.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(40, written.Length);
        Dictionary<string, string> Said(IEnumerable<JsonElement> rows, int model) => rows.DistinctBy(r => $"{r.GetProperty("text")}|{r.GetProperty("pair")}")
            .ToDictionary(r => $"{r.GetProperty("text")}|{r.GetProperty("pair")}", r => Answer(r, model).GetProperty("answer").GetString()!);
        foreach (int model in (int[])[0, 1]) Assert.Equal(Said(written, model).OrderBy(s => s.Key), Said(Rows(made), model).OrderBy(s => s.Key));
        Assert.StartsWith("mean over", Json("--model", runs.Model, "--data", "world:in-domain,rows=40", "--without", "L0.H0").GetProperty("ablation").GetString());
    }

    [Fact]
    public void Evaluate_writes_what_a_run_s_model_and_every_subnetwork_say_of_every_row()
    {
        SmallRuns.Works(runs.Find("run", 4));
        JsonElement measured = JsonDocument.Parse(SmallRuns.Works("evaluate", runs.At("run"), "--examples", runs.At("run.jsonl"), "--json")).RootElement;
        JsonElement[] rows = [.. File.ReadAllLines(runs.At("run.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).Where(row => row.GetProperty("set").GetString() == "in-domain")];
        Assert.Equal(40, rows.Length);
        Assert.All(rows, row => Assert.Equal(3, row.GetProperty("answers").GetArrayLength()));
        double Right(int model) => rows.Average(row => Answer(row, model).GetProperty("right").GetBoolean() ? 1.0 : 0);
        double Share(JsonElement of) => of.GetProperty("inDomain").GetProperty("value").GetDouble();
        Assert.Equal([Share(measured.GetProperty("full")), .. measured.GetProperty("subnetworks").EnumerateArray().Select(found => Share(found.GetProperty("measured")))], [Right(0), Right(1), Right(2)]);
    }

    [Fact]
    public void A_model_of_scores_gives_its_number_with_and_without_the_data_s()
    {
        string data = Write("scores.tsv", ["sentence1\tsentence2\tscore", .. Enumerable.Range(0, 24).Select(i => FormattableString.Invariant($"the king slept\tthe queen slept\t{i % 6 * 0.8 + 0.1:0.0}"))]);
        SmallRuns.Works("train", "--data", data, "--layers", "1", "--heads", "2", "--width", "8", "--neurons", "8", "--positions", "20", "--steps", "2", "--out", runs.At("run"));
        string model = runs.At("run", "model");
        JsonElement row = Rows(Json("--model", model, "--data", data))[0];
        double score = Answer(row).GetProperty("score").GetDouble();
        Assert.Equal((score - 0.1) * (score - 0.1), Figure(row, "squared error"), 1e-6);
        JsonElement bare = Rows(Json("--model", model, "--data", Write("bare.tsv", "sentence1\tsentence2", "the king slept\tthe queen slept")))[0];
        Assert.Equal(score, Answer(bare).GetProperty("score").GetDouble(), 1e-6);
        Assert.False(Answer(bare).TryGetProperty("figures", out _));
        Assert.Matches(@"^score -?\d\.\d{4}\n?$", SmallRuns.Works("predict", "--model", model, "--text", "the king slept", "--pair", "the queen slept"));
        JsonElement compared = Json("--model", model, model, "--data", data).GetProperty("compared").GetProperty("scores").GetProperty("figures").GetProperty("score");
        Assert.Equal(0, compared.GetProperty("value").GetDouble());
    }

    [Fact]
    public void A_language_model_says_what_comes_next_which_sentence_is_likelier_and_how_likely_a_text_is()
    {
        JsonElement row = Assert.Single(Rows(Json("--model", Speaker, "--text", "the bee", "--top", "3")));
        JsonElement next = Assert.Single(Answer(row).GetProperty("likeliest").EnumerateArray());
        Assert.Equal("next", next.GetProperty("place").GetString());
        double[] shares = [.. next.GetProperty("tokens").EnumerateArray().Select(t => t.GetProperty("probability").GetDouble())];
        Assert.Equal(3, shares.Length);
        Assert.Equal(shares.OrderDescending(), shares);
        JsonElement said = JsonDocument.Parse(SmallRuns.Works("generate", "--model", Speaker, "--prompt", "the bee", "--tokens", "1", "--json")).RootElement;
        Assert.Equal(said.GetProperty("tokens")[0].GetInt32(), next.GetProperty("tokens")[0].GetProperty("id").GetInt32());
        Assert.Equal(Math.Exp(said.GetProperty("logProbabilities")[0].GetDouble()), shares[0], 1e-6);

        // a text of one line is the same window typed and in a file
        JsonElement line = Assert.Single(Rows(Json("--model", Speaker, "--data", $"{Write("lines.txt", "the bee")},format=lines")));
        foreach (string name in (string[])["loss", "log-probability", "tokens", "perplexity"]) Assert.Equal(Figure(row, name), Figure(line, name), 1e-6);
        Assert.Equal(-Figure(row, "loss") * Figure(row, "tokens"), Figure(row, "log-probability"), 1e-5);
        Assert.False(Answer(line).TryGetProperty("likeliest", out _));

        JsonElement pair = Assert.Single(Rows(Json("--model", Speaker, "--text", "the bee", "--pair", "a bee bee")));
        double[] logs = [.. Answer(pair).GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("logProbability").GetDouble())];
        Assert.Equal(Figure(row, "log-probability"), Answer(pair).GetProperty("choices").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "the bee").GetProperty("logProbability").GetDouble(), 1e-4);
        Assert.Equal(logs[0] > logs[1], logs[0] == logs.Max());

        JsonElement[] windows = Rows(Json("--model", Speaker, "--data", $"{Write("long.txt", string.Concat(Enumerable.Repeat("the bee sees a tree. ", 8)))},window=12"));
        Assert.Equal([.. windows.Select((_, i) => $"line 1, window {i + 1}")], windows.Select(w => w.GetProperty("place").GetString()));
        Assert.All(windows, w => Assert.InRange(Figure(w, "tokens"), 1, 12));
    }

    [Fact]
    public void An_encoder_of_masked_words_fills_the_masks_and_no_others()
    {
        Directory.CreateDirectory(runs.At("words"));
        File.WriteAllText(runs.At("words", "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nbee\nfed\na\ncab\nate\n.\n");
        File.WriteAllText(runs.At("words", "tokenizer_config.json"), "{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": true}");
        string text = Write("text.txt", string.Concat(Enumerable.Repeat("the bee fed a cab. ", 30)));
        SmallRuns.Works("train", "--family", "bert", "--tokenizer", runs.At("words"), "--data", $"{text},window=12", "--layers", "1", "--heads", "2", "--width", "16",
            "--neurons", "16", "--positions", "32", "--steps", "80", "--batch-tokens", "100", "--learning-rate", "0.02", "--out", runs.At("run"));
        string model = runs.At("run", "model");
        JsonElement row = Assert.Single(Rows(Json("--model", model, "--text", "the [MASK] fed a [MASK].", "--top", "2")));
        JsonElement[] places = [.. Answer(row).GetProperty("likeliest").EnumerateArray()];
        Assert.Equal(["mask 1", "mask 2"], places.Select(p => p.GetProperty("place").GetString()));
        Assert.Equal(["bee", "cab"], places.Select(p => p.GetProperty("tokens")[0].GetProperty("text").GetString()));
        Assert.Contains("write [MASK] where a word is to be filled", SmallRuns.Fails("predict", "--model", model, "--text", "the bee"));
        Assert.Contains("line 2: expected [MASK] where a word is to be filled", SmallRuns.Fails("predict", "--model", model, "--data", $"{Write("m.txt", "the [MASK] ate.", "the bee ate.")},format=lines"));
        JsonElement[] windows = Rows(Json("--model", model, "--data", $"{text},window=12"));
        Assert.Contains("[MASK]", windows[0].GetProperty("text").GetString());
        Assert.True(Figure(windows[0], "perplexity") > 1);
    }

    [Fact]
    public void The_file_of_examples_holds_every_row_in_the_order_of_the_data()
    {
        string data = Write("a.csv", "sentence1,sentence2,label", "\"the king, he slept\",the queen slept,entailment", "\"the \"\"poet\"\"\tslept\",the king slept,non-entailment");
        foreach (string ending in (string[])["jsonl", "tsv", "csv"])
            SmallRuns.Works("predict", "--model", runs.Model, "--data", data, "--examples", runs.At($"out.{ending}"));
        JsonElement[] lines = [.. File.ReadAllLines(runs.At("out.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["line 2", "line 3"], lines.Select(line => line.GetProperty("place").GetString()));
        string[] table = File.ReadAllLines(runs.At("out.tsv"));
        Assert.Equal("set\tplace\ttext\tpair\tlabel\tcase\tanswer\tright\tprobability of entailment\tprobability of non-entailment", table[0]);
        Assert.Equal("the \"poet\" slept", table[2].Split('\t')[2]);

        // the program reads its own tables again
        foreach (string again in (string[])[runs.At("out.csv"), runs.At("out.tsv")])
        {
            DataSource read = DataSource.Read($"{again},text=text,pair=pair,label=label");
            Assert.Equal(["entailment", "non-entailment"], read.Rows.Select(r => r.Label));
        }
        Assert.Equal("the \"poet\"\tslept", DataSource.Read($"{runs.At("out.csv")},text=text,label=label").Rows[1].Text);
        Assert.Contains("is there already", SmallRuns.Fails("predict", "--model", runs.Model, "--data", data, "--examples", runs.At("out.csv")));
        Assert.Contains("named .jsonl, .tsv or .csv", SmallRuns.Fails("predict", "--model", runs.Model, "--data", data, "--examples", runs.At("out.xlsx")));
    }

    [Fact]
    public void What_cannot_be_predicted_is_refused_with_the_next_move()
    {
        string lines = Write("lines.txt", "the king slept");
        foreach (var (words, gist) in new (string[], string)[]
        {
            ([], "What should be predicted? Give --text TEXT (and --pair TEXT), or --data FILE."),
            (["--text", "a", "--data", lines], "--text and --data were both given."),
            (["--pair", "a", "--data", lines], "Give --text TEXT too."),
            (["--model", runs.Model, "--text", "a", "--top", "3"], "--top says how many of the likeliest tokens to show"),
            (["--model", runs.Model, "--text", "a", "--label-map", "b>c"], "--label-map renames 'b', which is no label of the model"),
            (["--model", runs.Model, SmallWorld.ModelIn(runs.At("abc"), "a", "b"), "--text", "a"], "no label in common (entailment, non-entailment; a, b)"),
            (["--model", runs.Model, runs.Model, runs.Model, "--text", "a"], "one or two models"),
            (["--model", runs.Model, runs.Model, "--text", "a", "--without", "L0.H0"], "give one --model"),
            (["--model", runs.Model, "--text", "a", "--without", "L9.H0"], "The model has no part L9.H0"),
            (["--model", runs.Model, "--text", "a", "--without", "L0.H0", "--ablation", "mean"], "there is no data to take it over"),
            (["--model", runs.Model, "--text", "a", "--ablation", "zero"], "--ablation says nothing without --mask or --without"),
            (["--model", Speaker, "--data", Write("pairs.tsv", "sentence1\tsentence2", "a\tb")], "add task=pairs"),
            (["--model", runs.Model, "--data", $"{lines},window=3"], "window= and stride= cut running text for a language model"),
        })
            Assert.Contains(gist, SmallRuns.Fails(["predict", .. words]));
    }
}
