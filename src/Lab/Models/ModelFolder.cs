using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>Models as folders.</summary>
public static class ModelFolder
{
    static readonly Dictionary<string, ModelFamily> families = new(StringComparer.Ordinal)
    {
        ["bert"] = Bert.Described,
        ["roberta"] = Roberta.Described,
        ["xlm-roberta"] = Roberta.Described,
        ["gpt2"] = Gpt2.Described,
        ["gpt_neox"] = GptNeoX.Described,
        ["gemma2"] = Gemma2.Described,
        ["llama"] = Llama.Described,
        ["mistral"] = Llama.Described,
        ["qwen2"] = Llama.Described,
        ["distilbert"] = DistilBert.Described,
        ["electra"] = Electra.Described,
        ["qwen3"] = Qwen3.Described,
    };

    /// <summary>The families that can be read and made from nothing, as config.json calls them.</summary>
    public static IReadOnlyCollection<string> Families => families.Keys;

    /// <summary>Those of which a model can give scores to the vocabulary, and so be trained on running text.</summary>
    public static IEnumerable<string> OfVocabulary => families.Where(f => f.Value.HasVocabularyHead).Select(f => f.Key);

    /// <summary>What a family's file says of it.</summary>
    /// <exception cref="CheckpointException">the family is not known</exception>
    internal static ModelFamily FamilyOf(string name, string path) => families.TryGetValue(name, out ModelFamily? family) ? family
        : throw new CheckpointException($"{path}: model_type is '{name}'; Heartwood knows: {string.Join(", ", families.Keys)}.");

    /// <summary>The names of every family, once.</summary>
    internal static IEnumerable<FamilyNames> AllNames => families.Values.Select(family => family.Names).Distinct();

    /// <summary>
    /// The model of an open folder, whichever family its config names. Its weights have the family's usual names, whatever a wrapper or a
    /// lost prefix made of them in the file.
    /// </summary>
    /// <param name="folder">the folder</param>
    /// <param name="note">hears what a reader should know of how the folder was read; null for nobody</param>
    /// <exception cref="CheckpointException">
    /// the family is not known, config and weights do not fit, or there is no head, or one that Heartwood does not read
    /// </exception>
    public static IModel Load(HuggingFaceFolder folder, Action<string>? note = null) => new FolderReading(folder).Load(note);

    /// <summary>
    /// The body of an open folder, with or without a head there: an encoder as sentence-transformers folders hold it, say. It gives scores
    /// to nothing (<see cref="Output.None"/>); its last hidden states are what <see cref="ModelPasses.Stream"/> gives for
    /// <see cref="Tokens.All"/>: [token width], the sequences of the batch one after another, of decoders before their final norm.
    /// A probe sees them at <see cref="Probes.Point.LayerOut"/> of the last layer.
    /// </summary>
    /// <param name="folder">the folder</param>
    /// <param name="note">hears what a reader should know of how the folder was read; null for nobody</param>
    /// <exception cref="CheckpointException">the family is not known, or config and weights do not fit</exception>
    public static IModel LoadBody(HuggingFaceFolder folder, Action<string>? note = null) => new FolderReading(folder).Body(note);

    /// <summary>Whether the folder's weights hold a classification head that is read.</summary>
    /// <exception cref="CheckpointException">the family is not known, or the weights are another's</exception>
    public static bool HasHead(HuggingFaceFolder folder) => new FolderReading(folder).Head == HeadKind.Labels;

    /// <summary>
    /// What an open folder's head gives scores to: <see cref="Output.None"/> where there is no head, or one that Heartwood does not read.
    /// </summary>
    /// <param name="folder">the folder</param>
    /// <param name="inWords">the head as a reader should know it, for example "no head (config.json says BertModel)"</param>
    /// <exception cref="CheckpointException">the family is not known, or the weights are another's</exception>
    public static Output OutputOf(HuggingFaceFolder folder, out string inWords)
    {
        FolderReading reading = new(folder);
        inWords = reading.HeadInWords;
        return reading.Head switch
        {
            HeadKind.Labels => Output.Labels,
            HeadKind.Vocabulary or HeadKind.MaskedWords => Output.Vocabulary,
            _ => Output.None,
        };
    }

    /// <summary>The model of an open folder with a fresh classification head in place of any that it has, to be trained.</summary>
    /// <param name="folder">the folder, of a model with or without a head</param>
    /// <param name="labels">names of the labels; one for a model that gives a score</param>
    /// <param name="seed">seed of the head's weights</param>
    /// <param name="note">hears what is left out of the folder; null for nobody</param>
    /// <exception cref="CheckpointException">the family is not known, or config and weights do not fit</exception>
    /// <exception cref="InvalidDataException">there is no label</exception>
    public static IModel LoadWithNewHead(HuggingFaceFolder folder, IReadOnlyList<string> labels, ulong seed, Action<string>? note = null)
    {
        if (labels.Count == 0) throw new InvalidDataException("A head needs labels, and there is none. Look at the data's label column.");
        return new FolderReading(folder).WithNewHead(labels, seed, note);
    }

    /// <summary>Writes a model as a folder that loads again.</summary>
    /// <param name="model">the model</param>
    /// <param name="path">the folder: new or empty, unless <paramref name="replace"/></param>
    /// <param name="tokenizer">the tokenizer's files by name, and others</param>
    /// <param name="dtype">how the weights are stored; null for each as it was read (<see cref="Weights.StoredAs"/>)</param>
    /// <param name="replace">whether a folder that holds something may be replaced</param>
    /// <param name="configured">the content of config.json, where it is another way to say what the model's own says</param>
    /// <exception cref="IOException">it cannot be written</exception>
    public static void Save(
        IModel model, string path, IReadOnlyDictionary<string, byte[]> tokenizer, Dtype? dtype = Dtype.F32, bool replace = false,
        JsonObject? configured = null)
    {
        JsonObject config = (JsonObject)(configured ?? model.Config).DeepClone();
        // newer files say dtype, older ones torch_dtype, and readers take either: every one that is there says what is stored
        string stored = (dtype ?? model.Weights.Commonest) switch
        {
            Dtype.F16 => "float16",
            Dtype.BF16 => "bfloat16",
            _ => "float32",
        };
        foreach (string key in (string[])["dtype", "torch_dtype"])
            if (config.ContainsKey(key)) config[key] = stored;
        if (!config.ContainsKey("dtype")) config["torch_dtype"] = stored;
        HuggingFaceFolder.Write(path, config, model.Weights.Named(dtype), tokenizer, replace);
    }
}
