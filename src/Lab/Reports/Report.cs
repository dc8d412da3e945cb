using System.Text;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Reports;

/// <summary>The page of a run, gathered from its kept facts.</summary>
public static class Report
{
    /// <summary>The file that a run's facts are kept in.</summary>
    public const string FactsFile = "result.json";

    /// <summary>The file that its page is written to.</summary>
    public const string PageFile = "report.html";

    /// <summary>The facts of a run's folder.</summary>
    /// <param name="folder">the folder</param>
    /// <param name="questions">the questions that may have been asked</param>
    /// <param name="kinds">the kinds of part that its maps may show; null for those that Heartwood comes with</param>
    /// <exception cref="InvalidDataException">the file holds something else</exception>
    public static Result Read(string folder, IReadOnlyList<IQuestion> questions, IReadOnlyList<PartKind>? kinds = null) =>
        ResultJson.Read(File.ReadAllText(Path.Combine(folder, FactsFile)), questions, kinds);

    /// <summary>Writes the page of a result into a folder.</summary>
    /// <returns>the page's full path</returns>
    public static string Write(string folder, Result result)
    {
        string page = Path.GetFullPath(Path.Combine(folder, PageFile)), html = Html(result);
        Atomic.WriteFile(page, stream => stream.Write(Encoding.UTF8.GetBytes(html)));
        return page;
    }

    /// <summary>The whole page, to be written as UTF-8. The same result gives the same bytes.</summary>
    public static string Html(Result result) => PageOf(new(result)).Html();

    /// <summary>The same result under another headline.</summary>
    /// <param name="result">the result</param>
    /// <param name="title">the headline</param>
    public static Result Titled(Result result, string title) => result with
    {
        Answers = [.. result.Answers.Select(answer => answer.Facts switch
        {
            MakingFacts making => answer with { Facts = making with { Title = title } },
            StepsFacts steps => answer with { Facts = steps with { Title = title } },
            _ => answer,
        })],
    };

    /// <summary>The titles of the figures, which ask on a paper's page, and the sentences that read them.</summary>
    public static IReadOnlyList<(string Title, string Reading)> Readings(Result result) =>
        [.. new Findings(result).Figures().Select(f => (f.Title, f.Reading))];

    static Page PageOf(Findings findings)
    {
        if (findings.Facts<StepsFacts>() is { } steps)
            return new(steps.Title, steps.About, Steps.Headline(steps), Steps.Sentences(steps),
                findings.Figures(), Making.Section(new(steps.Title, RunKind.Comparison, null, steps.Seconds), findings.Manifest),
                findings.Manifest.Version)
            { Warnings = findings.Warnings, First = CandidatePage.Section(findings) };
        MakingFacts making = findings.Facts<MakingFacts>() ?? throw new InvalidDataException(
            "The result does not say what was studied: it has no answer to the question 'making'. Run the command that made it again.");
        var (headline, sentences) = Found(findings);
        string about = making.Model is { } model ? Making.Size(model)
            : Wording.List([.. (findings.Facts<JoinedRuns>()?.Runs ?? []).Select(run => run.Universe).Distinct()]);
        return new(making.Title, about, headline, sentences, findings.Figures(),
            Making.Section(making, findings.Manifest), findings.Manifest.Version)
        {
            Rings = Rings(findings, making.Model?.Layers ?? 0),
            Warnings = findings.Warnings,
            First = CandidatePage.Section(findings),
        };
    }

    /// <summary>What came out: in a line, and in sentences.</summary>
    internal static (string Headline, IReadOnlyList<string> Sentences) Found(Findings findings) =>
        findings.Facts<StepsFacts>() is { } steps ? (Steps.Headline(steps), Steps.Sentences(steps))
            : findings.Facts<TrainingFacts>() is { } training ? (TrainingCurve.Headline(training), TrainingCurve.Sentences(training))
            : findings.Facts<SinglePartsFacts>()?.Effects is { } effects ? (PartEffects.Headline(effects), PartEffects.Sentences(effects))
            : findings.Facts<QuantizationFacts>() is { } few ? (Quantizations.Headline(few), Quantizations.Sentences(few))
            : findings.Facts<JoinedRuns>() is { } joined ? (Joined.Headline(joined), Joined.Sentences(joined))
            : (Finding.Headline(findings), Finding.Sentences(findings));

    // one ring per layer, each as dark as the share of its parts that the subnetworks keep
    static double[] Rings(Findings findings, int layers)
    {
        var kept = findings.Facts<FrequenciesFacts>()?.Sparsities.FirstOrDefault(f => f.Subnetworks > 0);
        double Share(int layer) => kept!.Kept.Where(k => Part.Parse(k.Key).Layer == layer)
            .Select(k => (double)k.Value / kept.Subnetworks).DefaultIfEmpty(0).Average();
        return [.. Enumerable.Range(0, layers).Select(l => kept is null ? 0.5 : Share(l))];
    }
}
