using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Lab.Evaluation;

[Collection("the thread team")]
public class OutputChangeTests
{
    static readonly IReadOnlyList<Example> examples = Small.Examples(9);

    static float[] Without(IModel model, params Part[] absent) => MaskProbe.Without(model.Universe(), absent).Values.ToArray();

    /// <summary>Head L1.H0 reads what head L0.H0 writes; L0.H1 writes nothing, and L1.H1 mixes a constant.</summary>
    static IModel Planted()
    {
        IModel small = Small.Model();
        return small.With(small.Config, small.Weights.Map((name, t) => name switch
        {
            "bert.encoder.layer.0.attention.output.dense.weight" => Zeroed(t, (_, column) => column >= 4),
            "bert.encoder.layer.1.attention.self.value.weight" => Zeroed(t, (row, _) => row >= 4),
            _ => t,
        }));
    }

    static Tensor Zeroed(Tensor t, Func<int, int, bool> where)
    {
        Tensor zeroed = t.KeepForever();
        int columns = t.Shape.Axes[^1];
        for (int i = 0; i < zeroed.Count; i++) if (where(i / columns, i % columns)) zeroed.Change()[i] = 0;
        return zeroed;
    }

    [Fact]
    public void A_head_moves_when_what_it_reads_is_absent_and_no_other_does()
    {
        IModel model = Planted();
        double[][][] changes = OutputChange.Measure(model, examples, [(Without(model, Heads.Kind.Part(0, 0)), 1), (Without(model, Heads.Kind.Part(0, 1)), 1)], Small.Absent(model, "mean"));
        // heads in address order: L0.H0 L0.H1 L1.H0 L1.H1
        Assert.All(changes[0][2], c => Assert.True(c > 1e-3, $"{c}"));
        Assert.All(changes[1][2], c => Assert.Equal(0, c));
        // equal weights of a constant: rounding is all that moves
        Assert.All(changes[0][3], c => Assert.InRange(c, 0, 1e-6));
        foreach (int h in (int[])[0, 1]) Assert.All(changes[0][h], c => Assert.Equal(0, c));
    }

    [Fact]
    public void Changes_are_those_of_two_whole_passes()
    {
        IModel model = Small.Model(layers: 3);
        Ablation ablation = Small.Absent(model, "zero");
        float[] mask = Without(model, Heads.Kind.Part(0, 1), Mlps.Kind.Part(1));
        double[][] changes = OutputChange.Measure(model, examples, [(mask, 2)], ablation)[0];
        Part[] heads = [.. model.Universe().Parts.Where(p => Heads.Kind.Includes(p))];
        for (int e = 0; e < examples.Count; e++)
        {
            using Scope scope = Scope.Open();
            Batch batch = new([examples[e].Input]);
            Recorder before = new(), after = new(inner: new MaskProbe(Tensor.From(mask, mask.Length), ablation));
            model.Forward(batch, before);
            model.Forward(batch, after);
            foreach (var (h, head) in heads.Index().Where(h => h.Item.Layer > 0))
            {
                float[][] values = [.. new[] { before, after }.Select(r => r.Seen[new(head.Layer, Point.Heads)].Values.ToArray())];
                double moved = 0, whole = 0;
                for (int i = 0; i < values[0].Length; i++)
                {
                    if (i % 8 / 4 != head.Index) continue;
                    moved += Math.Pow(values[1][i] - values[0][i], 2);
                    whole += Math.Pow(values[0][i], 2);
                }
                Assert.Equal(Math.Sqrt(moved / whole), changes[h][e], 1e-4);
            }
        }
    }

    [Fact]
    public void What_is_not_asked_about_is_not_computed_and_threads_change_no_bit()
    {
        IModel model = Small.Model(layers: 3);
        IReadOnlyList<Example> many = Small.Examples(300);
        Ablation ablation = Small.Absent(model, "mean");
        (float[], int)[] masks = [(Without(model, Heads.Kind.Part(0, 0)), 2), (Without(model, Heads.Kind.Part(0, 0)), 1), (Without(model, Mlps.Kind.Part(2)), 2), (Without(model), 2)];
        int before = Machine.Threads;
        try
        {
            Machine.Threads = 1;
            int told = 0;
            double[][][] one = OutputChange.Measure(model, many, masks, ablation, n => told += n);
            Assert.Equal(4 * 300, told);
            Assert.Equal(one[0][2], one[1][2]);
            Assert.All(one[1][4], c => Assert.True(double.IsNaN(c)));
            Assert.All(one[2].Concat(one[3]).SelectMany(c => c), c => Assert.Equal(0, c));
            Machine.Threads = 3;
            double[][][] several = OutputChange.Measure(model, many, masks, ablation);
            for (int m = 0; m < masks.Length; m++)
                for (int h = 0; h < one[m].Length; h++) Assert.Equal(one[m][h], several[m][h]);
        }
        finally { Machine.Threads = before; }
        Assert.Throws<OperationCanceledException>(() => OutputChange.Measure(model, many, masks, ablation, stop: new(true)));
    }
}
