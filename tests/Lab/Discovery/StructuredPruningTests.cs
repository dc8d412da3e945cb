using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public sealed class StructuredPruningTests : IDisposable
{
    static readonly IModel model = Small.Model();
    static readonly IReadOnlyList<Example> examples = Small.Examples(10);
    static readonly Ablation ablation = Small.Absent(model, "mean");
    static readonly PruningOptions options = new(Steps: 8, BatchSize: 4, LearningRate: 0.5);
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static Search Asked(
        ulong seed = 3, double sparsity = 0.5, IModel? of = null, Ablation? absent = null, IReadOnlyList<Example>? on = null, float[]? full = null) =>
        new(of ?? model, (of ?? model).Universe(), absent ?? ablation, Classification.Instance, on ?? examples)
        {
            FullScores = () => full ?? new Answers(on ?? examples).Scores(of ?? model),
            Seed = seed,
            Sparsity = sparsity,
        };

    static PruningSearch Search(
        PruningOptions? with = null, ulong seed = 3, IModel? of = null, Ablation? absent = null, IReadOnlyList<Example>? on = null,
        double sparsity = 0.5) => new(Asked(seed, sparsity, of, absent, on), with ?? options);

    [Fact]
    public void Scores_of_the_full_model_that_nobody_gives_are_computed() =>
        Assert.Equal(Run(Search()), Run(new(Asked() with { FullScores = null }, options)));

    static List<PruningLine> Run(PruningSearch search)
    {
        List<PruningLine> lines = [];
        while (!search.IsDone()) lines.Add(search.Take());
        return lines;
    }

    static IReadOnlyDictionary<Part, double> ScoresOf(PruningSearch search) => search.Scores.ByPart(model.Universe());

    static IReadOnlyList<Part> ByRank(PruningSearch search, double sparsity = 0.5) => search.Scores.KeptAt(model.Universe(), sparsity);

    [Fact]
    public void Resumed_after_any_step_every_later_figure_and_score_has_the_same_bits()
    {
        PruningSearch whole = Search();
        List<PruningLine> lines = Run(whole);
        Assert.Equal(8, lines.Count);
        for (int stop = 0; stop <= lines.Count; stop++)
        {
            PruningSearch first = Search(), second = Search();
            while (first.Step < stop) first.Advance();
            using (FileStream file = File.Create(temporary.At("state"))) first.Save(file);
            second.Restore(temporary.At("state"));
            Assert.Equal(lines.Skip(stop), Run(second));
            Assert.Equal(whole.Scores.Values, second.Scores.Values);
        }
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits_and_another_seed_others()
    {
        int before = Machine.Threads;
        try
        {
            Machine.Threads = 1;
            PruningSearch one = Search();
            List<PruningLine> lines = Run(one);
            foreach (int threads in (int[])[2, 3])
            {
                Machine.Threads = threads;
                PruningSearch several = Search();
                Assert.Equal(lines, Run(several));
                Assert.Equal(one.Scores.Values, several.Scores.Values);
            }
            Assert.NotEqual(lines, Run(Search(seed: 4)));
        }
        finally { Machine.Threads = before; }
    }

    [Fact]
    public void Parts_that_stay_are_never_absent_and_the_others_are_chosen_as_before()
    {
        Part[] stay = [Mlps.Kind.Part(0), Heads.Kind.Part(1, 0)];
        PruningSearch search = new(Asked(), options with { LearningRate = 3 }, stay), free = new(Asked(), options with { LearningRate = 3 });
        List<PruningLine> lines = Run(search);
        Assert.Equal(Run(free)[0].Distance, lines[0].Distance);                   // log alpha begins at 10: nothing is absent yet
        Assert.All(stay, part => Assert.Equal(1e4, ScoresOf(search)[part]));
        Assert.All(ScoresOf(search).Keys.Except(stay), part => Assert.InRange(ScoresOf(search)[part], -100, 100));
        Assert.Subset(ByRank(search).ToHashSet(), stay.ToHashSet());
        Assert.All(lines, l => Assert.InRange(l.Sparsity, 0, 1 - 2.0 / 6));
        Assert.Contains("lower sparsity", Assert.Throws<ArgumentException>(() => new PruningSearch(Asked(), options, [.. model.Universe().Parts.Take(3)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_target_rises_over_the_warm_up_and_the_multipliers_climb_by_its_gap()
    {
        List<PruningLine> lines = Run(Search(options with { Steps = 10, WarmUp = 0.5 }));
        Assert.Equal([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5], lines.Select(l => Math.Round(l.Target, 6)));
        // log alpha begins at 10, where nothing is absent: the gap is below 0 by a hair at first, then the target runs ahead
        Assert.InRange(lines[0].Sparsity, 0, 1e-3);
        Assert.True(lines[^1].Multiplier1 > 1 && lines[^1].Multiplier2 > 1);
        Assert.True(lines[^1].Sparsity > lines[1].Sparsity);
        Assert.All(lines, l => Assert.True(l.Distance > -1e-6));
    }

    [Theory, InlineData(0.5, 3), InlineData(0.34, 4), InlineData(0.9, 1), InlineData(0.95, 0), InlineData(0.05, 6)]
    public void By_rank_exactly_the_target_size_is_kept_highest_scores_first(double sparsity, int kept)
    {
        PruningSearch search = Search(sparsity: sparsity);
        Run(search);
        IReadOnlyList<Part> parts = ByRank(search, sparsity);
        Assert.Equal(kept, parts.Count);
        Assert.Equal(parts.Order(), parts);
        if (kept is > 0 and < 6) Assert.True(parts.Min(p => ScoresOf(search)[p]) >= ScoresOf(search).Where(s => !parts.Contains(s.Key)).Max(s => s.Value));
    }

    [Fact]
    public void Ties_go_to_the_lower_address()
    {
        PruningSearch search = Search(options with { LogAlphaDeviation = 0 });        // before the first step all scores are equal
        Assert.Single(search.Scores.Values.Distinct());
        Assert.Equal(["L0.H0", "L0.H1", "L0.MLP"], ByRank(search).Select(p => p.ToString()));
    }

    [Fact]
    public void By_mask_what_the_deterministic_mask_has_above_one_half_is_kept()
    {
        PruningSearch search = Search(options with { Steps = 40 });
        Assert.Equal(model.Universe().Parts, search.KeptByMask());                        // all are present at the start
        Run(search);
        Assert.Equal(ScoresOf(search).Where(s => s.Value > 0).Select(s => s.Key).Order(), search.KeptByMask());          // sigmoid(0) is one half
        Assert.InRange(search.KeptByMask().Count, 0, 5);
    }

    [Theory, InlineData(1UL), InlineData(2UL), InlineData(3UL)]
    public void A_planted_circuit_is_found(ulong seed)
    {
        // only these three parts reach the answer: the others' last matrices are zero, so that what they put out is constant
        Part[] planted = [Heads.Kind.Part(0, 1), Mlps.Kind.Part(0), Heads.Kind.Part(1, 0)];
        IModel whole = Small.Model(seed: 11), circuit = Cutting.FullSize(whole, planted, Ablation.Zero(whole.Universe()));
        circuit = circuit.With(circuit.Config, circuit.Weights.Map((name, t) => name == "classifier.weight" ? (t * 8).KeepForever() : name.EndsWith("output.dense.weight", StringComparison.Ordinal) ? (t * 3).KeepForever() : t));
        IReadOnlyList<Example> pool = Small.Examples(40);
        PruningSearch search = Search(new(Steps: 160, BatchSize: 10, LogAlpha: 3, MultiplierRate: 0.1), seed, circuit, Ablation.Mean(circuit, circuit.Universe(), Inputs.Batches(pool, 200)), pool);
        List<PruningLine> lines = Run(search);
        Assert.Equal(planted, ByRank(search));
        Assert.Equal(planted, search.KeptByMask());
        Assert.InRange(lines[^1].Sparsity, 0.4, 0.6);
    }

    [Fact]
    public void The_state_of_another_search_is_refused()
    {
        PruningSearch search = Search();
        Run(search);
        using (FileStream file = File.Create(temporary.At("state"))) search.Save(file);
        Assert.Contains("expected the state of a search of 5 steps", Assert.Throws<CheckpointException>(() => Search(options with { Steps = 5 }).Restore(temporary.At("state"))).Message);
        IModel other = Small.Model(layers: 3);
        Assert.Contains("The file belongs to another search", Assert.Throws<CheckpointException>(() => Search(of: other, absent: Ablation.Zero(other.Universe())).Restore(temporary.At("state"))).Message);
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_search_and_names_seed_and_step()
    {
        float[] none = new float[examples.Count * 2];
        Array.Fill(none, float.NaN);
        string message = Assert.Throws<InvalidOperationException>(() => new PruningSearch(Asked(full: none), options).Advance()).Message;
        Assert.StartsWith("The loss of step 1 (seed 3) is NaN.", message);
    }

    [Fact]
    public void What_cannot_be_searched_is_refused_by_name()
    {
        Assert.Contains("10 examples need 20 scores of the full model, 3 were given", Assert.Throws<ArgumentException>(() => new PruningSearch(Asked(full: new float[3]), options)).Message);
        foreach (double wrong in (double[])[0, 1, 60, double.NaN])
            Assert.Contains($"between 0 and 1, the fraction of parts that are ablated; it is {wrong}",
                Assert.Throws<ArgumentException>(() => Search(sparsity: wrong)).Message);
        foreach (var (wrong, gist) in new (PruningOptions, string)[]
        {
            (options with { Steps = 0 }, "steps"), (options with { WarmUp = 2 }, "warm-up"), (options with { BatchSize = 0 }, "batch-size"), (options with { LearningRate = 0 }, "learning-rate"),
            (options with { MultiplierRate = -1 }, "multiplier-rate"), (options with { Low = 0 }, "lower limit"), (options with { High = 1 }, "upper limit"), (options with { Temperature = 0 }, "temperature"),
            (options with { LogAlphaDeviation = -1 }, "log-alpha-deviation"),
        })
            Assert.Contains(gist, Assert.Throws<ArgumentException>(wrong.Check).Message);
    }
}
