using System.Text.Json.Nodes;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Questions;

/// <summary>The table of candidates: what is in it, in the file, on the terminal and on the page.</summary>
public sealed class CandidateTests
{
    static IReadOnlyList<Candidate> In(RunResult result) => new Findings(result).Candidates;

    [Fact]
    public void There_is_a_row_for_the_full_model_every_subnetwork_random_parts_next_to_each_and_the_best_baseline()
    {
        RunResult r = SampleResult.Usual;
        IReadOnlyList<Candidate> all = In(r);
        Assert.Equal([CandidateKind.Full, CandidateKind.Subnetwork, CandidateKind.Random, CandidateKind.Baseline], all.Select(c => c.Kind).Distinct());
        Assert.Equal(r.Subnetworks.Count, all.Count(c => c.Kind == CandidateKind.Subnetwork));
        Assert.Equal(r.RandomSubnetworks.Count, all.Count(c => c.Kind == CandidateKind.Random));
        Assert.Equal(("word overlap", r.Baselines["word overlap"].InDomain.Value), (all[^1].Name, all[^1].InDomain!.Value));
        Assert.Equal(all.Count, all.Select(c => c.Name).Distinct().Count());
        Candidate full = all[0];
        Assert.Equal((r.Model.Parameters, 4 * r.Model.Parameters, "models/full"), (full.Weights!.Value, full.Bytes!.Value, full.File));
        Assert.Equal(new CandidateFigure("accuracy", r.Full.Unseen!.Value, r.Full.Unseen.N, r.Full.Unseen.Low, r.Full.Unseen.High), full.Unseen);
        Assert.Equal("subnetworks/structured-pruning-sparsity-0.5-seed-4.json", all.Single(c => c.Name == "structured-pruning-sparsity-0.5-seed-4").File);
    }

    [Fact]
    public void One_row_is_the_one_that_was_written_with_its_reason_and_its_speed()
    {
        RunResult r = SampleResult.Usual;
        Candidate chosen = Assert.Single(In(r), c => c.Chosen);
        MeasuredSubnetwork cut = r.Subnetworks.Single(s => s.Seed == r.Cut!.Seed && s.TargetSparsity == r.Core.TargetSparsity);
        Assert.Equal(("structured-pruning-sparsity-0.6-seed-1", "cut", r.Cut!.SecondsPer1000TokensAfter), (chosen.Name, chosen.File, chosen.SecondsPer1000Tokens));
        Assert.Equal(FormattableString.Invariant($"It has the lowest in-domain loss ({cut.Measured.InDomainLoss:0.0000} nats per example) of 6 subnetworks at sparsity 0.6; out-of-domain data does not choose."), chosen.Reason);
        Assert.Equal(r.Cut.SecondsPer1000TokensBefore, In(r)[0].SecondsPer1000Tokens);
        Assert.All(In(r).Where(c => !c.Chosen), c => Assert.Null(c.Reason));
        Assert.DoesNotContain(In(r with { Cut = null }), c => c.Chosen || c.SecondsPer1000Tokens is not null);
    }

    [Fact]
    public void The_only_subnetwork_of_its_size_is_not_called_the_best_of_several() =>
        Assert.Equal("It is the only subnetwork at sparsity 0.5.", In(SampleResult.Least).Single(c => c.Chosen).Reason);

    [Fact]
    public void Text_is_told_apart_by_perplexity_and_scores_by_Pearson_and_less_perplexity_is_better()
    {
        Measured Of(double perplexity) => SampleResult.Usual.Full with
        {
            Figures = new Dictionary<string, IReadOnlyDictionary<string, Quantity>>
            {
                ["inDomain"] = new Dictionary<string, Quantity> { ["perplexity"] = new(perplexity, 50, perplexity - 1, double.NaN) },
                ["outOfDomain"] = new Dictionary<string, Quantity> { ["Pearson"] = new(0.5, 50, 0.4, 0.6) },
            },
        };
        TaskFacts text = TaskFacts.Describing(new LanguageModelling(64)), scores = TaskFacts.Describing(Regression.Instance);
        RunResult r = SampleResult.Usual with
        {
            Full = Of(9),
            Baselines = new Dictionary<string, Measured> { ["far"] = Of(40), ["near"] = Of(12) },
            Tasks = new Dictionary<string, TaskFacts> { ["inDomain"] = text, ["outOfDomain"] = scores },
        };
        Candidate full = In(r)[0], baseline = In(r)[^1];
        Assert.Equal(new CandidateFigure("perplexity", 9, 50, 8, null), full.InDomain);
        Assert.Equal(new CandidateFigure("Pearson", 0.5, 50, 0.4, 0.6), full.OutOfDomain);
        Assert.Equal(("near", "accuracy"), (baseline.Name, full.Unseen!.Measure));
        Assert.All(In(r).Where(c => c.Kind == CandidateKind.Subnetwork), c => Assert.Null(c.InDomain));
    }

