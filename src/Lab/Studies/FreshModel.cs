using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Worlds;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Training;

namespace Heartwood.Lab.Studies;

/// <summary>Makes the untrained model that a training run without a folder begins from.</summary>
/// <param name="request">its family, size, tokenizer and seed</param>
sealed class FreshModel(TrainingRequest request)
{
    /// <summary>The model for a task: a classifier, a model of one number, or one that gives scores to the vocabulary.</summary>
    /// <exception cref="InvalidDataException">there are too few labels, or no tokenizer for running text</exception>
    /// <exception cref="ArgumentException">the size makes no model, or the family is none for the task</exception>
    internal LoadedModel For(IProblem problem, IReadOnlyList<DataSource> training)
    {
        if (problem.OfVocabulary && request.Tokenizer is null && request.Vocabulary is null)
            throw new InvalidDataException($"{training[0].Name} is running text, and a fresh model needs a tokenizer for it. Give the "
                + "folder of a model whose tokenizer it should read with: --tokenizer FOLDER.");
        var (tokenizer, files) = request.Tokenizer is null ? OfWords() : OfFolder(request.Tokenizer);
        IReadOnlyList<string> labels = Labels(problem, training);
        IModel model = UntrainedModel.Make(
            request.Family, request.Size, tokenizer.Count, labels, request.Options.Seed, request.Fresh);
        if (problem.OfVocabulary) model = Saying(model, tokenizer);
        return new("a fresh model", model, tokenizer.For(model.Vocabulary), files, request.Fresh.TokenTypes, "");
    }

    IReadOnlyList<string> Labels(IProblem problem, IReadOnlyList<DataSource> training)
    {
        if (problem.OfVocabulary) return [];
        IReadOnlyList<string> labels = problem.OfOneNumber ? Regression.Labels : request.Labels.Count > 0 ? request.Labels
            : TrainingLabels.Collect(training);
        LoadedModel.RequireTwo(labels, problem);
        return labels;
    }

    // which tokens begin and end a text, as other software looks for it in the config
    static IModel Saying(IModel model, Tokenizer tokenizer)
    {
        JsonObject config = (JsonObject)model.Config.DeepClone();
        config.Remove("pad_token_id");
        if (model.Causal)
        {
            config["bos_token_id"] = tokenizer.Begin ?? tokenizer.End;
            config["eos_token_id"] = tokenizer.End ?? tokenizer.Begin;
        }
        return model.With(config, model.Weights);
    }

    static (Tokenizer, IReadOnlyDictionary<string, byte[]>) OfFolder(string folder) =>
        (Tokenizer.FromFolder(folder), HuggingFaceFolder.ReadTokenizer(folder));

    (Tokenizer, IReadOnlyDictionary<string, byte[]>) OfWords()
    {
        string? file = request.Vocabulary;
        byte[] words = file is null ? Encoding.UTF8.GetBytes(string.Join('\n', MadeUpLanguage.Vocabulary) + "\n")
            : File.ReadAllBytes(file);
        Tokenizer tokenizer = file is null ? Tokenizer.FromWords(MadeUpLanguage.Vocabulary, request.LowerCase)
            : Tokenizer.FromVocabulary(file, request.LowerCase);
        string config = $$"""{"do_lower_case": {{(request.LowerCase ? "true" : "false")}}, "tokenizer_class": "BertTokenizer"}""";
        Dictionary<string, byte[]> files = new() { ["vocab.txt"] = words, ["tokenizer_config.json"] = Encoding.UTF8.GetBytes(config) };
        return (tokenizer, files);
    }
}
