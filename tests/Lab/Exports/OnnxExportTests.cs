using System.Text.Json;
using Heartwood.Checks;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Exports.Onnx;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Reports;
using Microsoft.ML.OnnxRuntime;

namespace Heartwood.Tests.Lab.Exports;

/// <summary>Models as ONNX files, in ONNX Runtime: every row alone, padded, and of decoders padded on the left too.</summary>
public sealed class OnnxExportTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static readonly string[] families = ["bert", "roberta", "xlm-roberta", "distilbert", "electra", "gpt2", "llama", "mistral", "qwen2"];

    static readonly string[] speakers =
        ["gpt2/language", "gpt2/untied", "llama/grouped", "llama/qwen2", "llama/mistral", "llama/llama3"];

    static readonly string[] shared =
        ["bert-classifier", "bert-mlm", "bert-regression", "distilbert-classifier", "electra-classifier", "gpt2-classifier", "gpt2-lm",
            "llama-classifier", "llama-lm", "llama3-lm", "mistral-lm", "qwen2-lm", "roberta-classifier"];

    public static TheoryData<string> Families => [.. families];

    public static TheoryData<string> Speakers => [.. speakers];

    public static TheoryData<string> Shared => [.. shared];

    // through JSON, as the program in checks/ is asked
    static RuntimeAnswers Ask(IReadOnlyList<string> files, RuntimeQuestion question)
    {
        Question asked = JsonSerializer.Deserialize<Question>(JsonSerializer.Serialize(question with { Rounds = 0 }, ChecksProgram.Json), ChecksProgram.Json)!;
        RuntimeAnswers answers = JsonSerializer.Deserialize<RuntimeAnswers>(JsonSerializer.Serialize(OnnxRun.Answer(files, asked), ChecksProgram.Json), ChecksProgram.Json)!;
        Assert.Empty(answers.Seconds);
        return answers with { Seconds = [0] };
    }

    string Written(IModel model, string name, IExport? export = null) =>
        (export ?? new OnnxExport()).Write(model, new Dictionary<string, byte[]>(), temporary.At(name), replace: true);

    double Difference(IModel model, string what, IReadOnlyList<Sequence>? rows = null, IExport? export = null)
    {
        string folder = Written(model, "model", export);
        ExportQuestion asked = new(folder, model, rows ?? Rows(model, 40));
        double largest = 0;
        foreach (bool left in model.Causal ? (bool[])[false, true] : [false])
        {
            ExportCheck check = OnnxCheck.Compare(asked, Ask, default, left);
            Assert.StartsWith("ONNX Runtime 1.", check.LoadedBy);
            Assert.True(check.Compared >= 2 * asked.Rows.Count, what);
            largest = Math.Max(largest, check.LargestDifference!.Value);
        }
        return largest;
    }

    static readonly IExport whole = new OnnxExport().With(TenantSpec.Parse("onnx,weights=int8", "export"));

    void Alike(IModel model, string what)
    {
        ExportCheck check = OnnxCheck.Compare(new(Written(model, "whole", whole), model, Rows(model, 20)), Ask, default, padLeft: model.Causal);
        Assert.True(check.LargestDifference > 1e-6, $"{what}: nothing was rounded");
        Assert.True(check.LargestDifference <= 0.25 * check.LargestScore, $"{what}: {check.LargestDifference} of {check.LargestScore}");
        Assert.InRange(check.SameAnswers!.Value, 0.7, 1);
    }

    [Theory, MemberData(nameof(Families))]
    public void As_whole_numbers_it_is_a_third_of_the_bytes_and_answers_much_alike(string family)
    {
        // weights as small as a trained model's: through steep ones rounding grows from layer to layer
        IModel steep = Small.Model(layers: 3, heads: 3, width: 60, labels: 3, family: family, positions: 20);
        IModel model = steep.With(steep.Config, steep.Weights.Map((_, t) => t.Shape.Axes.Length == 2 ? (t * 0.25f).KeepForever() : t));
        foreach (var (what, one) in Cuts(model).Where(cut => !cut.What.Contains("nothing left", StringComparison.Ordinal)).Take(3).Prepend((family, model))) Alike(one, what);
        long Bytes(IExport? export) => new FileInfo(Path.Combine(Written(model, "sized", export), OnnxExport.ModelFile)).Length;
        Assert.InRange(Bytes(whole), 1, 0.45 * Bytes(null));                         // biases, norms and positions stay, and the nodes
    }

    [Theory, InlineData("gpt2/language"), InlineData("gpt2/untied"), InlineData("llama/grouped"), InlineData("llama/qwen2")]
    public void A_language_model_as_whole_numbers_answers_much_alike(string golden) => Alike(GoldenModelTests.Load(golden), golden);

    [Fact]
    public void The_embedded_model_as_whole_numbers_gives_the_same_answers_on_text()
    {
        LoadedModel loaded = LoadedModel.Load(null);
        IReadOnlyList<Sequence> rows = [.. loaded.Encode([DataSource.Read("world:in-domain,rows=60")]).SelectMany(((IProblem)Classification.Instance).Inputs)];
        ExportCheck check = OnnxCheck.Compare(new(Written(loaded.Model, "embedded", whole), loaded.Model, rows), Ask, default);
        Assert.InRange(check.SameAnswers!.Value, 0.97, 1);
        Assert.InRange(check.LargestDifference!.Value, 1e-4, 0.2 * check.LargestScore);
    }

    void Near(IModel model, string what, IReadOnlyList<Sequence>? rows = null) => Assert.InRange(Difference(model, what, rows), 0, 1e-4);

    static IReadOnlyList<Sequence> Rows(IModel model, int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        ChanceStream chance = new Chance(3, "rows").At(i).Stream();
        int[] ids = [.. Enumerable.Range(0, 1 + chance.Below(Math.Min(model.MostPositions, 30))).Select(_ => chance.Below(model.Vocabulary))];
        return new Sequence(ids, [.. ids.Select((_, t) => t * model.TokenTypes / (ids.Length + 1))]);
    })];

    static IEnumerable<(string What, IModel Model)> Cuts(IModel model)
    {
        Universe universe = model.Universe();
        (string, IReadOnlyList<Part>)[] sets =
        [
            ("nothing left", []),
            ("no heads in layer 1", [.. universe.Parts.Where(p => p.Layer != 1 || !Heads.Kind.Includes(p))]),
            ("no MLP", [.. universe.Parts.Where(p => Heads.Kind.Includes(p))]),
            ("no MLP in the last layer", [.. universe.Parts.Where(p => p.Layer != model.Layers.Count - 1 || Heads.Kind.Includes(p))]),
            ("draw 1", Small.Some(universe, 1)), ("draw 2", Small.Some(universe, 2)),
        ];
        foreach (string how in (string[])["zero", "mean"])
        {
            Ablation ablation = Small.Absent(model, how);
            foreach (var (name, kept) in sets) yield return ($"{model.Family}, {name}, {how}", Cutting.Cut(model, kept, ablation));
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void A_classifier_full_or_cut_gives_Heartwood_s_scores_in_ONNX_Runtime(string family)
    {
        IModel model = Small.Model(layers: 3, heads: 3, width: 12, labels: 3, family: family, positions: 20);
        Near(model, family);
        foreach (var (what, cut) in Cuts(model)) Near(cut, what, Rows(cut, 12));
    }

    [Theory, MemberData(nameof(Speakers))]
    public void A_language_model_full_or_cut_gives_Heartwood_s_scores_in_ONNX_Runtime(string golden)
    {
        IModel model = GoldenModelTests.Load(golden);
        Near(model, golden);
        foreach (var (what, cut) in Cuts(model)) Near(cut, what, Rows(cut, 12));
    }

    [Theory, MemberData(nameof(Shared))]
    public void What_transformers_wrote_gives_Heartwood_s_scores_in_ONNX_Runtime(string name)
    {
        IModel model = GoldenFolder.Model(name).Model;
        Near(model, name, Rows(model, 20));
    }

    [Theory, InlineData("mistral"), InlineData("qwen2")]
    public void Sliding_windows_are_kept(string family)
    {
        IModel plain = Small.Model(layers: 3, heads: 3, width: 12, family: family, positions: 20), windowed = RotaryTests.Windowed(plain, 3);
        Assert.Contains(windowed.Layers, l => l.Window == 3);
        Near(windowed, family);
        Assert.True(Difference(windowed, family, export: null) < OfOther(windowed, plain));

        // the file of one next to the scores of the other: the window is seen
        double OfOther(IModel written, IModel scored) =>
            OnnxCheck.Compare(new(Written(written, "other"), scored, Rows(scored, 12)), Ask, default).LargestDifference!.Value;
    }

    [Fact]
    public void An_encoder_without_a_head_gives_its_last_hidden_states()
    {
        IModel whole = Small.Model(layers: 3, heads: 3, width: 12);
        string folder = temporary.At("body");
        ModelFolder.Save(whole.With(whole.Config, whole.Weights), folder, new Dictionary<string, byte[]>());
        using var open = Heartwood.Lab.Checkpoints.HuggingFaceFolder.Open(folder);
        IModel body = ModelFolder.LoadBody(open);
        Near(body, "body");
        using InferenceSession session = new(Path.Combine(Written(body, "written"), OnnxExport.ModelFile));
        Assert.Equal("last_hidden_state", Assert.Single(session.OutputMetadata).Key);
    }

    [Fact]
    public void Inputs_and_outputs_have_Optimum_s_names_and_free_lengths()
    {
        using InferenceSession classifier = new(Path.Combine(Written(Small.Model(labels: 3), "bert"), OnnxExport.ModelFile));
        Assert.Equal(["input_ids", "attention_mask", "token_type_ids"], classifier.InputMetadata.Keys);
        Assert.All(classifier.InputMetadata.Values, m => Assert.Equal(["batch_size", "sequence_length"], m.SymbolicDimensions));
        Assert.Equal([-1, 3], Assert.Single(classifier.OutputMetadata).Value.Dimensions);

        IModel model = GoldenModelTests.Load("llama/grouped");
        using InferenceSession speaker = new(Path.Combine(Written(model, "llama"), OnnxExport.ModelFile));
        Assert.Equal(["input_ids", "attention_mask", "position_ids", .. Enumerable.Range(0, model.Layers.Count)
            .SelectMany(i => (string[])[$"past_key_values.{i}.key", $"past_key_values.{i}.value"])], speaker.InputMetadata.Keys);
        Assert.Equal([-1, model.Layers[0].HeadsPerKeyValueHead.Count, -1, model.HeadWidth], speaker.OutputMetadata["present.0.key"].Dimensions);
        Assert.Equal(["batch_size", "sequence_length", ""], speaker.OutputMetadata["logits"].SymbolicDimensions);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void With_its_cache_a_language_model_goes_on_as_in_one_pass(string golden)
    {
        IModel model = GoldenModelTests.Load(golden);
        int[] ids = [.. Enumerable.Range(1, 9)];
        float[] expected = model.Forward(new([Sequence.Plain(ids)]), NoProbe.Instance).Values.ToArray();
        using InferenceSession session = new(Path.Combine(Written(model, "model"), OnnxExport.ModelFile));
        Dictionary<string, OrtValue> cache = session.InputMetadata.Where(i => i.Key.StartsWith("past", StringComparison.Ordinal)).ToDictionary(i => i.Key,
            i => OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, [1, i.Value.Dimensions[1], 0, i.Value.Dimensions[3]]));
        float[] scores = [];
        foreach (var (from, to) in ((int, int)[])[(0, 5), (5, 8), (8, 9)])
        {
            long[] now = [.. ids[from..to].Select(id => (long)id)], places = [.. Enumerable.Range(from, to - from).Select(p => (long)p)];
            Dictionary<string, OrtValue> inputs = new(cache)
            {
                ["input_ids"] = OrtValue.CreateTensorValueFromMemory(now, [1, now.Length]),
                ["position_ids"] = OrtValue.CreateTensorValueFromMemory(places, [1, now.Length]),
                ["attention_mask"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1L, to).ToArray(), [1, to]),
            };
            using RunOptions options = new();
            var made = session.Run(options, inputs, session.OutputNames).Zip(session.OutputNames).ToDictionary(o => o.Second, o => o.First);
            scores = made["logits"].GetTensorDataAsSpan<float>()[^model.Vocabulary..].ToArray();
            cache = made.Where(o => o.Key != "logits").ToDictionary(o => o.Key.Replace("present", "past_key_values", StringComparison.Ordinal), o => o.Value);
        }
        for (int i = 0; i < scores.Length; i++) Assert.Equal(expected[i], scores[i], 1e-4f);
    }

    [Fact]
    public void Float16_weights_take_half_the_file_and_change_scores_a_little()
    {
        IExport half = new OnnxExport().With(TenantSpec.Parse("onnx,weights=float16", "export"));
        IModel model = Small.Model(width: 48, heads: 4, words: 300);
        double difference = Difference(model, "half", export: half);
        Assert.InRange(difference, 1e-6, 5e-2);
        long full = Bytes(Written(model, "full")), halved = Bytes(Written(model, "half", half));
        Assert.InRange((double)halved / full, 0.5, 0.62);
        IModel large = model.With(model.Config, model.Weights.Map((n, t) => n == "classifier.weight" ? (t * 1e6f).KeepForever() : t));
        Assert.Contains("'classifier.weight'", half.WhyNot(large));
        Assert.Null(new OnnxExport().WhyNot(large));

        static long Bytes(string folder) => new FileInfo(Path.Combine(folder, OnnxExport.ModelFile)).Length;
    }

    [Theory, InlineData("bert", "float32"), InlineData("gpt2", "float32"), InlineData("llama", "float16"), InlineData("bert", "int8")]
    public void Weights_that_a_graph_cannot_hold_stand_in_a_file_next_to_it(string family, string weights)
    {
        OnnxExport inside = (OnnxExport)new OnnxExport().With(TenantSpec.Parse($"onnx,weights={weights}", "export"));
        OnnxExport beside = (OnnxExport)new OnnxExport { MostInside = 20_000 }.With(TenantSpec.Parse($"onnx,weights={weights}", "export"));
        IModel model = Small.Model(layers: 3, heads: 4, width: 64, words: 300, labels: 3, family: family, positions: 40);
        foreach (IModel one in (IModel[])[model, Cutting.Cut(model, Small.Some(model.Universe(), 1), Small.Absent(model, "mean"))])
        {
            Assert.Equal(Difference(one, family, export: inside), Difference(one, family, export: beside));
            string whole = Written(one, "whole", inside), apart = Written(one, "apart", beside);
            Assert.False(File.Exists(Path.Combine(whole, OnnxExport.DataFile)));
            double outside = Bytes(apart, OnnxExport.DataFile);
            Assert.InRange(Bytes(whole) - Bytes(apart), 0.3 * outside, outside);        // tensors begin at multiples of 4,096 bytes
            Assert.Null(inside.HowLoaded(one));
            Assert.Contains("by its path", beside.HowLoaded(one));
            // the graph has nothing of them: without the file it does not load, and with other bytes it says something else
            string data = Path.Combine(apart, OnnxExport.DataFile);
            byte[] bytes = File.ReadAllBytes(data);
            Array.Fill<byte>(bytes, 0);
            File.WriteAllBytes(data, bytes);
            Assert.True(OnnxCheck.Compare(new(apart, one, Rows(one, 5)), Ask, default).LargestDifference > 1e-3);
            File.Delete(data);
            Assert.ThrowsAny<OnnxRuntimeException>(() => new InferenceSession(Path.Combine(apart, OnnxExport.ModelFile)));
        }

        static double Bytes(string folder, string file = OnnxExport.ModelFile) => new FileInfo(Path.Combine(folder, file)).Length;
    }

    [Fact]
    public void A_tensor_that_is_too_large_for_the_format_is_named()
    {
        IModel model = Small.Model(width: 48, heads: 4, words: 300);
        string largest = model.Weights.All.MaxBy(w => w.Value.Values.Length).Key;
        long bytes = 4L * model.Weights.All[largest].Values.Length;
        Assert.Null(new OnnxExport { MostOfATensor = bytes }.WhyNot(model));
        OnnxExport narrow = new() { MostOfATensor = bytes - 1 };
        Assert.StartsWith($"'{largest}' alone has", narrow.WhyNot(model));
        Assert.Contains("onnx,weights=float16", narrow.WhyNot(model));
        Assert.Null(narrow.With(TenantSpec.Parse("onnx,weights=float16", "export")).WhyNot(model));
        Assert.Throws<NotSupportedException>(() => Written(model, "model", narrow));
    }

    [Fact]
    public void Tied_embeddings_are_written_once()
    {
        IModel model = GoldenModelTests.Load("gpt2/language");
        Assert.False(model.Weights.Has("lm_head.weight"));
        long bytes = new FileInfo(Path.Combine(Written(model, "model"), OnnxExport.ModelFile)).Length, weights = 4 * model.Weights.Count;
        long table = 4L * model.Vocabulary * model.Width;
        Assert.InRange(bytes, weights, weights + table / 2 + 30_000);
    }

    [Fact]
    public void Where_the_program_of_checks_is_not_the_check_says_how_it_is_had()
    {
        IModel model = Small.Model();
        ExportCheck check = OnnxCheck.Run(new(Written(model, "model"), model, Rows(model, 3)), null, default);
        Assert.Null(check.LoadedBy);
        Assert.Null(check.LargestDifference);
        Assert.False(check.Differs);
        Assert.Contains("dotnet build checks -c Release", check.Note);
        Assert.Null(ChecksProgram.Find(null, temporary.Path));
        Assert.Contains("HEARTWOOD_CHECKS is nowhere", Assert.Throws<FileNotFoundException>(() => ChecksProgram.Find("nowhere", temporary.Path)).Message);
        string beside = ChecksProgram.Find(null, AppContext.BaseDirectory)!;
        Assert.Equal(beside, ChecksProgram.Find(beside, temporary.Path));
        Assert.Contains("ended with 1", Assert.Throws<InvalidDataException>(() => OnnxCheck.Run(new(temporary.At("none"), model, Rows(model, 3)), beside, default)).Message);
    }

    [Fact]
    public void Scores_that_differ_are_told()
    {
        IModel model = Small.Model(), other = Small.Model(seed: 2);
        ExportCheck check = OnnxCheck.Compare(new(Written(model, "model"), other, Rows(other, 3)), Ask, default) with { Tolerance = 1e-4 };
        Assert.True(check.Differs);
        Assert.InRange(check.LargestDifference!.Value, 1e-3, 100);
        Assert.False((check with { Tolerance = null }).Differs);
        Assert.True((check with { LargestDifference = double.NaN }).Differs);
        Assert.Equal(Rows(other, 3).Max(row => other.Forward(new([row]), NoProbe.Instance).Values.ToArray().Max(Math.Abs)), check.LargestScore, 1e-5);
    }

    [Fact]
    public void Families_that_are_not_written_are_refused_by_name()
    {
        foreach (string family in ModelFolder.Families.Except(families))
        {
            IModel model = Small.Model(family: family);
            Assert.StartsWith($"onnx writes no {family} yet; it writes bert, roberta, ", new OnnxExport().WhyNot(model));
            Assert.Throws<NotSupportedException>(() => Written(model, "model"));
            Assert.False(Directory.Exists(temporary.At("model")));
        }
        Assert.Equal(3, ModelFolder.Families.Except(families).Count());
    }
}
