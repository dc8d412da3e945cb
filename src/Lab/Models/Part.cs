using System.Globalization;

namespace Heartwood.Lab.Models;

/// <summary>
/// The address of one removable part: <c>L3.H7</c> is head 7 of layer 3, <c>L3.MLP</c> its MLP block, <c>L3.ATT</c> its attention
/// block, <c>L3</c> the whole layer, <c>L3.N512</c> its neuron 512. An address says nothing of where the part lies: its
/// <see cref="Place"/> does, and which letters there are is the business of the part kinds.
/// </summary>
/// <param name="Layer">the layer, from 0</param>
/// <param name="Kind">the letters of its kind, see <see cref="PartKind.Letters"/>; "" for a whole layer</param>
/// <param name="Index">its number in its layer, from 0; −1 where a layer has one such part at most</param>
public readonly record struct Part(int Layer, string Kind, int Index = -1) : IComparable<Part>
{
    /// <summary>
    /// By layer, then by the kind's letters (so a layer stands before its attention block, heads before the MLP block), then by number.
    /// </summary>
    public int CompareTo(Part other)
    {
        if (Layer != other.Layer) return Layer.CompareTo(other.Layer);
        int kinds = string.CompareOrdinal(Kind, other.Kind);
        return kinds != 0 ? kinds : Index.CompareTo(other.Index);
    }

    /// <summary>The address, as files and the command line write it.</summary>
    public override string ToString()
    {
        string number = Index < 0 ? "" : Index.ToString(CultureInfo.InvariantCulture);
        return Kind is null or "" ? $"L{Layer}{number}" : $"L{Layer}.{Kind}{number}";
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">the text is not an address; the message says how one is written</exception>
    public static Part Parse(string text) =>
        Find(text) ?? throw new FormatException($"'{text}' is not a part. Write L3.H7 for head 7 of layer 3, L3.MLP for its MLP block.");

    /// <summary>The part of an address; null where it is none.</summary>
    internal static Part? Find(string text)
    {
        if (text is not ['L', .. var rest]) return null;
        string[] halves = rest.Split('.');
        if (halves.Length > 2 || Number(halves[0]) is not { } layer) return null;
        if (halves.Length == 1) return new(layer, "");
        string letters = halves[1].TrimEnd([.. "0123456789"]), digits = halves[1][letters.Length..];
        if (letters == "" || !letters.All(char.IsAsciiLetterUpper)) return null;
        if (digits == "") return new(layer, letters);
        return Number(digits) is { } index ? new(layer, letters, index) : null;
    }

    static int? Number(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int n)
        && n.ToString(CultureInfo.InvariantCulture) == digits ? n : null;
}
