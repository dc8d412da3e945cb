using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Discovery;

/// <summary>
/// The mask's gradient with the pair's own prompt as ablation is attribution patching, as TransformerLens computes it
/// (shared/goldens/transformerlens, README there: a first-order estimate of how the logit difference changes).
/// </summary>
public class AttributionGoldenTests
{
    const int Pairs = 4, Positions = 10;
    const double Tolerance = 1e-4;

    public static TheoryData<string, string> Grids => new() { { "gpt2-lm", "noise" }, { "gpt2-lm", "denoise" }, { "llama-lm", "noise" }, { "llama-lm", "denoise" } };

    static Example[] Examples(string folder, string direction)
    {
        GoldenTensors prompts = new GoldenFolder("transformerlens").Tensors("prompts");
        long[] right = prompts.Longs($"{folder}.answer_ids"), wrong = prompts.Longs($"{folder}.wrong_ids");
        Sequence[] clean = Read("clean_ids"), corrupted = Read("corrupted_ids");
        var (run, other) = direction == "noise" ? (clean, corrupted) : (corrupted, clean);
        return [.. Enumerable.Range(0, Pairs).Select(pair => new Example(run[pair], 0, "", "")
        {
            Pair = other[pair],
            Next = new([(int)right[pair]], [(int)wrong[pair]]),
        })];

        Sequence[] Read(string name) => [.. prompts.Longs(name).Chunk(Positions)
            .Select(ids => Sequence.Plain([.. ids.Select(id => (int)id)]))];
    }

    // what each part's attribution is, in the golden's order: by part, then by pair
    static float[] Attributed(string folder, string direction, PartKind kind)
    {
        IModel model = GoldenFolder.Model(folder).Model;
        Universe universe = model.Universe([kind]);
        float[] all = new float[universe.Count * Pairs];
        foreach (var (pair, example) in Examples(folder, direction).Index())
        {
            Search asked = new(model, universe, new(universe, new Interchange()), new Prompts(), [example])
            {
                Objective = new LogitDifference(),
            };
            ISearch search = new MaskGradient().Begin(asked);
            while (!search.IsDone()) search.Advance();
            // a score is what presence adds to the difference; the golden is what the other prompt's value would change
            for (int part = 0; part < universe.Count; part++) all[part * Pairs + pair] = -(float)search.Scores.Values[part];
        }
        return all;
    }

    [Theory, MemberData(nameof(Grids))]
    public void The_masks_gradient_of_every_head_is_its_attribution(string folder, string direction) =>
        new GoldenFolder($"transformerlens/{folder}").Tensors("attribution")
            .NearInSize($"{direction}.head_z", Attributed(folder, direction, Heads.Kind), Tolerance);

    [Theory, MemberData(nameof(Grids))]
    public void The_masks_gradient_of_every_MLP_is_its_attribution_summed_over_positions(string folder, string direction)
    {
        float[] byPosition = new GoldenFolder($"transformerlens/{folder}").Tensors("attribution").Floats($"{direction}.mlp_out");
        float[] mine = Attributed(folder, direction, Mlps.Kind);
        for (int layer = 0; layer * Pairs < mine.Length; layer++)
            for (int pair = 0; pair < Pairs; pair++)
            {
                double expected = Enumerable.Range(0, Positions).Sum(position => (double)byPosition[(layer * Positions + position) * Pairs + pair]);
                Assert.InRange(mine[layer * Pairs + pair], expected - Size(expected), expected + Size(expected));
            }

        static double Size(double expected) => Tolerance * Math.Max(1, Math.Abs(expected));
    }
}
