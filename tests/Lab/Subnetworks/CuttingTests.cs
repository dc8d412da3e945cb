using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Subnetworks;

public sealed class CuttingTests : IDisposable
{
    static readonly IReadOnlyList<Example> examples = Small.Examples(6);
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    public static TheoryData<string, string> Sets()
    {
        TheoryData<string, string> sets = [];
        foreach (string ablation in (string[])["zero", "mean"])
            foreach (string set in (string[])["everything", "nothing", "no heads in layer 1", "no MLP", "only heads", "only MLPs", "one head", .. Enumerable.Range(0, 12).Select(i => $"draw {i}")])
                sets.Add(set, ablation);
        return sets;
    }

    static IReadOnlyList<Part> Kept(Universe universe, string set) => set switch
    {
        "everything" => universe.Parts,
        "nothing" => [],
        "no heads in layer 1" => [.. universe.Parts.Where(p => p.Layer != 1 || !Heads.Kind.Includes(p))],
        "no MLP" or "only heads" => [.. universe.Parts.Where(p => Heads.Kind.Includes(p))],
        "only MLPs" => [.. universe.Parts.Where(p => Mlps.Kind.Includes(p))],
        "one head" => [universe.Parts[^2]],
        _ => Small.Some(universe, ulong.Parse(set[5..], System.Globalization.CultureInfo.InvariantCulture)),
    };

    static float[] Masked(IModel model, IReadOnlyList<Part> kept, Ablation ablation) =>
        new Answers(examples).Scores(model, [MaskProbe.Only(model.Universe(), kept).Values.ToArray()], ablation)[0];

    static float[] Scores(IModel model) => new Answers(examples).Scores(model);

    [Theory, MemberData(nameof(Sets))]
    public void Cut_equals_masked_and_so_does_the_model_of_full_size(string set, string kind)
    {
        string[] goldens = ["bert/tiny-old", "gpt2/language", "gpt2/classifier", "gpt2/untied", "llama/grouped", "llama/qwen2", "llama/mistral", "llama/llama3", "llama/classifier"];
        IModel[] models =
        [
            .. ModelFolder.Families.Select(family => Small.Model(layers: 3, heads: 3, width: 12, family: family)),
            .. goldens.Select(GoldenModelTests.Load),
            .. ((string[])["mistral", "qwen2"])
                .Select(family => RotaryTests.Windowed(Small.Model(layers: 3, heads: 3, width: 12, family: family), 3)),
        ];
        foreach (IModel model in models)
        {
            Ablation ablation = Small.Absent(model, kind);
            IReadOnlyList<Part> kept = [.. Kept(model.Universe(), set)];
            float[] masked = Masked(model, kept, ablation);
            IModel cut = Cutting.Cut(model, kept, ablation);
            Small.Close(masked, Scores(cut), $"cut {model.Family}");
            Assert.Equal(model.Layers.Select(l => l.Window), cut.Layers.Select(l => l.Window));
            IModel whole = kind == "mean" ? model.WithBiases() : model;
            if (Cutting.WhyNoFullSize(model, ablation.How) is null)
            {
                IModel full = Cutting.FullSize(model, kept, ablation);
                Small.Close(masked, Scores(full), $"full size {model.Family}");
                Assert.Equal(model.Layers.Select(l => l.Window), full.Layers.Select(l => l.Window));
                Assert.Equal(whole.Weights.All.ToDictionary(w => w.Key, w => w.Value.Shape),
                    full.Weights.All.ToDictionary(w => w.Key, w => w.Value.Shape));
            }
            Assert.Equal(kept.Count(p => Heads.Kind.Includes(p)), cut.Layers.Sum(l => l.Heads));
            Assert.Equal(kept.Count(p => Mlps.Kind.Includes(p)), cut.Layers.Count(l => l.Neurons > 0));
            Assert.Equal(whole.Weights.Count - Dropped(whole, cut), cut.Weights.Count);
        }
    }

    // what each head and each key and value head has for itself; the MLP's matrices and inner biases; norms that nothing reads any more;
    // what stands after a whole MLP, with the bias before that
    static long Dropped(IModel whole, IModel cut)
    {
        long dropped = 0;
        foreach (var (before, after) in whole.Layers.Zip(cut.Layers))
        {
            foreach (var (full, left) in before.Blocks.Zip(after.Blocks))
            {
                dropped += (full.Count - left.Count) * Each([.. full.Own, full.ReadBy]) + (full.Groups.Count - left.Groups.Count) * Each(full.Shared);
                if (left.Count == 0) dropped += full.Before.Sum(name => (long)whole.Weights.All[name].Count);
            }
            if (after.Mlp.Count > 0 || before.Mlp.After.Count == 0) continue;
            dropped += before.Mlp.After.Append(before.Mlp.Bias).OfType<string>().Sum(name => (long)whole.Weights.All[name].Count);
        }
        return dropped;

        long Each(IReadOnlyList<Series> runs) => runs.Sum(r => Numbers(r.Tensor, r.Length));
        long Numbers(string name, long count) => name.EndsWith("bias", StringComparison.Ordinal) ? count : count * whole.Width;
    }

