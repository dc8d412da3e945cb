namespace Heartwood.Lab.Tasks;

/// <summary>Fewer items that still stand for all of them.</summary>
public static class Thinning
{
    /// <summary>At most this number of items, spread evenly over the list; 0 for all.</summary>
    public static IReadOnlyList<T> Thinned<T>(IReadOnlyList<T> items, int most) =>
        most == 0 || items.Count <= most ? items : [.. Enumerable.Range(0, most).Select(i => items[(int)((long)i * items.Count / most)])];
}