    [Fact]
    public void In_the_file_they_are_a_key_of_their_own_with_these_names_and_null_where_a_figure_does_not_apply()
    {
        JsonNode file = JsonNode.Parse(ResultJson.Write(SampleResult.Usual))!;
        Assert.Equal(["manifest", "failures", "candidates", "exports", "questions"], file.AsObject().Select(p => p.Key));
        JsonObject full = file["candidates"]![0]!.AsObject(), baseline = file["candidates"]!.AsArray()[^1]!.AsObject();
        Assert.Equal(["name", "kind", "inDomain", "outOfDomain", "unseen", "weights", "bytes", "secondsPer1000Tokens", "file", "chosen", "reason", "from"], full.Select(p => p.Key));
        Assert.Equal(["measure", "value", "n", "low", "high"], full["inDomain"]!.AsObject().Select(p => p.Key));
        Assert.Equal(("full", "baseline"), ((string?)full["kind"], (string?)baseline["kind"]));
        Assert.All((string[])["weights", "bytes", "secondsPer1000Tokens", "file", "reason", "from"], key => Assert.Null(baseline[key]));
        file["candidates"]![0]!["kind"] = "sparkling";
        Assert.Contains("$.candidates[0].kind", Assert.Throws<InvalidDataException>(() => ResultJson.Read(file.ToJsonString(), RunResult.Questions)).Message);
    }

    [Fact]
    public void The_terminal_shows_the_table_first_with_random_parts_as_one_row()
    {
        string[] lines = Summary.Finished(SampleResult.Usual, "run").Split('\n');
        Assert.Matches(@"^ +in-domain +out of domain +unseen +weights +MB +ms\*$", lines[0]);
        Assert.Matches(@"^  full model +\d+\.\d ±\d+\.\d .* 573,186 +2\.29 +6\.42$", lines[1]);
        Assert.Equal("  structured-pruning-sparsity-0.6", lines[2]);
        Assert.Matches(@"^>   seed 1 .* 249,474 +1\.00 +3\.01$", lines[3]);
        Assert.Matches(@"^  random parts, sparsity 0\.6, 6 draws +\d+\.\d to \d+\.\d ", lines[9]);
        Assert.Contains(lines, line => line.StartsWith("> is the one that was written, to cut. It has the lowest in-domain loss", StringComparison.Ordinal));
        Assert.All(lines[..14], line => Assert.InRange(line.Length, 0, 110));
    }

    [Fact]
    public void Healed_candidates_stand_under_a_heading_of_their_own_and_sentences_say_what_came_back_and_what_did_not()
    {
        string[] lines = Summary.Finished(SampleResult.Healed, "run").Split('\n');
        int heading = Array.IndexOf(lines, "  healed");
        Assert.Matches(@"^    seed 1 +99\.[23] ±0\.\d +97\.6 ±0\.\d .* 249,474 +1\.00 +\d+\.\d+$", lines[heading + 1]);
        Assert.Matches(@"^    random parts, sparsity 0\.6 seed 1 +98\.0 ±0\.\d +89\.3 ±1\.\d .* 249,474 +1\.00$", lines[heading + 2]);
        string said = lines.Single(l => l.StartsWith("Healed for 200 steps (labels)", StringComparison.Ordinal));
        Assert.Matches(@"the cut goes from \d+\.\d to 97\.6.%", said);
        Assert.Contains(" out of domain (full model ", said, StringComparison.Ordinal);
        Assert.Contains("Random parts healed as long go from ", said, StringComparison.Ordinal);
        Assert.Contains(lines, l => l.Contains("random parts healed as long stay 8.3\u00A0points below it.", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("In none of 14 cases out of domain is it still below the full model", StringComparison.Ordinal));
        HealedFacts cut = SampleResult.Healed.Healing!.Healed[0];
        string worst = cut.After.Cases.Keys.First();
        HealedFacts lost = cut with { After = cut.After with { Cases = cut.After.Cases.ToDictionary(c => c.Key, c => c.Key == worst ? Proportion.FromCounts(30, 120) : c.Value) } };
        string told = Summary.Finished(SampleResult.Healed with { Healing = SampleResult.Healed.Healing with { Healed = [lost] } }, "run");
        Assert.Contains($"Not back in 1 of 14 cases out of domain: {worst} (25.0\u00A0%, full model ", told, StringComparison.Ordinal);
        Assert.DoesNotContain("andom parts healed", told, StringComparison.Ordinal);
    }

    [Fact]
    public void With_many_sizes_only_those_of_the_chosen_one_stand_one_by_one()
    {
        RunResult r = new SampleResult { Seeds = 6, Sparsities = [0.6, 0.3, 0.4, 0.5, 0.7] }.Make();
        string[] lines = Summary.Finished(r, "run").Split('\n');
        Assert.Equal(6, lines.Count(line => line.StartsWith("    seed ", StringComparison.Ordinal) || line.StartsWith(">   seed ", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.StartsWith("  structured-pruning-sparsity-0.3, 6 seeds ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_begins_with_the_table_and_draws_in_domain_against_out_of_domain_next_to_it()
    {
        string page = Report.Html(SampleResult.Usual), first = page.Split("<section class=\"candidates drawn\"")[1].Split("</section>")[0];
        Assert.True(page.IndexOf("table class=\"candidates\"", StringComparison.Ordinal) < page.IndexOf("The full model reaches", StringComparison.Ordinal));
        Assert.Contains("<tr class=\"subnetwork chosen under\">", first, StringComparison.Ordinal);
        Assert.Contains("id=\"candidates-drawn\"", first, StringComparison.Ordinal);
        Assert.Contains("was written, to <code>cut</code>. It has the lowest in-domain loss", first, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"candidates-drawn\"", Report.Html(SampleResult.Least), StringComparison.Ordinal);
        Assert.DoesNotContain("<section class=\"candidates", Report.Html(SampleJoined.Usual), StringComparison.Ordinal);
    }
}
