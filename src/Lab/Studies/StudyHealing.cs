using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
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

    HealRequest? healing;

    // one model to heal: the candidate that it is, its parts, and what it reaches where that is known
    sealed record ToHealOne(string From, HealingStart Start, IReadOnlyList<Part> Kept, Measured? Known)
    {
        public string InWords => Start switch
        {
            HealingStart.Cut => "the cut",
            HealingStart.Random => "random parts",
            HealingStart.Scratch => "the cut's architecture from scratch",
            _ => From,
        };

        public string? Into => Start switch
        {
            HealingStart.Cut => HealedFolder,
            HealingStart.Random => HealedRandomFolder,
            _ => null,
        };
    }

    /// <summary>
    /// Trains the cut of the run and what is asked next to it, measures all before and after, and puts that into the run's
    /// <c>result.json</c>; a study that is not finished is finished first. What was trained before is not trained again.
    /// </summary>
    /// <param name="asked">what is trained, on what, how often</param>
    /// <param name="tell">hears what it will cost, once all is checked; null for nobody</param>
    /// <returns>the whole result</returns>
    /// <exception cref="ArgumentException">a loss or a teacher does not fit the model</exception>
    /// <exception cref="NotSupportedException">the run has no cut, or its data trains nothing; the message has the next move</exception>
    public Result Heal(HealRequest asked, Action<string>? tell = null)
    {
        asked.Check();
        healing = asked with { Losses = HealRequest.Named(asked.Losses, asked.Sampled > 0 ? new LanguageModelling() : problem) };
        RequireInDomain();
        RequireTeachers();
        if (!how.IsConstant) throw new NotSupportedException(WhyNoCut);
        if (WhyNoHealing() is { } why) throw new NotSupportedException(why);
        Report();
        tell?.Invoke(FormattableString.Invariant($"{Arms(Starts().All).Count()} trainings of {asked.Steps:N0} steps"));
        IQuestion question = request.Tenants.Questions.FirstOrDefault(q => q.FactsType == typeof(HealingFacts))
            ?? throw new InvalidOperationException("The study's questions do not heal.");
        folder.Restage(question.Name, new Kept<HealingFacts>(question.Version, null, HealCut()));
        foreach (DataSource source in data.ToMeasure.Sources) source.RefuseChanged();
        return Replace(Subject.AskEach(question.Name));
    }

    // a teacher that does not fit is refused before the first training, not when its turn comes
    void RequireTeachers()
    {
        if (ToHealBy.Teachers.Count == 0) return;
        if (!ToHealBy.Losses.Any(words => LossTerms.Parse(words, ToHealOn).NeedsReference))
            throw new ArgumentException($"--teacher {ToHealBy.Teachers[0]} would have no effect: no term of the loss compares with a "
                + $"teacher. Name some with --loss, of: {string.Join(", ", LossTerms.Known.Keys)}.");
        foreach (string teacher in ToHealBy.Teachers.SelectMany(Teachers.In).Distinct())
            if (teacher == HealedFacts.Untrained && UntrainedModel.WhyNotLike(Model) is { } why)
                throw new NotSupportedException($"--teacher {HealedFacts.Untrained}: {why}");
            else _ = TeacherNamed(teacher, 0);
    }

    IModel TeacherNamed(string teacher, ulong seed) => teacher switch
    {
        HealedFacts.FullModel or Teachers.Full => Model.At(Precision.Float32),
        HealedFacts.Untrained => UntrainedModel.Like(Model, seed).At(Precision.Float32),
        _ => Teachers.Load(teacher, loaded).Model,
    };

    /// <summary>
    /// Whether the run holds a healed model of a cut that is not its cut any more: another was written since. It stays, and heal writes it
    /// anew.
    /// </summary>
    public bool HealedIsOld => folder.Has(HealedFolder) && !folder.Has($"stages/{Questions.Healing.Asked}.json");

    HealRequest ToHealBy => healing ??= new()
    {
        Steps = request.HealSteps > 0 ? request.HealSteps : NextTraining.Steps,
        Losses = HealRequest.Named([request.HealLoss], problem),
    };

    // texts that the model wrote are running text, whatever the run's data asks
    IProblem ToHealOn => ToHealBy.Sampled > 0 ? new LanguageModelling() : problem;

    // why the run's cut cannot be trained on its data, with the next move; null where it can
    string? WhyNoHealing()
    {
        if (ToHealBy.Sampled > 0)
        {
            if (SampledTexts.WhyNot(loaded) is { } silent) return silent;
        }
        else if (NextTraining.Make(request, loaded, data, "RUN/cut", "RUN-healed").WhyNot is { } why) return why;
        if (Subject.Facts<CutFacts>()?.Choice is not { } choice) return "Nothing was cut.";
        return WhyNoLoss(CutOf(Named(choice.Subnetwork).Kept));
    }

    // a loss may compare what a cut does not have
    string? WhyNoLoss(IModel cut)
    {
        foreach (string words in ToHealBy.Losses)
        {
            IObjective loss = LossTerms.Parse(words, ToHealOn);
            try
            {
                if (loss.NeedsReference) _ = loss.Sites(ToHealOn, cut, Model);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                return $"The loss {words} cannot be asked of it: {e.Message}";
            }
        }
        return null;
    }

    // the model as it is written, in float32 as all training
    IModel CutOf(IReadOnlyList<Part> kept) => Cutting.Cut(Model, kept, OwnAblation()).AsStored().At(Precision.Float32);

    IModel ScratchOf(IReadOnlyList<Part> kept)
    {
        IModel drawn = UntrainedModel.Like(Model, ToHealBy.Seeds[0]);
        Universe same = drawn.Universe(request.Tenants.PartKinds.Named(request.Parts));
        return Cutting.Cut(drawn, kept, new Ablation(same, new Zero(), stop)).AsStored().At(Precision.Float32);
    }

    HealingFacts? HealCut()
    {
        if (Subject.Facts<CutFacts>()?.Choice is null) return null;
        (IReadOnlyList<ToHealOne> all, List<string> leftOut) = Starts();
        IReadOnlyList<Example> examples = ToHealBy.Sampled > 0
            ? SampledTexts.Take(folder, loaded, ToHealBy.Sampled, MostTokensOfTraining(), ToHealBy.Seeds[0], progress, stop)
            : loaded.Encode(data[Role.Train], Model.Labels, MostTokensOfTraining());
        var arms = Arms(all).ToArray();
        Action<int> advance = Advance("measuring healed models", (long)(arms.Length + all.Count) * sets.Examples, "examples");
        Healer healer = new(folder, examples, ToHealOn, loaded, request.Precision, model => Measure(model, advance), progress, stop);
        foreach (var (_, _, _, arm) in arms) healer.Renew(arm);
        folder.RequireSpace(Model.Weights.Count * sizeof(float) * 4 * Math.Min(arms.Length, Tensors.Backends.Machine.Threads + 2));
        folder.Work([.. arms.Select((a, i) => healer.Healing(a.Arm, arms.Length < 3 ? "" : $"{i + 1} of {arms.Length}"))]);
        Dictionary<ToHealOne, Measured> before = all.ToDictionary(one => one, one => Before(one, model => Measure(model, advance)));
        TrainingOptions options = Options(ToHealBy.Seeds[0]);
        return new(options.Steps, ToHealBy.Losses, options.LearningRate, options.TokensPerBatch, ToHealBy.Seeds, examples.Count,
            [.. arms.Select(a => Healed(a.One, a.Loss, a.Teacher, a.Arm, before[a.One]))], leftOut)
        {
            Sampled = ToHealBy.Sampled,
        };
    }

    HealedFacts Healed(ToHealOne one, string loss, string? teacher, HealingArm arm, Measured before)
    {
        HealedArm done = folder.ReadJson<HealedArm>(Healer.FileOf(arm));
        return new(one.From, one.Start, loss, teacher, arm.Options.Seed, [.. one.Kept.Select(p => p.ToString())], done.Stored, before,
            done.After);
    }

    // the written cut first, then what stands next to it; what there is not, with the reason
    (IReadOnlyList<ToHealOne> All, List<string> LeftOut) Starts()
    {
        string chosen = Subject.Facts<CutFacts>()!.Choice!.Subnetwork;
        List<string> leftOut = [];
        List<ToHealOne> all = [Chosen(chosen)];
        if (ToHealBy.All)
            foreach (Subnetwork other in FoundBy(MainMethod).Where(s => s.TargetSparsity == request.Sparsities[0]))
            {
                string name = Path.GetFileNameWithoutExtension(MaskFile(other))!;
                if (name == chosen) continue;
                if (WhyNoCutOf(other.Kept) is { } why) leftOut.Add($"{name}: {why}");
                else all.Add(Chosen(name) with { Start = HealingStart.Subnetwork });
            }
        var (random, whyNot) = RandomLike(Named(chosen), chosen);
        if (random is not null) all.Add(random);
        else leftOut.Add($"random parts: {whyNot}");
        if (ToHealBy.Scratch)
            if (UntrainedModel.WhyNotLike(Model) is { } why) leftOut.Add($"from scratch: {why}");
            else all.Add(all[0] with { Start = HealingStart.Scratch, Known = null });
        return (all, leftOut);
    }

    string? WhyNoCutOf(IReadOnlyList<Part> kept) => Cutting.WhyNot(Model, kept, OwnAblation()) ?? WhyNoLoss(CutOf(kept));

    // every start on every loss with every seed; other teachers teach the cut alone
    IEnumerable<(ToHealOne One, string Loss, string? Teacher, HealingArm Arm)> Arms(IReadOnlyList<ToHealOne> all)
    {
        foreach (string words in ToHealBy.Losses)
        {
            IObjective loss = LossTerms.Parse(words, ToHealOn);
            string?[] teachers = loss.NeedsReference ? [HealedFacts.FullModel, .. ToHealBy.Teachers] : [null];
            foreach (string? teacher in teachers)
                foreach (ToHealOne one in all)
                    foreach (ulong seed in ToHealBy.Seeds)
                        if (teacher is null or HealedFacts.FullModel || one.Start == HealingStart.Cut)
                            yield return (one, words, teacher, ArmOf(one, words, loss, teacher, seed));
        }
    }

    HealingArm ArmOf(ToHealOne one, string words, IObjective loss, string? teacher, ulong seed)
    {
        bool first = words == ToHealBy.Losses[0] && seed == ToHealBy.Seeds[0] && teacher is null or HealedFacts.FullModel;
        TrainingOptions options = Options(seed);
        string key = string.Join("-", one.From, one.Start.ToString().ToLowerInvariant(), words, teacher is null ? "nobody" : Short(teacher),
            ToHealBy.Sampled > 0 ? $"texts-{ToHealBy.Sampled}-seed-{seed}" : $"seed-{seed}", $"steps-{options.Steps}",
            FormattableString.Invariant($"rate-{options.LearningRate}"));
        Func<IReadOnlyList<IModel>>? by = teacher is null ? null : () => [.. Teachers.In(teacher).Select(one => TeacherNamed(one, seed))];
        string note = ToHealBy.Losses.Count > 1 || teacher is not (null or HealedFacts.FullModel) ? $" on {words}" : "";
        string taught = teacher is null or HealedFacts.FullModel ? "" : $" of {teacher}";
        return new(Unsafe().Replace(key, "-"), $"{one.InWords}{note}{taught}",
            () => one.Start == HealingStart.Scratch ? ScratchOf(one.Kept) : CutOf(one.Kept), options, loss, by, first ? one.Into : null);
    }

    // folders by their names, and what tells them from others of those names
    static string Short(string teachers) => string.Join("+", Teachers.In(teachers).Select(teacher => !Directory.Exists(teacher) ? teacher
        : $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(teacher))}-"
            + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(teacher))))[..8]));

    [GeneratedRegex("[^A-Za-z0-9._-]+")]
    private static partial Regex Unsafe();

    TrainingOptions Options(ulong seed) => new(Seed: seed, Steps: ToHealBy.Steps,
        LearningRate: ToHealBy.LearningRate > 0 ? ToHealBy.LearningRate : NextTraining.LearningRate(Model.Width));

    int MostTokensOfTraining() => ToHealBy.Sampled > 0
        ? Math.Min(request.MostTokens > 0 ? request.MostTokens : int.MaxValue,
            Math.Min(Model.MostPositions, new TrainingOptions().TokensPerBatch))
        : TrainingRun.IsOfOpenWindows(problem, data[Role.Train], request.MostTokens)
        ? Math.Min(Model.MostPositions, new TrainingOptions().TokensPerBatch) : request.MostTokens;

    ToHealOne Chosen(string name)
    {
        MeasuredSubnetwork? known = Evaluate().Subnetworks.FirstOrDefault(s => LossIn(s).Subnetwork == name);
        return new(name, HealingStart.Cut, Named(name).Kept, known?.Measured);
    }

    // the random parts that were measured next to a subnetwork; of another method's, which has none, a draw that is like it
    (ToHealOne? Random, string? WhyNot) RandomLike(Subnetwork chosen, string name)
    {
        AccuracyFacts measured = Evaluate();
        bool own = measured.Subnetworks.Any(s => LossIn(s).Subnetwork == name);
        MeasuredSubnetwork? next = own
            ? measured.RandomSubnetworks.FirstOrDefault(r => r.Seed == chosen.Seed && r.TargetSparsity == chosen.TargetSparsity) : null;
        IReadOnlyList<Part> kept = next is not null ? [.. next.Parts.Select(Part.Parse)]
            : MaskMeasuring.Random(universe, Costs(), chosen, chosen.Seed, 0);
        if (WhyNoCutOf(kept) is { } why) return (null, why);
        return (new(next is null ? $"{MeasuredCandidates.RandomPrefix}-like-{name}" : MeasuredCandidates.NameOfRandom(next),
            HealingStart.Random, kept, next?.Measured), null);
    }

    // what was measured of the subnetwork is what the written cut reaches, unless storing it rounds
    Measured Before(ToHealOne one, Func<IModel, Measured> measure)
    {
        if (one.Start == HealingStart.Scratch) return measure(ScratchOf(one.Kept));
        IModel cut = Cutting.Cut(Model, one.Kept, OwnAblation());
        return one.Known is { } known && cut.AsStored() == cut ? known : measure(cut.AsStored());
    }

    Measured Measure(IModel model, Action<int>? tell) => sets.Measure(sets.Scores(model, stop, tell, full: Model), Subject.FullScores);
}
