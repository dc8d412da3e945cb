using System.Diagnostics;
using Heartwood.Bench.Harness;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Bench.Models;

/// <summary>What the program is for: learning masks, running what was cut out, ablating parts.</summary>
static class SubnetworkEntries
{
    /// <summary>The kinds of part that masks are measured over.</summary>
    internal static IReadOnlyList<PartKind> InPlay { get; } = [Heads.Kind, Mlps.Kind];

    /// <summary>A step of a search, as <c>heartwood find</c> does it.</summary>
    public static Entry MaskStep { get; } = new("mask-step", "a step of mask learning, BERT-base, 32 pairs of MNLI's lengths", () =>
    {
        string folder = Synthetic.Folder("base");
        IModel model = Synthetic.Load("base");
        IReadOnlyList<Example> examples = Pairs.Examples(Pairs.Batch, model);
        Batch batch = examples.AsBatch();
        object request = ForwardEntries.Request(folder, batch, "mask-step", () => Slopes(model, batch));
        return
        [
            AgainstRecipe("against the published recipe: padded to 128, full model run as well", "published_masks", 0.25),
            AgainstRecipe("against the recipe with its padding and reference scores optimized", "best_masks", 0.75),
        ];

        Case AgainstRecipe(string size, string peer, double target) => Case.Timed(size, () =>
        {
            PruningSearch search = Search(model, examples, Ablation.Mean(model, model.Universe(SubnetworkEntries.InPlay), [batch]));
            return () => search.Advance();
        }) with
        {
            Operations = 2 * Arithmetic.Labels(model, batch),
            Peers = [Peer.Torch(peer, request)],
            Target = Target.RatioAtMost(target),
        };
    });

    /// <summary>A search whose every step takes all the examples.</summary>
    internal static PruningSearch Search(IModel model, IReadOnlyList<Example> examples, Ablation ablation, int batch = 0)
    {
        Search asked = new(model, ablation.Universe, ablation, Classification.Instance, examples)
        {
            FullScores = () => new Answers(examples).Scores(model),
            Seed = 1,
        };
        return new(asked, new(Steps: 1_000_000, BatchSize: batch == 0 ? examples.Count : batch));
    }

    /// <summary>Half of the heads and half of the MLPs: those with an even number.</summary>
    internal static IEnumerable<Part> EverySecond(IModel model) =>
        model.Universe(InPlay).Parts.Where(p => (Heads.Kind.Includes(p) ? p.Index : p.Layer) % 2 == 0);

    // the KL divergence and its gradient at a mask between 0.2 and 0.8, zero ablation: what the peer compares its own with
    internal static float[] Slopes(IModel model, Batch batch)
    {
        Tensor full = model.Forward(batch, NoProbe.Instance);
        int parts = model.Universe(SubnetworkEntries.InPlay).Count;
        Tensor mask = Tensor.From([.. Enumerable.Range(0, parts).Select(p => 0.2f + 0.6f * p / parts)], parts).Track();
        Tensor kl = model.Forward(batch, new MaskProbe(mask, Ablation.Zero(model.Universe(SubnetworkEntries.InPlay)))).KlFrom(full);
        return [kl.Item, .. kl.Gradients(mask)[0].Values];
    }

    /// <summary>A cut model next to the full one.</summary>
    public static Entry Cut { get; } = new("cut", "a subnetwork of half the heads and half the MLPs, cut out, against the full model", () =>
    {
        IModel model = Synthetic.Load("base");
        IModel cut = Cutting.Cut(model, EverySecond(model), Ablation.Zero(model.Universe(InPlay)));
        return
        [
            AgainstFull("BERT-base, 16 × 64 tokens", [.. Enumerable.Repeat(64, 16)]),
            AgainstFull("BERT-base, 32 pairs of MNLI's lengths", Pairs.Batch),
        ];

        Case AgainstFull(string size, int[] lengths)
        {
            Batch batch = Pairs.Examples(lengths, model).AsBatch();
            return Case.Timed(size, () => Pass(cut, batch)) with
            {
                Operations = Arithmetic.Labels(cut, batch),
                Rivals = [new("full model", () => Pass(model, batch))],
                Target = new("at least 1.8 times the full model's speed", r => r.Ratio is { } ratio ? ratio <= 1 / 1.8 : null),
            };
        }

        static Action Pass(IModel model, Batch batch) => () =>
        {
            using Scope scope = Scope.Open();
            model.Forward(batch, NoProbe.Instance);
        };
    });

    /// <summary>Every part ablated, one at a time.</summary>
    public static Entry Ablations { get; } = new("ablations",
        "every part of BERT-base ablated, one at a time, against as many evaluations; 512 pairs with --only 512",
        () => [EachPartAblated(64), EachPartAblated(512) with { Asked = true }]);

    // pairs that are evaluated before and after their ablations, in turn: a machine's speed drifts in minutes
    const int Slice = 128;

    static Case EachPartAblated(int pairs) => Case.Figured($"144 heads and 12 MLPs, {pairs} pairs of MNLI's lengths", _ =>
    {
        IModel model = Synthetic.Load("base");
        Universe universe = model.Universe(SubnetworkEntries.InPlay);
        float[][] masks = [.. universe.Parts.Select(p => MaskProbe.Without(universe, [p]).Values.ToArray())];
        Ablation ablation = Ablation.Zero(model.Universe(SubnetworkEntries.InPlay));
        double all = 0, once = 0;
        foreach (Example[] slice in Pairs.Examples(Pairs.Lengths(pairs), model).Chunk(Slice))
        {
            Answers answers = new(slice);
            answers.Scores(model);                                   // the first packs the weights
            double before = Seconds(() => answers.Scores(model));
            all += Seconds(() => answers.Scores(model, masks, ablation));
            once += (before + Seconds(() => answers.Scores(model))) / 2;
        }
        string note = FormattableString.Invariant($"{all:0.0} s; one evaluation {once:0.00} s");
        return new(all / (universe.Count * once), "of as many evaluations", note);
    }) with
    { Target = Target.AtMost(0.55, "0.55 of as many evaluations") };

    static double Seconds(Action action)
    {
        long began = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
