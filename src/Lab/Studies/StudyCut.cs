using Heartwood.Lab.Changes;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    /// <summary>Folder of the cut model in the run.</summary>
    public const string CutFolder = "cut";

    /// <summary>Folder of the model of full size that computes the same, in the run.</summary>
    public const string FullSizeFolder = "full-size";

    /// <summary>
    /// Cuts out the subnetwork of the main sparsity with the lowest loss, in-domain or on the data of --choose-on (what is reported out of
    /// domain does not choose), as a smaller model and, where other software reads that, as one of full size.
    /// </summary>
    /// <exception cref="NotSupportedException">the run's ablation depends on the input, so that nothing can be cut</exception>
    public CutFacts Cut() => WhyNoCut is { } why ? throw new NotSupportedException(why)
        : Subject.Facts<CutFacts>() ?? throw new InvalidOperationException("The study's questions do not cut.");

    /// <summary>Why the run's subnetworks cannot be cut, with the next move; null where they can.</summary>
    internal string? WhyNoCut => how.IsConstant ? null : Cutting.WhyNot(Model, universe.Parts, OwnAblation());

    // nothing where the best subnetwork is no smaller model: without any layer, say
    CutFacts? CutOut()
    {
        ChoiceFacts choice = Choose();
        Subnetwork chosen = Named(choice.Subnetwork);
        return Cutting.WhyNot(Model, chosen.Kept, OwnAblation()) is null ? CutInto(chosen, choice) : null;
    }

    // into the run's own folder, in place of what was cut before
    CutFacts CutInto(Subnetwork chosen, ChoiceFacts choice)
    {
        ChangesFacts made = Make(chosen, OwnAblation(), ChangeRequest.Usual, folder.FolderPath, replace: true);
        return CutOf(made, CutFolder) with { Choice = choice };
    }

    /// <summary>
    /// Cuts out any subnetwork of the run's model into a folder of its own, with the model of full size next to it, where there is one
    /// that other software reads (<see cref="Cutting.WhyNoFullSize"/>).
    /// </summary>
    /// <param name="subnetwork">which parts stay</param>
    /// <param name="into">the folder to make; the cut model goes to <see cref="CutFolder"/> in it</param>
    /// <param name="otherModel">whether it may have been found in a model of other weights</param>
    /// <exception cref="ArgumentException">the subnetwork is another model's, or was found with another ablation</exception>
    /// <exception cref="IOException">a model stands there already</exception>
    public CutFacts Cut(Subnetwork subnetwork, string into, bool otherModel = false) =>
        CutOf(Change(subnetwork, ChangeRequest.Usual, into, otherModel), Path.GetFullPath(Path.Combine(into, CutFolder)));

    /// <summary>The same of a subnetwork as the command line names it.</summary>
    /// <inheritdoc cref="Cut(Subnetwork, string, bool)"/>
    public CutFacts Cut(string mask, string into, bool otherModel = false) =>
        Cut(Masks.Read(mask, Model.Sizes(request.Tenants.PartKinds)).Mask, into, otherModel);

    /// <summary>Makes what changes make of a subnetwork, and writes it by exports into a folder, each proved and timed.</summary>
    /// <param name="mask">the subnetwork as the command line names it; null for the run's own that <see cref="Cut()"/> cuts</param>
    /// <param name="changes">what to make, and how to write it</param>
    /// <param name="into">the folder; what a change makes goes to a folder (or file) of its name in it</param>
    /// <param name="otherModel">whether the subnetwork may have been found in a model of other weights</param>
    /// <exception cref="ArgumentException">the subnetwork is another model's, or was found with another ablation</exception>
    /// <exception cref="NotSupportedException">a change that was asked for cannot be made, or an export cannot write it</exception>
    /// <exception cref="IOException">something stands there already</exception>
    public ChangesFacts Change(string? mask, ChangeRequest changes, string into, bool otherModel = false) => mask is null
        ? Make(Named(Choose().Subnetwork), OwnAblation(), changes, into, replace: false)
        : Change(Masks.Read(mask, Model.Sizes(request.Tenants.PartKinds)).Mask, changes, into, otherModel);

    ChangesFacts Change(Subnetwork subnetwork, ChangeRequest changes, string into, bool otherModel)
    {
        RequireInDomain();
        Universe parts = Masks.UniverseOf([subnetwork], Model, request.Tenants.PartKinds);
        Subnetwork fit = Masks.Fit(subnetwork, loaded, parts, request.Tenants.PartKinds, otherModel);
        return Make(fit, AblationOf(fit, parts).Ablation, changes, into, replace: false);
    }

    ChangesFacts Make(Subnetwork subnetwork, Ablation ablation, ChangeRequest changes, string into, bool replace)
    {
        Original original = new([Model], subnetwork.Kept, ablation, sets.InDomainProblem, sets.InDomain, stop);
        List<(IChange Change, Changed Changed)> made = [];
        List<ChangeFacts> facts = [];
        foreach (IChange change in changes.Changes)
        {
            if (change.WhyNot(original) is not { } why) made.Add((change, change.Apply(original)));
            else if (!changes.LeaveOut) throw new NotSupportedException(why);
            else facts.Add(new(change.Name, "", new Dictionary<string, string>(), 0, double.NaN, 0, null, why));
        }
        foreach (IExport export in changes.Exports)
            if (made.Select(m => export.WhyNot(m.Changed.Model)).FirstOrDefault(w => w is not null) is { } why)
                throw new NotSupportedException(why);
        foreach (var (change, changed) in made)
        {
            Dictionary<string, string> written = [];
            foreach (IExport export in changes.Exports)
            {
                string name = written.Count == 0 ? change.Name : $"{change.Name}-{export.Name}";
                Dictionary<string, byte[]> files = new([.. loaded.TokenizerFiles, .. changed.Files]);
                written[export.Name] = export.Write(changed.Model, files, Path.Combine(into, name), replace);
            }
            bool timed = change == made[0].Change || changed.Model.Weights.Count != Model.Weights.Count;
            facts.Add(new(change.Name, changed.Proof.Claim, written, changed.Model.Weights.Count, changed.Proof.LargestDifference,
                changed.Proof.Compared, timed ? Timed(change.Name, changed.Model) : null)
            {
                Dtype = $"{changed.Model.Weights.Commonest}",
                Bytes = changed.Bytes ?? changed.Model.Weights.StoredBytes,
                BeforeStoring = changed.Proof.BeforeStoring,
                HowLoaded = changes.Exports.Select(export => export.HowLoaded(changed.Model)).FirstOrDefault(how => how is not null),
                Own = timed ? Own(change.Name, changed.Model) : null,
            });
        }
        IEnumerable<ChangeFacts> inOrder = changes.Changes.Select(change => facts.Single(f => f.Name == change.Name));
        return new(subnetwork.Seed, 1 - (double)subnetwork.Kept.Count / ablation.Universe.Count, Model.Weights.Count, [.. inOrder])
        {
            BytesBefore = Model.Weights.StoredBytes,
        };
    }

    Measured Own(string name, IModel made)
    {
        Measured all = sets.Measure(sets.Scores(made, stop, Advance($"measuring the {name} model", sets.Examples, "examples")), null);
        return all with
        {
            Cases = new Dictionary<string, Proportion>(),
            Groups = new Dictionary<string, GroupFacts>(),
            CaseFigures = null,
            Sets = [],
        };
    }

    SpeedFacts Timed(string name, IModel made)
    {
        const int rounds = 5, examples = 512;
        Action<int> advance = Advance($"timing the {name} model", rounds, "rounds");
        IReadOnlyList<Example> few = Thinning.Thinned(sets.InDomain, examples);
        var (before, after) = Speed.InTurn(Model, made, few, rounds, advance, stop, sets.InDomainProblem);
        return new(before, after);
    }

    static CutFacts CutOf(ChangesFacts made, string shown)
    {
        ChangeFacts cut = made.Changes.Single(c => c.Name == CutFolder), full = made.Changes.Single(c => c.Name == FullSizeFolder);
        if (cut.WhyNot is { } why) throw new NotSupportedException(why);
        SpeedFacts speed = cut.Speed!;                           // the first change is always timed
        return new(made.Seed, made.Sparsity, shown, made.ParametersBefore, cut.Parameters, cut.LargestDifference, full.LargestDifference,
            cut.Compared, speed.SecondsPer1000TokensBefore, speed.SecondsPer1000TokensAfter, speed.SpeedUp, full.WhyNot)
        {
            Dtype = cut.Dtype,
            BytesBefore = made.BytesBefore,
            BytesAfter = cut.Bytes,
            BeforeStoring = cut.BeforeStoring,
            HowLoaded = cut.HowLoaded,
            Own = cut.Own,
        };
    }
}
