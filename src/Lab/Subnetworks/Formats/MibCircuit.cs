using System.Text;
using System.Text.Json;
using Heartwood.Lab.Json;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks.Formats;

/// <summary>
/// Circuits as the Mechanistic Interpretability Benchmark's circuit track and EAP-IG keep them (Mueller et al. 2025; Hanna, Pezzelle
/// and Belinkov 2024): <c>cfg</c>, <c>nodes</c> ("input", "a0.h1", "m0", "logits") and <c>edges</c> ("a0.h1->a1.h2&lt;q>"), each with
/// <c>in_graph</c> and <c>score</c>. Older files give a node as true or false. Circuits of neurons are refused.
/// </summary>
static class MibCircuit
{
    /// <summary>Reads a circuit: one of nodes where the edges follow from the nodes, else one of edges.</summary>
    /// <param name="file">the file</param>
    /// <param name="notes">what the format says and a subnetwork does not, or the other way</param>
    /// <exception cref="FormatException">it is no such circuit</exception>
    public static Subnetwork Read(JsonFields file, List<string> notes)
    {
        ModelSizes sizes = ReadSizes(file.Object("cfg")!);
        var (nodes, scores, input) = ReadNodes(file.Object("nodes")!, sizes, notes);
        var (edges, edgeScores) = ReadEdges(file.Object("edges")
            ?? throw new FormatException("the key 'edges' is missing: every edge with its score and whether it is in the circuit."), sizes);
        bool scoredNodes = scores.Count > 0, scoredEdges = edgeScores.Values.Any(s => s != 0);
        bool follow = edges.Count == 0 || Follow(edges, nodes, input, both: true) || Follow(edges, nodes, input, both: false);
        bool ofNodes = follow && (scoredNodes || !scoredEdges);
        if (ofNodes && scoredEdges)
            notes.Add("Nodes and edges both have scores; the edges follow from the nodes, so it is read as a circuit of nodes "
                + "and the edges' scores are left out.");
        int parts = sizes.Kinds.Sum(kind => kind.Count);
        Part[] kept = [.. nodes.Where(n => n.In).Select(n => n.Part).Order()];
        Subnetwork circuit = new(0, "", 0, parts, kept, scores, "", "") { Model = sizes };
        if (!ofNodes)
        {
            Edge[] keptEdges = [.. edges.Where(e => e.Value).Select(e => e.Key).Order()];
            circuit = circuit with { InPlay = [KeptEdges.Name], Edges = new(Edge.CountIn(sizes), keptEdges, edgeScores) };
        }
        if (ofNodes && scoredNodes && scores.Count < parts)
            notes.Add($"{parts - scores.Count} parts have no score; where parts are ranked, these are kept first, as in the format.");
        return circuit with { TargetSparsity = circuit.Sparsity };
    }

    static ModelSizes ReadSizes(JsonFields cfg)
    {
        int layers = cfg.Whole("n_layers", 1, ModelSizes.MostParts)
            ?? throw new FormatException("'cfg' lacks 'n_layers'.");
        int heads = cfg.Whole("n_heads", 1, ModelSizes.MostParts)
            ?? throw new FormatException("'cfg' lacks 'n_heads'.");
        if ((long)layers * (heads + 1) > ModelSizes.MostParts)
            throw new FormatException($"'cfg' makes more than {ModelSizes.MostParts:N0} nodes.");
        return ModelSizes.Even("", layers, heads, cfg.Whole("d_model", 1) ?? 0, cfg.Flag("parallel_attn_mlp") ?? false);
    }

    static (List<(Part Part, bool In)> Nodes, Dictionary<Part, double> Scores, bool Input) ReadNodes(
        JsonFields file, ModelSizes sizes, List<string> notes)
    {
        List<(Part, bool)> nodes = [];
        Dictionary<Part, double> scores = [];
        bool input = true;
        foreach (var property in file.Each)
        {
            Node node = NodeOf(property.Name);
            if (node.Part is { } named && !sizes.Has(named))
                throw new FormatException($"the node '{property.Name}' is none of a model with {sizes.InWords}, which 'cfg' says it is.");
            var (inGraph, score) = State(property.Name, property.Value, node == Node.Logits);
            if (node.Part is not { } part)
            {
                if (node == Node.Input) input = inGraph;
                if (score is not null) notes.Add($"The score of '{property.Name}' is left out: it is no part that can be removed.");
                continue;
            }
            nodes.Add((part, inGraph));
            if (score is { } known) scores[part] = known;
        }
        int missing = sizes.Kinds.Sum(kind => kind.Count) - nodes.Count;
        if (missing > 0) notes.Add($"{missing} of the model's nodes are not in the file; they count as ablated.");
        return (nodes, scores, input);
    }

    static (Dictionary<Edge, bool> In, Dictionary<Edge, double> Scores) ReadEdges(JsonFields file, ModelSizes sizes)
    {
        Dictionary<Edge, bool> edges = [];
        Dictionary<Edge, double> scores = [];
        foreach (var property in file.Each)
        {
            Edge edge = EdgeOf(property.Name);
            if (!edge.IsIn(sizes))
                throw new FormatException($"the edge '{property.Name}' is none of a model with {sizes.InWords}"
                    + $"{(sizes.Parallel ? ", attention and MLP in parallel" : "")}, which 'cfg' says it is.");
            var (inGraph, score) = State(property.Name, property.Value, optional: false);
            edges.Add(edge, inGraph);
            if (score is { } known) scores[edge] = known;
        }
        return (edges, scores);
    }

