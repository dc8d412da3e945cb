using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>
/// What stands in for the ablated parts of masks, by one rule for every verb that is given a model and not a run: what <c>--ablation</c>
/// says; without it what the mask says; where that says nothing (and of parts that are ablated by hand) their mean over the data, where
/// data is given, else zero. Means come from the file that the mask names, if it is there and the mask is this model's, else they are
/// taken over the data.
/// </summary>
/// <param name="loaded">the model</param>
/// <param name="universe">the parts in play, all that any of the masks speaks of</param>
/// <param name="kinds">the ablations that there are</param>
/// <param name="asked">the ablation, whatever masks say; null to follow them</param>
/// <param name="data">the data, in words; null where there is none</param>
/// <param name="read">reads the data</param>
/// <param name="stop">ends the work</param>
sealed class MaskAblation(
    LoadedModel loaded, Universe universe, IReadOnlyList<AblationKind> kinds, string? asked, string? data,
    Func<AblationSource> read, CancellationToken stop)
{
    readonly Dictionary<string, Ablation> made = [];

    /// <summary>What stands in for the ablated parts of a mask, and where that came from.</summary>
    public (Ablation Ablation, string InWords) AblationFor(Subnetwork mask)
    {
        if (FileOf(mask) is { } file)
        {
            IAblation kept = kinds.Parse(TextOf(mask)).Make(AblationSource.Without(loaded.Model, universe));
            kept.Restore(file);
            return (new(universe, kept, stop), Known(mask));
        }
        string text = TextOf(mask);
        if (!made.TryGetValue(text, out Ablation? ablation))
        {
            AblationSource source = TakesData(mask) ? read() : AblationSource.Without(loaded.Model, universe);
            made[text] = ablation = new(universe, kinds.Parse(text).Make(source), stop);
        }
        return (ablation, TakesData(mask) ? $"{text} over {data}" : text);
    }

    /// <summary>Refuses masks whose ablation needs data that is nowhere, before anything is computed.</summary>
    /// <exception cref="ArgumentException">a mask's ablation takes something
    /// from data, and there is neither a file of that nor data</exception>
    public void Require(IEnumerable<Subnetwork> masks)
    {
        if (data is not null || masks.FirstOrDefault(TakesData) is not { } mask) return;
        string file = mask.AblationFile == "" ? ""
            : $" ({mask.AblationFile}, which the mask names, {(File.Exists(mask.AblationFile) ? "is another model's" : "is not there")})";
        throw new ArgumentException($"The ablation {TextOf(mask)} is taken over data, and there is no data to take it over{file}. "
            + "Give --data FILE, or --ablation zero.");
    }

    /// <summary>Refuses data that nothing is taken over.</summary>
    /// <exception cref="ArgumentException">there is data, and no mask needs it</exception>
    public void RefuseIdleData(IReadOnlyList<Subnetwork> masks)
    {
        if (data is null || masks.Any(TakesData)) return;
        string next = asked is null && FileOf(masks[0]) is null ? ", or ask for means: --ablation mean" : "";
        throw new ArgumentException("The data is what ablations are taken over, and here something else stands in for ablated parts: "
            + $"{Known(masks[0])}. Leave out --data{next}.");
    }

    bool TakesData(Subnetwork mask) => kinds.Parse(TextOf(mask)).Kind.NeedsData && FileOf(mask) is null;

    string TextOf(Subnetwork mask) => asked ?? (mask.Ablation != "" ? mask.Ablation : data is null ? "zero" : "mean");

    string Known(Subnetwork mask) => FileOf(mask) is { } file ? $"{TextOf(mask)}, as in {file}" : TextOf(mask);

    string? FileOf(Subnetwork mask) => TextOf(mask) == mask.Ablation ? FileOf(mask, loaded) : null;

    /// <summary>The file of what a mask was found with, if it is there and the model is that mask's.</summary>
    public static string? FileOf(Subnetwork mask, LoadedModel loaded) =>
        mask.AblationFile != "" && mask.ModelSha256 == loaded.Sha256 && File.Exists(mask.AblationFile) ? mask.AblationFile : null;
}
