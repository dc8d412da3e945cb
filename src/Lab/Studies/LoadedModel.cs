using System.Security.Cryptography;
using System.Text;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Training;

namespace Heartwood.Lab.Studies;

/// <summary>A model ready to read text: with its tokenizer, the rule of its token types, and its hash.</summary>
/// <param name="Name">the folder, or "the embedded model"</param>
/// <param name="Model">the model</param>
/// <param name="Tokenizer">its tokenizer</param>
/// <param name="TokenizerFiles">the tokenizer's files by name, to be written beside models made from this one</param>
/// <param name="Rule">where its token types come from</param>
/// <param name="Sha256">hash of its weights</param>
public sealed record LoadedModel(string Name, IModel Model, Tokenizer Tokenizer, IReadOnlyDictionary<string, byte[]> TokenizerFiles, TokenTypeRule Rule, string Sha256)
{
    /// <summary>Loads a folder, or the embedded model where no folder is named.</summary>
    /// <exception cref="CheckpointException">the folder is not a model that Heartwood understands</exception>
    /// <exception cref="InvalidDataException">its tokenizer is missing, not understood, or of another size than its embeddings</exception>
    public static LoadedModel Load(string? folder)
    {
        using HuggingFaceFolder open = folder is null ? EmbeddedModel.Open() : HuggingFaceFolder.Open(folder);
        return Noted(note => Of(open, folder, ModelFolder.Load(open, note)));
    }

    /// <summary>Loads a folder to look at it: a body without its head where there is none that Heartwood reads.</summary>
    /// <param name="folder">the folder, or null for the embedded model</param>
    /// <param name="head">the head as a reader should know it</param>
    /// <inheritdoc cref="Load"/>
    public static LoadedModel ToInspect(string? folder, out string head)
    {
        using HuggingFaceFolder open = folder is null ? EmbeddedModel.Open() : HuggingFaceFolder.Open(folder);
        bool whole = ModelFolder.OutputOf(open, out head) != Output.None;
        return Noted(note => Of(open, folder, whole ? ModelFolder.Load(open, note) : ModelFolder.LoadBody(open, note)));
    }

    static LoadedModel Noted(Func<Action<string>, LoadedModel> load)
    {
        List<string> told = [];
        LoadedModel loaded = load(told.Add);
        loaded.notes.AddRange(told);
        return loaded;
    }

    /// <summary>Loads a folder to fine-tune. Its classification head begins anew where it has none, or where other labels are asked for than its own.</summary>
    /// <param name="folder">the folder</param>
    /// <param name="asked">the labels asked for; empty for the folder's own</param>
    /// <param name="ofData">the labels of the data, for a folder without a head where none are asked for</param>
    /// <param name="seed">seed of a new head's weights</param>
    /// <exception cref="CheckpointException">the folder is not a model that Heartwood understands</exception>
    /// <exception cref="InvalidDataException">its tokenizer is missing, not understood, or of another size than its embeddings; or there is only one label</exception>
    public static LoadedModel ToTune(string folder, IReadOnlyList<string> asked, Func<IReadOnlyList<string>> ofData, ulong seed)
    {
        using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
        return Noted(note =>
        {
            List<string> told = [];
            IModel? whole = ModelFolder.HasHead(open) ? ModelFolder.Load(open, told.Add) : null;
            if (whole is null || (asked.Count > 0 && !asked.SequenceEqual(whole.Labels)))
                return Of(open, folder, ModelFolder.LoadWithNewHead(open, asked.Count > 0 ? asked : ofData(), seed, note));
            told.ForEach(note);
            return Of(open, folder, whole);
        });
    }

