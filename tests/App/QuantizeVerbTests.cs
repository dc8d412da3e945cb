using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood quantize</c> and the change of that name: models with few bits, next to nearest rounding.</summary>
[Collection("the thread team")]
public sealed class QuantizeVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string[] Quantize(string into, params string[] more) =>
        ["quantize", "--model", runs.Model, "--data", "world:training,rows=60", "--in-domain", "world:in-domain,rows=40", "--out-of-domain", "world:out-of-domain,per-case=2",
            "--out", runs.At(into), .. more];

    static Result Read(string json) => ResultJson.Read(json, RunResult.Questions);

    [Fact]
    public void Every_rounding_stands_next_to_nearest_with_bytes_divergence_and_accuracy_in_and_out_of_domain()
    {
        string[] asked = Quantize("run", "--scheme", "bits=2,group=8,rounding=gptq", "bits=2,group=8,rounding=boa,scaling=awq", "bits=2,group=8,rounding=learned");
        Result result = Read(SmallRuns.Works([.. asked, "--json"]));
        QuantizationFacts facts = result.Facts<QuantizationFacts>()!;
        Assert.Equal(["nearest", "gptq", "boa", "learned"], facts.Models.Select(m => m.Rounding));
        Assert.All(facts.Models.Skip(1), m => Assert.Equal(facts.Models[0].Name, m.Nearest));
        Assert.All(facts.Models, m =>
        {
            Assert.Equal(2, m.Bits);
            Assert.True(m.Error > 0 && m.Stored.Bytes < facts.Stored.Bytes);
            Assert.Equal(["inDomain", "outOfDomain"], m.Likeness.Keys);
            Assert.Equal(40, m.Likeness["inDomain"].Kl!.N);
            Assert.Equal(40, m.Likeness["inDomain"].Agreement!.N);
            Assert.Equal(40, m.Measured.InDomain.N);
        });
        Assert.True(facts.Models[1].Error < facts.Models[0].Error);
        Candidate[] rows = [.. new Findings(result).Candidates];
        Assert.Equal([CandidateKind.Full, .. Enumerable.Repeat(CandidateKind.Quantized, 4)], rows.Select(c => c.Kind));
        Assert.All(rows.Skip(1), c => Assert.True(c.InDomain is not null && c.Bytes < rows[0].Bytes && c.Weights == rows[0].Weights));
        // the folder is a model like any other, and says its true size
        string folder = runs.At("run", rows[2].File!);
        JsonElement own = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "quantization.json"))).RootElement;
        Assert.Equal(rows[2].Bytes, own.GetProperty("bytes").GetInt64());
        Assert.Contains(own.GetProperty("matrices").EnumerateArray(), m => m.GetProperty("bits").GetDouble() == 2 && m.GetProperty("group").GetInt32() == 8);
        JsonElement again = JsonDocument.Parse(SmallRuns.Works("evaluate", "--model", folder, "--in-domain", "world:in-domain,rows=40", "--json")).RootElement;
        Assert.Equal(facts.Models[1].Measured.InDomain.Value, again.GetProperty("model").GetProperty("inDomain").GetProperty("value").GetDouble());
        string said = SmallRuns.Works(asked);
        Assert.Contains("2 bits per 8, boa, awq", said);
        Assert.Contains("out of domain, n = ", said);
        Assert.Contains("What few bits a weight cost", File.ReadAllText(runs.At("run", "report.html")));
    }

    [Fact]
    public void A_budget_is_kept_and_a_subnetworks_bits_stand_next_to_random_ones()
    {
        Result result = Read(SmallRuns.Works(Quantize("budget", "--scheme", "budget=0.6,rounding=nearest,group=row", "--json")));
        QuantizedFacts budgeted = result.Facts<QuantizationFacts>()!.Models.Single();
        Assert.InRange((double)budgeted.Stored.Bytes! / (double)result.Facts<QuantizationFacts>()!.Stored.Bytes!, 0.4, 0.6);
        Assert.Contains("or more, or larger groups", SmallRuns.Fails(Quantize("small", "--scheme", "budget=0.05")));
        SmallRuns.Works("find", "--model", runs.Model, "--data", "world:training,rows=60", "--method", "magnitude", "--out", runs.At("found"));
        string mask = Directory.GetFiles(runs.At("found", "subnetworks")).First();
        QuantizationFacts parts = Read(SmallRuns.Works(Quantize("parts", "--scheme", "bits=8,others=2,group=8,rounding=gptq", "--mask", mask, "--random", "2", "--json"))).Facts<QuantizationFacts>()!;
        Assert.Equal([false, false, true, true], parts.Models.Select(m => m.IsRandom));
        Assert.All(parts.Models, m => Assert.InRange(m.Bits, 2.1, 7.9));
        Assert.NotEqual(parts.Models[2].Likeness["inDomain"].Kl, parts.Models[3].Likeness["inDomain"].Kl);
    }

    [Fact]
    public void The_cut_of_a_run_is_quantized_by_the_change_and_by_the_verb_alike()
    {
        SmallRuns.Works(runs.Find("run"));
        SmallRuns.Works("cut", runs.At("run"));
        JsonElement change = JsonDocument.Parse(SmallRuns.Works("cut", runs.At("run"), "--change", "quantize,bits=4,group=8", "--out", runs.At("cut4"), "--json"))
            .RootElement.GetProperty("changes")[0];
        Assert.StartsWith("computes what the masked model does up to rounding (4 bits per 8, gptq)", change.GetProperty("claim").GetString());
        JsonElement file = JsonDocument.Parse(File.ReadAllText(runs.At("cut4", "quantize", "quantization.json"))).RootElement;
        Assert.Equal(change.GetProperty("bytes").GetInt64(), file.GetProperty("bytes").GetInt64());
        QuantizationFacts facts = Read(SmallRuns.Works("quantize", runs.At("run"), "--scheme", "bits=4,group=8", "--out", runs.At("verb"), "--json")).Facts<QuantizationFacts>()!;
        Assert.Equal(["inDomain", "outOfDomain", "unseen"], facts.Models[0].Likeness.Keys);
        Assert.Equal(change.GetProperty("bytes").GetInt64(), facts.Models[1].Stored.Bytes);
    }

    [Fact]
    public void A_language_model_is_calibrated_and_measured_on_text()
    {
        string model = SmallSpeaker.In(runs.At("speaker"));
        File.WriteAllText(runs.At("text.txt"), string.Join(" ", Enumerable.Range(0, 200).Select(i => i % 3 == 0 ? "the a." : $"{(char)('a' + i % 26)}{(char)('b' + i % 7)}")));
        QuantizationFacts facts = Read(SmallRuns.Works("quantize", "--model", model, "--data", runs.At("text.txt"), "--in-domain", $"{runs.At("text.txt")},rows=5",
            "--scheme", "bits=3,group=8,rounding=gptq,refresh=steps", "--out", runs.At("lm"), "--json")).Facts<QuantizationFacts>()!;
        Assert.Equal(5, facts.Models[1].Likeness["inDomain"].Kl!.N);
        Assert.InRange(facts.Models[1].Likeness["inDomain"].Kl!.Value, 1e-9, 5);
        Assert.True(facts.Models[1].Measured.Figures!["inDomain"].ContainsKey("perplexity"));
    }

    [Fact]
    public void What_makes_no_sense_is_refused_before_anything_is_read()
    {
        string[] some = ["quantize", "--model", "nowhere", "--out", runs.At("none")];
        foreach (var (gist, arguments) in new (string, string[])[]
        {
            ("What should be measured?", some),
            ("On what texts should moments of inputs be taken?", [.. some, "--in-domain", "nothing.tsv"]),
            ("'bits' takes a whole number from 2 to 8, not '9'", Quantize("none", "--scheme", "bits=9")),
            ("--scheme names '4 bits per 32, gptq' twice", Quantize("none", "--scheme", "bits=4", "bits=4,group=32")),
            ("Say which subnetwork: --mask MASK", Quantize("none", "--scheme", "bits=4,others=2")),
            ("no scheme gives others fewer", Quantize("none", "--scheme", "bits=4", "--mask", "m.json")),
            ("--random says nothing without --mask", Quantize("none", "--random", "2")),
        })
            Assert.Contains(gist, SmallRuns.Fails(arguments));
        Assert.False(Directory.Exists(runs.At("none")));
    }
}
