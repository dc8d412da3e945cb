using System.Text.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Reports;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood ablate</c>: every part alone, by the finder of exact ablations, with paired intervals.</summary>
[Collection("the thread team")]
public sealed class AblateVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string[] Ablate(string into, params string[] more) =>
        ["ablate", "--model", runs.Model, "--data", "world:in-domain,rows=60", "--out", runs.At(into), .. more];

    static PartEffectsFacts Facts(string json) => ResultJson.Read(json, RunResult.Questions).Facts<SinglePartsFacts>()!.Effects!;

    [Fact]
    public void A_part_costs_what_evaluate_measures_without_it()
    {
        PartEffectsFacts facts = Facts(SmallRuns.Works(Ablate("run", "--out-of-domain", "world:out-of-domain,per-case=3", "--measure", "accuracy", "--ablation", "zero", "--json")));
        Assert.Equal(("accuracy", "points", "zero"), (facts.Measure, facts.Unit, facts.Ablation));
        Assert.Equal(["inDomain", "outOfDomain"], facts.Sets.Select(s => s.Set));
        foreach (string part in (string[])["L0.H1", "L1.MLP"])
        {
            JsonElement measured = JsonDocument.Parse(SmallRuns.Works("evaluate", "--model", runs.Model, "--in-domain", "world:in-domain,rows=60",
                "--out-of-domain", "world:out-of-domain,per-case=3", "--without", part, "--random", "0", "--json")).RootElement;
            double Share(JsonElement of, string set) => of.GetProperty(set).GetProperty("value").GetDouble();
            foreach (SetEffects set in facts.Sets)
                Assert.Equal(Share(measured.GetProperty("full"), set.Set) - Share(measured.GetProperty("masks")[0].GetProperty("subnetwork").GetProperty("measured"), set.Set), set.Parts.Single(p => p.Part == part).Cost, 1e-12);
        }
    }

    [Fact]
    public void The_scores_are_those_of_the_exact_ablation_finder_and_mask_chooses_by_them()
    {
        PartEffectsFacts facts = Facts(SmallRuns.Works(Ablate("run", "--json")));
        SmallRuns.Works("find", "--model", runs.Model, "--data", "world:in-domain,rows=60", "--method", "ablation,examples=0", "--out", runs.At("found"));
        Subnetwork own = Subnetwork.FromJson(File.ReadAllText(runs.At("run", "subnetworks", "ablation.json")), "own"),
            found = Subnetwork.FromJson(File.ReadAllText(runs.At("found", "subnetworks", "ablation-sparsity-0.5.json")), "found");
        foreach (var (part, score) in found.Scores)
        {
            Assert.Equal(score, own.Scores[part], 1e-9);
            Assert.Equal(score, facts.Sets[0].Parts.Single(p => p.Part == $"{part}").Cost, 1e-9);
        }
        SmallRuns.Works("mask", runs.At("run", "subnetworks", "ablation.json"), "--sparsity", "0.5", "--out", runs.At("half.json"));
        Assert.Equal(found.Kept, Subnetwork.FromJson(File.ReadAllText(runs.At("half.json")), "half").Kept);
        string said = SmallRuns.Works(Ablate("run"));
        Assert.Contains("parts are not to be told from parts without effect (n = 60", said);
        Assert.Contains("heartwood mask ", said);
        Assert.True(File.Exists(runs.At("run", "report.html")));
    }

    [Fact]
    public void A_run_that_was_stopped_goes_on_after_the_examples_that_were_done_with_the_same_bits()
    {
        AblationRequest request = new(NamedData.Listed(inDomain: ["world:in-domain,rows=900"])) { Model = runs.Model };
        Result Run(string name, IProgress<Progress> progress, CancellationToken stop)
        {
            AblationRun run = new(request);
            using RunFolder folder = RunFolder.Open(runs.At(name), Manifests.Small with { ModelSha256 = run.ModelSha256, Data = run.Facts, Request = RequestText.Flatten(request) });
            return run.In(folder, progress, stop);
        }
        Result once = Run("once", new Told(_ => { }), default);
        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() => Run("twice", new Told(_ => { if (File.Exists(runs.At("twice", "search", "ablation-inDomain.json"))) stop.Cancel(); }), stop.Token));
        Assert.False(File.Exists(runs.At("twice", "finished")));
        long first = long.MaxValue;
        Result again = Run("twice", new Told(report => { if (report.Stage.StartsWith("ablating", StringComparison.Ordinal)) first = Math.Min(first, report.Done); }), default);
        Assert.True(first > 900, $"it began again: {first}");
        Assert.Equal(SmallWorld.Timeless(ResultJson.Write(once)), SmallWorld.Timeless(ResultJson.Write(again)));
        Assert.Equal(File.ReadAllBytes(runs.At("once", "subnetworks", "ablation.json")), File.ReadAllBytes(runs.At("twice", "subnetworks", "ablation.json")));
    }

    [Fact]
    public void Objectives_are_measures_too()
    {
        PartEffectsFacts loss = Facts(SmallRuns.Works(Ablate("loss", "--json"))), entropy = Facts(SmallRuns.Works(Ablate("entropy", "--measure", "cross-entropy", "--json"))),
            kl = Facts(SmallRuns.Works(Ablate("kl", "--measure", "kl-to-full", "--parts", "layers,heads", "--json")));
        foreach (var (a, b) in loss.Sets[0].Parts.Zip(entropy.Sets[0].Parts)) Assert.Equal(a.Cost, b.Cost, 1e-5);
        Assert.All(kl.Sets[0].Parts, p => Assert.True(p.Cost > -1e-6, $"{p}"));
        Assert.Equal("nats", kl.Unit);
        Assert.Contains(kl.Sets[0].Parts, p => p.Part == "L1");
        Assert.Contains("There is no measure 'los'. Did you mean loss?", SmallRuns.Fails(Ablate("none", "--measure", "los")));
        Assert.Contains("The objective squared-error", SmallRuns.Fails(Ablate("none", "--measure", "squared-error")));
        Assert.Contains("On what should parts be ablated?", SmallRuns.Fails("ablate", "--model", runs.Model, "--out", runs.At("none")));
        Assert.False(Directory.Exists(runs.At("none")));
    }

    [Fact]
    public void A_language_model_and_a_model_of_scores_are_ablated_by_their_losses()
    {
        string speaker = SmallSpeaker.In(runs.At("speaker"));
        File.WriteAllText(runs.At("text.txt"), string.Concat(Enumerable.Repeat("the bee sees a tree. a cab fed the bee. ", 10)));
        PartEffectsFacts text = Facts(SmallRuns.Works("ablate", "--model", speaker, "--data", $"{runs.At("text.txt")},window=12", "--ablation", "zero", "--out", runs.At("t"), "--json"));
        Assert.Equal("nats per token", text.Unit);
        JsonElement measured = JsonDocument.Parse(SmallRuns.Works("evaluate", "--model", speaker, "--in-domain", $"{runs.At("text.txt")},window=12", "--without", "L0.MLP", "--random", "0", "--json")).RootElement;
        double Loss(JsonElement of) => of.GetProperty("inDomainLoss").GetDouble();
        Assert.Equal(Loss(measured.GetProperty("masks")[0].GetProperty("subnetwork").GetProperty("measured")) - Loss(measured.GetProperty("full")), text.Sets[0].Parts.Single(p => p.Part == "L0.MLP").Cost, 1e-6);

        string scores = runs.At("scores.tsv");
        File.WriteAllLines(scores, ["sentence1\tsentence2\tscore", .. Enumerable.Range(0, 24).Select(i => FormattableString.Invariant($"the king slept\tthe queen slept\t{i % 6 * 0.8 + 0.1:0.0}"))]);
        SmallRuns.Works("train", "--data", scores, "--layers", "1", "--heads", "2", "--width", "8", "--neurons", "8", "--positions", "20", "--steps", "2", "--out", runs.At("trained"));
        string model = runs.At("trained", "model");
        PartEffectsFacts squared = Facts(SmallRuns.Works("ablate", "--model", model, "--data", scores, "--out", runs.At("s"), "--json"));
        Assert.Equal(("mean squared error", ""), (squared.Meaning, squared.Unit));
        Assert.Contains("a score is not right or wrong", SmallRuns.Fails("ablate", "--model", model, "--data", scores, "--measure", "accuracy", "--out", runs.At("none")));
    }
}
