using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Subnetworks.Ablations;

/// <summary>Every head and MLP block ablated alone, as TransformerLens does it (shared/goldens/transformerlens, README there).</summary>
public class AblationGoldenTests
{
    const int Pairs = 4, Positions = 10;
    const double Tolerance = 1e-4;

    public static TheoryData<string> Models => ["gpt2-lm", "llama-lm"];

    static Sequence[] Prompts(string name)
    {
        long[] ids = new GoldenFolder("transformerlens").Tensors("prompts").Longs(name);
        return [.. Enumerable.Range(0, Pairs).Select(pair => Sequence.Plain([.. ids.AsSpan(pair * Positions, Positions).ToArray().Select(id => (int)id)]))];
    }

    // logit[answer] − logit[wrong] at the last position, one number per pair
    sealed class Metric(string folder)
    {
        readonly long[] answers = new GoldenFolder("transformerlens").Tensors("prompts").Longs($"{folder}.answer_ids");
        readonly long[] wrongs = new GoldenFolder("transformerlens").Tensors("prompts").Longs($"{folder}.wrong_ids");

        public float[] Of(IModel model, Batch batch, IProbe probe)
        {
            Tensor logits = model.Forward(batch, probe);
            return [.. Enumerable.Range(0, Pairs).Select(pair => logits.Values[pair * model.Vocabulary + (int)answers[pair]]
                - logits.Values[pair * model.Vocabulary + (int)wrongs[pair]])];
        }
    }

    // of each part alone, in the golden's order: by layer, then by number, then by pair
    static float[] EachAlone(string folder, PartKind kind, IAblation how, Sequence[] prompts, Sequence[]? pairs = null)
    {
        IModel model = GoldenFolder.Model(folder).Model;
        Universe universe = model.Universe([kind]);
        Ablation ablation = new(universe, how);
        Batch batch = new(prompts);
        var values = ablation.On(model, batch, Tokens.Read, pairs is null ? null : new(pairs));
        Metric metric = new(folder);
        return [.. universe.Parts.SelectMany(part => metric.Of(model, batch, new MaskProbe(MaskProbe.Without(universe, [part]), ablation, values)))];
    }

    [Theory, MemberData(nameof(Models))]
    public void Zero_stands_in_for_every_head_and_MLP(string folder)
    {
        GoldenTensors golden = new GoldenFolder($"transformerlens/{folder}").Tensors("ablation");
        golden.NearInSize("zero.head", EachAlone(folder, Heads.Kind, new Zero(), Prompts("clean_ids")), Tolerance);
        golden.NearInSize("zero.mlp", EachAlone(folder, Mlps.Kind, new Zero(), Prompts("clean_ids")), Tolerance);
    }

    [Theory, MemberData(nameof(Models))]
    public void The_mean_by_position_over_the_corrupted_prompts_stands_in_for_every_head_and_MLP(string folder)
    {
        GoldenTensors golden = new GoldenFolder($"transformerlens/{folder}").Tensors("ablation");
        IModel model = GoldenFolder.Model(folder).Model;
        foreach (var (kind, name) in new[] { (Heads.Kind, "mean.head"), (Mlps.Kind, "mean.mlp") })
        {
            Mean mean = new(new(model, model.Universe([kind]), Prompts("corrupted_ids"), () => [new(Prompts("corrupted_ids"))]), byPosition: true);
            golden.NearInSize(name, EachAlone(folder, kind, mean, Prompts("clean_ids")), Tolerance);
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void The_pair_s_own_corrupted_prompt_stands_in_for_every_head_and_MLP(string folder)
    {
        GoldenTensors golden = new GoldenFolder($"transformerlens/{folder}").Tensors("ablation");
        float[] Patched(PartKind kind) => EachAlone(folder, kind, new Interchange(), Prompts("clean_ids"), Prompts("corrupted_ids"));
        golden.NearInSize("resample.head", Patched(Heads.Kind), Tolerance);
        golden.NearInSize("resample.mlp", Patched(Mlps.Kind), Tolerance);
    }

    [Theory, MemberData(nameof(Models))]
    public void Patching_every_head_in_both_directions_gives_the_grids(string folder)
    {
        GoldenTensors golden = new GoldenFolder($"transformerlens/{folder}").Tensors("patching");
        float[] noised = EachAlone(folder, Heads.Kind, new Interchange(), Prompts("clean_ids"), Prompts("corrupted_ids"));
        float[] denoised = EachAlone(folder, Heads.Kind, new Interchange(), Prompts("corrupted_ids"), Prompts("clean_ids"));
        golden.NearInSize("noise.head_z", noised, Tolerance);
        golden.NearInSize("denoise.head_z", denoised, Tolerance);
        Assert.Contains(noised.Zip(denoised), pair => Math.Abs(pair.First - pair.Second) > 0.1);
    }

    [Theory, MemberData(nameof(Models))]
    public void Unpatched_both_prompts_give_the_baselines(string folder)
    {
        GoldenTensors golden = new GoldenFolder($"transformerlens/{folder}").Tensors("patching");
        IModel model = GoldenFolder.Model(folder).Model;
        golden.NearInSize("baseline.clean", new Metric(folder).Of(model, new(Prompts("clean_ids")), NoProbe.Instance), Tolerance);
        golden.NearInSize("baseline.corrupted", new Metric(folder).Of(model, new(Prompts("corrupted_ids")), NoProbe.Instance), Tolerance);
    }
}