    [Fact]
    public void Heads_that_share_a_key_and_value_head_leave_it_with_the_last_of_them()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        IModel cut = Cutting.Cut(model, model.Universe().Parts.Except([Heads.Kind.Part(0, 1), Heads.Kind.Part(1, 0), Heads.Kind.Part(1, 1)]), Small.Absent(model, "mean"));
        Assert.Equal([[1, 2], [2]], cut.Layers.Select(l => l.HeadsPerKeyValueHead));
        Assert.Equal([8, 4], cut.Layers.Select((_, i) => cut.Weights.All[$"model.layers.{i}.self_attn.v_proj.weight"].Shape[0]));
    }

    [Fact]
    public void The_means_of_a_model_without_biases_fold_into_biases_that_other_software_reads()
    {
        IModel model = GoldenModelTests.Load("llama/qwen2"), full = Cutting.FullSize(model, [Heads.Kind.Part(0, 1), Mlps.Kind.Part(1)], Small.Absent(model, "mean"));
        Assert.Equal("""["LlamaForCausalLM"]""", full.Config["architectures"]!.ToJsonString());
        Assert.Equal(("llama", "true", "true"), (full.Family, full.Config["attention_bias"]!.ToJsonString(), full.Config["mlp_bias"]!.ToJsonString()));
        Small.SameBits(model.Weights.All["model.layers.1.self_attn.q_proj.bias"].Values, full.Weights.All["model.layers.1.self_attn.q_proj.bias"].Values, "a bias that was there");
        Assert.All(full.Weights.All["model.layers.1.mlp.gate_proj.bias"].Values.ToArray(), v => Assert.Equal(0, v));
        Assert.Contains(full.Weights.All["model.layers.0.self_attn.o_proj.bias"].Values.ToArray(), v => v != 0);
        Assert.Same(full, full.WithBiases());
    }

    [Theory, InlineData("mistral"), InlineData("qwen2")]
    public void With_a_window_there_is_no_full_size_form_of_means_and_the_cut_keeps_the_window_from_its_folder_too(string family)
    {
        IModel model = RotaryTests.Windowed(Small.Model(layers: 3, family: family), 3);
        IReadOnlyList<Part> kept = Small.Some(model.Universe(), 3);
        Ablation means = Small.Absent(model, "mean"), zeros = Small.Absent(model, "zero");
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => Cutting.FullSize(model, kept, means));
        Assert.Equal(Cutting.WhyNoFullSize(model, Small.Absent(model, "mean").How), refused.Message);
        Assert.Contains($"this {family} has one (of 3 tokens)", refused.Message);
        Assert.Contains("--ablation zero", refused.Message);
        Assert.Null(Cutting.WhyNoFullSize(model, new Zero()));
        IModel full = Cutting.FullSize(model, kept, zeros), cut = Cutting.Cut(model, kept, means);
        Assert.Equal((family, family), (full.Family, cut.Family));
        Assert.DoesNotContain("heartwood", full.Config.ToJsonString());
        Assert.NotEqual(Scores(cut), Scores(Cutting.Cut(Small.Model(layers: 3, family: family), kept, means)));
        foreach (var (name, made) in new[] { ("cut", cut), ("full", full) })
        {
            ModelFolder.Save(made, temporary.At(name), new Dictionary<string, byte[]>());
            IModel back = Load(name);
            Small.SameBits(Scores(made), Scores(back), name);
            Assert.Equal(model.Layers.Select(l => l.Window), back.Layers.Select(l => l.Window));
        }
        Small.Close(Masked(model, kept, means), Scores(Load("cut")), "cut");
        Small.Close(Masked(model, kept, zeros), Scores(Load("full")), "full size");
    }

    [Fact]
    public void A_window_longer_than_any_input_keeps_no_full_size_form_away()
    {
        IModel model = RotaryTests.Windowed(Small.Model(family: "mistral"), 16);
        Assert.Equal(16, model.MostPositions);
        Assert.Null(Cutting.WhyNoFullSize(model, Small.Absent(model, "mean").How));
        Assert.Equal("llama", Cutting.FullSize(model, [], Small.Absent(model, "mean")).Family);
    }

    [Fact]
    public void Subnetworks_differ_from_the_model_and_from_one_another()
    {
        IModel model = Small.Model();
        Ablation ablation = Small.Absent(model, "mean");
        float[][] all = [Scores(model), .. Enumerable.Range(0, 4).Select(i => Masked(model, Small.Some(model.Universe(), (ulong)i), ablation))];
        for (int a = 0; a < all.Length; a++)
            for (int b = 0; b < a; b++) Assert.Contains(all[a].Zip(all[b]), p => Math.Abs(p.First - p.Second) > 1e-2);
    }

    public static TheoryData<string, string> FamiliesAndAblations => [.. from family in ModelFolder.Families from kind in (string[])["zero", "mean"] select (family, kind)];

    [Theory, MemberData(nameof(FamiliesAndAblations))]
    public void A_cut_model_can_be_masked_and_cut_again(string family, string kind)
    {
        IModel model = Small.Model(layers: 3, heads: 3, width: 12, family: family);
        IModel once = Cutting.Cut(model, Kept(model.Universe(), "no heads in layer 1").Except([Mlps.Kind.Part(0), Heads.Kind.Part(2, 0)]), Small.Absent(model, kind));
        Assert.Equal(7, once.Universe().Count);
        Ablation ablation = Small.Absent(once, kind);
        for (ulong draw = 0; draw < 6; draw++)
        {
            IReadOnlyList<Part> kept = Small.Some(once.Universe(), draw);
            Small.Close(Masked(once, kept, ablation), Scores(Cutting.Cut(once, kept, ablation)), $"draw {draw}");
        }
    }

    [Theory, InlineData("bert/tiny", false), InlineData("bert/tiny", true), InlineData("roberta/tiny", false), InlineData("gpt2/language", false), InlineData("gpt2/classifier", true), InlineData("gpt2/untied", true), InlineData("llama/grouped", false), InlineData("llama/qwen2", true), InlineData("llama/mistral", false)]
    public void A_cut_model_comes_back_from_its_folder_with_the_same_bits(string folder, bool nothingLeft)
    {
        IModel model = GoldenModelTests.Load(folder);
        IModel cut = Cutting.Cut(model, nothingLeft ? [] : [Heads.Kind.Part(0, 1), Mlps.Kind.Part(0), Heads.Kind.Part(1, 0), Heads.Kind.Part(1, 2)], Small.Absent(model, "mean"));
        ModelFolder.Save(cut, temporary.At("cut"), new Dictionary<string, byte[]>());
        IModel back = Load("cut");
        Small.SameBits(cut, back);
        Small.SameBits(Scores(cut), Scores(back), "scores");
        Assert.Equal(cut.Layers.Select(l => (l.Heads, l.Neurons)), back.Layers.Select(l => (l.Heads, l.Neurons)));
    }

    [Theory, InlineData("bert/tiny"), InlineData("roberta/tiny"), InlineData("gpt2/language"),
        InlineData("llama/grouped"), InlineData("llama/qwen2")]
    public void The_folder_of_full_size_needs_no_key_of_ours_and_has_every_tensor_of_the_original(string folder)
    {
        IModel model = GoldenModelTests.Load(folder);
        IReadOnlyList<Part> kept = Small.Some(model.Universe(), 3);
        Ablation ablation = Small.Absent(model, "mean");
        ModelFolder.Save(Cutting.FullSize(model, kept, ablation), temporary.At("full"), new Dictionary<string, byte[]>());
        Assert.DoesNotContain("heartwood", File.ReadAllText(Path.Combine(temporary.At("full"), "config.json")));
        IModel back = Load("full");
        Assert.Equal(model.WithBiases().Weights.All.Keys, back.Weights.All.Keys);
        Small.Close(Masked(model, kept, ablation), Scores(back), "full size");
    }

    [Fact]
    public void Stored_as_bf16_a_model_takes_half_the_room_and_answers_nearly_the_same()
    {
        IModel model = Small.Model(width: 16);
        ModelFolder.Save(model, temporary.At("f32"), new Dictionary<string, byte[]>());
        ModelFolder.Save(model, temporary.At("bf16"), new Dictionary<string, byte[]>(), Dtype.BF16);
        long header = new FileInfo(Path.Combine(temporary.At("f32"), "model.safetensors")).Length - 4 * model.Weights.Count;
        Assert.InRange(new FileInfo(Path.Combine(temporary.At("bf16"), "model.safetensors")).Length, 2 * model.Weights.Count, 2 * model.Weights.Count + header + 200);
        IModel back = Load("bf16");
        foreach (var (name, tensor) in model.Weights.All)
            for (int i = 0; i < tensor.Count; i++) Assert.Equal(tensor.Values[i], back.Weights.All[name].Values[i], Math.Abs(tensor.Values[i]) / 256);       // 8 bits of significand
        Assert.All(Scores(model).Zip(Scores(back)), p => Assert.Equal(p.First, p.Second, 0.1f));
        Assert.Contains("\"torch_dtype\": \"bfloat16\"", File.ReadAllText(Path.Combine(temporary.At("bf16"), "config.json")));
    }

    [Fact]
    public void A_part_that_the_model_has_not_cannot_be_kept() =>
        Assert.Contains("no part L0.H2", Assert.Throws<KeyNotFoundException>(() => Cutting.Cut(Small.Model(), [Heads.Kind.Part(0, 2)], Ablation.Zero(Small.Model().Universe()))).Message);

    IModel Load(string folder)
    {
        using HuggingFaceFolder open = HuggingFaceFolder.Open(temporary.At(folder));
        return ModelFolder.Load(open);
    }
}
