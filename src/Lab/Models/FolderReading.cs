using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>
/// What a folder's config and names say together, before any tensor is read: the family, the usual name of each tensor, the head,
/// and whether the output is the word embeddings' own matrix.
/// </summary>
sealed class FolderReading
{
    const string TypeKey = "model_type", TiedKey = "tie_word_embeddings";

    readonly HuggingFaceFolder folder;
    readonly ModelFamily family;
    readonly TensorNames names;
    readonly List<string> notes = [], headNotes = [];
    readonly HeadNames? head;
    readonly string? architecture;
    readonly bool tied;

    /// <summary>Reads names; tensors are left where they are.</summary>
    /// <exception cref="CheckpointException">the family is not known, or the names are those of no body of it</exception>
    internal FolderReading(HuggingFaceFolder folder)
    {
        this.folder = folder;
        Config = OwnKeys.WithoutModellingFile(folder.Config.Has(TypeKey) ? folder.Config : Inferred());
        family = ModelFolder.FamilyOf(Config.Family, Config.Path);
        string words = family.Names.WholeWords;
        names = NamesAs(family.Names) ?? throw new CheckpointException(
            $"{folder.Weights.Path}: no tensor '{words}'.{Nearest.DidYouMean(words, folder.Weights.Names)} "
            + "The weights must belong to the config.json next to them.");
        notes.AddRange(names.Stands.Select(stand => $"{folder.Weights.Path}: the file's header says that {stand}: read so."));
        architecture = Config.Optional<string[]>("architectures", []).FirstOrDefault();
        tied = WordsOfOutput() || SaidTied || TiedUnsaid();
        head = HeadThere();
    }

    FamilyNames Names => family.Names;

    /// <summary>The config, with the family in it.</summary>
    internal ModelConfig Config { get; }

    /// <summary>What the head gives scores to; null where there is no head.</summary>
    internal HeadKind? Head => head?.Kind;

    /// <summary>The head, or what is there in its place, as a reader should know it.</summary>
    internal string HeadInWords => head switch
    {
        null => $"no head{SaidArchitecture}",
        { Kind: HeadKind.Other } => $"the head of a {ClassOf(head)}, which {head.Does}: Heartwood does not read it",
        { Kind: HeadKind.Labels } => "labels",
        { Kind: HeadKind.MaskedWords } => "masked words",
        _ => "the token that comes next",
    };

    // ---- what becomes of it

    /// <summary>The whole model.</summary>
    /// <param name="note">hears what a reader should know of the names</param>
    /// <exception cref="CheckpointException">there is no head, or none that Heartwood reads; config and weights do not fit</exception>
    internal IModel Load(Action<string>? note)
    {
        if (head is null or { Kind: HeadKind.Other }) throw NotRead();
        Weights weights = Weights();
        string[] others = [.. weights.All.Keys.Where(name => !head.Owns(name) && Names.Heads.Any(other => other.Owns(name)))];
        if (others.Length > 0) headNotes.Add($"{folder.Weights.Path}: read as a {ClassOf(head)}; left out: {Several(others)}.");
        bool ofVocabulary = head.Kind is HeadKind.Vocabulary or HeadKind.MaskedWords;
        bool one = ofVocabulary && tied && !Differ(weights);
        ModelConfig config = Config;
        if (ofVocabulary && one != SaidTied)
        {
            JsonObject json = Config.ToJson();
            json[TiedKey] = one;
            config = NewHead.ToConfig(json, Config.Path);
        }
        Tell(note, [.. notes, .. headNotes]);
        return family.Load(config, weights.Map((name, t) => others.Contains(name) || (one && name == Output) ? null : t));
    }

    /// <summary>The body under a fresh classification head; a head that is there is left out.</summary>
    internal IModel WithNewHead(IReadOnlyList<string> labels, ulong seed, Action<string>? note)
    {
        Weights weights = Weights();
        string[] others = [.. weights.All.Keys.Where(name => !Names.IsBody(name))];
        string whose = head is null ? "" : $", of a {ClassOf(head)}", named = string.Join(", ", labels);
        if (others.Length > 0) notes.Add($"{folder.Path}: a fresh head for {named}; left out: {Several(others)}{whose}.");
        Tell(note, notes);
        return family.WithNewHead(Config, weights.Map(OfBody), labels, seed);
    }

