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
        Config = folder.Config.Has(TypeKey) ? folder.Config : Inferred();
        family = ModelFolder.FamilyOf(Config.Family, Config.Path);
        names = NamesAs(family.Names) ?? throw new CheckpointException(
            $"{folder.Weights.Path}: no tensor '{family.Names.WholeWords}'. Nearest: '{Nearest.Of(family.Names.WholeWords, folder.Weights.Names)}'. The weights must belong to the config.json beside them.");
        notes.AddRange(names.Stands.Select(stand => $"{folder.Weights.Path}: the file's header says that {stand}: read so."));
        architecture = Config.Optional<string[]>("architectures", []).FirstOrDefault();
        tied = WordsOfOutput() || Said || TiedUnsaid();
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
        null => $"no head{(architecture is null ? "" : $" (config.json says {architecture})")}",
        { Kind: HeadKind.Other } => $"the head of a {ClassOf(head)}, which {head.Does}: Heartwood does not read it",
        { Kind: HeadKind.Labels } => "labels",
        _ => "the token that comes next",
    };

    /// <summary>The whole model.</summary>
    /// <param name="note">hears what a reader should know of the names</param>
    /// <exception cref="CheckpointException">there is no head, or one that Heartwood does not read; config and weights do not fit</exception>
    internal IModel Load(Action<string>? note)
    {
        if (head is null) throw new CheckpointException(
            $"{folder.Path}: the weights hold a body without a head{Missing()}: it gives scores to nothing. Give it a head for your labels: heartwood train --from {folder.Path} --data FILE --out RUN. What it holds: heartwood inspect {folder.Path}.");
        if (head.Kind == HeadKind.Other) throw new CheckpointException(
            $"{folder.Path}: this is a {ClassOf(head)}, whose head {head.Does}{(Owned(head).FirstOrDefault() is { } tensor ? $" ('{names.Sources[tensor]}')" : "")}; Heartwood does not read it. "
            + $"Its body can be fine-tuned on your labels, the head is left out then: heartwood train --from {folder.Path} --data FILE --out RUN. What it holds: heartwood inspect {folder.Path}.");
        Weights weights = Read();
        string[] others = [.. weights.All.Keys.Where(name => !head.Owns(name) && Names.Heads.Any(other => other.Owns(name)))];
        if (others.Length > 0) headNotes.Add($"{folder.Weights.Path}: read as a {ClassOf(head)}; left out: {Several(others)}.");
        JsonObject? json = null;
        bool one = tied && head.Kind == HeadKind.Vocabulary;
        if (one && Output is { } output && names.Has(output) && !weights.All[output].Values.SequenceEqual(weights.All[Names.WholeWords].Values))
        {
            // as transformers 5 decides
            headNotes.Add($"{folder.Path}: the config says that output and word embeddings are one matrix, but {output} is not {Names.WholeWords}: both are read, as of an untied model. Write \"{TiedKey}\": false into config.json to hear no more of it.");
            one = false;
        }
        if (head.Kind == HeadKind.Vocabulary && one != Said) (json = Config.ToJson())[TiedKey] = one;
        Tell(note, [.. notes, .. headNotes]);
        return family.Load(json is null ? Config : NewHead.Of(json, Config.Path), weights.Map((name, t) => others.Contains(name) || (one && name == Output) ? null : t));
    }

    /// <summary>The body under a fresh classification head; a head that is there is left out.</summary>
    internal IModel WithNewHead(IReadOnlyList<string> labels, ulong seed, Action<string>? note)
    {
        Weights weights = Read();
        string[] others = [.. weights.All.Keys.Where(name => !Names.IsBody(name))];
        if (others.Length > 0) notes.Add($"{folder.Path}: a fresh head for {string.Join(", ", labels)}; left out: {Several(others)}{(head is null ? "" : $", of a {ClassOf(head)}")}.");
        Tell(note, notes);
        return family.WithNewHead(Config, weights.Map((name, t) => Names.IsBody(name) ? t : null), labels, seed);
    }

    /// <summary>The body alone.</summary>
    internal IModel Body(Action<string>? note)
    {
        Tell(note, notes);
        Weights body = Read().Map((name, t) => Names.IsBody(name) ? t : null);
        return Models.Body.Of(family, Config, body);
    }

    // what is not understood in the config is refused before gigabytes of weights are read
    Weights Read()
    {
        _ = family.Facts(Config, 0);
        return Weights.Load(folder.Weights).Renamed(names.Sources);
    }

    static void Tell(Action<string>? note, IReadOnlyList<string> notes)
    {
        foreach (string text in notes) note?.Invoke(text);
    }

    string Several(string[] usual) => $"'{names.Sources[usual[0]]}'{(usual.Length == 1 ? "" : $" and {usual.Length - 1} more {(usual.Length == 2 ? "tensor" : "tensors")}")}";

    TensorNames? NamesAs(FamilyNames family) => TensorNames.Of(family, folder.Weights.Names, folder.Weights.Metadata, folder.Weights.Path);

    // the config of a folder that does not say its family, with the one that the names leave
    ModelConfig Inferred()
    {
        List<string> open = [];
        foreach (FamilyNames candidate in ModelFolder.AllNames)
        {
            TensorNames? read = null;
            try
            {
                read = NamesAs(candidate);
            }
            catch (CheckpointException)
            {
                continue;                                        // names of another family
            }
            if (read is not null) open.AddRange(candidate.ModelTypes(new(folder.Config, read.Prefixed, name => read.Has(name) ? folder.Weights.ShapeOf(read.Sources[name]) : null)));
        }
        string path = folder.Config.Path;
        if (open.Count != 1) throw new CheckpointException(open.Count == 0
            ? $"{path}: expected the key '{TypeKey}', the model's family, found none, and the tensors' names are those of no family that Heartwood knows ({string.Join(", ", ModelFolder.Families)}). Take the config.json that belongs to the weights."
            : $"{path}: expected the key '{TypeKey}', the model's family, found none. By the tensors' names it is {string.Join(" or ", open)}: add \"{TypeKey}\": \"{open[0]}\"{string.Concat(open.Skip(1).Select(type => $" or \"{type}\""))}, whichever it is.");
        notes.Add($"{path}: it has no '{TypeKey}'; the tensors' names are those of {open[0]}, and it is read so.");
        JsonObject json = folder.Config.ToJson();
        json.Insert(0, TypeKey, open[0]);
        return NewHead.Of(json, path);
    }

    bool Said => Config.Optional(TiedKey, Names.Tied);

    string? Output => Names.Outputs.FirstOrDefault();

    bool IsBare => architecture is not null && architecture.EndsWith("Model", StringComparison.Ordinal) && Asked is null;

    HeadNames? Asked => architecture is null ? null : Names.Heads.Where(h => architecture.EndsWith(h.Ending, StringComparison.Ordinal)).MaxBy(h => h.Ending.Length);

    HeadNames? Language => Names.Heads.FirstOrDefault(h => h.Kind == HeadKind.Vocabulary);

    // of two tied tensors the file may hold the output's name alone: it is the word embeddings then; true where this is so
    bool WordsOfOutput()
    {
        if (Names.Outputs.FirstOrDefault(names.Has) is not { } output) return false;
        bool twice = names.Has(Names.WholeWords) && names.Sources[Names.WholeWords] == names.Sources[output];
        if (!twice && (names.Has(Names.WholeWords) || !Config.Optional(TiedKey, true))) return false;
        if (!twice && !Said && Language is not null) notes.Add($"{folder.Path}: there is no {Names.WholeWords}: {output} is read in its place, as of a tied model.");
        names.Stand(Names.WholeWords, output);
        if (Language is not null) names.Leave(output);
        return true;
    }

    // a language model without an output of its own, whose config does not say where it is
    bool TiedUnsaid()
    {
        if (Language is not { } language || Config.Has(TiedKey) || IsThere(language) || !(architecture is null || Asked == language)) return false;
        if (Names.Heads.Any(h => h != language && IsThere(h))) return false;
        headNotes.Add($"{folder.Path}: there is no {Output}, and the config does not say whether output and word embeddings are one matrix: read so. Write \"{TiedKey}\": true into config.json to hear no more of it.");
        return true;
    }

    HeadNames? HeadThere()
    {
        bool silent = Asked is null || !IsThere(Asked);
        HeadNames[] there = [.. Names.Heads.Where(h => IsThere(h) && (!silent || h.Typical.All(IsThere)))];
        if (tied && Language is { } language && !there.Contains(language) && (architecture is null || IsBare || Asked == language)) there = [.. there, language];
        HeadNames? read = Asked is { } asked && there.Contains(asked) ? asked : there.FirstOrDefault();
        if (names.Outside.Count > 0 && read?.Kind != HeadKind.Other) return new(HeadKind.Other, architecture ?? "", "lies outside of the module that holds the rest", [.. names.Outside]);
        if (architecture is not null && Asked is null && !IsBare)
            return read is null && names.Sources.Keys.All(Names.IsBody) ? null : new(HeadKind.Other, architecture, $"is none that Heartwood knows of this family (config.json, 'architectures')", read?.Tensors ?? []);
        if (read is not null && read != Asked && architecture is not null)
            headNotes.Add($"{folder.Path}: config.json says {architecture}, {(Asked is null ? "a body without a head" : "whose head is not among the weights")}; read as a {ClassOf(read)}, {(Owned(read).FirstOrDefault() is { } tensor ? $"for there is '{names.Sources[tensor]}'" : "its word embeddings being its output")}.");
        return read;
    }

    bool IsThere(HeadNames other) => other.Tensors.All(IsThere);

    bool IsThere(string tensor) => names.Sources.Keys.Any(name => FamilyNames.Matches(name, tensor));

    IEnumerable<string> Owned(HeadNames of) => names.Sources.Keys.Where(of.Owns);

    string ClassOf(HeadNames of) => of.Ending == architecture || of == Asked ? architecture! : Names.Class + of.Ending;

    string Missing()
    {
        string said = architecture is null ? "" : $" (config.json says {architecture})";
        return Asked switch
        {
            null => said,
            { Kind: HeadKind.Vocabulary } when Output is { } output => $"{said}: no tensor '{output}', and \"{TiedKey}\" is false. If the word embeddings are its output too, set \"{TiedKey}\" to true. As it is",
            { } asked => $"{said}: no tensor '{asked.Tensors[0].TrimEnd('.')}'. As it is",
        };
    }
}
