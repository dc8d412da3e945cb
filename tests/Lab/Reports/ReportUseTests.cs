using System.Globalization;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>What a reader does with it: sorts, downloads, walks through it by keyboard.</summary>
public sealed class ReportUseTests(Browser browser) : IClassFixture<Browser>
{
    static double[] Numbers(IEnumerable<string> texts) => [.. texts.Where(t => t != "").Select(t => double.Parse(t, CultureInfo.InvariantCulture))];

    [Fact]
    public async Task A_column_sorts_up_then_down_with_empty_cells_last()
    {
        await using var report = await browser.Open(SampleResult.Usual);
        await report.Page.Locator("#candidates summary").ClickAsync();
        var head = report.Page.Locator("#table-models th", new() { HasText = "target sparsity" });
        int column = await head.EvaluateAsync<int>("th => th.cellIndex");
        async Task<string[]> Cells() => await report.Page.EvaluateAsync<string[]>("c => [...document.querySelectorAll('#table-models tbody tr')].map(r => r.cells[c].dataset.v ?? r.cells[c].textContent)", column);

        int rows = (await Cells()).Length;
        await head.Locator("button").ClickAsync();
        string[] up = await Cells();
        Assert.Equal("ascending", await head.GetAttributeAsync("aria-sort"));
        Assert.Equal(Numbers(up).Order(), Numbers(up));
        Assert.Equal(rows, up.Length);
        Assert.All(up[Numbers(up).Length..], cell => Assert.Equal("", cell));

        await head.Locator("button").ClickAsync();
        string[] down = await Cells();
        Assert.Equal("descending", await head.GetAttributeAsync("aria-sort"));
        Assert.Equal(Numbers(up).Reverse(), Numbers(down));
        Assert.Equal("", down[^1]);
        Assert.Equal(1, await report.Page.Locator("#table-models th[aria-sort=descending], #table-models th[aria-sort=ascending]").CountAsync());
    }

