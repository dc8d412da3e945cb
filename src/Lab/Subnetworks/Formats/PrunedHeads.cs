using System.Globalization;
using System.Text.Json.Nodes;
using Heartwood.Lab.Json;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks.Formats;

/// <summary>
/// The key <c>pruned_heads</c> of a Hugging Face config.json (transformers up to 4): <c>{"0": [1, 2]}</c> says that heads 1 and 2 of
/// layer 0 are gone, by the numbers that they had in the whole model. It speaks of heads only; what is gone contributes nothing.
/// </summary>
static class PrunedHeads
{
    /// <summary>The key.</summary>
    public const string Key = "pruned_heads";

    static readonly string[] layersKeys = ["num_hidden_layers", "n_layer", "n_layers"];
    static readonly string[] headsKeys = ["num_attention_heads", "n_head", "n_heads"];
    static readonly string[] widthKeys = ["hidden_size", "n_embd", "dim"];
    /// <summary>Whether an object without the key is the value of it.</summary>
    public static bool IsBare(JsonFields file) => file.Count > 0 && file.Each.All(p => Number(p.Name) is not null && p.Value.IsList);

    /// <summary>Reads a config.json, or the value of the key alone.</summary>
    /// <param name="file">the file</param>
    /// <param name="model">the model's sizes, where they are known from elsewhere</param>
    /// <exception cref="FormatException">it is none, or says sizes that it cannot have</exception>
    public static Subnetwork Read(JsonFields file, ModelSizes? model)
    {
        ModelSizes sizes = (Said(file) ?? model)
            ?? throw new FormatException($"'{Key}' names the heads that are gone, and not how many there are. "
                + "Give the whole config.json, or name the model: --model FOLDER.");
        JsonFields gone = file.Has(Key) ? file.Object(Key)! : file;
        HashSet<Part> ablated = [];
        foreach (var layer in gone.Each)
        {
            int number = Number(layer.Name)
                ?? throw new FormatException($"'{Key}' has the key '{layer.Name}'; its keys are the numbers of layers, from 0.");
            foreach (int head in gone.Wholes(layer.Name)!)
            {
                Part part = Heads.Kind.Part(number, head);
                if (!sizes.Has(part))
                    throw new FormatException($"'{Key}' names head {head} of layer {number}; the model has {sizes.InWords}.");
                if (!ablated.Add(part)) throw new FormatException($"'{Key}' names head {head} of layer {number} twice.");
            }
        }
        string[] heads = [Heads.Kind.Name];
        Part[] left = [.. sizes.Parts(heads).Where(part => !ablated.Contains(part))];
        Subnetwork kept = new(0, "", 0, sizes.SizesOf(Heads.Kind).Count, left, new Dictionary<Part, double>(), "zero", "")
        {
            InPlay = heads,
            Model = sizes,
        };
        return kept with { TargetSparsity = kept.Sparsity };
    }

    static ModelSizes? Said(JsonFields file)
    {
        if (layersKeys.FirstOrDefault(file.Has) is not { } layersKey || headsKeys.FirstOrDefault(file.Has) is not { } headsKey) return null;
        int layers = file.Whole(layersKey, 1, ModelSizes.MostParts)!.Value, heads = file.Whole(headsKey, 1, ModelSizes.MostParts)!.Value;
        if ((long)layers * (heads + 1) > ModelSizes.MostParts)
            throw new FormatException($"'{layersKey}' and '{headsKey}' make more than {ModelSizes.MostParts:N0} parts.");
        string family = file.Text("model_type") ?? "";
        int width = widthKeys.FirstOrDefault(file.Has) is { } widthKey ? file.Whole(widthKey, 1)!.Value : 0;
        return ModelSizes.Even(family, layers, heads, width);
    }

    /// <summary>Writes the key, with those beside it that say the model's sizes.</summary>
    /// <exception cref="ArgumentException">the format cannot say what the subnetwork is</exception>
    public static string Write(Subnetwork mask)
    {
        if (mask.Edges is not null)
            throw new ArgumentException($"{Key} names heads, and this is a circuit of edges. "
                + "Take its nodes first, if that is what you want: --nodes.");
        if (mask.Model is not { } sizes)
            throw new ArgumentException($"{Key} names the heads that are gone, and the file does not say which heads there are. "
                + "Name the model: --model FOLDER.");
        if (mask.InPlay.Except(PartKinds.InPlay).FirstOrDefault() is { } other)
            throw new ArgumentException($"{Key} names heads only, and this subnetwork has {other} in play. Write it as --to heartwood; "
                + "to hand over the model itself, cut it: heartwood cut RUN --mask FILE --out FOLDER.");
        Part[] mlps = [.. sizes.Parts([Mlps.Kind.Name]).Except(mask.Kept)];
        if (mask.InPlay.Contains(Mlps.Kind.Name) && mlps.Length > 0)
            throw new ArgumentException($"{Key} names heads only, and MLP blocks of this subnetwork are ablated "
                + $"({string.Join(' ', mlps.Take(4))}{(mlps.Length > 4 ? " …" : "")}). Write it as --to heartwood or --to mib; "
                + "to hand over the model itself, cut it: heartwood cut RUN --mask FILE --out FOLDER.");
        JsonObject config = [];
        if (sizes.Family != "") config["model_type"] = sizes.Family;
        if (sizes.HeadsPerLayer.Distinct().Count() == 1)
        {
            config["num_hidden_layers"] = sizes.Layers;
            config["num_attention_heads"] = sizes.HeadsPerLayer[0];
        }
        JsonObject gone = [];
        foreach (var layer in sizes.Parts([Heads.Kind.Name]).Except(mask.Kept).GroupBy(p => p.Layer))
            gone[layer.Key.ToString(CultureInfo.InvariantCulture)] = new JsonArray([.. layer.Select(p => JsonValue.Create(p.Index))]);
        config[Key] = gone;
        return config.ToJsonString(JsonWriting.Foreign) + "\n";
    }

    static int? Number(string digits)
    {
        bool whole = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int n);
        return whole && n.ToString(CultureInfo.InvariantCulture) == digits ? n : null;
    }
}
