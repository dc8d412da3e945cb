using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Formats;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>Subnetworks as the command line names them: files of any format, or lists of parts; and whether a model can run them.</summary>
public static class Masks
{
    /// <summary>How a subnetwork is named, for help.</summary>
    public const string Named = "a file of Heartwood's, of MIB or EAP-IG, or a config.json with pruned_heads; "
        + "or the parts that stay, with commas: L0.H1,a3.h7,m3";

    /// <summary>Reads what one word names.</summary>
    /// <param name="word">a file, or names of the parts that are kept</param>
    /// <param name="model">the model's sizes; null where no model was named</param>
    /// <exception cref="IOException">the file cannot be read</exception>
    /// <exception cref="FormatException">it is neither a subnetwork nor a list of parts</exception>
    /// <exception cref="ArgumentException">it is a folder; or a list needs
    /// a model, or names a part that the model does not have</exception>
    public static MaskFile Read(string word, ModelSizes? model)
    {
        if (Directory.Exists(word))
            throw new ArgumentException($"'{word}' is a folder. Give one file of it: of a run subnetworks/NAME.json, "
                + "of a model whose heads were pruned config.json.");
        bool isPath = word.Contains(Path.DirectorySeparatorChar) || word.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        if (isPath || File.Exists(word)) return MaskFile.Read(word, model);
        IReadOnlyList<Part> kept;
        try
        {
            kept = PartNames.ParseList(word);
        }
        catch (FormatException error)
        {
            throw new FormatException($"There is no file '{word}', and it is no list of parts: {error.Message}", error);
        }
        if (model is null)
            throw new ArgumentException($"'{word}' names parts, and not the model that they are parts of. Name it: --model FOLDER.");
        return ByHand(kept, model, word);
    }

    /// <summary>The subnetwork of all parts but some.</summary>
    /// <param name="names">the parts that are ablated, as <see cref="PartNames"/> reads them</param>
    /// <param name="model">the model's sizes</param>
    /// <inheritdoc cref="Read"/>
    public static MaskFile Without(string names, ModelSizes model)
    {
        IReadOnlyList<Part> ablated = PartNames.ParseList(names);
        MaskFile gone = ByHand(ablated, model, $"without {names}");
        string[] inPlay = [.. PartKinds.InPlay.Union(gone.Mask.InPlay)];
        Part[] all = [.. model.Parts(inPlay)];
        Subnetwork mask = gone.Mask with { InPlay = inPlay, Parts = all.Length, Kept = [.. all.Except(ablated)] };
        return gone with { Mask = mask with { TargetSparsity = mask.Sparsity } };
    }

    // the parts' own kinds are in play, or heads and MLP blocks where the parts are such
    static MaskFile ByHand(IReadOnlyList<Part> parts, ModelSizes model, string source)
    {
        foreach (Part part in parts)
            if (!model.Has(part)) throw new ArgumentException($"The model has no part {part}: it has {model.InWords}.");
        string[] named = [.. model.Kinds.Where(kind => parts.Any(kind.Has)).Select(kind => kind.Name)];
        IReadOnlyList<string> inPlay = named.All(PartKinds.InPlay.Contains) ? PartKinds.InPlay : named;
        int count = model.Parts(inPlay).Count();
        Subnetwork mask = new(0, "by hand", 0, count, [.. parts.Order()], new Dictionary<Part, double>(), "", "")
        {
            InPlay = inPlay,
            Model = model,
        };
        return new(mask with { TargetSparsity = mask.Sparsity }, source, MaskFile.Heartwood, []);
    }

    /// <summary>
    /// The parts that masks speak of, all of their kinds, with heads and MLP blocks: so masks of several kinds can be run side by side.
    /// </summary>
    /// <param name="masks">the masks</param>
    /// <param name="model">the model that they are run in</param>
    /// <param name="kinds">the kinds of part that there are</param>
    /// <exception cref="ArgumentException">a mask names a kind that is not known</exception>
    public static Universe UniverseOf(IEnumerable<Subnetwork> masks, IModel model, IReadOnlyList<PartKind> kinds) =>
        model.Universe(kinds.Named([.. PartKinds.InPlay.Union(masks.SelectMany(KindsOf))]));

