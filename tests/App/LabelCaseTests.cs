using System.Text.Json;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.App;

/// <summary>Public reports about labels (shared/cases 07, 18 and 19), by the program.</summary>
public sealed class LabelCaseTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    string[] Train(string data, string into) => ["train", "--data", data, "--layers", "1", "--width", "16", "--heads", "2", "--neurons",
        "16", "--steps", "2", "--out", temporary.At(into)];

    static JsonElement Config(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement;

    static string Refused(params string[] words)
    {
        var (code, output, error) = Program.Run(words);
        Assert.Equal((1, ""), (code, output));
        return error;
    }

    [Fact]
    public void Scores_with_decimals_train_a_model_of_one_number_and_say_so()
    {
        string data = Path.Combine(Files.Case("07-float-labels"), "stsb.jsonl");
        var (code, output, error) = Program.Run(Train(data, "out"));
        Assert.Equal(0, code);
        Assert.Contains("column 'label' holds 60 different numbers with decimals (0.042 to 4.885), so they are read as scores, not as "
            + "labels of classes (task=scores)", error);
        Assert.Contains("heartwood evaluate --model", output);
        JsonElement config = Config(temporary.At("out/model"));
        Assert.Equal("regression", config.GetProperty("problem_type").GetString());
        Assert.Single(config.GetProperty("id2label").EnumerateObject());
        JsonElement figures = JsonDocument.Parse(Program.Run("evaluate", "--model", temporary.At("out/model"), "--in-domain", data,
            "--json").Out).RootElement.GetProperty("model").GetProperty("figures").GetProperty("inDomain");
        foreach (string figure in (string[])["Pearson", "Spearman", "mean squared error"]) Assert.Equal(60, figures.GetProperty(figure)
            .GetProperty("n").GetInt32());
        Assert.Contains("found another whole number in each of 60 rows", Refused(Train($"{data},label=idx", "ids")));
        Assert.False(Directory.Exists(temporary.At("ids")));
    }

    [Fact]
    public void Rows_of_snli_whose_annotators_did_not_agree_are_left_out_and_counted()
    {
        string folder = Files.Case("18-snli-minus-one"), data = Path.Combine(folder, "snli.jsonl"),
            counted = "6 of 24 rows are left out, without an agreed label ('-1')";
        var (code, _, error) = Program.Run(Train(data, "out"));
        Assert.Equal(0, code);
        Assert.Single(error.Split('\n'), line => line.Contains(counted, StringComparison.Ordinal));
        Assert.Equal(["0", "1", "2"], Config(temporary.At("out/model")).GetProperty("id2label").EnumerateObject()
            .Select(l => l.Value.GetString()));
        (code, string output, error) = Program.Run("evaluate", "--model", Path.Combine(folder, "model"), "--in-domain", data);
        Assert.Equal(0, code);
        Assert.Contains("n = 18)", output);
        Assert.Contains(counted, error);
        string elsewhere = Refused(Train($"{data},text=premise,pair=hypothesis,label=label", "elsewhere"));
        Assert.Contains("the label '-1' in column 'label' is not clear", elsewhere);
        Assert.Contains(",without=-1", elsewhere);
        Assert.Contains(",labels=-1>NAME", elsewhere);
        Assert.Equal(0, Program.Run(Train($"{data},text=premise,pair=hypothesis,label=label,without=-1", "without")).Code);
        Assert.Equal(3, Config(temporary.At("without/model")).GetProperty("id2label").EnumerateObject().Count());
        Assert.Equal(0, Program.Run(Train($"{data},labels=-1>none", "named")).Code);
        Assert.Equal(["0", "1", "2", "none"], Config(temporary.At("named/model")).GetProperty("id2label").EnumerateObject()
            .Select(l => l.Value.GetString()));
    }

    [Fact]
    public void A_label_map_counts_where_all_labels_of_a_set_are_the_models()
    {
        string folder = Files.Case("19-label-map-ignored"), data = $"{Path.Combine(folder, "twoway.tsv")},labels=entails>entailment";
        string[] words = ["evaluate", "--model", Path.Combine(folder, "model"), "--in-domain", data];
        var (code, output, _) = Program.Run([.. words, "--label-map", "contradiction>neutral"]);
        Assert.Equal(0, code);
        Assert.Contains("in-domain 80.0 % (49.0 to 94.3 %, n = 10)", output);
        Assert.Contains("in-domain 0 %", Program.Run(words).Out);
        Assert.Contains("--label-map renames 'nonsense', which is none of the model's labels (entailment, neutral, contradiction)",
            Refused([.. words, "--label-map", "nonsense>neutral"]));
        string misspelt = Refused([.. words, "--label-map", "contradiction>nuetral"]);
        Assert.Contains("'nuetral', which no data here has (neutral, entailment). Did you mean neutral? Then: --label-map "
            + "\"contradiction>neutral\"", misspelt);
        string unmapped = Refused("evaluate", "--model", Path.Combine(folder, "model"), "--in-domain", Path.Combine(folder, "twoway.tsv"));
        Assert.Contains($"write \"{data}\"", unmapped);
    }
}
