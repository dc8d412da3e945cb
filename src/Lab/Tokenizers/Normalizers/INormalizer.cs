using Heartwood.Lab.Tokenizers.Characters;

namespace Heartwood.Lab.Tokenizers.Normalizers;

/// <summary>Rewrites text before it is cut into words.</summary>
interface INormalizer
{
    /// <summary>Writes the normalized <paramref name="text"/> to <paramref name="into"/>.</summary>
    void Apply(ReadOnlySpan<char> text, CharacterList into);

    /// <summary>The same for a part of a text; few normalizers ask which.</summary>
    /// <param name="text">the part</param>
    /// <param name="first">whether the whole text begins with it</param>
    /// <param name="into">takes what is written</param>
    void Apply(ReadOnlySpan<char> text, bool first, CharacterList into) => Apply(text, into);
}

/// <summary>One normalizer after another.</summary>
sealed class NormalizerSequence(INormalizer[] normalizers) : INormalizer
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into) => Apply(text, first: true, into);

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, bool first, CharacterList into)
    {
        if (normalizers.Length == 0) into.Add(text);
        CharacterList[] between = [new(text.Length), new(text.Length)];
        for (int i = 0; i < normalizers.Length; i++)
        {
            bool last = i == normalizers.Length - 1;
            CharacterList written = last ? into : between[i % 2];
            if (!last) written.Clear();
            normalizers[i].Apply(text, first, written);
            if (!last) text = written.Text;
        }
    }
}
