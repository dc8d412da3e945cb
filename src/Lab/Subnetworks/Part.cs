using System.Globalization;

namespace Heartwood.Lab.Subnetworks;

/// <summary>What kind of thing a part is.</summary>
public enum PartKind
{
    /// <summary>one attention head, <c>L3.H7</c></summary>
    Head,

    /// <summary>the whole MLP block of a layer, <c>L3.MLP</c></summary>
    Mlp,
}

/// <summary>The address of one removable part: <c>L3.H7</c> is head 7 of layer 3, <c>L3.MLP</c> the MLP block of layer 3.</summary>
/// <param name="Layer">the layer, from 0</param>
/// <param name="Kind">what kind of part it is</param>
/// <param name="Index">the head's number in its layer, from 0; always 0 for an MLP block</param>
public readonly record struct Part(int Layer, PartKind Kind, int Index = 0) : IComparable<Part>
{
    /// <summary>Head <paramref name="index"/> of layer <paramref name="layer"/>.</summary>
    public static Part Head(int layer, int index) => new(layer, PartKind.Head, index);

    /// <summary>The MLP block of layer <paramref name="layer"/>.</summary>
    public static Part Mlp(int layer) => new(layer, PartKind.Mlp);

    /// <summary>By layer, then heads before the MLP block, then by number.</summary>
    public int CompareTo(Part other) => (Layer, Kind, Index).CompareTo((other.Layer, other.Kind, other.Index));

    /// <summary>The address, as files and the command line write it.</summary>
    public override string ToString() => Kind == PartKind.Mlp ? $"L{Layer}.MLP" : $"L{Layer}.H{Index}";

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">the text is not an address; the message says how one is written</exception>
    public static Part Parse(string text) => Find(text) ?? throw new FormatException($"'{text}' is not a part. Write L3.H7 for head 7 of layer 3, L3.MLP for its MLP block.");

    /// <summary>The part of an address; null where it is none.</summary>
    internal static Part? Find(string text)
    {
        if (text.Split('.') is [['L', .. var layer], var rest] && Number(layer) is int l)
        {
            if (rest == "MLP") return Mlp(l);
            if (rest is ['H', .. var index] && Number(index) is int i) return Head(l, i);
        }
        return null;
    }

    static int? Number(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n.ToString(CultureInfo.InvariantCulture) == digits ? n : null;
}
