using System.Security.Cryptography;
using System.Text;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Tokenizers;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Lab.Tasks;

/// <summary>A model ready to read text: with its tokenizer, the rule of its token types, and its hash.</summary>
/// <param name="Name">the folder, or "the embedded model"</param>
/// <param name="Model">the model</param>
/// <param name="Tokenizer">its tokenizer</param>
/// <param name="TokenizerFiles">the tokenizer's files by name, to be written next to models made from this one</param>
/// <param name="Rule">where its token types come from</param>
/// <param name="Sha256">hash of its weights</param>
public sealed record LoadedModel(
    string Name, IModel Model, Tokenizer Tokenizer, IReadOnlyDictionary<string, byte[]> TokenizerFiles, TokenTypeRule Rule, string Sha256)
{
    const string TokenizerFile = "tokenizer.json";

    /// <summary>Loads a folder, or the embedded model where no folder is named.</summary>
    /// <param name="folder">the folder, or null for the embedded model</param>
    /// <param name="precision">at which the model multiplies by its weights</param>
    /// <exception cref="CheckpointException">the folder is not a model that Heartwood understands</exception>
    /// <exception cref="InvalidDataException">its tokenizer is missing, not understood, or of another size than its embeddings</exception>
    /// <exception cref="NotSupportedException">the backend that HEARTWOOD_BACKEND names has not this precision</exception>
    public static LoadedModel Load(string? folder, Precision precision = Precision.Float32)
    {
        _ = Machine.BackendAt(precision);                        // refused before gigabytes are read
        using HuggingFaceFolder open = folder is null ? EmbeddedModel.Open() : HuggingFaceFolder.Open(folder);
        return Noted(note => FromFolder(open, folder, ModelFolder.Load(open, note).At(precision)));
    }

    /// <summary>
    /// Loads a folder to look at it: a body without its head where there is none that Heartwood reads, and without a tokenizer where the
    /// folder has no file of one.
    /// </summary>
    /// <param name="folder">the folder, or null for the embedded model</param>
    /// <param name="precision">at which the model multiplies by its weights</param>
    /// <param name="reads">whether it is to read text, so that a missing tokenizer is refused</param>
    /// <inheritdoc cref="Load"/>
    public static SeenModel ToInspect(string? folder, Precision precision = Precision.Float32, bool reads = false)
    {
        _ = Machine.BackendAt(precision);
        using HuggingFaceFolder open = folder is null ? EmbeddedModel.Open() : HuggingFaceFolder.Open(folder);
        bool whole = ModelFolder.OutputOf(open, out string head) != Output.None;
        List<string> told = [];
        IModel model = (whole ? ModelFolder.Load(open, told.Add) : ModelFolder.LoadBody(open, told.Add)).At(precision);
        if (!reads && open.ReadTokenizer().Count == 0)
        {
            told.Add($"{open.Path}: there is no tokenizer, so that the model can be looked at and not asked. "
                + "Put the tokenizer's files that belong to it (tokenizer.json, say) next to the weights.");
            return new(folder!, model, open.Weights.Sha256(), head, null) { Notes = told };
        }
        LoadedModel ready = FromFolder(open, folder, model);
        told.ForEach(ready.Note);
        return new(ready.Name, model, ready.Sha256, head, ready) { Notes = [.. ready.Notes] };
    }

    static LoadedModel Noted(Func<Action<string>, LoadedModel> load)
    {
        List<string> told = [];
        LoadedModel loaded = load(told.Add);
        told.ForEach(loaded.Note);
        return loaded;
    }

    /// <summary>
    /// Loads a folder to fine-tune. Its classification head is new where it has none, or where other labels are asked for than its
    /// own.
    /// </summary>
    /// <param name="folder">the folder</param>
    /// <param name="asked">the labels asked for; empty for the folder's own</param>
    /// <param name="ofData">the labels of the data, for a folder without a head where none are asked for</param>
    /// <param name="problem">what it is tuned to: labels, or scores, for which the head gives one number</param>
    /// <param name="seed">seed of a new head's weights</param>
    /// <exception cref="CheckpointException">the folder is not a model that Heartwood understands</exception>
    /// <exception cref="InvalidDataException">its tokenizer is missing, not understood, or of another size than its embeddings; or there is
    /// only one label</exception>
    public static LoadedModel ToTune(string folder, IReadOnlyList<string> asked, Func<IReadOnlyList<string>> ofData, IProblem problem,
        ulong seed)
    {
        using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
        if (problem.OfVocabulary) return ToTuneOnText(open, folder);
        List<string> told = [];
        IModel? whole = ModelFolder.HasHead(open) ? ModelFolder.Load(open, told.Add) : null;
        bool ofItsKind = whole?.GivesOneNumber() == problem.OfOneNumber;
        if (whole is not null && ofItsKind && (asked.Count == 0 || asked.SequenceEqual(whole.Labels)))
            return Noted(note =>
            {
                told.ForEach(note);
                return FromFolder(open, folder, whole);
            });
        IReadOnlyList<string> labels = problem.OfOneNumber ? Regression.Labels : asked.Count > 0 ? asked : ofData();
        RequireTwo(labels, problem);
        LoadedModel loaded = Noted(note => FromFolder(open, folder, ModelFolder.LoadWithNewHead(open, labels, seed, note)));
        if (whole is not null) loaded.Note($"{folder}: its head ({Head(whole)}) is not what the data asks for; a new one begins "
            + $"({Head(loaded.Model)}).");
        return loaded;
    }

    static LoadedModel ToTuneOnText(HuggingFaceFolder open, string folder)
    {
        if (ModelFolder.OutputOf(open, out string head) != Output.Vocabulary)
            throw new InvalidDataException($"{folder}: running text is learned by a language model, or by an encoder that guesses masked "
                + $"words; this has {(head == "labels" ? "a head for labels" : head)}. "
                + "Give the folder of a model with such a head, or rows with labels.");
        return Noted(note => FromFolder(open, folder, ModelFolder.Load(open, note)));
    }

    static string Head(IModel model) => model.GivesOneNumber() ? "one number, a score" : $"labels {string.Join(", ", model.Labels)}";

    /// <summary>Refuses a classifier of fewer than two labels.</summary>
    /// <exception cref="InvalidDataException">there are fewer</exception>
    internal static void RequireTwo(IReadOnlyList<string> labels, IProblem problem)
    {
        if (problem.OfOneNumber || labels.Count > 1) return;
        throw new InvalidDataException($"A classifier needs two or more labels; there "
            + $"{(labels.Count == 0 ? "is none" : $"is only the label '{labels[0]}'")}. Look at the data's label column.");
    }

    static LoadedModel FromFolder(HuggingFaceFolder open, string? folder, IModel model)
    {
        IReadOnlyDictionary<string, byte[]> files = open.ReadTokenizer();
        Tokenizer tokenizer = folder is null ? EmbeddedModel.ReadTokenizer(files)
            : Directory.Exists(folder) ? Tokenizer.FromFolder(folder)
            : Tokenizer.FromJson(open.Require(TokenizerFile), open.PathOf(TokenizerFile));            // of a GGUF file
        if (Math.Abs(tokenizer.Count - model.Vocabulary) is var difference && difference > MostDifference(model.Vocabulary))
            throw new InvalidDataException($"{open.Path}: expected a tokenizer of about as many words as the model's embeddings have "
                + $"rows, {model.Vocabulary}; "
                + $"found {tokenizer.Count} words, {difference} {(tokenizer.Count > model.Vocabulary ? "more" : "fewer")} "
                + $"(at most {MostDifference(model.Vocabulary)} may differ). "
                + "It is another model's: use the tokenizer that belongs to the weights.");
        tokenizer = tokenizer.For(model.Vocabulary);
        TokenTypeRule rule = TokenTypes.Read(model, open.Path);
        Checkpoint weights = open.Weights;
        long Bytes(string name) => weights.Count(name) * weights.DtypeOf(name).Size();
        return new(folder ?? EmbeddedModel.Name, model, tokenizer, files, rule, weights.Sha256()) { Bytes = weights.Names.Sum(Bytes) };
    }

    // Embeddings are often made longer than the vocabulary, up to a round number (Qwen2's 151,936 for 151,646 words), and tokens are
    // often added without a row: 2 % of the rows, of small ones 128.
    static int MostDifference(int rows) => Math.Max(128, rows / 50);

    /// <summary>Its folder; null of the embedded model.</summary>
    public string? Folder => Name == EmbeddedModel.Name ? null : Name;

    /// <summary>Bytes that its tensors take as they are stored.</summary>
    public long Bytes { get; private init; }

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
        : throw new CheckpointException($"{Name}: the model "
            + $"{(Model.GuessesMaskedWords() ? "guesses masked words" : "tells which token comes next")} and has no labels. "
            + $"Fine-tune a classifier from it: heartwood train --from {Name}.");

    /// <summary>What a reader should know of the rows that were encoded.</summary>
    public IReadOnlyCollection<string> Notes => notes;

    readonly List<string> notes = [.. Tokenizer.Notes];

    /// <summary>Adds one, once, though the rows of a file may be encoded for several uses.</summary>
    internal void Note(string note)
    {
        if (!notes.Contains(note)) notes.Add(note);
    }

    /// <summary>Encodes rows for this model, whatever they ask.</summary>
    /// <param name="sources">where the rows come from</param>
    /// <param name="most">longest input in tokens; 0 for the model's own</param>
    /// <exception cref="InvalidDataException">labels are asked of a language model, or tokens of a classifier</exception>
    public IReadOnlyList<Example> Encode(IReadOnlyList<DataSource> sources, int most = 0) => Encode(sources, LabelMap.None, most);

    /// <summary>The same where the model's labels count as others; see <see cref="LabelMatch"/>.</summary>
    /// <param name="sources">where the rows come from</param>
    /// <param name="map">what the labels count as</param>
    /// <param name="most">longest input in tokens; 0 for the model's own</param>
    public IReadOnlyList<Example> Encode(IReadOnlyList<DataSource> sources, LabelMap map, int most)
    {
        RefuseMixed(sources);
        bool labelled = sources.Count > 0 && DataSource.ProblemOf(sources) is Classification;
        return Encode(sources, labelled ? LabelMatch.Find(Labels, map, sources).Names : [], most);
    }

    /// <summary>The same with labels that are given.</summary>
    /// <param name="sources">where the rows come from</param>
    /// <param name="labels">the labels of the examples, in the order of their numbers</param>
    /// <param name="most">longest input in tokens; 0 for the model's own</param>
    public IReadOnlyList<Example> Encode(IReadOnlyList<DataSource> sources, IReadOnlyList<string> labels, int most = 0)
    {
        RefuseMixed(sources);
        foreach (string note in sources.SelectMany(s => s.Notes)) Note(note);
        return [.. sources.SelectMany(s =>
        {
            try
            {
                return s.Problem.For(Model).Encode(s.Rows, new(Tokenizer, Longest(most), Rule, labels, s.Name, Note)
                {
                    Unlabelled = s.MayLackLabels,
                });
            }
            catch (TokenWithoutRowException fault)
            {
                throw new TokenWithoutRowException($"{s.Name}: {fault.Message}", fault);
            }
        })];
    }

    /// <summary>Refuses data that asks for something else than what the model gives.</summary>
    /// <exception cref="InvalidDataException">the message names both, and the next move</exception>
    internal void RefuseMixed(IReadOnlyList<DataSource> sources)
    {
        foreach (DataSource s in sources)
        {
            if (s.Problem.OfVocabulary && Model.Output == Output.Labels)
                throw new InvalidDataException($"{s.Name} is {s.Problem.Words.Name}, which only a language model can be asked; {Name} is "
                    + $"a {(Model.GivesOneNumber() ? "model that gives a score" : $"classifier ({string.Join(", ", Model.Labels)})")}. "
                    + $"Give {(Model.GivesOneNumber() ? "rows with scores" : "labelled rows")}, or another model.");
            if (s.Problem is MinimalPairs or Prompts && Model.GuessesMaskedWords())
                throw new InvalidDataException($"{s.Name} is {s.Problem.Words.Name}, which only a model of the next token can be asked; "
                    + $"{Name} guesses masked words. Give running text, or another model.");
            if (s.Problem.OfOneNumber && !Model.GivesOneNumber())
                throw new InvalidDataException($"{s.Name} holds scores (column '{s.LabelColumn}'), which a model with one label gives; "
                    + $"{Name} is a "
                    + $"{(Model.Output == Output.Vocabulary ? "language model" : $"classifier ({string.Join(", ", Model.Labels)})")}. "
                    + "If the numbers are classes, add task=labels to the file's name; else train a model of scores: "
                    + $"heartwood train --from {Name} --data {s.Name}.");
            if (s.Problem is Classification && Model.GivesOneNumber())
                throw new InvalidDataException($"{s.Name} is labelled (column '{s.LabelColumn}': "
                    + $"{string.Join(", ", s.Labels.Take(5))}{(s.Labels.Count > 5 ? " …" : "")}), and {Name} gives one number, a score. "
                    + $"If the labels are scores, add task=scores to the file's name; else train a classifier: heartwood train --from "
                    + $"{Name} --data {s.Name}.");
        }
    }

    /// <summary>The tokens of rows as <see cref="Encode(IReadOnlyList{DataSource}, int)"/> makes them, with their words.</summary>
    /// <param name="rows">the rows</param>
    /// <param name="most">longest input in tokens; 0 for the model's own</param>
    public IReadOnlyList<TokenWords> WordsOf(IReadOnlyList<Row> rows, int most = 0) =>
        [.. rows.Select(row => TokenWords.Read(row, Tokenizer, Longest(most)))];

    int Longest(int most) => most == 0 ? Model.MostPositions : Math.Min(most, Model.MostPositions);
}

/// <summary>A model folder that is only looked at.</summary>
/// <param name="Name">the folder, or "the embedded model"</param>
/// <param name="Model">the model, or its body</param>
/// <param name="Sha256">hash of its weights</param>
/// <param name="Head">the head as a reader should know it</param>
/// <param name="Ready">the same model with its tokenizer; null where the folder has none</param>
public sealed record SeenModel(string Name, IModel Model, string Sha256, string Head, LoadedModel? Ready)
{
    /// <summary>What a reader should know of how the folder's files were read.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
