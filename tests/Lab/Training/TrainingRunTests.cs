using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Reports;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.Lab.Training;

public sealed class TrainingRunTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static TrainingRequest Request => new(NamedData.Listed(["world:training,rows=60"], ["world:in-domain,rows=20"], ["world:out-of-domain,per-case=1"]), new(Seed: 3, Steps: 24, TokensPerBatch: 100, LearningRate: 0.01, Dropout: 0.1))
    {
        Size = new(1, 2, 8, 8, 40),
        CheckpointSteps = [5, 24],
        EvaluateEvery = 6,
    };

    TrainingFacts? Begin(string name, TrainingRequest request, Action<Progress, CancellationTokenSource>? told = null)
    {
        TrainingRun run = new(request);
        using RunFolder folder = RunFolder.Open(temporary.At(name), Manifests.Small with { ModelSha256 = run.ModelSha256, Data = run.Data, Request = RequestText.Flatten(request) });
        using CancellationTokenSource stop = new();
        try { return run.Run(folder, new Told(p => told?.Invoke(p, stop)), stop.Token).Facts<TrainingFacts>(); }
        catch (OperationCanceledException) { return null; }
    }

    string At(string run, string file) => Path.Combine(temporary.At(run), file);

    void SameRuns(string a, string b)
    {
        foreach (string folder in (string[])["model", "checkpoints/step-5", "checkpoints/step-24"])
            foreach (string file in Directory.GetFiles(At(a, folder)))
                Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(At(b, $"{folder}/{Path.GetFileName(file)}")));
        foreach (string lines in (string[])["metrics.jsonl", "curve.jsonl"]) Assert.Equal(SmallWorld.TimelessLines(At(a, lines)), SmallWorld.TimelessLines(At(b, lines)));
        JsonNode first = JsonNode.Parse(SmallWorld.Timeless(File.ReadAllText(At(a, "result.json"))))!, second = JsonNode.Parse(SmallWorld.Timeless(File.ReadAllText(At(b, "result.json"))))!;
        JsonNode Facts(JsonNode result) => result["questions"]!["training"]!["facts"]!;
        foreach (string same in (string[])["final", "losses", "curve", "baselines"])
            Assert.Equal(Facts(first)[same]!.ToJsonString(), Facts(second)[same]!.ToJsonString());
    }

    [Fact]
    public void A_run_leaves_its_model_checkpoints_figures_and_curve()
    {
        TrainingFacts result = Begin("run", Request)!;
        Assert.Equal((24, 20), (result.Steps, result.Final!.InDomain.N));
        Assert.Equal(["step-24", "step-5"], Directory.GetDirectories(At("run", "checkpoints")).Select(Path.GetFileName).Order());
        Assert.Equal(Enumerable.Range(1, 24), Steps("metrics.jsonl"));
        Assert.Equal([6, 12, 18, 24], Steps("curve.jsonl"));
        Assert.True(File.Exists(At("run", "finished")));
        LoadedModel model = LoadedModel.Load(At("run", "model"));
        Assert.Equal(["entailment", "non-entailment"], model.Model.Labels);
        Small.SameBits(model.Model, LoadedModel.Load(At("run", "checkpoints/step-24")).Model);
        Assert.NotEqual(model.Sha256, LoadedModel.Load(At("run", "checkpoints/step-5")).Sha256);
        var measured = ModelEvaluation.Measure(new(NamedData.Listed(inDomain: ["world:in-domain,rows=20"])) { Model = result.Model }, default).Measured;
        Assert.Equal(result.Final.InDomainLoss, measured["model"].InDomainLoss);

        int[] Steps(string file) => [.. File.ReadLines(At("run", file)).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("step").GetInt32())];
    }

    [Fact]
    public void Stopped_at_any_steps_it_ends_with_the_same_files()
    {
        Begin("whole", Request);
        ChanceStream chance = new Chance(1, "moments to stop").Stream();
        for (int trial = 0; trial < 2; trial++)
        {
            int stops = 0;
            long last = -1;
            while (true)
            {
                int after = chance.Below(9);
                if (Begin($"stopped-{trial}", Request, (p, stop) => { if (after-- == 0) { last = p.Done; stop.Cancel(); } }) is not null) break;
                Assert.True(++stops < 30, "It never ends.");
            }
            Assert.InRange(stops, 2, 30);
            SameRuns("whole", $"stopped-{trial}");
        }
    }

    [Fact]
    public void A_stop_loses_no_step_not_even_one_while_the_curve_is_measured()
    {
        Assert.Null(Begin("run", Request, (p, stop) => { if (p.Done == 6) stop.Cancel(); }));         // step 6 is measured next
        long first = 0;
        Assert.NotNull(Begin("run", Request, (p, _) => first = first == 0 ? p.Done : first));
        Assert.Equal(7, first);
        Begin("whole", Request);
        SameRuns("whole", "run");
    }

    [Fact]
    public void What_lies_behind_the_last_state_is_computed_again_to_the_same_bits()
    {
        Begin("whole", Request);
        Assert.Null(Begin("killed", Request, (p, stop) => { if (p.Done == 10) stop.Cancel(); }));
        byte[] state = File.ReadAllBytes(At("killed", "state.safetensors"));
        Assert.Null(Begin("killed", Request, (p, stop) => { if (p.Done == 22) stop.Cancel(); }));
        File.WriteAllBytes(At("killed", "state.safetensors"), state);         // as a kill at step 22 would leave it, had nothing been written since step 10
        Begin("killed", Request);
        SameRuns("whole", "killed");
    }

    [Fact]
    public void A_teacher_stands_in_the_manifest_and_a_run_with_one_that_is_stopped_ends_with_the_same_files()
    {
        TrainingRequest two = Request with { Size = new(2, 2, 8, 8, 40), EvaluateEvery = 12 };
        string teacher = Begin("teacher", two)!.Model;
        TrainingRequest taught = two with { Options = two.Options with { Seed = 9 }, Teacher = teacher, Loss = "labels=0.5,outputs,temperature=2,layers,relations" };
        Begin("whole", taught);
        Assert.Contains("\"teacher\"", File.ReadAllText(At("whole", "manifest.json")));
        Assert.Null(Begin("stopped", taught, (p, stop) => { if (p.Done == 10) stop.Cancel(); }));
        Begin("stopped", taught);
        SameRuns("whole", "stopped");
        double[] losses = [.. File.ReadLines(At("whole", "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble())];
        Assert.True(losses[^5..].Average() < losses[..5].Average());
    }

    [Fact]
    public void A_teacher_that_would_have_no_effect_is_missing_or_is_another_kind_of_model_is_refused()
    {
        string teacher = Begin("teacher", Request with { Options = Request.Options with { Steps = 1 }, CheckpointSteps = [] })!.Model;
        string Refused(TrainingRequest asked) => Assert.Throws<ArgumentException>(() => new TrainingRun(asked)).Message;
        Assert.Contains("would have no effect", Refused(Request with { Teacher = teacher }));
        Assert.Contains("give --teacher FOLDER", Refused(Request with { Loss = "labels,outputs" }));
        Assert.Contains("Did you mean outputs?", Refused(Request with { Loss = "output", Teacher = teacher }));
        Assert.Contains("have none. Compare outputs or layers instead", Refused(Request with { Loss = "relations", Teacher = teacher }));
        // another width goes through a matrix that is trained along; more layers than the teacher has are like none of its
        _ = new TrainingRun(Request with { Loss = "layers", Teacher = teacher, Size = new(1, 2, 16, 8, 40) });
        Assert.Contains("at most as many", Refused(Request with { Loss = "layers", Teacher = teacher, Size = new(2, 2, 16, 8, 40) }));
        Assert.Contains("each once", Refused(Request with { Loss = "layers", Teacher = $"{teacher}+{teacher}" }));
        Assert.Contains("is another kind of model", Refused(Request with { Loss = "outputs", Teacher = teacher, Labels = ["yes", "no"] }));
    }

    [Fact]
    public void The_folder_of_a_model_is_fine_tuned_with_the_labels_and_tokenizer_it_has()
    {
        TrainingFacts first = Begin("first", Request)!;
        TrainingRequest tune = Request with { From = first.Model, Options = Request.Options with { Steps = 3 }, CheckpointSteps = [] };
        Begin("tuned", tune);
        LoadedModel tuned = LoadedModel.Load(At("tuned", "model")), from = LoadedModel.Load(first.Model);
        Assert.Equal(from.Model.Labels, tuned.Model.Labels);
        Assert.Equal(from.Model.Layers.Count, tuned.Model.Layers.Count);
        Assert.NotEqual(from.Sha256, tuned.Sha256);
        Assert.Equal(File.ReadAllBytes(Path.Combine(first.Model, "vocab.txt")), File.ReadAllBytes(At("tuned", "model/vocab.txt")));
    }

    [Fact]
    public void A_model_without_a_head_gets_one_for_the_labels_of_the_data()
    {
        string folder = SmallWorld.ModelIn(temporary.At("whole"));
        IModel whole = LoadedModel.Load(folder).Model;
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        config["architectures"] = new JsonArray("BertForNextSentencePrediction");
        config.AsObject().Remove("id2label");
        config.AsObject().Remove("label2id");
        IEnumerable<NamedTensor> pretrained = whole.Weights.Map((name, t) => name.StartsWith("classifier", StringComparison.Ordinal) || name.StartsWith("bert.pooler", StringComparison.Ordinal) ? null : t).Named(Dtype.F32)
            .Append(new NamedTensor("cls.seq_relationship.bias", [2], Dtype.F32, new float[2]));
        HuggingFaceFolder.Write(temporary.At("pretrained"), (JsonObject)config, pretrained, SmallWorld.Tokenizer);
        Assert.Contains("heartwood train --from", Assert.Throws<CheckpointException>(() => LoadedModel.Load(temporary.At("pretrained"))).Message);

        TrainingRequest tune = Request with { From = temporary.At("pretrained"), Options = Request.Options with { Steps = 2, LearningRate = 1e-12, WeightDecay = 0 }, CheckpointSteps = [] };
        Begin("tuned", tune);
        IModel tuned = LoadedModel.Load(At("tuned", "model")).Model;
        Assert.Equal(["entailment", "non-entailment"], tuned.Labels);
        Assert.DoesNotContain("cls.seq_relationship.bias", tuned.Weights.All.Keys);
        Assert.Equal(0.02, Math.Sqrt(tuned.Weights.All["bert.pooler.dense.weight"].Values.ToArray().Average(v => v * v)), 0.01);
        Assert.Equal(whole.Weights.All["bert.embeddings.word_embeddings.weight"].Values.ToArray(), tuned.Weights.All["bert.embeddings.word_embeddings.weight"].Values.ToArray());       // a rate of 1e-12 moves nothing
    }

    [Fact]
    public void Other_labels_than_the_models_give_it_a_new_head()
    {
        string folder = SmallWorld.ModelIn(temporary.At("three"), "entailment", "neutral", "contradiction");
        File.WriteAllLines(temporary.At("d.tsv"), ["text\tpair\tlabel", "the doctor slept\tdoctor\tyes", "the poet ran\tpoet\tno"]);
        TrainingRequest tune = Request with { From = folder, Sets = NamedData.Listed([$"{temporary.At("d.tsv")},text=text,pair=pair,label=label"]), CheckpointSteps = [] };
        Assert.Contains("the label 'yes' is none of the model's (entailment, neutral, contradiction)",
            Assert.Throws<InvalidDataException>(() => new TrainingRun(tune)).Message);
        Begin("tuned", tune with { Labels = ["yes", "no"] });
        Assert.Equal(["yes", "no"], LoadedModel.Load(At("tuned", "model")).Model.Labels);
    }

    [Fact]
    public void Data_that_changes_while_the_run_goes_on_is_noticed_before_the_model_is_written()
    {
        string file = temporary.At("d.tsv");
        File.WriteAllLines(file, ["text\tpair\tlabel", "the doctor slept\tdoctor\tyes", "the poet ran\tpoet\tno"]);
        TrainingRequest request = Request with { Sets = NamedData.Listed([$"{file},text=text,pair=pair,label=label"]), CheckpointSteps = [] };
        Exception error = Assert.ThrowsAny<IOException>(() => Begin("run", request, (p, _) => { if (p.Done == 10) File.AppendAllText(file, "the king met the nurse\tking\tyes\n"); }));
        Assert.Contains(file, error.Message);
        Assert.False(Directory.Exists(At("run", "model")));
    }

    [Fact]
    public void What_cannot_be_trained_is_refused_before_the_first_step()
    {
        Assert.Equal("--checkpoints asks for step 25; the run has steps 1 to 24.", Assert.Throws<ArgumentException>(() => new TrainingRun(Request with { CheckpointSteps = [5, 25] })).Message);
        File.WriteAllLines(temporary.At("one.tsv"), ["text\tpair\tlabel", "the doctor slept\tdoctor\tyes"]);
        Assert.Contains("only the label 'yes'", Assert.Throws<InvalidDataException>(() => new TrainingRun(Request with { Sets = Request.Sets.With(Role.Train, $"{temporary.At("one.tsv")},text=text,pair=pair,label=label") })).Message);
        Assert.Contains("give --in-domain FILE too", Assert.Throws<ArgumentException>(() => new TrainingRun(Request with { Sets = Request.Sets.With(Role.InDomain) })).Message);
        Assert.ThrowsAny<IOException>(() => new TrainingRun(Request with { From = temporary.At("nowhere") }));
        Assert.ThrowsAny<IOException>(() => new TrainingRun(Request with { Vocabulary = temporary.At("nowhere.txt") }));
    }
}
