using Heartwood.Lab.Charts;

namespace Heartwood.Lab.Questions;

/// <summary>A head's page: what it attends to, drawn on its strongest examples.</summary>
static class HeadPages
{
    /// <summary>The page, in a box that opens.</summary>
    public static Markup Draw(HeadPage page)
    {
        string kind = AttentionMap.Words(page.Kind);
        string[] lost = [.. page.Lost.Select(l => $"{Wording.Number(l.Value.Value, "0.00")} nats {Measurements.Name(l.Key)} "
            + $"({Wording.Number(l.Value.Low, "0.00")} to {Wording.Number(l.Value.High, "0.00")}, {Wording.Examples(l.Value.N)})")];
        return $"""
            <details class="data page">
            <summary>Head {page.Part}: {kind} <span class="count">({Wording.Count(page.Examples.Count, "example")})</span></summary>
            <p>Ablating it takes {Wording.List(lost)} from the logit of the correct label, on average.
            Drawn is its attention from the outlined token, the one with most on {kind}: the darker a word, the larger its share; lines go
            to shares of 10&#160;% and more. Every word says its share, and where it looks itself.</p>
            {Group(page, "mass", $"Most on {kind}, beyond the average head")}{Group(page, "ablation", "Changed most by ablating it")}
            </details>
            """;
    }

    static Markup Group(HeadPage page, string why, string heading)
    {
        var shown = page.Examples.Index().Where(e => e.Item.Why == why).ToList();
        string id = $"page-{page.Part.Replace('.', '-')}";
        IEnumerable<Markup> drawings = shown.Select(e => TextDrawing.Draw($"{id}-{e.Index + 1}", page.Part, Heading(e.Item), e.Item));
        return shown.Count == 0 ? Markup.Empty : $"<h3>{heading}</h3><div class=\"panels\">{drawings}</div>\n";
    }

    static string Heading(DrawnExample e)
    {
        string where = $"{Measurements.Name(e.Set)}{(e.Case == "" ? "" : $", {e.Case}")}: {e.Label}";
        string mass = double.IsNaN(e.Mass) ? "" : $"; {Wording.Percent(e.Mass)} on the kind";
        string changed = Math.Abs(e.Lost) < 0.005 ? "nothing changes"
            : $"{Wording.Number(Math.Abs(e.Lost), "0.00")} nats {(e.Lost > 0 ? "lost" : "won")}";
        return $"{where}{mass}; without it {changed}";
    }
}

/// <summary>Tokens as boxes, shaded by the attention that they get from one of them.</summary>
static class TextDrawing
{
    const double LetterWidth = 6.1, Height = 20, Gap = 3, Wrapped = 34, Parted = 50, Arc = 30, Left = 4;
    const double LeastLine = 0.1;

    /// <summary>Draws an example.</summary>
    /// <param name="id">unique on the page</param>
    /// <param name="head">the head's address</param>
    /// <param name="heading">the words above</param>
    /// <param name="example">the example</param>
    public static Markup Draw(string id, string head, string heading, DrawnExample example)
    {
        (double X, double Y, double Width)[] boxes = [.. Places(example.Tokens, 4)];
        // lines within the first line of words need room above it
        if (boxes[example.From].Y == 4 && Drawn(example).Any(t => boxes[t].Y == 4)) boxes = [.. Places(example.Tokens, Arc)];
        DrawnToken from = example.Tokens[example.From];
        double most = Math.Max(1e-9, example.Tokens.Max(t => t.Weight));
        Markup LineTo(int token) => Line(boxes[example.From], boxes[token], example.Tokens[token].Weight);
        string title = $"Attention of {head} from “{from.Text}” in: {string.Join(' ', example.Tokens.Select(t => t.Text))}";
        return Chart.Panel(id, heading, title, $"Most goes to {Most(example)}.", Chart.Width, boxes[^1].Y + Height + 8, $"""
            <g class="core" aria-hidden="true">{Drawn(example).Select(LineTo)}</g>
            {example.Tokens.Select((t, i) => Box(head, example, t, boxes[i], t.Weight / most * 0.92, i == example.From))}
            """);
    }

    // the tokens that lines go to
    static IEnumerable<int> Drawn(DrawnExample example) =>
        Enumerable.Range(0, example.Tokens.Count).Where(t => t != example.From && example.Tokens[t].Weight >= LeastLine);

    static string Most(DrawnExample example)
    {
        var most = example.Tokens.OrderByDescending(t => t.Weight).Take(2);
        return Wording.List([.. most.Select(t => $"“{t.Text}” ({Wording.Percent(t.Weight)})")]);
    }

    // the second sentence begins a line of its own
    static IEnumerable<(double X, double Y, double Width)> Places(IReadOnlyList<DrawnToken> tokens, double top)
    {
        double x = Left, y = top;
        bool second = false;
        foreach (DrawnToken token in tokens)
        {
            double width = LetterWidth * Shown(token.Text).Length + 9;
            if (!second && token.Sentence == 1) (second, x, y) = (true, Left, y + Parted);
            else if (x + width > Chart.Width - 2) (x, y) = (Left, y + Wrapped);
            yield return (x, y, width);
            x += width + Gap;
        }
    }

    static string Shown(string text) => text.Length <= 24 ? text : $"{text[..23]}…";

    static Markup Box(
        string head, DrawnExample example, DrawnToken token, (double X, double Y, double Width) box, double strength, bool from)
    {
        Markup place = $"x=\"{box.X}\" y=\"{box.Y}\" width=\"{box.Width}\" height=\"{Height}\" rx=\"3\"";
        string kind = (from ? " ringed" : "") + (strength > 0.75 ? " strong" : "");
        string itself = token.To is { } to
            ? $"\nattends most to “{example.Tokens[to].Text}” itself ({Wording.Percent(token.Share!.Value)})" : "";
        Markup text = Chart.Text(Shown(token.Text), box.X + box.Width / 2, box.Y + 14, "", "middle");
        return $"""
            <g class="mark cell{kind}"><title>{token.Text}{Sentence(token)}
            gets {Wording.Percent(token.Weight)} of {head}’s attention from “{example.Tokens[example.From].Text}”{itself}</title><rect
            class="ground" {place}/><rect class="heat" fill-opacity="{strength}" {place}/>{text}</g>

            """;
    }

    static string Sentence(DrawnToken token) =>
        token.Sentence switch { 0 => " (first sentence)", 1 => " (second sentence)", _ => " (special token)" };

    static Markup Line((double X, double Y, double Width) a, (double X, double Y, double Width) b, double weight)
    {
        double x1 = a.X + a.Width / 2, x2 = b.X + b.Width / 2;
        Markup width = $"stroke-width=\"{1 + 3 * weight}\" stroke-opacity=\"{0.3 + 0.7 * weight}\"";
        double top = a.Y - Math.Min(44, 16 + Math.Abs(x2 - x1) / 6);
        if (a.Y == b.Y) return $"<path class=\"arc\" d=\"M{x1} {a.Y}Q{(x1 + x2) / 2} {top} {x2} {a.Y}\" {width}/>";
        double y1 = b.Y > a.Y ? a.Y + Height : a.Y, y2 = b.Y > a.Y ? b.Y : b.Y + Height, middle = (y1 + y2) / 2;
        return $"<path class=\"arc\" d=\"M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}\" {width}/>";
    }
}
