using System.Text.Json.Serialization;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>What a study of a model's subnetworks is asked; kept in its run folder, so that later verbs need only the folder.</summary>
/// <param name="Sets">data to learn masks on and sets to measure on, by name and role</param>
public sealed record StudyRequest(IReadOnlyList<NamedData> Sets)
{
    /// <summary>the report's headline</summary>
    public string Title { get; init; } = "";

    /// <summary>folder of the model; null for the embedded one</summary>
    public string? Model { get; init; }

    /// <summary>
    /// most rows of the data that masks are not learned on, to be measured on in-domain where no other data is given for that; 0 for
    /// none
    /// </summary>
    public int HeldOut { get; init; }

    /// <summary>renames the model's labels where a set's are not among them</summary>
    public string LabelMap { get; init; } = "";

    /// <summary>seeds to search with</summary>
    public IReadOnlyList<ulong> Seeds { get; init; } = [1, 2, 3, 4, 5, 6];

    /// <summary>sparsities, or other targets, to search at; the first is the
    /// one that the core, the ablations and the cut are about</summary>
    public IReadOnlyList<Target> Sparsities { get; init; } = [0.5];

    /// <summary>file of a table of times, for targets in time; null to measure one here, which the run keeps</summary>
    public string? TimeTable { get; init; }

    /// <summary>whether weights, bytes or time are asked for</summary>
    internal bool CountsCosts => Sparsities.Any(size => !size.IsSparsity);

    /// <summary>
    /// the finders, each NAME[,key=value…]; the first is the one that core, ablations and the cut are about
    /// </summary>
    public IReadOnlyList<string> Methods { get; init; } = [Method.Usual];

    /// <summary>name of the objective that finders make small; "" for each finder's usual</summary>
    public string Objective { get; init; } = "";

    /// <summary>names of the kinds of part in play, see <see cref="PartKind.Name"/></summary>
    public IReadOnlyList<string> Parts { get; init; } = PartKinds.InPlay;

    /// <summary>whether every layer keeps as many heads, key and value heads and neurons as any other</summary>
    public bool Uniform { get; init; }

    /// <summary>what names in the request are looked up in; no part of what is kept</summary>
    [JsonIgnore]
    public Tenants Tenants { get; init; } = Tenants.Usual;

    /// <summary>what stands in for ablated parts, as <c>--ablation</c> takes it: "mean", "zero", "resample,seed=3"</summary>
    public string Ablation { get; init; } = "mean";

    /// <summary>most examples of the data to learn masks on, spread evenly over it; 0 for all</summary>
    public int Examples { get; init; } = 8000;

    /// <summary>longest input in tokens; 0 for the model's own</summary>
    public int MostTokens { get; init; }

    /// <summary>
    /// precision of all that the study computes with the model's frozen weights, but for the proof that cut and masked are equal
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>share of the subnetworks that must keep a part for the wider core</summary>
    public double CoreShare { get; init; } = 0.8;

    /// <summary>random draws next to each ablation of the core, at least 20 for a rank that says anything</summary>
    public int Draws { get; init; } = 20;

    /// <summary>most examples per set in ablations of single parts and random sets, spread evenly; 0 for all</summary>
    public int AblationExamples { get; init; }

    /// <summary>for how many steps the cut is trained after everything else; 0 for not at all</summary>
    public int HealSteps { get; init; }

    /// <summary>the terms of the loss of that training, see <see cref="Training.Objectives.LossTerms.Parse"/></summary>
    public string HealLoss { get; init; } = HealRequest.UsualLoss;

    /// <summary>names of questions that are asked beyond the usual ones</summary>
    public IReadOnlyList<string> Asked { get; init; } = [];

    /// <summary>What questions need to know of the request.</summary>
    internal Settings Settings() => new()
    {
        Title = Title,
        Seeds = Seeds,
        Sparsities = Sparsities,
        CoreShare = CoreShare,
        Draws = Draws,
        AblationExamples = AblationExamples,
        MaxLength = MostTokens,
        LabelMap = LabelMap,
        GridSparsities = Sparsities,
        GridSeeds = Seeds,
        Asked = HealSteps > 0 ? [.. Asked, Healing.Asked] : Asked,
    };

    /// <summary>Refuses what cannot be asked.</summary>
    /// <exception cref="ArgumentException">names the option and its range</exception>
    public void Check()
    {
        if (!Sets.Has(Role.Train))
            throw new ArgumentException(
                "What should masks be learned on? Give --data FILE (in-domain training data), or --data world:training.");
        Tenants.PartKinds.Named(Parts);
        Tenants.RequireQuestions(Asked);
        if (HeldOut > 0 && Sets.Has(Role.InDomain))
            throw new ArgumentException("Rows are held out of the data only where no in-domain data is given.");
        if (Seeds.Count == 0 || Seeds.Distinct().Count() != Seeds.Count)
            throw new ArgumentException("--seeds needs at least one seed, each once.");
        if (Sparsities.Count == 0 || Sparsities.Distinct().Count() != Sparsities.Count)
            throw new ArgumentException("--sparsity and --target need at least one size, each once.");
        foreach (Target size in Sparsities) size.Check();
        Tenants.Ablations.Parse(Ablation);
        if (TimeTable is not null && !CountsCosts)
            throw new ArgumentException("--time-table would have no effect: it is for --target time=SHARE "
                + "(or weights, bytes). Leave it out.");
        if (CoreShare is <= 0 or > 1)
            throw new ArgumentException($"--core-share is a share of the subnetworks, above 0 and at most 1, not {CoreShare}.");
        if (HealSteps < 0) throw new ArgumentException($"--heal is a number of steps, at least 0, not {HealSteps}.");
        if (Draws < 1) throw new ArgumentException($"--draws should be at least 1, it is {Draws}.");
        Tasks.Tables.LabelMap.Parse(LabelMap);
    }
}
