namespace Heartwood.App.Commands;

/// <summary>Words that people come with from other tools, and where they lead here.</summary>
static class Synonyms
{
    const string Smaller = "To make a model smaller, from search to files: heartwood shrink. Step by step: heartwood find, cut, "
        + "heal, quantize, export.";
    const string Quantized = "A model with fewer bits a weight, measured in-domain and out of domain: heartwood quantize.";
    const string Written = "A model is written for other programs by heartwood export MODEL --to NAME --out FOLDER; "
        + "heartwood convert MODEL writes the safetensors copy of a folder that PyTorch saved.";
    const string Asked = "What a model says of a text or a file: heartwood predict.";
    const string Spoken = "A language model goes on with a text by heartwood generate; there is no dialogue.";
    const string Trained = "A model is trained, or trained on, by heartwood train.";
    const string Measured = "Accuracy and the other figures: heartwood evaluate.";
    const string Searched = "Subnetworks are found by heartwood find.";
    const string Seen = "What a folder holds: heartwood inspect.";
    const string Alone = "Every part alone: heartwood ablate.";
    const string Healed = "After a cut, the smaller model is trained for a short while by heartwood heal RUN.";
    const string Taught = "A model learns to be like another by heartwood train --from FOLDER --teacher FOLDER --loss TERMS.";
    const string Paged = "The page of a run is drawn by heartwood report.";

    static readonly Dictionary<string, string> verbs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["prune"] = Smaller,
        ["pruning"] = Smaller,
        ["compress"] = Smaller,
        ["sparsify"] = Smaller,
        ["slim"] = Smaller,
        ["quantise"] = Quantized,
        ["quant"] = Quantized,
        ["save"] = Written,
        ["gguf"] = Written,
        ["onnx"] = Written,
        ["classify"] = Asked,
        ["infer"] = Asked,
        ["inference"] = Asked,
        ["label"] = Asked,
        ["fill"] = Asked,
        ["fill-mask"] = Asked,
        ["chat"] = Spoken,
        ["complete"] = Spoken,
        ["speak"] = Spoken,
        ["say"] = Spoken,
        ["finetune"] = Trained,
        ["fine-tune"] = Trained,
        ["fit"] = Trained,
        ["pretrain"] = Trained,
        ["tune"] = Trained,
        ["eval"] = Measured,
        ["measure"] = Measured,
        ["benchmark"] = Measured,
        ["accuracy"] = Measured,
        ["perplexity"] = Measured,
        ["search"] = Searched,
        ["discover"] = Searched,
        ["circuit"] = Searched,
        ["attribute"] = Searched,
        ["attribution"] = Searched,
        ["info"] = Seen,
        ["show"] = Seen,
        ["describe"] = Seen,
        ["summary"] = Seen,
        ["ls"] = Seen,
        ["knockout"] = Alone,
        ["ablation"] = Alone,
        ["ablations"] = Alone,
        ["importance"] = Alone,
        ["recover"] = Healed,
        ["retrain"] = Healed,
        ["distill"] = Taught,
        ["distil"] = Taught,
        ["distillation"] = Taught,
        ["plot"] = Paged,
        ["draw"] = Paged,
        ["html"] = Paged,
    };

    static readonly Dictionary<string, string> options = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--lr"] = "--learning-rate",
        ["--output"] = "--out",
        ["-o"] = "--out",
        ["--out-dir"] = "--out",
        ["--output-dir"] = "--out",
        ["--dataset"] = "--data",
        ["--input"] = "--data",
        ["--file"] = "--data",
        ["--train"] = "--data",
        ["--dev"] = "--in-domain",
        ["--test"] = "--in-domain",
        ["--max-seq-length"] = "--max-length",
        ["--max-new-tokens"] = "--tokens",
        ["--algorithm"] = "--method",
        ["--finder"] = "--method",
        ["--loss"] = "--objective",
        ["--components"] = "--parts",
        ["--samples"] = "--max-examples",
        ["--limit"] = "--max-examples",
        ["--n"] = "--max-examples",
        ["--dtype"] = "--precision",
        ["--metric"] = "--measure",
        ["--ablate"] = "--without",
        ["--remove"] = "--without",
        ["--model-path"] = "--model",
        ["--checkpoint"] = "--model",
    };

    /// <summary>Where a word leads that is no verb, in a sentence; null where it is not known.</summary>
    public static string? Verb(string word) => verbs.GetValueOrDefault(word);

    /// <summary>The option that another name means, among those that a verb has; null where there is none.</summary>
    /// <param name="name">the name as it was given, with its dashes</param>
    /// <param name="known">the options that there are</param>
    public static string? Option(string name, IReadOnlyCollection<string> known)
    {
        string dashed = name.Replace('_', '-');
        return known.Contains(dashed) ? dashed : options.TryGetValue(dashed, out string? meant) && known.Contains(meant) ? meant : null;
    }

    /// <summary>All words that lead to verbs, with the sentence of each.</summary>
    internal static IReadOnlyDictionary<string, string> Verbs => verbs;
}