    /// <summary>The body alone.</summary>
    internal IModel Body(Action<string>? note)
    {
        Tell(note, notes);
        return Models.Body.WithoutHead(family, Config, Weights().Map(OfBody));
    }

    // what is not understood in the config is refused before gigabytes of weights are read
    Weights Weights()
    {
        _ = family.Facts(Config, 0);
        return Checkpoints.Weights.Load(folder.Weights).Renamed(names.Sources);
    }

    Tensors.Tensor? OfBody(string name, Tensors.Tensor tensor) => Names.IsBody(name) ? tensor : null;

    // two matrices that the config says are one: transformers 5 reads both then, and so is it here
    bool Differ(Weights weights)
    {
        if (Output is not { } output || !names.Has(output)) return false;
        if (weights.All[output].Values.SequenceEqual(weights.All[Names.WholeWords].Values)) return false;
        headNotes.Add($"{folder.Path}: the config says that output and word embeddings are one matrix, but {output} is not "
            + $"{Names.WholeWords}: both are read, as of an untied model. "
            + $"Write \"{TiedKey}\": false into config.json to hear no more of it.");
        return true;
    }

    CheckpointException NotRead()
    {
        string train = $"heartwood train --from {folder.Path} --data FILE --out RUN";
        string look = $"What it holds: heartwood inspect {folder.Path}.";
        if (head is null)
            return new($"{folder.Path}: the weights hold a body without a head{Missing()}: it gives scores to nothing. "
                + $"Give it a head for your labels: {train}. {look}");
        string example = Owned(head).FirstOrDefault() is { } tensor ? $" ('{names.Sources[tensor]}')" : "";
        return new($"{folder.Path}: this is a {ClassOf(head)}, whose head {head.Does}{example}; Heartwood does not read it. "
            + $"Its body can be fine-tuned on your labels, the head is left out then: {train}. {look}");
    }

    // what a folder without a head lacks of what its config says
    string Missing() => Asked switch
    {
        null => SaidArchitecture,
        { Kind: HeadKind.Vocabulary } when Output is { } output => $"{SaidArchitecture}: no tensor '{output}', and \"{TiedKey}\" is false. "
            + $"If the word embeddings are its output too, set \"{TiedKey}\" to true. As it is",
        { } asked => $"{SaidArchitecture}: no tensor '{asked.Tensors[0].TrimEnd('.')}'. As it is",
    };

    string SaidArchitecture => architecture is null ? "" : $" (config.json says {architecture})";

    string Several(string[] usual)
    {
        string more = usual.Length == 1 ? "" : $" and {usual.Length - 1} more {(usual.Length == 2 ? "tensor" : "tensors")}";
        return $"'{names.Sources[usual[0]]}'{more}";
    }

    static void Tell(Action<string>? note, IReadOnlyList<string> notes)
    {
        foreach (string text in notes) note?.Invoke(text);
    }

    // ---- the family

    TensorNames? NamesAs(FamilyNames family) =>
        TensorNames.Read(family, folder.Weights.Names, folder.Weights.Metadata, folder.Weights.Path);

