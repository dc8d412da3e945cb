using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Checkpoints.Gguf;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Exports.Gguf;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Checkpoints.Gguf;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Exports;

/// <summary>
/// GGUF files in llama.cpp, which runs in the program of checks/, a process of its own: what it does not like it aborts on. From files of
/// float32 it must say the tokens that Heartwood says.
/// </summary>
public sealed class LlamaCheckTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    /// <summary>The program of checks/; skips the test where it has no llama.cpp.</summary>
    internal static string Program()
    {
        Assert.SkipUnless(Directory.EnumerateFiles(AppContext.BaseDirectory, "*llama.*", SearchOption.AllDirectories).Any(f => f.Contains("native", StringComparison.Ordinal)),
            "LLamaSharp has no llama.cpp for this system.");
        return ChecksProgram.Find(null, AppContext.BaseDirectory)!;
    }

    ExportCheck Check(IModel model, IReadOnlyDictionary<string, byte[]> tokenizer, string type, IReadOnlyList<Sequence> rows) => LlamaCheck.Run(
        new(new GgufExport(type).Write(model, tokenizer, temporary.At("model"), replace: true), model, rows), Program(), default);

    // of the largest score
    static void Same(ExportCheck check, string what, int tokens = 40, double tolerance = 1e-4)
    {
        Assert.StartsWith("llama.cpp (LLamaSharp 0.", check.LoadedBy);
        Assert.True((check.SameTokens, check.Tokens) == (tokens, tokens), $"{what}: {check.SameTokens} of {check.Tokens}, scores within {check.LargestDifference}");
        Assert.True(check.LargestDifference <= tolerance * Math.Max(1, check.LargestScore), $"{what}: {check.LargestDifference} of {check.LargestScore}");
        Assert.True(check.Compared > 0 && check.Seconds > 0);
    }

    static IReadOnlyList<Sequence> Rows(IModel model, int count, int longest) => [.. Enumerable.Range(0, count).Select(i =>
    {
        ChanceStream chance = new Chance(5, "prompts").At(i).Stream();
        return Sequence.Plain([.. Enumerable.Range(0, 1 + chance.Below(longest)).Select(_ => chance.Below(model.Vocabulary))]);
    })];

    static Dictionary<string, byte[]> Tokenizer(TemporaryFolder temporary) =>
        new() { ["tokenizer.json"] = File.ReadAllBytes(Path.Combine(SmallSpeaker.In(temporary.At("speaker")), "tokenizer.json")) };

    [Theory, InlineData("tiny-llama", 1e-5), InlineData("tiny-qwen2", 1e-5), InlineData("tiny-gpt2", 1e-2)]
    public void Converted_models_go_on_in_llama_cpp_as_here(string name, double tolerance)
    {
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(GgufGoldens.At(name));
        IModel model = ModelFolder.Load(folder);
        Same(Check(model, folder.ReadTokenizer(), "f32", Rows(model, 5, 20)), name, tolerance: tolerance);
    }

    [Theory, InlineData("llama/grouped"), InlineData("llama/qwen2"), InlineData("llama/llama3"), InlineData("gpt2/language")]
    public void Cut_models_go_on_in_llama_cpp_as_here(string golden)
    {
        IModel model = GoldenModelTests.Load(golden);
        Dictionary<string, byte[]> tokenizer = Tokenizer(temporary);
        IReadOnlyList<Sequence> rows = Rows(model, 2, model.Family == "gpt2" ? 7 : 9);
        int tokens = Math.Min(40, model.MostPositions - rows.Max(row => row.Ids.Length) + 1);
        Universe universe = model.Universe([Heads.Kind, Neurons.Kind]);
        (string What, string How, IReadOnlyList<Part> Kept)[] cuts =
        [
            ("no heads in the first layer", "mean", [.. universe.Parts.Where(p => p.Layer != 0 || !Heads.Kind.Includes(p))]),
            ("no neurons in the last layer", "mean", [.. universe.Parts.Where(p => p.Layer != model.Layers.Count - 1 || Heads.Kind.Includes(p))]),
            ("neither in the last layer", "mean", [.. universe.Parts.Where(p => p.Layer != model.Layers.Count - 1)]),
            ("a draw", "mean", Small.Some(universe, 1)), ("another", "zero", Small.Some(universe, 2)), ("nothing left", "mean", []),
        ];
        foreach (var (what, how, kept) in cuts)
        {
            IModel cut = Cutting.Cut(model, kept, Small.Absent(model, universe, how));
            Same(Check(cut, tokenizer, "f32", rows), $"{golden}, {what}, {how}", tokens, model.Family == "gpt2" ? 1e-2 : 1e-4);
        }
    }

    static IReadOnlyList<Sequence> Encoded(LoadedModel stories) => [Sequence.Plain(stories.Tokenizer.Encode("Lily and Ben went to the park. They saw").Ids)];

    static LoadedModel Stories() => LoadedModel.Load(Path.GetDirectoryName(Files.Real("models/stories15M/config.json")));

    [Fact]
    public void A_real_language_model_goes_on_in_llama_cpp_as_here()
    {
        LoadedModel stories = Stories();
        Same(Check(stories.Model, stories.TokenizerFiles, "f32", Encoded(stories)), "stories15M");
    }

    [Fact]
    public void Cut_unevenly_with_mean_ablation_it_goes_on_in_llama_cpp_as_here()
    {
        LoadedModel stories = Stories();
        Universe universe = stories.Model.Universe([Heads.Kind, Neurons.Kind]);
        IReadOnlyList<Sequence> rows = Encoded(stories);
        Ablation ablation = Ablation.Mean(stories.Model, universe, [new Batch(rows)]);
        Part[] kept = [.. universe.Parts.Where((part, i) => new Chance(3, "kept").Uniform(i) < 0.9 - 0.1 * part.Layer && !(part.Layer == 4 && Heads.Kind.Includes(part)))];
        IModel cut = Cutting.Cut(stories.Model, kept, ablation);
        ExportCheck check = Check(cut, stories.TokenizerFiles, "f32", rows);
        using GgufFile file = GgufFile.Open(temporary.At("model.gguf"));
        Assert.Equal("deci", file.Metadata["general.architecture"].Value);
        Assert.True(((int[])file.Metadata["deci.attention.head_count"].Value).Distinct().Count() > 2);
        Assert.True(((int[])file.Metadata["deci.feed_forward_length"].Value).Distinct().Count() > 2);
        Same(check, "cut");
    }

    [Fact]
    public void Eight_bits_a_weight_are_gone_on_from_with_scores_that_differ_as_they_must()
    {
        LoadedModel stories = Stories();
        ExportCheck check = Check(stories.Model, stories.TokenizerFiles, "q8_0", Encoded(stories));
        Assert.Equal((40, 1), (check.Tokens, check.Prompts));
        Assert.InRange(check.LargestDifference!.Value, 1e-3, 1);
        Assert.InRange(check.SameTokens!.Value, 1, 40);
        TestContext.Current.SendDiagnosticMessage($"Q8_0: {check.SameTokens} of 40 tokens, scores within {check.LargestDifference:0.000} of {check.LargestScore:0.0}");
    }

    [Fact]
    public void Other_weights_are_noticed()
    {
        IModel model = GoldenModelTests.Load("llama/grouped"), other = model.With(model.Config, model.Weights.Map((name, t) =>
            name.EndsWith("layers.1.mlp.down_proj.weight", StringComparison.Ordinal) ? (t * 1.5f).KeepForever() : t));
        string file = new GgufExport("f32").Write(other, Tokenizer(temporary), temporary.At("other"), replace: true);
        ExportQuestion asked = new(file, model, Rows(model, 3, 9));
        Assert.True((LlamaCheck.Run(asked, Program(), default) with { Tolerance = 1e-3 }).Differs);
        Assert.Contains("build it with", LlamaCheck.Run(asked, null, default).Note);
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..(bytes.Length / 2)]);
        Assert.Contains("ended with 1: ", Assert.Throws<InvalidDataException>(() => LlamaCheck.Run(asked, Program(), default)).Message);
    }
}
