using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Formats;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>Subnetworks as the command line names them: files of any format, or lists of parts; and whether a model can run them.</summary>
public static class Masks
{
    /// <summary>How a subnetwork is named, for help.</summary>
    public const string Named = "a file of Heartwood's, of MIB or EAP-IG, or a config.json with pruned_heads; or the parts that stay, with commas: L0.H1,a3.h7,m3";

    /// <summary>Reads what one word names.</summary>
    /// <param name="word">a file, or names of the parts that are kept</param>
    /// <param name="model">the model's sizes; null where no model was named</param>
    /// <exception cref="IOException">the file cannot be read</exception>
    /// <exception cref="FormatException">it is neither a subnetwork nor a list of parts</exception>
    /// <exception cref="ArgumentException">it is a folder; or a list needs a model, or names a part that the model does not have</exception>
    public static MaskFile Read(string word, ModelSizes? model)
    {
        if (Directory.Exists(word)) throw new ArgumentException($"'{word}' is a folder. Give one file of it: of a run subnetworks/NAME.json, of a model whose heads were pruned config.json.");
        if (File.Exists(word) || word.Contains(Path.DirectorySeparatorChar) || word.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) return MaskFile.Read(word, model);
        IReadOnlyList<Part> kept;
        try
        {
            kept = PartNames.ParseList(word);
        }
        catch (FormatException error)
        {
            throw new FormatException($"There is no file '{word}', and it is no list of parts: {error.Message}", error);
        }
        if (model is null) throw new ArgumentException($"'{word}' names parts, and not the model that they are parts of. Name it: --model FOLDER.");
        return ByHand(kept, model, word);
    }

    /// <summary>The subnetwork of all parts but some.</summary>
    /// <param name="names">the parts that are absent, as <see cref="PartNames"/> reads them</param>
    /// <param name="model">the model's sizes</param>
    /// <inheritdoc cref="Read"/>
    public static MaskFile Without(string names, ModelSizes model)
    {
        IReadOnlyList<Part> absent = PartNames.ParseList(names);
        MaskFile gone = ByHand(absent, model, $"without {names}");
        return gone with { Mask = gone.Mask with { Kept = [.. model.Parts(Grains.Parts).Except(absent)] } };
    }

    static MaskFile ByHand(IReadOnlyList<Part> parts, ModelSizes model, string source)
    {
        foreach (Part part in parts)
            if (!model.Has(part)) throw new ArgumentException($"The model has no part {part}: it has {model.InWords}.");
        Subnetwork mask = new(0, "by hand", 0, model.Heads + model.Mlps, [.. parts.Order()], new Dictionary<Part, double>(), "", "") { Model = model };
        return new(mask with { TargetSparsity = mask.Sparsity }, source, MaskFile.Heartwood, []);
    }

    /// <summary>The subnetwork with the sizes and the hash of the model that it is said to be of.</summary>
    /// <param name="mask">the subnetwork</param>
    /// <param name="loaded">the model</param>
    /// <param name="otherModel">whether it may have been found in a model of other weights; then it keeps that model's hash</param>
    /// <exception cref="ArgumentException">it is another model's; the message says the next move</exception>
    public static Subnetwork Of(Subnetwork mask, LoadedModel loaded, bool otherModel = false)
    {
        ModelSizes sizes = loaded.Model.Sizes();
        if (mask.ModelSha256 != "" && mask.ModelSha256 != loaded.Sha256 && !otherModel)
            throw new ArgumentException($"The subnetwork was found in another model (weights {Short(mask.ModelSha256)}, those of {loaded.Name} are {Short(loaded.Sha256)}). Name that model, or say that you mean this one: --other-model.");
        if (mask.Model is { } said && (!said.SameParts(sizes) || (said.Width > 0 && said.Width != sizes.Width) || said.Parallel != sizes.Parallel))
            throw new ArgumentException($"The subnetwork is of a model with {said.InWords}{Wide(said)}; {loaded.Name} has {sizes.InWords}{Wide(sizes)}. Name the model that it belongs to.");
        int parts = sizes.Parts(mask.Edges is null ? mask.Grains : Grains.Parts).Count();
        if (mask.Parts != parts) throw new ArgumentException($"The subnetwork is one of {mask.Parts} parts, {loaded.Name} has {parts}. Name the model that it belongs to.");
        Universe universe = loaded.Model.Universe();
        foreach (Part part in mask.Kept) universe.PlaceOf(part);
        return mask with { Model = sizes, ModelSha256 = mask.ModelSha256 == "" ? loaded.Sha256 : mask.ModelSha256 };
    }

    /// <summary>The same as a subnetwork of all heads and MLP blocks, to be run: what is not in play is kept.</summary>
    /// <exception cref="ArgumentException">it is another model's, a circuit of edges, or scores of which nothing was chosen yet; the message says the next move</exception>
    /// <inheritdoc cref="Of"/>
    public static Subnetwork Fit(Subnetwork mask, LoadedModel loaded, bool otherModel = false)
    {
        if (mask.Edges is { } edges)
            throw new ArgumentException($"The subnetwork is a circuit of {edges.Kept.Count} of {edges.Count} edges, and Heartwood runs subnetworks of heads and MLP blocks. The nodes that its edges touch are a subnetwork of that kind, and another one than the circuit; if you want it: heartwood mask FILE --nodes --out nodes.json");
        if (mask.Kept.Count == 0 && mask.Method == "" && mask.Scores.Count > 0)
            throw new ArgumentException("The file has scores and keeps nothing yet. Choose a size: heartwood mask FILE --sparsity 0.5 --out chosen.json");
        Subnetwork own = Of(mask, loaded, otherModel);
        Part[] present = [.. own.Model!.Parts(Grains.Parts).Except(own.Model.Parts(mask.Grains))];
        return own with { Kept = [.. own.Kept.Concat(present).Order()], Parts = own.Model.Heads + own.Model.Mlps, Grains = Grains.Parts };
    }

    static string Wide(ModelSizes sizes) => sizes.Width > 0 ? $", width {sizes.Width}{(sizes.Parallel ? ", attention and MLP in parallel" : "")}" : "";

    static string Short(string sha256) => sha256.Length > 12 ? sha256[..12] + "…" : sha256;
}