    // the config of a folder that does not say its family, with the one that the names leave
    ModelConfig Inferred()
    {
        string[] open = [.. ModelFolder.AllNames.SelectMany(TypesAs)];
        string path = folder.Config.Path, missing = $"{path}: expected the key '{TypeKey}', the model's family, found none";
        if (open.Length == 0) throw new CheckpointException(
            $"{missing}, and the tensors' names are those of no family that Heartwood knows ({string.Join(", ", ModelFolder.Families)}). "
            + "Take the config.json that belongs to the weights.");
        if (open.Length > 1) throw new CheckpointException(
            $"{missing}. By the tensors' names it is {string.Join(" or ", open)}: "
            + $"add \"{TypeKey}\": {string.Join(" or ", open.Select(type => $"\"{type}\""))}, whichever it is.");
        notes.Add($"{path}: it has no '{TypeKey}'; the tensors' names are those of {open[0]}, and it is read so.");
        JsonObject json = folder.Config.ToJson();
        json.Remove(TypeKey);
        json.Insert(0, TypeKey, open[0]);
        return NewHead.ToConfig(json, path);
    }

    string[] TypesAs(FamilyNames candidate)
    {
        try
        {
            if (NamesAs(candidate) is not { } read) return [];
            return candidate.ModelTypes(new(folder.Config, read.Prefixed, ShapeOf, read.Sources.Keys));

            IReadOnlyList<int>? ShapeOf(string name) => read.Has(name) ? folder.Weights.ShapeOf(read.Sources[name]) : null;
        }
        catch (CheckpointException)
        {
            return [];                                           // names of another family
        }
    }

    // ---- tied weights

    bool SaidTied => Config.Optional(TiedKey, Names.Tied);

    string? Output => ReadsOutput ? Names.Outputs.FirstOrDefault() : null;

    bool ReadsOutput => Names.Heads.Any(h => h.Kind is HeadKind.Vocabulary or HeadKind.MaskedWords);

    // of two tied tensors the file may hold the output's name alone: it is the word embeddings then; true where this is so
    bool WordsOfOutput()
    {
        if (Names.Outputs.FirstOrDefault(names.Has) is not { } output) return false;
        bool twice = names.Has(Names.WholeWords) && names.Sources[Names.WholeWords] == names.Sources[output];
        if (!twice && (names.Has(Names.WholeWords) || !Config.Optional(TiedKey, true))) return false;
        if (!twice && !SaidTied)
            notes.Add($"{folder.Path}: there is no {Names.WholeWords}: {output} is read in its place, as of a tied model.");
        names.Stand(Names.WholeWords, output);
        if (ReadsOutput) names.Leave(output);
        return true;
    }

    // a language model without an output of its own, whose config does not say where it is
    bool TiedUnsaid()
    {
        if (Language is not { } language || Config.Has(TiedKey) || !(architecture is null || Asked == language)) return false;
        if (Names.Heads.Any(IsThere)) return false;
        headNotes.Add($"{folder.Path}: there is no {Output}, and the config does not say whether output and word embeddings are one "
            + $"matrix: read so. Write \"{TiedKey}\": true into config.json to hear no more of it.");
        return true;
    }

    // ---- the head

    HeadNames? Language => Names.Heads.FirstOrDefault(h => h.Kind == HeadKind.Vocabulary);

    // the head that the config names
    HeadNames? Asked =>
        Names.Heads.Where(h => architecture?.EndsWith(h.Ending, StringComparison.Ordinal) == true).MaxBy(h => h.Ending.Length);

    // whether the config names a body without a head
    bool AskedForNone => Asked is null && architecture?.EndsWith("Model", StringComparison.Ordinal) == true;

    HeadNames? HeadThere()
    {
        bool decides = Asked is not null && IsThere(Asked);
        List<HeadNames> there = [.. Names.Heads.Where(h => IsThere(h) && (decides || h.Typical.All(IsThere)))];
        if (tied && Language is { } language && !there.Contains(language) && (architecture is null || AskedForNone || Asked == language))
            there.Add(language);                                 // its tensor is the word embeddings
        HeadNames? read = Asked is { } asked && there.Contains(asked) ? asked : there.FirstOrDefault();
        if (names.Outside.Count > 0 && read?.Kind != HeadKind.Other)
            return new(HeadKind.Other, architecture ?? "", "lies outside of the module that holds the rest", [.. names.Outside]);
        if (architecture is not null && Asked is null && !AskedForNone)
        {
            const string Unknown = "is none that Heartwood knows of this family (config.json, 'architectures')";
            return read is null && names.Sources.Keys.All(Names.IsBody) ? null
                : new(HeadKind.Other, architecture, Unknown, read?.Tensors ?? []);
        }
        if (read is not null && read != Asked && architecture is not null) headNotes.Add(Otherwise(read));
        return read;
    }

    string Otherwise(HeadNames read)
    {
        string said = AskedForNone ? "a body without a head" : "whose head is not among the weights";
        string? tensor = Owned(read).FirstOrDefault();
        string why = tensor is null ? "its word embeddings being its output" : $"for there is '{names.Sources[tensor]}'";
        return $"{folder.Path}: config.json says {architecture}, {said}; read as a {ClassOf(read)}, {why}.";
    }

    bool IsThere(HeadNames other) => other.Tensors.All(IsThere);

    bool IsThere(string tensor) => names.Sources.Keys.Any(name => FamilyNames.Matches(name, tensor));

    IEnumerable<string> Owned(HeadNames of) => names.Sources.Keys.Where(of.Owns);

    string ClassOf(HeadNames of) => of.Ending == architecture || of == Asked ? architecture! : Names.Class + of.Ending;
}
