using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    /// <summary>Folder of the healed cut in the run.</summary>
    public const string HealedFolder = "healed";

    const string HealedRandomFolder = "healed-random";

    // one cut to heal: the candidate that it is, its parts, what it reaches where that is known, and where it goes
    sealed record ToTrain(string From, bool IsRandom, IReadOnlyList<Part> Kept, Measured? Known, string Into);

    // why the run's cut cannot be trained on its data, with the next move; null where it can
    string? WhyNoHealing()
    {
        if (NextTraining.Make(request, loaded, data, "RUN/cut", "RUN-healed").WhyNot is { } why) return why;
        if (Subject.Facts<CutFacts>()?.Choice is not { } choice) return "Nothing was cut.";
        return WhyNoLoss(CutOf(Named(choice.Subnetwork).Kept));
    }

    // the loss may compare what a cut does not have
    string? WhyNoLoss(IModel cut)
    {
        IObjective loss = HealingLoss;
        try
        {
            if (loss.NeedsReference) _ = loss.Sites(problem, cut, Model);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return $"The loss {request.HealLoss} cannot be asked of it: {e.Message}";
        }
    }

    LossTerms HealingLoss => LossTerms.Parse(request.HealLoss, problem);

    // the model as it is written, in float32 as all training
    IModel CutOf(IReadOnlyList<Part> kept) => Cutting.Cut(Model, kept, OwnAblation()).AsStored().At(Precision.Float32);

    // trains the cut that was written and a random one of the same make, and measures both before and after
    HealingFacts? HealCut()
    {
        if (Subject.Facts<CutFacts>()?.Choice is not { } choice) return null;
        HealingPlan plan = Plan();
        Healer healer = new(folder, plan, loaded.TokenizerFiles, progress, stop);
        var (random, whyNot) = RandomLike(Named(choice.Subnetwork), choice.Subnetwork);
        ToTrain[] all = [Chosen(choice.Subnetwork), .. random is null ? (ToTrain[])[] : [random]];
        folder.RequireSpace(Model.Weights.Count * sizeof(float) * 4 * all.Length);
        folder.Work([.. all.Select(one =>
            healer.Healing(one.From, () => CutOf(one.Kept), one.Into, one.IsRandom ? "random parts" : "the cut"))]);
        Action<int> advance = Advance("measuring healed models", (long)all.Length * sets.Examples, "examples");
        return new(plan.Options.Steps, request.HealLoss, plan.Options.LearningRate, plan.Options.TokensPerBatch, plan.Options.Seed,
            plan.Examples.Count, [.. all.Select(one => Compared(one, advance))], whyNot);
    }

    HealingPlan Plan()
    {
        TrainingOptions options = new(Seed: 0, Steps: request.HealSteps > 0 ? request.HealSteps : NextTraining.Steps,
            LearningRate: NextTraining.LearningRate(Model.Width));
        // a window of text is no longer than a batch, unless the data says how long it is: as in a training by itself
        bool open = problem.OfVocabulary && request.MostTokens == 0
            && data[Role.Train].All(source => source.Problem is LanguageModelling { Window: 0 });
        int most = open ? Math.Min(Model.MostPositions, options.TokensPerBatch) : request.MostTokens;
        return new(loaded.Encode(data[Role.Train], Model.Labels, most), options, problem, HealingLoss, Model.At(Precision.Float32));
    }

    ToTrain Chosen(string name)
    {
        MeasuredSubnetwork? known = Evaluate().Subnetworks.FirstOrDefault(s => LossIn(s).Subnetwork == name);
        return new(name, false, Named(name).Kept, known?.Measured, HealedFolder);
    }

    // the random parts that were measured next to a subnetwork; of another method's, which has none, a draw that is like it
    (ToTrain? Random, string? WhyNot) RandomLike(Subnetwork chosen, string name)
    {
        AccuracyFacts measured = Evaluate();
        bool own = measured.Subnetworks.Any(s => LossIn(s).Subnetwork == name);
        MeasuredSubnetwork? next = own
            ? measured.RandomSubnetworks.FirstOrDefault(r => r.Seed == chosen.Seed && r.TargetSparsity == chosen.TargetSparsity) : null;
        IReadOnlyList<Part> kept = next is not null ? [.. next.Parts.Select(Part.Parse)]
            : MaskMeasuring.Random(universe, Costs(), chosen, chosen.Seed, 0);
        if (Cutting.WhyNot(Model, kept, OwnAblation()) is { } why) return (null, why);
        if (WhyNoLoss(CutOf(kept)) is { } unlike) return (null, unlike);
        return (new(next is null ? $"{MeasuredCandidates.RandomPrefix}-like-{name}" : MeasuredCandidates.NameOfRandom(next), true, kept,
            next?.Measured, HealedRandomFolder), null);
    }

    HealedFacts Compared(ToTrain one, Action<int> advance)
    {
        IModel healed = LoadedModel.Load(folder.PathOf(one.Into), request.Precision).Model;
        IModel cut = Cutting.Cut(Model, one.Kept, OwnAblation());
        // what was measured of the subnetwork is what the written cut reaches, unless storing it rounds
        Measured before = one.Known is { } known && cut.AsStored() == cut ? known : Measure(cut.AsStored(), null);
        return new(one.From, one.IsRandom, [.. one.Kept.Select(p => p.ToString())], StoredModel.Made(healed) with { File = one.Into },
            before, Measure(healed, advance));

        Measured Measure(IModel model, Action<int>? tell) =>
            sets.Measure(sets.Scores(model, stop, tell, full: Model), Subject.FullScores);
    }
}
