using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;
using Microsoft.Playwright;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>What a reader sees: no noise, no network, every mark there, at every width, in light and dark.</summary>
public sealed class ReportInBrowserTests(Browser browser) : IClassFixture<Browser>
{
    internal static readonly Dictionary<string, RunResult> shapes = new()
    {
        ["usual"] = SampleResult.Usual,
        ["least"] = SampleResult.Least,
        ["large"] = SampleResult.Large,
        ["healed"] = SampleResult.Healed,
        ["one sparsity, nothing random"] = new SampleResult { Layers = 2, Heads = 25, Sparsities = [0.5], Randoms = false, Baselines = false, Others = [], Draws = 0 }.Make(),
        ["two seeds, no case facts"] = new SampleResult { Seeds = 2, CaseFacts = false, Constructions = ["swap", "a_construction_" + new string('x', 200)] }.Make(),
        ["paper"] = SamplePaper.Usual,
        ["paper without checkpoints"] = SamplePaper.Least,
        ["no subnetwork"] = new SampleResult { Seeds = 0, Draws = 0 }.Make() with { Ablated = [], Parts = [], Correlation = [], Overlap = [], Frequencies = [] },
    };

    public static TheoryData<string> Shapes => [.. shapes.Keys];

    [Theory, MemberData(nameof(Shapes))]
    public async Task Opening_it_raises_no_complaint_and_asks_nothing_of_the_network(string shape)
    {
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using var report = await browser.Open(shapes[shape], scheme: scheme);
            await report.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
            await report.Page.Locator("#theme").ClickAsync();
            await report.Page.Locator("th button").First.ClickAsync();
            await report.Page.Locator(".plot").First.FocusAsync();
            await report.Page.Keyboard.PressAsync("ArrowRight");
            Assert.Empty(report.Complaints);
            Assert.Equal([report.Address], report.Requests);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task Every_figure_has_as_many_marks_as_the_result_has_figures(string shape)
    {
        var r = shapes[shape];
        await using var report = await browser.Open(r);
        var counted = await report.Page.EvaluateAsync<Dictionary<string, int>>("Object.fromEntries([...document.querySelectorAll('section.figure')].map(s => [s.id, s.querySelectorAll('.mark').length]))");
        Assert.Equal((r.Paper is { } paper ? Expected(r, paper) : Expected(r)).Where(e => e.Value > 0).OrderBy(e => e.Key), counted.Where(c => c.Value > 0).OrderBy(c => c.Key));
    }

    /// <summary>How many marks each figure must have, counted from the result alone.</summary>
    static Dictionary<string, int> Expected(RunResult r)
    {
        int sparsities = r.Subnetworks.Select(s => s.TargetSparsity).Distinct().Count(), found = r.Subnetworks.Count, panels = Math.Max(1, sparsities);
        int outside = (r.Full.OutOfDomain is null ? 0 : 1) + (r.Full.Unseen is null ? 0 : 1), sets = 1 + outside;
        return new()
        {
            ["losses"] = r.Full.OutOfDomain is null || found == 0 ? 0 : found + sparsities,
            ["cases"] = r.Full.Cases.Count * (found + panels),
            ["groups"] = r.Full.Groups.Count * (found + panels),
            ["frequencies"] = r.Frequencies.Sum(f => f.Kept.Count),
            ["overlap"] = 2 * r.Overlap.Sum(o => o.Pairs.Count),
            ["core"] = r.Ablated.Count == 0 ? 0 : sets * (1 + r.Ablated.Count),
            ["core-cases"] = r.Ablated.Count == 0 ? 0 : 3 * r.Full.Cases.Count,
            ["parts"] = sets * r.Parts.Count,
            ["cut"] = 4,
            ["healing"] = r.Healing is { } healing ? sets * healing.Healed.Count * 3 : 0,
        };
    }

    /// <summary>The same of a paper's page.</summary>
    static Dictionary<string, int> Expected(RunResult r, PaperFacts paper)
    {
        var main = r.Core.TargetSparsity;
        var marks = Expected(r with { Subnetworks = [.. r.Subnetworks.Where(s => s.TargetSparsity == main)], RandomSubnetworks = [.. r.RandomSubnetworks.Where(s => s.TargetSparsity == main)], Frequencies = [r.Frequencies.Single(f => f.TargetSparsity == main)] });
        foreach (string other in (string[])["losses", "cases", "groups", "overlap", "core-cases"]) marks.Remove(other);
        int parts = r.Frequencies[0].Kept.Count, outside = (r.Full.OutOfDomain is null ? 0 : 1) + (r.Full.Unseen is null ? 0 : 1), found = r.Subnetworks.Count(s => s.TargetSparsity == main);
        // each set is looked at closely; the first is drawn whole next to the candidates
        marks["domains"] = outside * (found + 1) + (outside - 1) * (1 + found + r.RandomSubnetworks.Count(s => s.TargetSparsity == main) + r.Baselines.Count);
        marks["curve"] = 3 * 2 * paper.Curve.Count;
        marks["generalization"] = paper.Generalization is { } g ? r.Full.Cases.Count * (g.Subnetworks.Count + 1) : 0;
        marks["shift"] = 3 * parts + paper.Shift!.Correlations.Count(c => c.Heads.Rho is not null);
        int coreHeads = paper.Attention!.CoreHeads, heads = r.Model.HeadsPerLayer.Sum();
        marks["attention"] = coreHeads == 0 ? 0 : paper.Attention.Sets.Sum(s => s.Heads.Where(h => h.Core).GroupBy(h => h.Read).Sum(g => g.Sum(h => h.Kinds.Count) + 2 * g.First().Kinds.Count)) + paper.Attention.Pages.Sum(p => p.Examples.Sum(e => e.Tokens.Count));
        marks["needs"] = coreHeads == 0 || coreHeads == heads ? 0 : 3 * heads * paper.Needs!.Sets.Count;
        marks["add-back"] = 2 * (paper.AddBack!.Paths.GroupBy(p => p.Kind).Sum(g => g.Max(p => p.Points.Count)));
        marks["emergence"] = paper.Emergence is { } e ? e.Checkpoints.Count * (3 + 2 * e.Heads.Count) : 0;
        marks["core-training"] = paper.Emergence is { } k && k.Checkpoints.All(c => c.WithoutCore is not null) ? k.Checkpoints.Count * 2 * 3 : 0;
        marks["sizes"] = paper.Sizes is { } z ? z.Checkpoints.Sum(c => ((Band?[])[c.InDomain, c.OutOfDomain, c.Both]).Count(b => b is not null) + 2 * z.Sparsities.Count) : 0;
        return marks;
    }

    [Theory, InlineData("usual", 10467), InlineData("large", 15236)]
    public async Task A_page_is_half_as_long_as_it_was_and_shows_ten_rows_of_each_list(string shape, int was)
    {
        await using var report = await browser.Open(shapes[shape]);
        Assert.InRange(await report.Page.EvaluateAsync<int>("document.documentElement.scrollHeight"), 900, was / 2);
        foreach (string list in (string[])["cases", "groups", "overlap", "core-cases"])
        {
            int[] rows = await report.Page.EvaluateAsync<int[]>($"[...document.querySelectorAll('#{list} > figure > .panels svg')].map(svg => svg.querySelectorAll('.row').length)");
            Assert.InRange(rows.Length, 1, 3);
            Assert.All(rows, n => Assert.InRange(n, 1, 12));
        }
        int folded = await report.Page.EvaluateAsync<int>("document.querySelectorAll('#cases > details.more .row').length");
        RunResult r = shapes[shape];
        Assert.Equal((r.Full.Cases.Count - 10) * r.Subnetworks.Select(s => s.TargetSparsity).Distinct().Count(), folded);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task Every_figure_is_an_image_with_a_title_and_a_text_alternative(string shape)
    {
        await using var report = await browser.Open(shapes[shape]);
        Assert.Empty(await report.Page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll('svg.chart')].filter(svg => svg.getAttribute('role') !== 'img'
                || svg.getAttribute('aria-labelledby').split(' ').some(id => document.querySelectorAll('#' + CSS.escape(id)).length !== 1 || !svg.contains(document.getElementById(id)) || document.getElementById(id).textContent.length < 10))
                .map(svg => svg.id)
            """));
        Assert.Empty(await report.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('section.figure')].filter(s => s.querySelector('.reading').textContent.length < 30).map(s => s.id)"));
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task A_phone_shows_it_without_sideways_scrolling_and_in_readable_letters(string shape)
    {
        await using var report = await browser.Open(shapes[shape], width: 390);
        await report.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        Assert.Equal(390, await report.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.True(await report.Page.EvaluateAsync<double>("Math.min(...[...document.querySelectorAll('svg.chart text')].map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a))") >= 8);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task No_words_and_no_marks_are_cut_off_at_a_charts_edge(string shape)
    {
        await using var report = await browser.Open(shapes[shape]);
        await report.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        Assert.Empty(await report.Page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll('svg.chart text, svg.chart .fill, svg.chart .open, svg.chart .heat')].filter(e => {
                const own = e.getBoundingClientRect(), svg = e.closest('svg').getBoundingClientRect();
                return own.left < svg.left - 1 || own.right > svg.right + 1 || own.top < svg.top - 1 || own.bottom > svg.bottom + 1;
            }).map(e => e.closest('svg').id + ': ' + (e.textContent || e.outerHTML))
            """));
    }

