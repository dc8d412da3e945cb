using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors.Backends;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Discovery;

/// <summary>What every finder promises, and small questions to ask of one.</summary>
static class FinderRules
{
    static readonly IModel model = Small.Model();
    static readonly Ablation ablation = Small.Absent(model, "mean");

    /// <summary>A small model, asked about some random examples.</summary>
    public static Search Asked(int examples = 24, ulong seed = 3, ISetMeasure? measure = null, IModel? of = null)
    {
        IReadOnlyList<Example> all = Small.Examples(examples);
        Ablation left = of is null ? ablation : Ablation.Zero(of.Universe());
        return new(of ?? model, (of ?? model).Universe(), left, Classification.Instance, all)
        {
            FullScores = () => new Answers(all).Scores(of ?? model),
            Measure = measure ?? new AnswerMeasure(of ?? model, left, Classification.Instance, model.Labels, [0, 1]),
            Seed = seed,
        };
    }

    /// <summary>The finder with options, as the command line gives them.</summary>
    public static IFinder With(IFinder finder, string options) =>
        finder.With(TenantSpec.Parse($"{finder.Facts.Name},{options}", "method"));

    /// <summary>The message with which it refuses options.</summary>
    public static string Refusal(IFinder finder, string options) =>
        Assert.Throws<ArgumentException>(() => With(finder, options)).Message;

    /// <summary>
    /// Resumed after any step, and on any number of threads, scores have the same bits; another seed matters where it says so, and only
    /// there; the state of another search is refused; there is one finite score for each part.
    /// </summary>
    public static void AreKept(IFinder finder, Search search)
    {
        using TemporaryFolder temporary = new();
        Scores whole = finder.Begin(search).Finish();
        Assert.Equal(search.Universe.Count, whole.Values.Count);
        Assert.All(whole.Values, v => Assert.True(double.IsFinite(v)));
        int steps = finder.Begin(search).Steps;
        for (int stop = 0; stop <= steps; stop++)
        {
            ISearch first = finder.Begin(search), second = finder.Begin(search);
            while (first.Step < stop) first.Advance();
            using (FileStream file = File.Create(temporary.At("state"))) first.Save(file);
            second.Restore(temporary.At("state"));
            Same(whole, second.Finish());
        }
        int before = Machine.Threads;
        try
        {
            foreach (int threads in (int[])[1, 3])
            {
                Machine.Threads = threads;
                Same(whole, finder.Begin(search).Finish());
            }
        }
        finally { Machine.Threads = before; }
        Scores another = finder.Begin(search with { Seed = search.Seed + 1 }).Finish();
        Assert.Equal(!finder.Facts.Seeded, whole.Values.SequenceEqual(another.Values));
        File.WriteAllText(temporary.At("state"), "{}");
        Assert.Contains("Delete the file", Assert.Throws<CheckpointException>(() => finder.Begin(search).Restore(temporary.At("state"))).Message);
    }

    static void Same(Scores expected, Scores actual)
    {
        Assert.Equal(expected.Values, actual.Values);
        Assert.Equal(expected.Errors, actual.Errors);
    }

    /// <summary>The worth of sets as a table of numbers: entry i is the set whose part p is kept where bit p of i is 1.</summary>
    public sealed class Game(IReadOnlyList<double> values) : ISetMeasure
    {
        /// <summary>How many sets were asked for.</summary>
        public long Asked { get; private set; }

        public string Name => "value";

        public IReadOnlyList<Worth> Worths(
            IReadOnlyList<Example> examples, IReadOnlyList<float[]> masks, float[]? shared, CancellationToken stop)
        {
            Asked += masks.Count;
            return [.. masks.Select(m => new Worth(values[Place(m)], values[Place(m)]))];
        }

        static int Place(float[] mask) => Enumerable.Range(0, mask.Length).Sum(p => mask[p] == 1 ? 1 << p : 0);
    }

    /// <summary>A game of some parts: heads of one layer.</summary>
    public static Search Play(Game game, int parts, ulong seed = 3) =>
        Asked(1, seed, game) with { Universe = new([.. Small.HeadsAndMlps([parts]).Places.Take(parts)]) };
}