    [Fact]
    public async Task Words_sort_as_words_and_numbers_inside_them_as_numbers()
    {
        await using var report = await browser.Open(SampleResult.Large);
        await report.Page.Locator("#parts summary").ClickAsync();
        await report.Page.Locator("#table-parts th button").First.ClickAsync();
        string[] parts = await report.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('#table-parts tbody tr')].map(r => r.cells[0].textContent)");
        Assert.True(Array.IndexOf(parts, "L2.H3") < Array.IndexOf(parts, "L10.H3"));
        Assert.True(Array.IndexOf(parts, "L2.H3") < Array.IndexOf(parts, "L2.H10"));
    }

    [Fact]
    public async Task A_downloaded_table_holds_every_row_in_full_precision()
    {
        var r = SampleResult.Usual;
        await using var report = await browser.Open(r);
        string[] lines = await Download(report, "models");
        Assert.StartsWith("name,kind,seed,target sparsity,sparsity,in-domain,in-domain n,in-domain low,in-domain high,out of domain,", lines[0], StringComparison.Ordinal);
        Assert.Equal(1 + 1 + r.Subnetworks.Count + r.RandomSubnetworks.Count + r.Baselines.Count, lines.Length);
        string[] first = lines[2].Split(',');
        var subnetwork = r.Subnetworks[0];
        Assert.Equal(["seed 1", "subnetwork", "1", "0.6"], first[..4]);
        Assert.Equal([subnetwork.Sparsity, subnetwork.Measured.InDomain.Value, subnetwork.Measured.InDomain.N, subnetwork.Measured.InDomain.Low, subnetwork.Measured.InDomain.High, subnetwork.Measured.OutOfDomain!.Value], Numbers(first[4..10]));
    }

    [Fact]
    public async Task A_downloaded_table_quotes_commas_quotes_and_line_ends()
    {
        var r = SampleResult.Least with { Manifest = SampleResult.Least.Manifest with { Request = new Dictionary<string, string> { ["a,b"] = "he said \"no\"", ["lines"] = "one\ntwo", ["plain"] = "text" } } };
        await using var report = await browser.Open(r);
        Assert.Equal("option,value\r\n\"a,b\",\"he said \"\"no\"\"\"\r\nlines,\"one\ntwo\"\r\nplain,text\r\n", string.Join("\r\n", await Download(report, "options")) + "\r\n");
    }

    [Fact]
    public async Task A_table_is_downloaded_in_the_order_it_is_sorted_in()
    {
        await using var report = await browser.Open(SampleResult.Usual);
        await report.Page.Locator("#parts summary").ClickAsync();
        var head = report.Page.Locator("#table-parts th button", new() { HasText = "in-domain lost" });
        await head.ClickAsync();
        await head.ClickAsync();
        double[] lost = Numbers((await Download(report, "parts")).Skip(1).Select(l => l.Split(',')[1]));
        Assert.Equal(lost.OrderDescending(), lost);
        Assert.Equal(SampleResult.Usual.Parts.Max(k => SampleResult.Usual.Full.InDomain.Value - k.Measured.InDomain.Value), lost[0]);
    }

    [Fact]
    public async Task A_long_table_is_lines_of_text_until_it_is_opened_and_holds_the_same()
    {
        RunResult r = SampleResult.Usual, longer = r with { Subnetworks = [.. Enumerable.Repeat(r.Subnetworks, 6).SelectMany(s => s)] };
        await using var report = await browser.Open(r);
        await using var lengthened = await browser.Open(longer);
        async Task<string[]> Rows(OpenReport page) => await page.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('#table-cases tbody tr')].map(r => r.outerHTML)");
        int alike = r.Full.Cases.Count * (1 + r.Subnetworks.Count), rows = longer.Full.Cases.Count * (1 + longer.Subnetworks.Count + longer.RandomSubnetworks.Count + longer.Baselines.Count);
        Assert.Empty(await Rows(lengthened));

        string[] csv = await Download(lengthened, "cases"), shown = await Rows(lengthened);
        Assert.Equal((rows + 1, rows), (csv.Length, shown.Length));
        Assert.Equal((await Download(report, "cases"))[..(alike + 1)], csv[..(alike + 1)]);
        Assert.Equal((await Rows(report))[..alike], shown[..alike]);
    }

    [Fact]
    public async Task The_keyboard_walks_through_marks_and_hears_what_they_say()
    {
        await using var report = await browser.Open(SampleResult.Usual);
        var plot = report.Page.Locator("#core .plot").First;
        await plot.FocusAsync();
        await report.Page.Keyboard.PressAsync("ArrowRight");
        var tip = report.Page.Locator("#tip");
        Assert.StartsWith("full model", await tip.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(await tip.TextContentAsync(), await report.Page.Locator("#say").TextContentAsync());
        await report.Page.Keyboard.PressAsync("ArrowRight");
        Assert.StartsWith("random parts alone 1:", await tip.InnerTextAsync(), StringComparison.Ordinal);
        await report.Page.Keyboard.PressAsync("End");
        Assert.StartsWith("core:", await tip.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await report.Page.Locator(".mark.here").CountAsync());
        await report.Page.Keyboard.PressAsync("Escape");
        Assert.False(await tip.IsVisibleAsync());
        Assert.Equal(0, await report.Page.Locator(".mark.here").CountAsync());
    }

    [Fact]
    public async Task The_tab_key_reaches_every_control_and_focus_is_seen()
    {
        await using var report = await browser.Open(SampleResult.Least);
        List<string> reached = [];
        for (int i = 0; i < 60 && (reached.Count == 0 || reached[^1] != "BODY"); i++)
        {
            await report.Page.Keyboard.PressAsync("Tab");
            reached.Add(await report.Page.EvaluateAsync<string>("(e => e === document.body ? 'BODY' : (e.id || e.className || e.tagName.toLowerCase()) + (getComputedStyle(e).outlineStyle === 'none' ? ' unseen' : ''))(document.activeElement)"));
        }
        Assert.DoesNotContain(reached, r => r.EndsWith("unseen", StringComparison.Ordinal));
        Assert.Equal("skip", reached[0]);
        Assert.Contains("theme", reached);
        Assert.Equal(await report.Page.Locator(".plot").CountAsync(), reached.Count(r => r == "plot"));
        Assert.Equal(await report.Page.Locator("summary").CountAsync(), reached.Count(r => r == "summary"));
    }

    [Fact]
    public async Task A_table_opens_and_sorts_by_keyboard()
    {
        await using var report = await browser.Open(SampleResult.Usual);
        await report.Page.Locator("#cut summary").FocusAsync();
        await report.Page.Keyboard.PressAsync("Enter");
        Assert.True(await report.Page.Locator("#table-cut").IsVisibleAsync());
        await report.Page.Locator("#table-cut th button").First.FocusAsync();
        await report.Page.Keyboard.PressAsync("Enter");
        Assert.Equal("ascending", await report.Page.Locator("#table-cut th").First.GetAttributeAsync("aria-sort"));
    }

    [Fact]
    public async Task Pointing_at_a_mark_shows_its_figures_inside_the_window()
    {
        await using var report = await browser.Open(SampleResult.Usual, width: 390);
        var mark = report.Page.Locator("#candidates .mark.full").First;
        await mark.ScrollIntoViewIfNeededAsync();
        var box = (await mark.Locator(".fill").BoundingBoxAsync())!;
        await report.Page.Mouse.MoveAsync(box.X + box.Width / 2, box.Y + box.Height / 2);
        var tip = report.Page.Locator("#tip");
        Assert.Contains("in-domain 99.6", await tip.InnerTextAsync(), StringComparison.Ordinal);
        var shown = (await tip.BoundingBoxAsync())!;
        Assert.True(shown.X >= 0 && shown.X + shown.Width <= 390);
    }

    static async Task<string[]> Download(OpenReport report, string table)
    {
        var button = report.Page.Locator($"button[data-table=table-{table}]");
        await button.EvaluateAsync("b => b.closest('details').open = true");            // its own box alone: nothing below moves it
        var download = await report.Page.RunAndWaitForDownloadAsync(() => button.ClickAsync());
        Assert.Equal($"{table}.csv", download.SuggestedFilename);
        string text = await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
        return text.Split("\r\n")[..^1];
    }
}
