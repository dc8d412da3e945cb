using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Reports;

/// <summary>One part's square in a map.</summary>
/// <param name="Strength">how strongly it is filled, −1 to 1; below zero in the opposite colour</param>
/// <param name="Words">what is written in it, at most three letters</param>
/// <param name="Tip">what it says when pointed at</param>
/// <param name="Ringed">whether it is outlined</param>
internal sealed record Cell(double Strength, string Words, string Tip, bool Ringed);

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
        double size = Math.Clamp((Charts.Width - Left - Gap - 4) / (most + 1), 18, 32), mlp = Left + most * size + Gap;
        double width = Math.Max(Charts.Width, mlp + size + 4), height = Top + headsPerLayer.Count * size + 22;
        int[] layers = [.. Enumerable.Range(0, headsPerLayer.Count)], shown = [.. Enumerable.Range(0, most).Where(h => size >= 22 || h % 2 == 0)];
        Markup Square(Part part, double x) =>
            cells.TryGetValue(part.ToString(), out var cell) ? Draw(cell, x, Top + part.Layer * size, size) : Markup.Empty;
        IEnumerable<Markup> Row(int layer) =>
            [.. Enumerable.Range(0, headsPerLayer[layer]).Select(h => Square(Part.Head(layer, h), Left + h * size)), Square(Part.Mlp(layer), mlp)];
        return Charts.Panel(id, heading, title, description, width, height, $"""
            <g aria-hidden="true">{shown.Select(h => Charts.Text($"H{h}", Left + (h + 0.5) * size, Top - 6, "tick", "middle"))}
            {Charts.Text("MLP", mlp + size / 2, Top - 6, "tick", "middle")}
            {layers.Select(l => Charts.Text($"L{l}", Left - 6, Top + (l + 0.5) * size + 3.5, "tick", "end"))}
            {Charts.Text("heads across, layers down", Left, height - 6, "axis")}</g>
            {layers.SelectMany(Row)}
            """);
    }

    static Markup Draw(Cell cell, double x, double y, double size)
    {
        double strength = Math.Clamp(Math.Abs(cell.Strength), 0, 1);
        string kind = (cell.Strength < 0 ? " gain" : "") + (strength > 0.75 ? " strong" : strength == 0 ? " faint" : "") + (cell.Ringed ? " ringed" : "");
        Markup place = $"x=\"{x + 1}\" y=\"{y + 1}\" width=\"{size - 2}\" height=\"{size - 2}\" rx=\"2\"";
        return $"""
            <g class="mark cell{kind}"><title>{cell.Tip}</title><rect class="ground" {place}/><rect class="heat" fill-opacity="{strength}" {place}/>
            {Charts.Text(cell.Words, x + size / 2, y + size / 2 + 3.6, size < 22 ? "small" : "", "middle")}</g>

            """;
    }
}