    // true or false, or an object; a score that is null or NaN is none
    static (bool In, double? Score) State(string name, Field value, bool optional)
    {
        if (value.IsFlag) return (value.Flag, null);
        JsonFields state = new(value.Named($"'{name}'"));
        if (state.Has("neurons") || state.Has("neurons_scores"))
            throw new FormatException($"'{name}' lists neurons. Heartwood reads circuits of nodes and of edges; "
                + "write the circuit at one of these levels.");
        bool inGraph = state.Flag("in_graph") ?? (optional ? true : throw new FormatException($"'{name}' lacks 'in_graph'."));
        bool known = state.Find("score") is { } score && !(score.IsText && score.Text == "NaN");
        return (inGraph, known ? state.Number("score") : null);
    }

    // an edge is there where what writes is (and what reads), as the format has it after a choice of nodes
    static bool Follow(Dictionary<Edge, bool> edges, List<(Part Part, bool In)> nodes, bool input, bool both)
    {
        HashSet<Part> there = [.. nodes.Where(n => n.In).Select(n => n.Part)];
        return edges.All(e => e.Value == (There(e.Key.From) && (!both || There(e.Key.To))));

        bool There(Node node) => node.Part is { } part ? there.Contains(part) : node == Node.Logits || input;
    }

    /// <summary>Writes a circuit. Nodes without a score get none; edges, whose score the format demands, get 0.</summary>
    /// <exception cref="ArgumentException">the format cannot say what the subnetwork is</exception>
    public static string Write(Subnetwork mask)
    {
        if (mask.Edges is null && mask.InPlay.Except(PartKinds.InPlay).FirstOrDefault() is { } other)
            throw new ArgumentException($"The MIB format has nodes for heads and MLPs, and this subnetwork has {other} in play. "
                + "Write it as --to heartwood.");
        if (mask.Model is not { } sizes || sizes.Width == 0)
            throw new ArgumentException("The MIB format needs the model's layers, heads and width (d_model), "
                + "and the file does not say them. Name the model: --model FOLDER.");
        if (sizes.HeadsPerLayer.Distinct().Count() != 1 || sizes.SizesOf(Mlps.Kind).Count < sizes.Layers)
            throw new ArgumentException("The MIB format has as many heads in every layer, each with an MLP; "
                + $"this model has {sizes.InWords}.");
        if (mask.Edges is null && !mask.InPlay.Contains(Mlps.Kind.Name))
            mask = mask with { Kept = [.. mask.Kept, .. sizes.Parts([Mlps.Kind.Name])] };
        HashSet<Node> there = [Node.Input, Node.Logits, .. mask.Kept.Select(p => (Node)p)];
        HashSet<Edge> kept = [.. mask.Edges?.Kept ?? []];
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("cfg");
            json.WriteNumber("n_layers", sizes.Layers);
            json.WriteNumber("n_heads", sizes.HeadsPerLayer[0]);
            json.WriteBoolean("parallel_attn_mlp", sizes.Parallel);
            json.WriteNumber("d_model", sizes.Width);
            json.WriteEndObject();
            json.WriteStartObject("nodes");
            foreach (Node node in (IEnumerable<Node>)[Node.Input, .. sizes.Parts(PartKinds.InPlay), Node.Logits])
            {
                json.WriteStartObject(NameOf(node));
                json.WriteBoolean("in_graph", there.Contains(node));
                if (node.Part is { } part && mask.Scores.TryGetValue(part, out double score)) json.WriteNumber("score", score);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteStartObject("edges");
            foreach (Edge edge in Edge.All(sizes))
            {
                json.WriteStartObject(NameOf(edge));
                json.WriteNumber("score", mask.Edges?.Scores.GetValueOrDefault(edge) ?? 0);
                bool inGraph = mask.Edges is null ? there.Contains(edge.From) && there.Contains(edge.To) : kept.Contains(edge);
                json.WriteBoolean("in_graph", inGraph);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    static string NameOf(Node node) =>
        node.Part is not { } part ? node.ToString()
        : Heads.Kind.Includes(part) ? $"a{part.Layer}.h{part.Index}"
        : $"m{part.Layer}";

    static string NameOf(Edge edge)
    {
        string letter = edge.Input is { } input ? $"<{char.ToLowerInvariant(input.ToString()[0])}>" : "";
        return $"{NameOf(edge.From)}->{NameOf(edge.To)}{letter}";
    }

    static Node NodeOf(string name) => name switch
    {
        "input" => Node.Input,
        "logits" => Node.Logits,
        _ => PartNames.OfEap(name) is { } part ? part
            : throw new FormatException($"'{name}' is no node. Nodes are input, a0.h1 (head 1 of layer 0), m0 and logits."),
    };

    static Edge EdgeOf(string name)
    {
        if (name.Split("->") is not [var from, var to])
            throw new FormatException($"'{name}' is no edge. Edges are a0.h1->a1.h2<q>, a0.h1->m1, input->logits.");
        bool ofHead = to is [.., '<', 'q' or 'k' or 'v', '>'];
        HeadInput? input = ofHead ? Enum.Parse<HeadInput>(to.AsSpan(to.Length - 2, 1), ignoreCase: true) : null;
        return new(NodeOf(from), NodeOf(input is null ? to : to[..^3]), input);
    }
}
