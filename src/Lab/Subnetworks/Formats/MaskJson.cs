using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Heartwood.Lab.Json;

namespace Heartwood.Lab.Subnetworks.Formats;

/// <summary>Heartwood's own file of a subnetwork, version 1, as <c>docs/masks.md</c> describes it; and its predecessor, which says no version.</summary>
static class MaskJson
{
    /// <summary>What the key "format" says.</summary>
    public const string Format = "heartwood mask";

    /// <summary>The version that is written.</summary>
    public const int Version = 1;

    const string Next = "Correct it by docs/masks.md; a key of your own begins with x-.";

    static readonly JsonWriterOptions written = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(Subnetwork mask)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, written))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            List("grains", mask.Grains);
            json.WriteNumber("seed", mask.Seed);
            Text("method", mask.Method);
            if (mask.Options.Count > 0) Object("options", () => { foreach (var (name, value) in mask.Options.OrderBy(o => o.Key, StringComparer.Ordinal)) json.WriteString(name, value); });
            json.WriteNumber("targetSparsity", mask.TargetSparsity);
            json.WriteNumber("sparsity", mask.Sparsity);
            Text("absence", mask.Absence);
            Text("absenceFile", mask.AbsenceFile);
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
                json.WriteNumber("heads", mask.Kept.Count(p => p.Kind == PartKind.Head));
                json.WriteNumber("mlps", mask.Kept.Count(p => p.Kind == PartKind.Mlp));
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
                if (scores.Count > 0) Object(key, () => { foreach (var (of, score) in scores.OrderBy(s => s.Key)) json.WriteNumber(of.ToString()!, score); });
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
                json.WriteStartArray("headsPerLayer");
                foreach (int heads in sizes.HeadsPerLayer) json.WriteNumberValue(heads);
                json.WriteEndArray();
                json.WriteStartArray("mlpPerLayer");
                foreach (bool there in sizes.MlpPerLayer) json.WriteBooleanValue(there);
                json.WriteEndArray();
                if (sizes.Width > 0) json.WriteNumber("width", sizes.Width);
                json.WriteBoolean("parallel", sizes.Parallel);
            }
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    /// <summary>Reads a file's content.</summary>
    /// <exception cref="FormatException">it is not a subnetwork; the message says what is wrong</exception>
    public static Subnetwork Read(ReadOnlySpan<byte> utf8, string source) => Read(MaskFile.Fields(utf8, source), source);

    public static Subnetwork Read(JsonFields file, string source)
    {
        try
        {
            return file.Has("version") ? ReadVersion1(file) : ReadOlder(file);
        }
        catch (Exception error) when (error is FormatException or ArgumentException && !error.Message.StartsWith(source, StringComparison.Ordinal))
        {
            throw new FormatException($"{source}: {error.Message}", error);
        }
    }

    static Subnetwork ReadVersion1(JsonFields file)
    {
        if (file.Text("format") is { } format && format != Format) throw new FormatException($"'format' should be \"{Format}\", it is \"{format}\".");
        if (file.Unsigned("version") is var version && version != Version)
            throw new FormatException($"the file is version {version} of the mask format; this Heartwood reads version {Version}, and older files, which say none. Take a newer Heartwood, or write the file as version {Version}: docs/masks.md.");
        IReadOnlyList<string> grains = file.Texts("grains") ?? Grains.Parts;
        if (grains.FirstOrDefault(g => !Grains.All.Contains(g)) is { } unknown) throw new FormatException($"the grain '{unknown}' is not known; Heartwood knows {string.Join(", ", Grains.All)}.");
        if (grains.Count == 0 || grains.Distinct().Count() != grains.Count) throw new FormatException("'grains' should name at least one kind of part, each once.");
        JsonFields? model = file.Object("model");
        ModelSizes? sizes = model is null ? null : ReadSizes(model);
        string sha256 = model?.Text("sha256") ?? "";
        model?.RefuseOthers(Next);
        bool edgesInPlay = grains.Contains(Grains.Edges);
        IReadOnlyList<string> nodes = edgesInPlay ? Grains.Parts : grains;
        int parts = file.Whole("parts", 1, ModelSizes.MostParts) ?? sizes?.Parts(nodes).Count() ?? throw new FormatException("the key 'parts' is missing: how many parts are in play (or 'model' with 'headsPerLayer').");
        KeptEdges? edges = file.Object("edges") is { } field ? ReadEdges(field, sizes) : null;
        if (edgesInPlay != edges is not null) throw new FormatException(edges is null ? "'grains' names edges, and the key 'edges' is missing." : "the key 'edges' is there, and 'grains' does not name edges.");
        Subnetwork mask = Checked(new(file.Unsigned("seed") ?? 0, file.Text("method") ?? "", 0, parts, Addresses(file.Texts("kept"), Part.Parse, "kept", "the addresses of the kept parts"), Scores(file.Object("scores"), Part.Parse), file.Text("absence") ?? "", sha256)
        {
            Grains = grains,
            Edges = edges,
            Model = sizes,
            Options = file.Object("options")?.Plain() ?? new Dictionary<string, string>(),
            Data = [.. (file.Objects("data") ?? []).Select(ReadData)],
            AbsenceFile = file.Text("absenceFile") ?? "",
            Version = file.Text("heartwood") ?? "",
        }, nodes);
        if (file.Number("sparsity") is { } said && Math.Abs(said - mask.Sparsity) > 1e-6) throw new FormatException($"'sparsity' is {said}, and what is kept makes it {mask.Sparsity}.");
        if (file.Object("size") is { } size) CheckSize(size, mask);
        double target = file.Number("targetSparsity") ?? mask.Sparsity;
        file.Text("note");
        file.RefuseOthers(Next);
        return mask with { TargetSparsity = target };
    }

    // what Heartwood 0.1 wrote: heads and MLP blocks, and fewer facts
    static Subnetwork ReadOlder(JsonFields file)
    {
        int parts = file.Whole("parts", 1, ModelSizes.MostParts) ?? throw new FormatException("the key 'parts' is missing: how many parts the model has.");
        Subnetwork mask = Checked(new(file.Unsigned("seed") ?? 0, file.Text("method") ?? "", file.Number("targetSparsity") ?? 0, parts, Addresses(file.Texts("kept"), Part.Parse, "kept", "the addresses of the kept parts"),
            Scores(file.Object("scores"), Part.Parse), file.Text("absence") ?? "mean", file.Text("modelSha256") ?? ""), Grains.Parts);
        file.Number("sparsity");
        file.RefuseOthers("A file without the key 'version' has the keys of Heartwood 0.1 only; docs/masks.md has those of version 1.");
        return mask;
    }

    static Subnetwork Checked(Subnetwork mask, IReadOnlyList<string> nodes)
    {
        if (mask.Kept.Count > mask.Parts) throw new FormatException($"{mask.Kept.Count} parts are kept out of {mask.Parts}.");
        if (mask.Scores.Count > mask.Parts) throw new FormatException($"{mask.Scores.Count} parts have scores, and there are {mask.Parts}.");
        if (mask.Absence is not ("" or "mean" or "zero")) throw new FormatException($"'absence' should be mean or zero, it is '{mask.Absence}'.");
        if (mask.AbsenceFile.Contains('\0')) throw new FormatException("'absenceFile' should be the path of a file.");
        foreach (Part part in mask.Kept.Concat(mask.Scores.Keys))
        {
            if (!nodes.Contains(part.Kind == PartKind.Head ? Grains.Heads : Grains.Mlps)) throw new FormatException($"{part} is none of the grains in play ({string.Join(", ", nodes)}).");
            if (mask.Model is not null && !mask.Model.Has(part)) throw new FormatException($"{part} is no part of a model with {mask.Model.InWords}, which 'model' says it is.");
        }
        if (mask.Model is { } sizes && sizes.Parts(nodes).Count() is var count && count != mask.Parts) throw new FormatException($"'parts' is {mask.Parts}, and a model with {sizes.InWords} has {count}.");
        return mask;
    }

    static ModelSizes? ReadSizes(JsonFields model)
    {
        string family = model.Text("family") ?? "";
        int width = model.Whole("width") ?? 0;
        bool parallel = model.Flag("parallel") ?? false;
        IReadOnlyList<bool>? mlps = model.Flags("mlpPerLayer");
        if (model.Wholes("headsPerLayer", 0, ModelSizes.MostParts) is not { } heads) return mlps is null ? null : throw new FormatException("'mlpPerLayer' needs 'headsPerLayer' beside it.");
        if (heads.Count == 0 || (mlps is not null && mlps.Count != heads.Count)) throw new FormatException($"'headsPerLayer' is of {heads.Count} layers, 'mlpPerLayer' of {mlps?.Count ?? 0}; both have an entry for every layer.");
        if (heads.Sum(h => (long)h) + heads.Count > ModelSizes.MostParts) throw new FormatException($"'headsPerLayer' makes more than {ModelSizes.MostParts:N0} parts.");
        return new(family, heads, mlps ?? [.. heads.Select(_ => true)], width, parallel);
    }

    static KeptEdges ReadEdges(JsonFields field, ModelSizes? sizes)
    {
        long count = sizes is null ? 0 : Edge.CountIn(sizes);
        long said = field.Unsigned("count") is { } n ? (long)Math.Min(n, long.MaxValue) : count;
        KeptEdges edges = new(said, Addresses(field.Texts("kept"), Edge.Parse, "edges.kept", "the addresses of the kept edges"), Scores(field.Object("scores"), Edge.Parse));
        field.RefuseOthers(Next);
        if (sizes is not null && said != count) throw new FormatException($"'edges.count' is {said}, and a model with {sizes.InWords} has {count} edges.");
        if (said < Math.Max(1, Math.Max(edges.Kept.Count, edges.Scores.Count))) throw new FormatException($"'edges.count' is {said}, and {edges.Kept.Count} edges are kept, {edges.Scores.Count} have scores.");
        if (sizes is not null && edges.Kept.Concat(edges.Scores.Keys).Where(e => !e.IsIn(sizes)).Take(1).ToArray() is [var edge]) throw new FormatException($"{edge} is no edge of a model with {sizes.InWords}{(sizes.Parallel ? ", attention and MLP in parallel" : "")}.");
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
        int heads = mask.Kept.Count(p => p.Kind == PartKind.Head);
        foreach (var (key, count) in (ReadOnlySpan<(string, int)>)[("heads", heads), ("mlps", mask.Kept.Count - heads), ("parts", mask.Kept.Count), ("edges", mask.Edges?.Kept.Count ?? 0)])
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
