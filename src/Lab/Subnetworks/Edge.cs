using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>Which of a head's three inputs an edge ends in.</summary>
public enum HeadInput
{
    /// <summary>what its queries read, <c>.Q</c></summary>
    Q,

    /// <summary>what its keys read, <c>.K</c></summary>
    K,

    /// <summary>what its values read, <c>.V</c></summary>
    V,
}

/// <summary>An end of an edge: a part, the model's <c>input</c> (its embeddings) or its <c>logits</c>.</summary>
public readonly record struct Node : IComparable<Node>
{
    readonly int place;                                          // −1 the input, 0 a part, 1 the logits
    readonly Part part;

    Node(int place, Part part) => (this.place, this.part) = (place, part);

    /// <summary>What enters the first layer.</summary>
    public static Node Input { get; } = new(-1, default);

    /// <summary>What the model gives.</summary>
    public static Node Logits { get; } = new(1, default);

    /// <summary>The node of a part.</summary>
    public static implicit operator Node(Part part) => new(0, part);

    /// <summary>The part; null for the input and the logits.</summary>
    public Part? Part => place == 0 ? part : null;

    /// <summary>The input, then the parts in address order, then the logits.</summary>
    public int CompareTo(Node other) => (place, part).CompareTo((other.place, other.part));

    /// <summary>The address.</summary>
    public override string ToString() => place switch { -1 => "input", 1 => "logits", _ => part.ToString() };

    /// <summary>The node of an address; null where it is none.</summary>
    internal static Node? Find(string text) => text switch { "input" => Input, "logits" => Logits, _ => Models.Part.Find(text) };
}

/// <summary>
/// The address of an edge: what one node adds to the residual stream, as another reads it. <c>L1.H2&gt;L3.H7.Q</c> is
/// the output of a head as the queries of a later one read it; edges into an MLP block or the logits end in no letter.
/// </summary>
/// <param name="From">what writes: the input or a part</param>
/// <param name="To">what reads: a later part or the logits</param>
/// <param name="Input">which input of a head; null where <paramref name="To"/> is none</param>
public readonly record struct Edge(Node From, Node To, HeadInput? Input = null) : IComparable<Edge>
{
    /// <summary>By what reads, then by its input, then by what writes.</summary>
    public int CompareTo(Edge other) => (To, Input ?? default, From).CompareTo((other.To, other.Input ?? default, other.From));

    /// <summary>The address, as files write it.</summary>
    public override string ToString() => Input is { } input ? $"{From}>{To}.{input}" : $"{From}>{To}";

    /// <summary>Whether a model of these sizes has the edge.</summary>
    public bool IsIn(ModelSizes sizes) =>
        From != Node.Logits && To != Node.Input && Input is null != ReadsByHead(To)
        && (From.Part is not { } writer || sizes.Has(writer)) && (To.Part is not { } reader || sizes.Has(reader)) && Before(sizes.Parallel);

    bool Before(bool parallel) => From.Part is not { } writer || To.Part is not { } reader || writer.Layer < reader.Layer
        || (!parallel && writer.Layer == reader.Layer && Heads.Kind.Includes(writer) && Mlps.Kind.Includes(reader));

    // a head reads three times, all else once
    static bool ReadsByHead(Node node) => node.Part is { } part && Heads.Kind.Includes(part);

    // edges join heads, MLP blocks, the input and the logits
    static bool IsNode(Node node) => node.Part is not { } part
        || (Heads.Kind.Includes(part) && part.Index >= 0) || (Mlps.Kind.Includes(part) && part.Index < 0);

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">the text is not an address; the message says how one is written</exception>
    public static Edge Parse(string text)
    {
        if (text.Split('>') is [var from, var to])
        {
            HeadInput? input = to is [.., '.', 'Q' or 'K' or 'V'] ? Enum.Parse<HeadInput>(to.AsSpan(to.Length - 1)) : null;
            if (Node.Find(from) is { } writer && Node.Find(input is null ? to : to[..^2]) is { } reader && IsNode(writer) && IsNode(reader)
                && writer != Node.Logits && reader != Node.Input && input is null != ReadsByHead(reader)
                && new Edge(writer, reader, input) is var edge && edge.Before(parallel: false)) return edge;
        }
        throw new FormatException($"'{text}' is not an edge. Write L1.H2>L3.H7.Q for what the queries (Q; keys K, values V) "
            + "of head 7 of layer 3 read of head 2 of layer 1, L1.H2>L3.MLP, input>L0.H0.K, L3.MLP>logits.");
    }

    /// <summary>All edges of a model, by what reads.</summary>
    public static IEnumerable<Edge> All(ModelSizes sizes)
    {
        List<Node> written = [Node.Input];
        for (int layer = 0; layer < sizes.Layers; layer++)
        {
            Node[] heads = [.. Enumerable.Range(0, sizes.HeadsPerLayer[layer]).Select(h => (Node)Heads.Kind.Part(layer, h))];
            Node? mlp = sizes.SizesOf(Mlps.Kind).PerLayer[layer] > 0 ? Mlps.Kind.Part(layer) : null;
            foreach (Node head in heads)
                foreach (HeadInput input in Enum.GetValues<HeadInput>())
                    foreach (Node from in written) yield return new(from, head, input);
            if (!sizes.Parallel) written.AddRange(heads);
            if (mlp is { } reader) foreach (Node from in written) yield return new(from, reader);
            if (sizes.Parallel) written.AddRange(heads);
            if (mlp is { } writer) written.Add(writer);
        }
        foreach (Node from in written) yield return new(from, Node.Logits);
    }

    /// <summary>How many edges <see cref="All"/> gives.</summary>
    public static long CountIn(ModelSizes sizes)
    {
        long written = 1, edges = 0;
        for (int layer = 0; layer < sizes.Layers; layer++)
        {
            long heads = sizes.HeadsPerLayer[layer], mlp = sizes.SizesOf(Mlps.Kind).PerLayer[layer];
            edges += 3 * heads * written + mlp * (written + (sizes.Parallel ? 0 : heads));
            written += heads + mlp;
        }
        return edges + written;
    }
}

/// <summary>The kept edges of a circuit, with the scores that they were chosen by.</summary>
/// <param name="Count">number of edges that the model has</param>
/// <param name="Kept">the kept edges, in order</param>
/// <param name="Scores">scores of edges; higher is kept first; may be empty or leave some out</param>
public sealed record KeptEdges(long Count, IReadOnlyList<Edge> Kept, IReadOnlyDictionary<Edge, double> Scores)
{
    /// <summary>What a file calls edges, where they are in play; they can be carried and converted, not yet run.</summary>
    public const string Name = "edges";

    /// <summary>The parts that kept edges begin or end in, in address order.</summary>
    public IReadOnlyList<Part> Touched => [.. Kept.SelectMany(e => (Part?[])[e.From.Part, e.To.Part]).OfType<Part>().Distinct().Order()];
}
