using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Studies.Paper;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>Made-up results of a paper's run, to judge its page by; what is computed from subnetworks is computed as in a run.</summary>
static class SamplePaper
{
    /// <summary>Eighteen sparsities, eleven checkpoints.</summary>
    public static RunResult Usual { get; } = Make(new SampleResult { Sparsities = [.. PaperRequest.Sparsities(0.6).Select(s => s.Value)], Seeds = 3 }, [100, 250, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000]);

    /// <summary>No checkpoints, two sparsities, one seed.</summary>
    public static RunResult Least { get; } = Make(new SampleResult { Sparsities = [0.5, 0.3], Seeds = 1, Draws = 0 }, []);

    static RunResult Make(SampleResult sample, int[] steps)
    {
        RunResult r = sample.Make();
        AccuracyFacts measured = r.Accuracy;
        CheckpointAblations[] checkpoints = [.. steps.Select((step, i) => Checkpoint(r, step, i, steps.Length))];
        Part[] core = [.. r.Core.Parts.Select(Part.Parse).Where(p => Heads.Kind.Includes(p))];
        int tests = steps.Length * r.Model.HeadsPerLayer.Sum();
        EmergenceFacts? emergence = steps.Length == 0 ? null : Emergence.Over(checkpoints, core, tests, 0.03, 1);
        Settings settings = new() { GridSparsities = [0.2, 0.4, 0.6, 0.8], GridSeeds = [1, 2], Seeds = [1] };
        SizeFacts? sizes = emergence is null ? null : Sizes.Over([.. emergence.Checkpoints.Skip(2).Select(c => Sizes.At(c, r.Subnetworks, settings, 36, false))], emergence, settings, 36);
        PaperFacts paper = new(0.03, Curve.Points(measured), Generalization.Among(measured, 0.03, 1), Shift.Between(new(r.Frequencies), r.Core.TargetSparsity), emergence, sizes,
            SampleHeads.Attention(r), SampleHeads.Needs(r), SampleHeads.AddBack(r));
        return r with { Paper = paper };
    }

    static CheckpointAblations Checkpoint(RunResult r, int step, int place, int count)
    {
        double learned = Math.Min(1, place / (count * 0.6));
        Proportion inside = Proportion.FromCounts((int)(2000 * (0.53 + 0.46 * Math.Min(1, place / 3.0))), 2000), outside = Proportion.FromCounts((int)(840 * (0.5 + 0.49 * learned)), 840);
        LossFacts Lost(string name)
        {
            double lost = 0.3 * learned * Math.Max(0, new Chance(3, name).Uniform(0) - 0.6);
            return new(new(lost, 2000, lost - 0.01, lost + 0.01), new(lost * 1.5, 840, lost * 1.5 - 0.02, lost * 1.5 + 0.02));
        }
        Measured full = r.Full with { InDomain = inside, OutOfDomain = outside };
        return new(new($"step-{step}", step, new string('d', 64), full, inside.Low > 0.56, outside.Low > 0.53, Lost("core"), [Lost("draw 1"), Lost("draw 2")]),
            r.Parts.Where(k => Heads.Kind.Includes(Part.Parse(k.Name))).ToDictionary(k => k.Name, k => Lost(k.Name)));
    }
}
