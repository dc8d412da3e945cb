using System.Buffers.Binary;
using System.Text;
using Heartwood.Lab.Tokenizers.SentencePiece;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>Writes small SentencePiece models, and character maps for them.</summary>
static class ModelBytes
{
    /// <summary>A model's bytes.</summary>
    public static byte[] Of(CutKind kind, IReadOnlyList<ModelPiece> pieces, NormalizerSpec normalizer,
        bool byteFallback = false, bool suffix = false)
    {
        List<byte> model = [];
        foreach (ModelPiece piece in pieces)
        {
            List<byte> inner = [];
            Delimited(inner, 1, Encoding.UTF8.GetBytes(piece.Text));
            inner.Add(2 << 3 | 5);
            byte[] score = new byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(score, piece.Score);
            inner.AddRange(score);
            Number(inner, 3, (ulong)piece.Kind);
            Delimited(model, 1, [.. inner]);
        }
        List<byte> trainer = [];
        Number(trainer, 3, (ulong)kind);
        Number(trainer, 24, suffix ? 1u : 0);
        Number(trainer, 35, byteFallback ? 1u : 0);
        Delimited(model, 2, [.. trainer]);
        List<byte> rewriting = [];
        if (normalizer.CharacterMap.Length > 0) Delimited(rewriting, 2, normalizer.CharacterMap);
        Number(rewriting, 3, normalizer.AddDummyPrefix ? 1u : 0);
        Number(rewriting, 4, normalizer.RemoveExtraWhitespaces ? 1u : 0);
        Number(rewriting, 5, normalizer.EscapeWhitespaces ? 1u : 0);
        Delimited(model, 3, [.. rewriting]);
        return [.. model];
    }

    /// <summary>The 256 pieces of bytes.</summary>
    public static IEnumerable<ModelPiece> Bytes => Enumerable.Range(0, 256).Select(b => new ModelPiece($"<0x{b:X2}>", 0, PieceKind.Byte));

    /// <summary>A character map: every node of its trie has 256 units of its own.</summary>
    public static byte[] Map(params (string From, string To)[] rules)
    {
        List<(Dictionary<byte, int> Next, int Value)> nodes = [([], -1)];
        List<byte> replacements = [];
        foreach (var (from, to) in rules)
        {
            int node = 0;
            foreach (byte b in Encoding.UTF8.GetBytes(from))
            {
                if (!nodes[node].Next.TryGetValue(b, out int next))
                {
                    nodes[node].Next[b] = next = nodes.Count;
                    nodes.Add(([], -1));
                }
                node = next;
            }
            nodes[node] = (nodes[node].Next, replacements.Count);
            replacements.AddRange([.. Encoding.UTF8.GetBytes(to), 0]);
        }
        // Node n's children stand at 256 (n + 1) + byte, its value at 256 (n + 1); its own unit lies in its parent's block.
        uint[] units = new uint[256 * (nodes.Count + 1)];
        units[0] = Unit(0, 0, false, 0);
        for (int n = 0; n < nodes.Count; n++)
        {
            foreach (var (b, next) in nodes[n].Next) units[256 * (n + 1) + b] = Unit(256 * (n + 1) + b, next, nodes[next].Value >= 0, b);
            if (nodes[n].Value >= 0) units[256 * (n + 1)] = (uint)nodes[n].Value | 0x80000000;
        }
        byte[] map = new byte[4 + 4 * units.Length + replacements.Count];
        BinaryPrimitives.WriteInt32LittleEndian(map, 4 * units.Length);
        for (int i = 0; i < units.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(4 + 4 * i), units[i]);
        replacements.CopyTo(map, 4 + 4 * units.Length);
        return map;

        // A unit leads to node n's block by exclusive or of the place and the offset, which is written in single units (bit 9 is clear).
        static uint Unit(int place, int n, bool ends, byte label) => (uint)(place ^ 256 * (n + 1)) << 10 | (ends ? 0x100u : 0) | label;
    }

    static void Number(List<byte> into, int field, ulong value)
    {
        Varint(into, (ulong)field << 3);
        Varint(into, value);
    }

    static void Delimited(List<byte> into, int field, byte[] bytes)
    {
        Varint(into, (ulong)field << 3 | 2);
        Varint(into, (ulong)bytes.Length);
        into.AddRange(bytes);
    }

    static void Varint(List<byte> into, ulong value)
    {
        for (; value >= 128; value >>= 7) into.Add((byte)(value | 128));
        into.Add((byte)value);
    }
}
