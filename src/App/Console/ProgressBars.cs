using System.Collections.Concurrent;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Heartwood.App.Console;

/// <summary>Progress as bars on a terminal; a stage that ends becomes a line above them.</summary>
sealed class ProgressBars(IAnsiConsole terminal, TimeProvider clock) : Progress(clock)
{
    const int BarWidth = 16, WithBar = 40;
    readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Dictionary<string, ProgressTask> bars = [];
    readonly ConcurrentDictionary<int, string> figures = [];
    ProgressContext? context;
    Task? shown;

    protected override void Began(string stage, Pace pace) =>
        bars[stage] = Context().AddTask(stage, new ProgressTaskSettings { MaxValue = Math.Max(1, pace.Latest.Total) });

    protected override void Moved(string stage, Pace pace)
    {
        ProgressTask bar = bars[stage];
        bar.MaxValue = Math.Max(1, pace.Latest.Total);
        bar.Value = pace.Latest.Done;
        figures[bar.Id] = pace.BesideBar();
    }

    protected override void Ended(string stage, Pace pace)
    {
        bars.Remove(stage, out ProgressTask? bar);
        bar!.StopTask();
        figures.TryRemove(bar.Id, out _);
        terminal.Write(new Markup($"[green]✓[/] {Markup.Escape(stage)}[grey]: {Markup.Escape(pace.Outcome())}[/]\n"));
    }

    protected override void Closed()
    {
        closed.SetResult();
        shown?.GetAwaiter().GetResult();
    }

    ProgressContext Context()
    {
        if (context is not null) return context;
        TaskCompletionSource<ProgressContext> ready = new();
        ProgressColumn[] columns = terminal.Profile.Width >= WithBar
            ? [new StageColumn(), Bar(), new FiguresColumn(figures)]
            : [new NarrowColumn(figures)];
        shown = terminal.Progress().AutoClear(true).HideCompleted(true).Columns(columns)
            .StartAsync(async c => { ready.SetResult(c); await closed.Task.ConfigureAwait(false); });
        return context = ready.Task.GetAwaiter().GetResult();
    }

    static ProgressBarColumn Bar() =>
        new() { Width = BarWidth, CompletedStyle = new Style(Color.Green), RemainingStyle = new Style(Color.Grey) };

    /// <summary>The stage's name, cut in the middle to two fifths of the line.</summary>
    sealed class StageColumn : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(CutInMiddle(task.Description, Width(options)));

        public override int? GetColumnWidth(RenderOptions options) => Width(options);

        public static int Width(RenderOptions options) => Math.Min(34, (options.ConsoleSize.Width - BarWidth) * 2 / 5);
    }

    /// <summary>How far, how fast, how long yet, and the note: as much as the line holds.</summary>
    sealed class FiguresColumn(ConcurrentDictionary<int, string> figures) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(
                Cut(figures.GetValueOrDefault(task.Id, ""), options.ConsoleSize.Width - StageColumn.Width(options) - BarWidth - 3),
                new Style(Color.Grey));
    }

    /// <summary>On a line without room for a bar: how far, and as much of the stage's name as the line holds.</summary>
    sealed class NarrowColumn(ConcurrentDictionary<int, string> figures) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            int width = Width(options);
            string share = figures.GetValueOrDefault(task.Id, "").Split(',')[0];
            return new Text(width - share.Length - 2 is >= 8 and int left
                ? $"{share}, {CutInMiddle(task.Description, left)}"
                : Cut(share, width));
        }

        public override int? GetColumnWidth(RenderOptions options) => Width(options);

        static int Width(RenderOptions options) => Math.Max(1, options.ConsoleSize.Width - 1);
    }

    // seeds and sizes stand at the end of a stage's name
    static string CutInMiddle(string text, int width) =>
        text.Length <= width ? text : width < 3 ? "" : $"{text[..(width / 2)].TrimEnd()}…{text[^((width - 1) / 2)..].TrimStart()}";

    static string Cut(string text, int width) => text.Length <= width ? text : width < 2 ? "" : text[..(width - 1)] + "…";
}
