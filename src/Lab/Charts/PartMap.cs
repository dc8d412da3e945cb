using Heartwood.Lab.Models;

namespace Heartwood.Lab.Charts;

/// <summary>
/// A map of a model's parts: layers down, the parts of each kind across, kind by kind. Of a kind that a layer has too many of to draw,
/// there is no square.
/// </summary>
public static class PartMap
{
    const double Left = 30, Gap = 8, Top = 20;
    const int MostAcross = 64;

    /// <summary>Draws a map.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="heading">the words above</param>
    /// <param name="title">for those who do not see it</param>
    /// <param name="description">what is to be seen</param>
    /// <param name="cells">the squares, by address: <c>L3.H7</c>, <c>L3.MLP</c>, <c>L3</c></param>
    /// <param name="kinds">the kinds that there are, in the order in which they stand on the map</param>
    public static Markup Draw(
        string id, string heading, string title, string description, IReadOnlyDictionary<string, Cell> cells, IReadOnlyList<PartKind> kinds)
    {
        Block[] all = Blocks(cells.Keys, kinds), drawn = [.. all.Where(block => block.Across <= MostAcross)];
        int columns = Math.Max(2, drawn.Sum(block => block.Across)), layers = all.Select(block => block.Layers).DefaultIfEmpty(0).Max();
        double size = Math.Clamp((Chart.Width - Left - Gap * Math.Max(1, drawn.Length - 1) - 4) / columns, 18, 32), x = Left;
        List<Markup> names = [], squares = [];
        foreach (Block block in drawn)
        {
            if (x > Left) x += Gap;
            foreach (int i in Enumerable.Range(0, block.Across).Where(i => size >= 22 || i % 2 == 0 || !block.Kind.Numbered))
                names.Add(Chart.Text(Name(block.Kind, i), x + (i + 0.5) * size, Top - 6, "tick", "middle"));
            squares.AddRange(block.Parts.Select(part =>
                HeatMap.Draw(cells[part.ToString()], x + Math.Max(0, part.Index) * size, Top + part.Layer * size, size, size)));
            x += block.Across * size;
        }
        double width = Math.Max(Chart.Width, x + 4), height = Top + layers * size + 22;
        Markup LayerName(int layer) => Chart.Text($"L{layer}", Left - 6, Top + (layer + 0.5) * size + 3.5, "tick", "end");
        return Chart.Panel(id, heading, title, description, width, height, $"""
            <g aria-hidden="true">{names}
            {Enumerable.Range(0, layers).Select(LayerName)}
            {Chart.Text("parts across, layers down", Left, height - 6, "axis")}</g>
            {squares}
            """);
    }

    /// <summary>What is said of the kinds that a map leaves out; "" where it shows all.</summary>
    /// <param name="addresses">the parts' addresses</param>
    /// <param name="kinds">the kinds that there are</param>
    public static string LeftOut(IEnumerable<string> addresses, IReadOnlyList<PartKind> kinds)
    {
        string[] many = [.. Blocks(addresses, kinds).Where(block => block.Across > MostAcross).Select(block => block.Kind.Many)];
        return many.Length == 0 ? ""
            : $" {Wording.Capital(Wording.List(many))} are too many to be drawn one by one; the table has them.";
    }

    // the parts of one kind, which stand side by side
    sealed record Block(PartKind Kind, IReadOnlyList<Part> Parts)
    {
        public int Across => Parts.Max(part => Math.Max(0, part.Index)) + 1;

        public int Layers => Parts.Max(part => part.Layer) + 1;
    }

    static Block[] Blocks(IEnumerable<string> addresses, IReadOnlyList<PartKind> kinds)
    {
        Part[] parts = [.. addresses.Select(Part.Find).OfType<Part>()];
        return [.. kinds.Select(kind => new Block(kind, [.. parts.Where(kind.Includes)])).Where(block => block.Parts.Count > 0)];
    }

    // as addresses write it after the layer; a part that is all of its layer has no such letters
    static string Name(PartKind kind, int index) => kind.Numbered ? $"{kind.Letters}{index}" : kind.Letters is "" ? kind.One : kind.Letters;
}
