using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The rows of the tokens that a step of a pass computes (<see cref="Tokens"/>).</summary>
static class ReadTokens
{
    /// <summary>Where an encoder's head reads the first token of each sequence: [CLS] or &lt;s&gt;.</summary>
    /// <param name="x">[token width]</param>
    /// <param name="batch">where the sequences start</param>
    /// <param name="tokens">which are wanted</param>
    /// <returns>[token width], or [batch width]</returns>
    internal static Tensor FirstRead(this Tensor x, Batch batch, Tokens tokens) => tokens == Tokens.Read ? x.Rows(batch.First) : x;

    /// <summary>The same of a decoder: the last token of a sequence has seen all of it.</summary>
    internal static Tensor LastRead(this Tensor x, Batch batch, Tokens tokens) => tokens == Tokens.Read ? x.Rows(batch.Last) : x;

    /// <summary>Where the queries of each sequence start: those of all its tokens, or its one.</summary>
    internal static int[] QueryOffsets(this Batch batch, Tokens tokens) =>
        tokens == Tokens.All ? batch.Offsets : [.. Enumerable.Range(0, batch.Count + 1)];

    /// <summary>The positions of a decoder's queries.</summary>
    internal static int[] QueryPositions(this Batch batch, Tokens tokens) =>
        tokens == Tokens.All ? batch.Positions : Array.ConvertAll(batch.Last, t => batch.Positions[t]);
}