    static IReadOnlyList<string> KindsOf(Subnetwork mask) => mask.Edges is null ? mask.InPlay : PartKinds.InPlay;

    /// <summary>The subnetwork with the sizes and the hash of the model that it is said to be of.</summary>
    /// <param name="mask">the subnetwork</param>
    /// <param name="loaded">the model</param>
    /// <param name="kinds">the kinds of part that there are</param>
    /// <param name="otherModel">whether it may have been found in a model of other weights; then it keeps that model's hash</param>
    /// <exception cref="ArgumentException">it is another model's, or of a
    /// kind that is not known; the message says the next move</exception>
    public static Subnetwork InModel(Subnetwork mask, LoadedModel loaded, IReadOnlyList<PartKind> kinds, bool otherModel = false)
    {
        ModelSizes sizes = loaded.Model.Sizes(kinds);
        if (mask.ModelSha256 != "" && mask.ModelSha256 != loaded.Sha256 && !otherModel)
            throw new ArgumentException($"The subnetwork was found in another model (weights {Short(mask.ModelSha256)}, "
                + $"those of {loaded.Name} are {Short(loaded.Sha256)}). Name that model, or say that you mean this one: --other-model.");
        if (mask.Model is { } said
            && (!said.SameParts(sizes) || (said.Width > 0 && said.Width != sizes.Width) || said.Parallel != sizes.Parallel))
            throw new ArgumentException($"The subnetwork is of a model with {said.InWords}{Wide(said)}; {loaded.Name} has {sizes.InWords}"
                + $"{Wide(sizes)}. Name the model that it belongs to.");
        Universe universe = loaded.Model.Universe(kinds.Named(KindsOf(mask)));
        if (mask.Parts != universe.Count)
            throw new ArgumentException($"The subnetwork is one of {mask.Parts} parts, {loaded.Name} has {universe.Count}. "
                + "Name the model that it belongs to.");
        foreach (Part part in mask.Kept) universe.PlaceOf(part);
        return mask with { Model = sizes, ModelSha256 = mask.ModelSha256 == "" ? loaded.Sha256 : mask.ModelSha256 };
    }

    /// <summary>The same with all parts of a universe in play, to be run: what was not in play is kept.</summary>
    /// <param name="mask">the subnetwork</param>
    /// <param name="loaded">the model</param>
    /// <param name="universe">the parts in play, the mask's kinds among them: see <see cref="UniverseOf"/></param>
    /// <param name="kinds">the kinds of part that there are</param>
    /// <param name="otherModel">whether it may have been found in a model of other weights</param>
    /// <exception cref="ArgumentException">it is another model's, a circuit of edges, or
    /// scores of which nothing was chosen yet; the message says the next move</exception>
    public static Subnetwork Fit(
        Subnetwork mask, LoadedModel loaded, Universe universe, IReadOnlyList<PartKind> kinds, bool otherModel = false)
    {
        if (mask.Edges is { } edges)
            throw new ArgumentException($"The subnetwork is a circuit of {edges.Kept.Count} of {edges.Count} edges, "
                + "and Heartwood runs subnetworks of heads and MLP blocks. "
                + "The nodes that its edges touch are a subnetwork of that kind, and another one than the circuit; "
                + "if you want it: heartwood mask FILE --nodes --out nodes.json");
        if (mask.Kept.Count == 0 && mask.Method == "" && mask.Scores.Count > 0)
            throw new ArgumentException("The file has scores and keeps nothing yet. "
                + "Choose a size: heartwood mask FILE --sparsity 0.5 --out chosen.json");
        Subnetwork own = InModel(mask, loaded, kinds, otherModel);
        IEnumerable<Part> present = universe.Places.Where(place => !mask.InPlay.Contains(place.Kind.Name)).Select(place => place.Part);
        return own with
        {
            Kept = [.. own.Kept.Concat(present).Order()],
            Parts = universe.Count,
            InPlay = [.. universe.Kinds.Select(kind => kind.Name)],
        };
    }

    static string Wide(ModelSizes sizes) =>
        sizes.Width > 0 ? $", width {sizes.Width}{(sizes.Parallel ? ", attention and MLP in parallel" : "")}" : "";

    static string Short(string sha256) => sha256.Length > 12 ? sha256[..12] + "…" : sha256;
}
