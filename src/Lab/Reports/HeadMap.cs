using Heartwood.Lab.Charts;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Reports;

/// <summary>A map of a model: layers down, heads across, MLP blocks in a column of their own.</summary>
internal static class HeadMap
{
    const double Left = 30, Gap = 8, Top = 20;

    /// <summary>Draws a map.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="heading">the words above</param>
    /// <param name="title">for those who do not see it</param>
    /// <param name="description">what is to be seen</param>
    /// <param name="headsPerLayer">the model's heads</param>
    /// <param name="cells">the squares, by address; a part without one is left white</param>
    public static Markup Draw(string id, string heading, string title, string description, IReadOnlyList<int> headsPerLayer, IReadOnlyDictionary<string, Cell> cells)
    {
        int most = headsPerLayer.DefaultIfEmpty(0).Max();
        double size = Math.Clamp((Chart.Width - Left - Gap - 4) / (most + 1), 18, 32), mlp = Left + most * size + Gap;
        double width = Math.Max(Chart.Width, mlp + size + 4), height = Top + headsPerLayer.Count * size + 22;
        int[] layers = [.. Enumerable.Range(0, headsPerLayer.Count)], shown = [.. Enumerable.Range(0, most).Where(h => size >= 22 || h % 2 == 0)];
        Markup Square(Part part, double x) =>
            cells.TryGetValue(part.ToString(), out var cell) ? HeatMap.Draw(cell, x, Top + part.Layer * size, size, size) : Markup.Empty;
        IEnumerable<Markup> Row(int layer) =>
            [.. Enumerable.Range(0, headsPerLayer[layer]).Select(h => Square(Part.Head(layer, h), Left + h * size)), Square(Part.Mlp(layer), mlp)];
        return Chart.Panel(id, heading, title, description, width, height, $"""
            <g aria-hidden="true">{shown.Select(h => Chart.Text($"H{h}", Left + (h + 0.5) * size, Top - 6, "tick", "middle"))}
            {Chart.Text("MLP", mlp + size / 2, Top - 6, "tick", "middle")}
            {layers.Select(l => Chart.Text($"L{l}", Left - 6, Top + (l + 0.5) * size + 3.5, "tick", "end"))}
            {Chart.Text("heads across, layers down", Left, height - 6, "axis")}</g>
            {layers.SelectMany(Row)}
            """);
    }
}
