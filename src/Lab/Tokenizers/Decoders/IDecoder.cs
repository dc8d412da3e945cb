namespace Heartwood.Lab.Tokenizers.Decoders;

/// <summary>Makes text of pieces.</summary>
interface IDecoder
{
    /// <summary>What the pieces become; joined, they are the text.</summary>
    List<string> Apply(List<string> pieces);
}

/// <summary>One decoder after another.</summary>
sealed class DecoderSequence(IDecoder[] decoders) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) => decoders.Aggregate(pieces, (p, decoder) => decoder.Apply(p));
}