    [Theory, InlineData(true, 60, 20), InlineData(false, 60, 20)]
    public async Task A_trainings_page_shows_every_figure_and_fits_a_phone(bool labels, int losses, int measured)
    {
        await using var report = await browser.Open(labels ? SampleTraining.Usual : SampleTraining.OfText, width: 390);
        await report.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        Assert.Empty(report.Complaints);
        Assert.Equal([report.Address], report.Requests);
        Assert.Equal(390, await report.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Equal(losses, await report.Page.Locator("#loss .mark").CountAsync());
        Assert.Equal(measured, await report.Page.Locator(labels ? "#accuracy .mark" : "#figures .mark").CountAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Single_ablations_show_every_part_on_every_set_rank_no_noise_and_fit_a_phone(bool real)
    {
        Heartwood.Lab.Questions.Result result = real ? SampleAblation.Usual : SampleAblation.Noise;
        var effects = result.Facts<Heartwood.Lab.Questions.SinglePartsFacts>()!.Effects!;
        await using var report = await browser.Open(result, width: 390);
        await report.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        Assert.Empty(report.Complaints);
        Assert.Equal([report.Address], report.Requests);
        Assert.Equal(390, await report.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Equal(effects.Sets.Sum(s => s.Parts.Count), await report.Page.Locator("[id^=part-map] .mark").CountAsync());
        Assert.Equal(effects.Sets.Count * (real ? 4 : 10), await report.Page.Locator("[id^=part-ranking-] .mark").CountAsync());
        Assert.Equal(effects.Sets[0].Parts.Count, await report.Page.Locator("#table-part-costs tbody tr").CountAsync());
        string finding = await report.Page.Locator("#finding").InnerTextAsync();
        Assert.Contains(real ? "costs most when it alone is ablated" : "No single part is needed", finding);
        Assert.Contains(real ? "the model is better by more than noise" : "26 are not to be told from parts without effect", finding);
    }

    [Fact]
    public async Task Runs_side_by_side_show_every_subnetwork_and_every_pair_and_fit_a_phone()
    {
        JoinedRuns facts = SampleJoined.Usual.Facts<JoinedRuns>()!;
        await using var report = await browser.Open(SampleJoined.Usual, width: 390);
        await report.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        Assert.Empty(report.Complaints);
        Assert.Equal([report.Address], report.Requests);
        Assert.Equal(390, await report.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        int rows = facts.Rows.Count - 1;                                  // of the last one there are scores: a panel of their own
        foreach (string set in (string[])["InDomain", "OutOfDomain", "Unseen"])
            Assert.Equal(2 + 2 * rows, await report.Page.Locator($"#joined-{set} .mark").CountAsync());
        Assert.Equal(3, await report.Page.Locator("#joined-figure-3 .mark").CountAsync());
        Assert.Equal(rows * (rows - 1), await report.Page.Locator("#joined-overlap-0 .mark").CountAsync());
        Assert.Contains("were not measured on the same data (in-domain)", await report.Page.Locator("#finding").InnerTextAsync());
    }

    [Theory, InlineData(ColorScheme.Light), InlineData(ColorScheme.Dark)]
    public async Task Words_stand_out_from_the_ground_in_both_themes(ColorScheme scheme)
    {
        await using var report = await browser.Open(SampleResult.Usual, scheme: scheme);
        var contrasts = await report.Page.EvaluateAsync<Dictionary<string, double>>("""
            (() => {
                const style = getComputedStyle(document.documentElement);
                const light = name => { const h = style.getPropertyValue(name).trim().slice(1); const [r, g, b] = [0, 2, 4].map(i => parseInt(h.substring(i, i + 2), 16) / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
                const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
                return Object.fromEntries(['--ink', '--soft', '--heart', '--heart-deep', '--full'].map(n => [n, contrast(n, '--paper')]).concat([['--on-heart', contrast('--on-heart', '--heart')]]));
            })()
            """);
        Assert.All(contrasts, c => Assert.True(c.Value >= 4.5, $"{c.Key} has a contrast of {c.Value}"));
    }

    [Fact]
    public async Task The_theme_follows_the_system_until_the_reader_chooses()
    {
        async Task<string> Ground(OpenReport r) => await r.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        await using var light = await browser.Open(SampleResult.Least, scheme: ColorScheme.Light);
        await using var dark = await browser.Open(SampleResult.Least, scheme: ColorScheme.Dark);
        string bright = await Ground(light), night = await Ground(dark);
        Assert.NotEqual(bright, night);
        await dark.Page.Locator("#theme").ClickAsync();
        Assert.Equal(("Theme: light", bright), (await dark.Page.Locator("#theme").InnerTextAsync(), await Ground(dark)));
        await light.Page.Locator("#theme").ClickAsync();
        await light.Page.Locator("#theme").ClickAsync();
        Assert.Equal(("Theme: dark", night), (await light.Page.Locator("#theme").InnerTextAsync(), await Ground(light)));
    }

    [Fact]
    public async Task Without_its_script_marks_and_tables_still_speak()
    {
        await using var report = await browser.Open(SampleResult.Usual, script: false);
        var marks = report.Page.Locator("#candidates .mark");
        Assert.Equal(await marks.CountAsync(), await report.Page.Locator("#candidates .mark > title").CountAsync());
        await report.Page.Locator("#candidates summary").ClickAsync();
        Assert.True(await report.Page.Locator("#table-models").IsVisibleAsync());
        Assert.False(await report.Page.Locator("#theme").IsVisibleAsync());
    }

    [Fact]
    public async Task Markup_in_names_is_shown_and_never_obeyed()
    {
        const string evil = "<script>window.hacked = 1</script><img src=x onerror=\"window.hacked = 1\">' & \u0007";
        var r = new SampleResult { Title = evil, Entailed = evil, Constructions = ["</title></script>" + evil, "swap"] }.Make();
        await using var report = await browser.Open(r);
        await report.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        Assert.False(await report.Page.EvaluateAsync<bool>("'hacked' in window"));
        Assert.Equal((0, 1), (await report.Page.Locator("img").CountAsync(), await report.Page.Locator("script").CountAsync()));
        Assert.Equal(evil.Replace('\u0007', '\uFFFD'), await report.Page.Locator("h1").TextContentAsync());
        Assert.Empty(report.Complaints);
    }

    [Fact]
    public async Task Its_policy_stops_what_a_forged_page_would_run()
    {
        await using var report = await browser.Open(SampleResult.Least);
        await report.Page.EvaluateAsync("document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.hacked = 1' }))");
        string answer = await report.Page.EvaluateAsync<string>("fetch('https://example.invalid/').then(() => 'sent', e => e.name)");
        Assert.False(await report.Page.EvaluateAsync<bool>("'hacked' in window"));
        Assert.Equal("TypeError", answer);
        Assert.Contains(report.Complaints, c => c.Contains("Content Security Policy", StringComparison.Ordinal) && c.Contains("example.invalid", StringComparison.Ordinal));
        Assert.Contains(report.Complaints, c => c.Contains("Content Security Policy", StringComparison.Ordinal) && c.Contains("inline script", StringComparison.Ordinal));
    }
}
