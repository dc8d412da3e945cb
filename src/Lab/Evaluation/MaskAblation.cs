using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>
/// What the absent parts of masks leave behind, by one rule for every verb that is given a model and not a run: what
/// <c>--ablation</c> says; without it what the mask says; where that says nothing (and of parts that are ablated by hand) their
/// mean over the data, where data is given, else zero. Means come from the file that the mask names, if it is there and the mask is
/// this model's, else they are taken over the data.
/// </summary>
/// <param name="loaded">the model</param>
/// <param name="universe">the parts in play, all that any of the masks speaks of</param>
/// <param name="asked">"mean" or "zero", whatever masks say; null to follow them</param>
/// <param name="data">the data that means are taken over, in words; null where there is none</param>
/// <param name="mean">takes the means over the data</param>
sealed class MaskAblation(LoadedModel loaded, Universe universe, string? asked, string? data, Func<Ablation> mean)
{
    Ablation? means;

    /// <summary>What the absent parts of a mask leave behind, and where that came from.</summary>
    public (Ablation Ablation, string InWords) Of(Subnetwork mask) =>
        TakesMeans(mask) ? (means ??= mean(), $"mean over {data}")
        : (KindOf(mask) == "zero" ? Ablation.Zero(universe) : Ablation.Load(MeansOf(mask, loaded)!, universe), Known(mask));

    /// <summary>Refuses masks whose means are nowhere, before anything is computed.</summary>
    /// <exception cref="ArgumentException">a mask is to leave means, and there is neither a file of them nor data</exception>
    public void Require(IEnumerable<Subnetwork> masks)
    {
        if (data is not null || masks.FirstOrDefault(TakesMeans) is not { } mask) return;
        string file = mask.AblationFile == "" ? "" : $" ({mask.AblationFile}, which the mask names, {(File.Exists(mask.AblationFile) ? "is another model's" : "is not there")})";
        throw new ArgumentException($"Absent parts leave their mean over data behind, and there is no data to take it over{file}. Give --data FILE, or --ablation zero.");
    }

    /// <summary>Refuses data that nothing is taken over.</summary>
    /// <exception cref="ArgumentException">there is data, and no mask needs it</exception>
    public void RefuseIdleData(IReadOnlyList<Subnetwork> masks)
    {
        if (data is null || masks.Any(TakesMeans)) return;
        throw new ArgumentException($"The data is what means of absent parts are taken over, and here they leave something else behind: {Known(masks[0])}. Leave out --data{(asked is null && KindOf(masks[0]) == "zero" ? ", or ask for means: --ablation mean" : "")}.");
    }

    bool TakesMeans(Subnetwork mask) => KindOf(mask) == "mean" && MeansOf(mask, loaded) is null;

    string KindOf(Subnetwork mask) => asked ?? (mask.Ablation != "" ? mask.Ablation : data is null ? "zero" : "mean");

    string Known(Subnetwork mask) => KindOf(mask) == "zero" ? "zero" : $"mean, as in {MeansOf(mask, loaded)}";

    /// <summary>The file of the means that a mask was found with, if it is there and the model is that mask's.</summary>
    public static string? MeansOf(Subnetwork mask, LoadedModel loaded) =>
        mask.Ablation == "mean" && mask.AblationFile != "" && mask.ModelSha256 == loaded.Sha256 && File.Exists(mask.AblationFile) ? mask.AblationFile : null;
}
