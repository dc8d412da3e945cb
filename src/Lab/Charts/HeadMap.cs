using System.Globalization;
using System.Text.RegularExpressions;

namespace Heartwood.Lab.Charts;

/// <summary>
/// A map of a model's parts by their addresses: layers down, what a layer has several of across (heads), what it has one of (its MLP) in a
/// column of its own. Of a kind that a layer has too many of to draw, there is no square.
/// </summary>
public static partial class HeadMap
{
    const double Left = 30, Gap = 8, Top = 20;
    const int MostAcross = 64;

    /// <summary>Draws a map.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="heading">the words above</param>
    /// <param name="title">for those who do not see it</param>
    /// <param name="description">what is to be seen</param>
    /// <param name="cells">the squares, by address: <c>L3.H7</c>, <c>L3.MLP</c>, <c>L3</c></param>
    public static Markup Draw(string id, string heading, string title, string description, IReadOnlyDictionary<string, Cell> cells)
    {
        List<(Place At, Cell Cell)> all = [.. cells.Select(c => (At: Place.Find(c.Key)!, c.Value)).Where(c => c.At is not null)];
        var kinds = all.GroupBy(c => c.At.Kind)
            .Select(g => (Kind: g.Key, Across: g.Max(c => c.At.Index) + 1, Many: g.Any(c => c.At.Numbered)))
            .Where(k => k.Across <= MostAcross).OrderByDescending(k => k.Many).ToList();
        int columns = Math.Max(2, kinds.Sum(k => k.Across)), layers = all.Select(c => c.At.Layer + 1).DefaultIfEmpty(0).Max();
        double size = Math.Clamp((Chart.Width - Left - Gap * Math.Max(1, kinds.Count - 1) - 4) / columns, 18, 32), x = Left;
        Dictionary<string, double> starts = [];
        List<Markup> names = [];
        foreach (var (kind, across, many) in kinds)
        {
            if (x > Left) x += Gap;
            starts[kind] = x;
            foreach (int i in Enumerable.Range(0, across).Where(i => size >= 22 || i % 2 == 0 || !many))
                names.Add(Chart.Text(many ? $"{kind}{i}" : kind == "" ? "all" : kind, x + (i + 0.5) * size, Top - 6, "tick", "middle"));
            x += across * size;
        }
        double width = Math.Max(Chart.Width, x + 4), height = Top + layers * size + 22;
        Markup Square(Place at, Cell cell) => HeatMap.Draw(cell, starts[at.Kind] + at.Index * size, Top + at.Layer * size, size, size);
        Markup LayerName(int layer) => Chart.Text($"L{layer}", Left - 6, Top + (layer + 0.5) * size + 3.5, "tick", "end");
        var shown = all.Where(c => starts.ContainsKey(c.At.Kind)).OrderBy(c => c.At.Layer).ThenBy(c => starts[c.At.Kind])
            .ThenBy(c => c.At.Index);
        return Chart.Panel(id, heading, title, description, width, height, $"""
            <g aria-hidden="true">{names}
            {Enumerable.Range(0, layers).Select(LayerName)}
            {Chart.Text("parts across, layers down", Left, height - 6, "axis")}</g>
            {shown.Select(c => Square(c.At, c.Cell))}
            """);
    }

    /// <summary>What is said of the kinds that a map leaves out; "" where it shows all.</summary>
    /// <param name="addresses">the parts' addresses</param>
    public static string LeftOut(IEnumerable<string> addresses)
    {
        var many = addresses.Select(Place.Find).OfType<Place>().GroupBy(p => p.Kind).Where(g => g.Max(p => p.Index) >= MostAcross);
        string[] kinds = [.. many.Select(g => $"{g.Key}0")];
        return kinds.Length == 0 ? "" : $" Parts like {Wording.List(kinds)} are too many to be drawn one by one; the table has them.";
    }

    /// <summary>The layer of an address; null where it says none.</summary>
    internal static int? LayerOf(string address) => Place.Find(address)?.Layer;

    /// <summary>Layer and number of an address; (−1, −1) where it has none.</summary>
    internal static (int Layer, int Index) PlaceOf(string address) =>
        Place.Find(address) is { } place ? (place.Layer, place.Index) : (-1, -1);

    /// <summary>Where an address stands on the map.</summary>
    sealed record Place(int Layer, string Kind, int Index, bool Numbered)
    {
        public static Place? Find(string address)
        {
            Match m = Address().Match(address);
            if (!m.Success || !int.TryParse(m.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int layer)) return null;
            bool numbered = int.TryParse(m.Groups[3].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int index);
            return new(layer, m.Groups[2].Value, numbered ? index : 0, numbered);
        }
    }

    [GeneratedRegex(@"\AL(\d+)(?:\.([A-Za-z]+)(\d*))?\z")]
    private static partial Regex Address();
}
