using System.Diagnostics;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Tasks;

namespace Heartwood.Tests.App;

/// <summary>
/// Data files as people have them, through the program: public reports' inputs in shared/cases, and the same kinds of fault on our own
/// models.
/// </summary>
[Collection("the thread team")]
public sealed class DataVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    static (string Out, string Error) Evaluate(string folder, string data, string model = "model", params string[] more)
    {
        var (code, output, error) = SmallRuns.Here(
            ["evaluate", "--model", Path.Combine(folder, model), "--in-domain", Path.Combine(folder, data), .. more]);
        Assert.True(code == 0, error);
        return (output, error);
    }

    [Theory]
    [InlineData("utf16.tsv", "utf16.tsv is UTF-16 and was read as that.\n")]
    [InlineData("nli.tsv.gz,format=tsv", "")]
    [InlineData("nli.tsv.gz", "")]
    public void Case_21_gzip_and_utf16_are_read(string data, string said)
    {
        string folder = Files.Case("21-utf16-gzip");
        var (output, error) = Evaluate(folder, data);
        Assert.Contains("in-domain 50.0 % (21.5 to 78.5 %, n = 8)", output);
        Assert.Equal(said == "" ? "" : $"{folder}/{said}", error);
    }

    [Fact]
    public void Case_22_an_empty_text_is_refused_before_the_first_step_with_file_and_line()
    {
        string folder = Files.Case("22-empty-text"), model = Path.Combine(folder, "model"), data = Path.Combine(folder, "data.tsv");
        foreach (string[] command in (string[][])
            [
                ["evaluate", "--model", model, "--in-domain", data],
                ["inspect", model, "--data", data],
                ["train", "--from", model, "--data", data, "--epochs", "3", "--out", runs.At("trained")],
                ["find", "--model", model, "--data", data, "--in-domain", data, "--out", runs.At("found")],
                ["paper", "--model", model, "--data", data, "--in-domain", data, "--ood", data, "--out", runs.At("paper")],
            ])
            Assert.StartsWith(
                $"{data}, line 402: expected a text, found '', which is no token for this model (it puts none around a text). "
                    + "Write a text there, or delete the line.",
                SmallRuns.Fails(command));
        foreach (string run in (string[])["trained", "found", "paper"]) Assert.False(Directory.Exists(runs.At(run)));
        Assert.Contains("in-domain 100 % (34.2 to 100 %, n = 2)", Evaluate(folder, "qqp.tsv", "bert").Out);
    }

    [Fact]
    public void Case_24_a_pair_of_the_same_sentence_is_left_out_and_said()
    {
        var (output, error) = Evaluate(Files.Case("24-identical-pair"), "pairs.jsonl");
        Assert.Contains("1 of 3 pairs are left out: their sentences are the same tokens.", error);
        Assert.Contains("in-domain 100 % (34.2 to 100 %, n = 2)", output);
    }

    [Fact]
    public void Case_26_blank_lines_between_json_lines_are_passed_over() =>
        Assert.Contains("in-domain 50.0 % (21.5 to 78.5 %, n = 8)", Evaluate(Files.Case("26-jsonl-blank-lines"), "nli.jsonl").Out);

    [Fact]
    public void Case_27_a_prompt_that_begins_with_an_at_is_the_prompt()
    {
        string folder = Files.Case("27-at-prompt");
        ProcessStartInfo start = new("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "heartwood.dll"),
            "generate", "--model", "model", "--prompt", "@user", "--tokens", "2"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Assert.StartsWith("@user", process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void Rows_that_are_longer_than_the_model_are_cut_off_and_counted_once()
    {
        string longer = string.Concat(Enumerable.Repeat("the doctor slept ", 30));
        string[] lines =
        [
            "text\tpair\tlabel",
            .. Enumerable.Range(0, 12).Select(i =>
                $"{(i % 4 == 1 ? longer : "the doctor slept")}\tdoctor\t{(i % 3 == 0 ? "entailment" : "non-entailment")}"),
        ];
        File.WriteAllLines(runs.At("d.tsv"), lines);
        string data = $"{runs.At("d.tsv")},text=text,pair=pair,label=label";
        string says =
            $"{data}: 3 of 12 rows are longer than 40 tokens and are cut off there, of a pair the longer text first (the first: line 3).";
        foreach (string[] command in (string[][])
            [
                ["evaluate", "--model", runs.Model, "--in-domain", data, "--max-length", "40"],
                ["inspect", runs.Model, "--data", data, "--max-length", "40"],
                ["train", "--from", runs.Model, "--data", data, "--in-domain", data,
                    "--steps", "1", "--max-length", "40", "--out", runs.At("trained")],
                ["find", "--model", runs.Model, "--data", data, "--in-domain", data,
                    "--seeds", "1", "--method", "structured-pruning,steps=2", "--max-length", "40", "--out", runs.At("found")],
            ])
        {
            var (code, output, error) = SmallRuns.Here(command);
            Assert.True(code == 0, error);
            Assert.Single((output + "\n" + error).Split('\n'), line => line == says);
        }
    }

    [Fact]
    public void Pairs_and_prompts_that_cannot_be_asked_are_refused_with_file_and_line_and_texts_without_a_token_are_counted()
    {
        string model = LanguageFolder.In(runs.At("language")), file = runs.At("x.tsv");
        string Refused(params string[] rows)
        {
            File.WriteAllLines(file, rows);
            return SmallRuns.Fails("evaluate", "--model", model, "--in-domain", file);
        }
        string fine = LanguageFolder.Text(4, 1), longer = LanguageFolder.Text(60, 2);
        Assert.StartsWith($"{file}, line 3: '", Refused("good\tbad", $"{fine}\taa", $"{longer}\t{fine}"));
        Assert.StartsWith($"{file}, line 2: '' is 1 token long, and a language model scores tokens that follow others.",
            Refused("good\tbad", $"\t{fine}"));
        Assert.StartsWith($"{file}, line 3: '",
            Refused("text\tcorrupted\tanswer\twrong", $"{fine}\t{fine}\t aa\t ab", $"{longer}\t{fine}\t aa\t ab"));
        File.WriteAllLines(runs.At("t.jsonl"),
            [$"{{\"text\": \"{fine}\"}}", "{\"text\": \"\"}", $"{{\"text\": \"{fine}\"}}", "{\"text\": \" \"}"]);
        var (code, _, error) = SmallRuns.Here("evaluate", "--model", model, "--in-domain", runs.At("t.jsonl"));
        Assert.True(code == 0, error);
        Assert.Contains("2 of 4 texts have no token to score and are left out (the first: line 2).", error);
    }

    [Fact]
    public void A_pipe_serves_evaluate_and_train_and_is_refused_where_the_run_is_opened_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pipes are made by bash");
        string[] lines = ["premise\thypothesis\tlabel",
            .. Enumerable.Range(0, 12).Select(i => $"the doctor slept\tdoctor\t{(i % 3 == 0 ? "entailment" : "non-entailment")}")];
        File.WriteAllLines(runs.At("d.tsv"), lines);
        string model = runs.Model, program = $"dotnet exec {Path.Combine(AppContext.BaseDirectory, "heartwood.dll")}",
            pipe = $"<(cat {runs.At("d.tsv")}),format=tsv";
        Assert.Contains("n = 12", Bash($"{program} evaluate --model {model} --in-domain {pipe}").Out);
        Assert.Contains("n = 12",
            Bash($"cat {runs.At("d.tsv")} | {program} evaluate --model {model} --in-domain /dev/stdin,format=tsv").Out);
        Assert.Contains("n = 12",
            Bash($"{program} train --from {model} --data {pipe} --in-domain {runs.At("d.tsv")} --steps 2 --out {runs.At("trained")}").Out);
        var (code, _, error) =
            Bash($"{program} find --model {model} --data {pipe} --in-domain {runs.At("d.tsv")} --out {runs.At("found")}");
        Assert.Equal(1, code);
        Assert.Contains(
            "expected a file that can be read again, when the run is resumed, evaluated or cut; found a pipe, which can be read once. "
                + "Save what comes out of it to a file",
            error);
        Assert.False(Directory.Exists(runs.At("found")));
        Assert.Contains("a pipe can be read once, and this one is empty or was read already",
            Bash($"cat {runs.At("d.tsv")} | {program} evaluate --model {model} "
                + "--in-domain /dev/stdin,format=tsv /dev/stdin,format=tsv,rows=3").Error);
        // what is named by the same words is read once, whatever it serves
        Assert.Contains("out of domain", Bash($"cat {runs.At("d.tsv")} | {program} evaluate --model {model} "
            + "--in-domain /dev/stdin,format=tsv --out-of-domain /dev/stdin,format=tsv").Out);
    }

    [Fact]
    public void Parquet_with_names_of_classes_is_evaluated()
    {
        string data = Files.Golden("parquet/nli-snappy.parquet");
        var (code, output, error) = SmallRuns.Here("evaluate", "--model", runs.Model, "--in-domain",
            $"{data},text=premise,label=label,labels=neutral>non-entailment|contradiction>non-entailment|-1>non-entailment");
        Assert.True(code == 0, error);
        Assert.Contains("n = 6", output);
        Assert.Contains(
            "the numbers in 'label' are read as the names that the file has for them: 0 entailment, 1 neutral, 2 contradiction.", error);
    }

    static (int Code, string Out, string Error) Bash(string command)
    {
        ProcessStartInfo start = new("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return (process.ExitCode, output.Result, error.Result);
    }
}
