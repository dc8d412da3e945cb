using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Heartwood.Lab.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Subnetworks.Formats;

/// <summary>Heartwood's own file of a subnetwork, version 2, as <c>docs/masks.md</c> describes it.</summary>
static class MaskJson
{
    /// <summary>What the key "format" says.</summary>
    public const string Format = "heartwood mask";

    /// <summary>The version that is written.</summary>
    public const int Version = 2;

    const string Next = "Correct it by docs/masks.md; a key of your own begins with x-.";

    static readonly JsonWriterOptions written = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(Subnetwork mask)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, written))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            List("inPlay", mask.InPlay);
            json.WriteNumber("seed", mask.Seed);
            Text("method", mask.Method);
            if (mask.Options.Count > 0)
                Object("options", () =>
                {
                    foreach (var (name, value) in mask.Options.OrderBy(o => o.Key, StringComparer.Ordinal)) json.WriteString(name, value);
                });
            if (mask.TargetSparsity.IsSparsity) json.WriteNumber("targetSparsity", mask.TargetSparsity.Value);
            else json.WriteString("target", mask.TargetSparsity.ToString());
            json.WriteNumber("sparsity", mask.Sparsity);
            Text("ablation", mask.Ablation);
            Text("ablationFile", mask.AblationFile);
            if (mask.Model is not null || mask.ModelSha256 != "") Object("model", () => WriteModel(mask.Model, mask.ModelSha256));
            if (mask.Data.Count > 0)
            {
                json.WriteStartArray("data");
                foreach (DataOrigin data in mask.Data) Object(null, () =>
                {
                    json.WriteString("source", data.Source);
                    if (data.Rows > 0) json.WriteNumber("rows", data.Rows);
                    Text("sha256", data.Sha256);
                });
                json.WriteEndArray();
            }
            Text("heartwood", mask.Version);
            json.WriteNumber("parts", mask.Parts);
            Object("size", () =>
            {
                foreach (KindSizes kind in KindsInPlay(mask))
                    json.WriteNumber(kind.Name, mask.Kept.Count(part => part.Kind == kind.Letters));
                json.WriteNumber("parts", mask.Kept.Count);
                if (mask.Edges is not null) json.WriteNumber("edges", mask.Edges.Kept.Count);
            });
            List("kept", mask.Kept.Select(p => p.ToString()));
            Scores("scores", mask.Scores);
            if (mask.Edges is { } edges) Object("edges", () =>
            {
                json.WriteNumber("count", edges.Count);
                List("kept", edges.Kept.Select(e => e.ToString()));
                Scores("scores", edges.Scores);
            });
            json.WriteEndObject();

            void Text(string key, string value) { if (value != "") json.WriteString(key, value); }

            void List(string key, IEnumerable<string> items)
            {
                json.WriteStartArray(key);
                foreach (string item in items) json.WriteStringValue(item);
                json.WriteEndArray();
            }

            void Scores<T>(string key, IReadOnlyDictionary<T, double> scores) where T : notnull
            {
                if (scores.Count == 0) return;
                Object(key, () =>
                {
                    foreach (var (of, score) in scores.OrderBy(s => s.Key)) json.WriteNumber(of.ToString()!, score);
                });
            }

            void Object(string? key, Action members)
            {
                if (key is null) json.WriteStartObject();
                else json.WriteStartObject(key);
                members();
                json.WriteEndObject();
            }

            void WriteModel(ModelSizes? sizes, string sha256)
            {
                Text("sha256", sha256);
                if (sizes is null) return;
                Text("family", sizes.Family);
                Object("parts", () =>
                {
                    foreach (KindSizes kind in sizes.Kinds) Object(kind.Name, () => WriteKind(kind));
                });
                if (sizes.Width > 0) json.WriteNumber("width", sizes.Width);
                json.WriteBoolean("parallel", sizes.Parallel);
            }

            void WriteKind(KindSizes kind)
            {
                json.WriteString("letters", kind.Letters);
                json.WriteBoolean("numbered", kind.Numbered);
                json.WriteStartArray("perLayer");
                foreach (int count in kind.PerLayer) json.WriteNumberValue(count);
                json.WriteEndArray();
            }
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    // the kinds in play as the model's sizes name them; none where the file says nothing of the model
    static IEnumerable<KindSizes> KindsInPlay(Subnetwork mask)
    {
        IReadOnlyList<string> names = mask.Edges is null ? mask.InPlay : PartKinds.InPlay;
        return mask.Model is not { } sizes ? [] : sizes.Kinds.Where(kind => names.Contains(kind.Name));
    }

    /// <summary>Reads a file's content.</summary>
    /// <exception cref="FormatException">it is not a subnetwork; the message says what is wrong</exception>
    public static Subnetwork Read(ReadOnlySpan<byte> utf8, string source) => Read(MaskFile.Fields(utf8, source), source);

    public static Subnetwork Read(JsonFields file, string source)
    {
        try
        {
            return ReadVersion2(file);
        }
        catch (Exception error)
            when (error is FormatException or ArgumentException && !error.Message.StartsWith(source, StringComparison.Ordinal))
        {
            throw new FormatException($"{source}: {error.Message}", error);
        }
    }

    static Subnetwork ReadVersion2(JsonFields file)
    {
        if (file.Text("format") is { } format && format != Format)
            throw new FormatException($"'format' should be \"{Format}\", it is \"{format}\".");
        RefuseOtherVersions(file);
        IReadOnlyList<string> inPlay = file.Texts("inPlay") ?? PartKinds.InPlay;
        if (inPlay.Count == 0 || inPlay.Distinct().Count() != inPlay.Count)
            throw new FormatException("'inPlay' should name at least one kind of part, each once.");
        JsonFields? model = file.Object("model");
        ModelSizes? sizes = model is null ? null : ReadSizes(model);
        string sha256 = model?.Text("sha256") ?? "";
        model?.RefuseOthers(Next);
        bool edgesInPlay = inPlay.Contains(KeptEdges.Name);
        IReadOnlyList<string> nodes = edgesInPlay ? PartKinds.InPlay : inPlay;
        KeptEdges? edges = file.Object("edges") is { } field ? ReadEdges(field, sizes) : null;
        if (edgesInPlay != edges is not null)
            throw new FormatException(edges is null
                ? "'inPlay' names edges, and the key 'edges' is missing."
                : "the key 'edges' is there, and 'inPlay' does not name edges.");
        if (sizes is not null && nodes.FirstOrDefault(name => sizes.Kinds.All(kind => kind.Name != name)) is { } unknown)
            throw new FormatException($"'inPlay' names '{unknown}', and 'model.parts' says nothing of it.");
        int parts = file.Whole("parts", 1, ModelSizes.MostParts) ?? sizes?.Parts(nodes).Count()
            ?? throw new FormatException("the key 'parts' is missing: how many parts are in play (or 'model' with 'parts').");
        IReadOnlyList<Part> kept = Addresses(file.Texts("kept"), Part.Parse, "kept", "the addresses of the kept parts");
        Subnetwork mask = Checked(new(file.Unsigned("seed") ?? 0, file.Text("method") ?? "", 0, parts, kept,
            Scores(file.Object("scores"), Part.Parse), file.Text("ablation") ?? "", sha256)
        {
            InPlay = inPlay,
            Edges = edges,
            Model = sizes,
            Options = file.Object("options")?.Plain() ?? new Dictionary<string, string>(),
            Data = [.. (file.Objects("data") ?? []).Select(ReadData)],
            AblationFile = file.Text("ablationFile") ?? "",
            Version = file.Text("heartwood") ?? "",
        }, nodes);
        if (file.Number("sparsity") is { } said && Math.Abs(said - mask.Sparsity) > 1e-6)
            throw new FormatException($"'sparsity' is {said}, and what is kept makes it {mask.Sparsity}.");
        if (file.Object("size") is { } size) CheckSize(size, mask);
        Target target = file.Text("target") is { } asked ? AskedFor(asked) : file.Number("targetSparsity") ?? mask.Sparsity;
        file.Text("note");
        file.RefuseOthers(Next);
        return mask with { TargetSparsity = target };
    }

    static Target AskedFor(string text)
    {
        try
        {
            return Target.Parse(text);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"'target' should be the size that was asked for, as \"time=0.5\": {e.Message}");
        }
    }

    static void RefuseOtherVersions(JsonFields file)
    {
        const string next = "Make the file anew with this Heartwood, or write it as version 2: docs/masks.md.";
        if (!file.Has("version"))
            throw new FormatException($"the key 'version' is missing; this Heartwood reads version {Version} of the mask format. {next}");
        if (file.Unsigned("version") is var version && version != Version)
            throw new FormatException($"the file is version {version} of the mask format; this Heartwood reads version {Version}. {next}");
    }

    static Subnetwork Checked(Subnetwork mask, IReadOnlyList<string> nodes)
    {
        if (mask.Kept.Count > mask.Parts) throw new FormatException($"{mask.Kept.Count} parts are kept out of {mask.Parts}.");
        if (mask.Scores.Count > mask.Parts)
            throw new FormatException($"{mask.Scores.Count} parts have scores, and there are {mask.Parts}.");
        if (mask.AblationFile.Contains('\0')) throw new FormatException("'ablationFile' should be the path of a file.");
        if (mask.Model is not { } sizes) return mask;
        KindSizes[] inPlay = [.. sizes.Kinds.Where(kind => nodes.Contains(kind.Name))];
        foreach (Part part in mask.Kept.Concat(mask.Scores.Keys))
        {
            if (!sizes.Has(part))
                throw new FormatException($"{part} is no part of a model with {sizes.InWords}, which 'model' says it is.");
            if (!inPlay.Any(kind => kind.Has(part)))
                throw new FormatException($"{part} is of no kind that is in play ({string.Join(", ", nodes)}).");
        }
        int count = inPlay.Sum(kind => kind.Count);
        if (count != mask.Parts) throw new FormatException($"'parts' is {mask.Parts}, and a model with {sizes.InWords} has {count}.");
        return mask;
    }

    static ModelSizes? ReadSizes(JsonFields model)
    {
        string family = model.Text("family") ?? "";
        int width = model.Whole("width") ?? 0;
        bool parallel = model.Flag("parallel") ?? false;
        if (model.Object("parts") is not { } parts) return null;
        KindSizes[] kinds = [.. parts.Each.Select(kind => ReadKind(new(kind.Value), kind.Name))];
        foreach (string needed in PartKinds.InPlay)
            if (kinds.All(kind => kind.Name != needed))
                throw new FormatException($"'model.parts' lacks '{needed}': how many each layer has.");
        foreach (KindSizes kind in kinds)
            if (kind.PerLayer.Count == 0 || kind.PerLayer.Count != kinds[0].PerLayer.Count)
                throw new FormatException($"'model.parts.{kind.Name}' is of {kind.PerLayer.Count} layers, 'model.parts.{kinds[0].Name}' of "
                    + $"{kinds[0].PerLayer.Count}; all have an entry for every layer.");
        if (kinds.Sum(kind => kind.PerLayer.Sum(count => (long)count)) > ModelSizes.MostParts)
            throw new FormatException($"'model.parts' makes more than {ModelSizes.MostParts:N0} parts.");
        return new(family, kinds, width, parallel);
    }

    static KindSizes ReadKind(JsonFields kind, string name)
    {
        string letters = kind.Text("letters")
            ?? throw new FormatException($"'model.parts.{name}' lacks 'letters': what addresses have after the layer.");
        bool numbered = kind.Flag("numbered")
            ?? throw new FormatException($"'model.parts.{name}' lacks 'numbered': whether its parts have numbers.");
        IReadOnlyList<int> perLayer = kind.Wholes("perLayer", 0, ModelSizes.MostParts)
            ?? throw new FormatException($"'model.parts.{name}' lacks 'perLayer': how many each layer has.");
        kind.RefuseOthers(Next);
        if (!numbered && perLayer.Any(count => count > 1))
            throw new FormatException($"'model.parts.{name}' has no numbers and more than one in a layer.");
        return new(name, letters, numbered, perLayer);
    }

    static KeptEdges ReadEdges(JsonFields field, ModelSizes? sizes)
    {
        long count = sizes is null ? 0 : Edge.CountIn(sizes);
        long said = field.Unsigned("count") is { } n ? (long)Math.Min(n, long.MaxValue) : count;
        var kept = Addresses(field.Texts("kept"), Edge.Parse, "edges.kept", "the addresses of the kept edges");
        KeptEdges edges = new(said, kept, Scores(field.Object("scores"), Edge.Parse));
        field.RefuseOthers(Next);
        if (sizes is not null && said != count)
            throw new FormatException($"'edges.count' is {said}, and a model with {sizes.InWords} has {count} edges.");
        if (said < Math.Max(1, Math.Max(edges.Kept.Count, edges.Scores.Count)))
            throw new FormatException($"'edges.count' is {said}, and {edges.Kept.Count} edges are kept, {edges.Scores.Count} have scores.");
        if (sizes is not null && edges.Kept.Concat(edges.Scores.Keys).Where(e => !e.IsIn(sizes)).Take(1).ToArray() is [var edge])
            throw new FormatException($"{edge} is no edge of a model with {sizes.InWords}"
                + $"{(sizes.Parallel ? ", attention and MLP in parallel" : "")}.");
        return edges;
    }

    static DataOrigin ReadData(JsonFields data)
    {
        DataOrigin origin = new(data.Text("source") ?? "", data.Whole("rows") ?? 0, data.Text("sha256") ?? "");
        data.RefuseOthers(Next);
        return origin;
    }

    static void CheckSize(JsonFields size, Subnetwork mask)
    {
        List<(string Key, int Count)> counts = [("parts", mask.Kept.Count), ("edges", mask.Edges?.Kept.Count ?? 0)];
        counts.AddRange(KindsInPlay(mask).Select(kind => (kind.Name, mask.Kept.Count(part => part.Kind == kind.Letters))));
        foreach (var (key, count) in counts)
            if (size.Whole(key) is { } said && said != count) throw new FormatException($"'size.{key}' is {said}, and {count} are kept.");
        size.RefuseOthers(Next);
    }

    static IReadOnlyList<T> Addresses<T>(IReadOnlyList<string>? texts, Func<string, T> parse, string key, string what)
    {
        T[] kept = [.. (texts ?? throw new FormatException($"the key '{key}' is missing: {what}.")).Select(parse).Order()];
        for (int i = 1; i < kept.Length; i++)
            if (kept[i]!.Equals(kept[i - 1])) throw new FormatException($"{kept[i]} stands twice in '{key}'.");
        return kept;
    }

    static IReadOnlyDictionary<T, double> Scores<T>(JsonFields? scores, Func<string, T> parse) where T : notnull
    {
        if (scores is null) return new Dictionary<T, double>();
        Dictionary<T, double> read = [];
        foreach (var property in scores.Each) read[parse(property.Name)] = property.Value.Real;
        return read;
    }
}
