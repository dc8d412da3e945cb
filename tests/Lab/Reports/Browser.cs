using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Microsoft.Playwright;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>One Chromium for a class of tests: the one CHROMIUM names, or the system's. Where there is none, its tests are skipped.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>After this nothing is coming any more, milliseconds: under load a click or a download may take longer than Playwright's half minute.</summary>
    const float Never = 180_000;

    static readonly string[] places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    readonly string folder = Directory.CreateTempSubdirectory("heartwood-report-").FullName;
    IPlaywright? driver;
    IBrowser? browser;

    public async ValueTask InitializeAsync()
    {
        if (places.Prepend(Environment.GetEnvironmentVariable("CHROMIUM")).FirstOrDefault(File.Exists) is not { } path) return;
        driver = await Playwright.CreateAsync();
        browser = await driver.Chromium.LaunchAsync(new()
        {
            ExecutablePath = path,
            Timeout = Never,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        driver?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Opens a report as a file, as a reader would.</summary>
    internal async Task<OpenReport> Open(Result result, int width = 1280, ColorScheme scheme = ColorScheme.Light, bool script = true)
    {
        if (browser is null) Assert.Skip($"No Chromium: CHROMIUM names none and none is at {string.Join(", ", places)}.");
        string file = Path.Combine(folder, $"{Path.GetRandomFileName()}.html");
        await File.WriteAllTextAsync(file, Report.Html(result), TestContext.Current.CancellationToken);
        // reduced motion: what is scrolled to is there at once, and a click does not chase it
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce, JavaScriptEnabled = script, AcceptDownloads = true });
        page.SetDefaultTimeout(Never);
        OpenReport report = new(page, new Uri(file).AbsoluteUri);
        await page.GotoAsync(report.Address);
        return report;
    }
}

/// <summary>A report on the screen, with everything that it asked for and complained about.</summary>
internal sealed class OpenReport : IAsyncDisposable
{
    public OpenReport(IPage page, string address)
    {
        (Page, Address) = (page, address);
        page.Request += (_, request) => Requests.Add(request.Url);
        page.Console += (_, message) => Complaints.Add(message.Text);
        page.PageError += (_, error) => Complaints.Add(error);
    }

    public IPage Page { get; }
    public string Address { get; }
    public List<string> Requests { get; } = [];
    public List<string> Complaints { get; } = [];

    public ValueTask DisposeAsync() => new(Page.CloseAsync());
}