    static LoadedModel Of(HuggingFaceFolder open, string? folder, IModel model)
    {
        IReadOnlyDictionary<string, byte[]> files = open.ReadTokenizer();
        Tokenizer tokenizer = folder is null ? EmbeddedModel.ReadTokenizer(files) : Tokenizer.FromFolder(folder);
        if (tokenizer.Count > model.Vocabulary || (tokenizer.Count < model.Vocabulary && !Padded(tokenizer.Count, model.Vocabulary)))
            throw new InvalidDataException($"{open.Path}: the tokenizer has {tokenizer.Count} words, the model's embeddings {model.Vocabulary}. Use the tokenizer that belongs to the weights.");
        TokenTypeRule rule = TokenTypes.RuleOf(model);
        if (rule == TokenTypeRule.Overlap && model.TokenTypes < 4)
            throw new CheckpointException($"{open.Path}: token types by overlap need 4 types, the model has {model.TokenTypes} (type_vocab_size).");
        return new(folder ?? EmbeddedModel.Name, model, tokenizer, files, rule, open.Weights.Sha256());
    }

    // embeddings are sometimes made longer than the vocabulary, up to a round number: large ones (Qwen2's 151,936 for 151,646 words) by more
    static bool Padded(int words, int embeddings) => embeddings % 8 == 0 && embeddings - words < Math.Max(128, embeddings / 256);

    /// <summary>What the weights' hash leaves out, for the manifest: config and tokenizer.</summary>
    public DataFacts Facts
    {
        get
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(Encoding.UTF8.GetBytes(Model.Config.ToJsonString()));
            foreach (var (name, content) in TokenizerFiles.OrderBy(f => f.Key, StringComparer.Ordinal))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"\0{name} {content.Length}\0"));
                hash.AppendData(content);
            }
            return new("config and tokenizer", Name, Tokenizer.Count, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
    }

    /// <summary>Names of the model's labels.</summary>
    /// <exception cref="CheckpointException">it is a language model and has none</exception>
    public IReadOnlyList<string> Labels => Model.Output == Output.Labels ? Model.Labels
        : throw new CheckpointException($"{Name}: the model tells which token comes next and has no labels. Fine-tune a classifier from it: heartwood train --from {Name}.");

    /// <summary>What a reader should know of the rows that were encoded.</summary>
    public IReadOnlyCollection<string> Notes => notes;

    readonly List<string> notes = [];

    // once, though the rows of a file may be encoded for several uses
    void Note(string note)
    {
        if (!notes.Contains(note)) notes.Add(note);
    }

    /// <summary>Encodes rows for this model, whatever they ask.</summary>
    /// <param name="sources">where the rows come from</param>
    /// <param name="most">longest input in tokens; 0 for the model's own</param>
    /// <exception cref="InvalidDataException">labels are asked of a language model, or tokens of a classifier</exception>
    public IReadOnlyList<Example> Encode(IReadOnlyList<DataSource> sources, int most = 0) => Encode(sources, DataSource.ProblemOf(sources).OfVocabulary ? [] : Labels, most);

    /// <summary>The same with labels that are given.</summary>
    /// <param name="sources">where the rows come from</param>
    /// <param name="labels">the labels of the examples, in the order of their numbers</param>
    /// <param name="most">longest input in tokens; 0 for the model's own</param>
    public IReadOnlyList<Example> Encode(IReadOnlyList<DataSource> sources, IReadOnlyList<string> labels, int most = 0)
    {
        return [.. sources.SelectMany(s =>
        {
            if (s.Problem.OfVocabulary && Model.Output == Output.Labels)
                throw new InvalidDataException($"{s.Name} is {s.Problem.Words.Name}, which only a language model can be asked; {Name} is a classifier ({string.Join(", ", Model.Labels)}). Give labelled rows, or another model.");
            foreach (string note in s.Notes) Note(note);
            return s.Problem.Encode(s.Rows, new(Tokenizer, Longest(most), Rule, labels, s.Name, Note));
        })];
    }

    /// <summary>The tokens of rows as <see cref="Encode(IReadOnlyList{DataSource}, int)"/> makes them, with their words.</summary>
    /// <param name="rows">the rows</param>
    /// <param name="most">longest input in tokens; 0 for the model's own</param>
    public IReadOnlyList<TokenWords> WordsOf(IReadOnlyList<Row> rows, int most = 0) => [.. rows.Select(row => TokenWords.Of(row, Tokenizer, Longest(most)))];

    int Longest(int most) => most == 0 ? Model.MostPositions : Math.Min(most, Model.MostPositions);
}
