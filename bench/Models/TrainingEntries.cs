using Heartwood.Bench.Harness;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Worlds;
using Heartwood.Lab.Training;

namespace Heartwood.Bench.Models;

/// <summary>Steps of training: forward, backward, clipping, AdamW.</summary>
static class TrainingEntries
{
    const double Rate = 1e-5;
    const int Compared = 3;                                      // steps whose losses peers must have too

    /// <summary>As <c>heartwood train</c> does them.</summary>
    public static Entry Training { get; } = new("training", "a step of training: forward, backward, clipping, AdamW", () =>
    {
        LoadedModel demo = LoadedModel.Load(null);
        IReadOnlyList<Example> pairs = DemoPairs(demo, 200);
        int first = Inputs.Pack([.. pairs.Select(p => p.Input.Ids.Length)], 1024)[0].Count;
        string baseSize = Synthetic.Folder("base");
        int[] sixteenOf64 = [.. Enumerable.Repeat(64, 16)];
        return
        [
            Step("BERT-base, 16 × 64 tokens", "training-base", baseSize, model => Pairs.Examples(sixteenOf64, model)),
            Step("BERT-base, 32 pairs of MNLI's lengths, padded to the longest in PyTorch", "training-mnli", baseSize,
                model => Pairs.Examples(Pairs.Batch, model)),
            Step("the demo's model, 1,024 tokens of its pairs", "training-demo", Synthetic.Demo(), _ => [.. pairs.Take(first)]),
        ];
    });

    /// <summary>Pairs of the demo's language.</summary>
    internal static IReadOnlyList<Example> DemoPairs(LoadedModel demo, int count)
    {
        var rows = MadeUpLanguage.Training(count, 1);
        return Inputs.Encode(rows, demo.Tokenizer, demo.Model.Labels, demo.Model.MostPositions, demo.Rule, "made-up language");
    }

    static Case Step(string size, string name, string folder, Func<IModel, IReadOnlyList<Example>> examples)
    {
        IModel model = LoadedModel.Load(folder).Model;
        IReadOnlyList<Example> batch = examples(model);
        Batch packed = batch.AsBatch();
        string expected = Expected.Written(name, () =>
        {
            Trainer trainer = Make(model, batch);
            return [.. Enumerable.Range(0, Compared).Select(_ => (float)trainer.Advance().Loss)];
        });
        object request = new
        {
            model = folder,
            lengths = packed.Lengths(),
            ids = packed.Ids,
            types = packed.TokenTypes,
            labels = batch.Select(e => e.Label),
            rate = Rate,
            clip = 1.0,
            expected,
        };
        return Case.Timed(size, () =>
        {
            Trainer trainer = Make(LoadedModel.Load(folder).Model, batch);
            return () => trainer.Advance();
        }) with
        {
            Operations = 3 * Arithmetic.Labels(model, packed),
            Peers = [Peer.Torch("training", request)],
            Target = Target.RatioAtMost(0.75),
        };
    }

    // the whole list is one batch, at a rate that stays
    internal static Trainer Make(IModel model, IReadOnlyList<Example> batch) =>
        new(model, batch, new(Steps: 1_000_000, TokensPerBatch: batch.Sum(e => e.Input.Ids.Length), LearningRate: Rate, Warmup: 0, FinalRate: 1));
}
