using System.Text;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Tasks;

/// <summary>Minimal pairs, prompts and running text against plain loops over the tiny GPT-2's scores.</summary>
public class LanguageTaskTests
{
    static readonly IModel model = GoldenModelTests.Load("gpt2/language");
    static readonly Ablation ablation = Ablation.Zero(model.Universe());

    static float[] Half => MaskProbe.Without(model.Universe(), Small.Some(model.Universe(), 5)).Values.ToArray();

    static IReadOnlyList<Example> Pairs(int count = 5) => new MinimalPairs().Encode([.. Enumerable.Range(0, count).Select(i => new Row(LanguageFolder.Text(3 + i, i + 1), LanguageFolder.Text(4 + i, i + 50), "", $"case {i % 2}"))], LanguageFolder.Rules());

    [Theory, InlineData(8), InlineData(1000)]
    public void A_pairs_numbers_are_the_log_likelihoods_of_both_sentences_however_they_are_packed(int tokensPerBatch)
    {
        IReadOnlyList<Example> pairs = Pairs();
        float[] numbers = new Answers(pairs, tokensPerBatch, new MinimalPairs()).Scores(model);
        for (int i = 0; i < pairs.Count; i++)
        {
            Assert.Equal(LanguageFolder.LogLikelihood(model, pairs[i].Input.Ids), numbers[3 * i], 1e-4);
            Assert.Equal(LanguageFolder.LogLikelihood(model, pairs[i].Second!.Value.Ids), numbers[3 * i + 1], 1e-4);
            Assert.True(float.IsNaN(numbers[3 * i + 2]));
        }
    }

    [Fact]
    public void Accuracy_is_the_share_of_pairs_whose_good_sentence_is_likelier_and_the_figures_are_means_over_pairs()
    {
        IReadOnlyList<Example> pairs = Pairs(9);
        Measured m = Measuring.Measure([new EvaluationSet("inDomain", pairs, ["right", "wrong"], [0, 1]) { Problem = new MinimalPairs() }], [new Answers(pairs, problem: new MinimalPairs()).Scores(model)], null);
        double[] good = [.. pairs.Select(p => LanguageFolder.LogLikelihood(model, p.Input.Ids))], bad = [.. pairs.Select(p => LanguageFolder.LogLikelihood(model, p.Second!.Value.Ids))];
        Assert.Equal(Proportion.FromCounts(good.Zip(bad).Count(p => p.First > p.Second), 9), m.InDomain);
        Assert.Equal((5, 4), (m.Cases["in-domain: case 0"].N, m.Cases["in-domain: case 1"].N));
        Assert.Equal(good.Zip(bad, (g, b) => g - b).Average(), m.Figures!["inDomain"]["difference"].Value, 1e-4);
        Assert.Equal(pairs.Select((p, i) => good[i] / (p.Input.Ids.Length - 1) - bad[i] / (p.Second!.Value.Ids.Length - 1)).Average(), m.Figures["inDomain"]["difference per token"].Value, 1e-4);
        Assert.Equal(good.Zip(bad, (g, b) => Math.Log(1 + Math.Exp(b - g))).Average(), m.InDomainLoss!.Value, 1e-4);
        Assert.False(m.Figures["inDomain"].ContainsKey("KL"));
    }

    [Fact]
    public void The_divergence_of_a_masked_model_is_that_of_plain_loops_and_zero_for_the_model_itself()
    {
        IReadOnlyList<Example> pairs = Pairs();
        MaskProbe probe = new(Tensor.From(Half, Half.Length), ablation);
        float[] masked = new Answers(pairs, 20, new MinimalPairs()).Scores(model, [Half], ablation, full: model)[0], itself = new Answers(pairs, 20, new MinimalPairs()).Scores(model, full: model);
        for (int i = 0; i < pairs.Count; i++)
        {
            int[] ids = pairs[i].Input.Ids;
            double[][] full = LanguageFolder.Logs(model, ids), own = LanguageFolder.Logs(model, ids, probe);
            Assert.Equal(Enumerable.Range(0, ids.Length - 1).Sum(t => LanguageFolder.Kl(full[t], own[t])), masked[3 * i + 2], 1e-4);
            Assert.Equal(0, itself[3 * i + 2], 1e-6);
        }
    }

    [Fact]
    public void What_mask_learning_makes_small_has_value_and_slope_of_the_divergence_over_all_scored_tokens_at_once()
    {
        IReadOnlyList<Example> pairs = Pairs();
        MinimalPairs problem = new();
        Tensor mask = Tensor.Filled(0.6f, new(model.Universe().Count)).Track();
        Batch batch = problem.BatchOf(pairs);
        Pass masked = Pass.Run(model, batch, new MaskProbe(mask, ablation), problem.Tokens);
        Tensor piecewise = new KlToFull().Mean(problem, masked, Pass.Run(model, batch, NoProbe.Instance, problem.Tokens), pairs);
        int[] places = problem.Places(batch, pairs);
        Tensor whole = model.Forward(batch, new MaskProbe(mask, ablation), Tokens.All).Rows(places).KlFrom(model.Forward(batch, NoProbe.Instance, Tokens.All).Rows(places));
        Assert.Equal(whole.Item, piecewise.Item, 1e-5);
        Small.Close(whole.Gradients(mask)[0].Values, piecewise.Gradients(mask)[0].Values, "slope");
    }

    [Theory, InlineData(0, 0), InlineData(5, 2), InlineData(7, 6), InlineData(9, 1)]
    public void Windows_score_every_token_once_in_order_and_hold_the_texts_bytes(int window, int stride)
    {
        string text = LanguageFolder.Text(61, 3);
        InputRules rules = LanguageFolder.Rules();
        int[] ids = rules.Tokenizer.EncodeText(text).Ids;
        IReadOnlyList<Example> windows = new LanguageModelling(window, stride).Encode([new(text, null, "")], rules);
        Assert.Equal(ids[1..], windows.SelectMany(w => w.Input.Ids[w.From..]));               // without a beginning token the first is not scored
        Assert.All(windows, w => Assert.InRange(w.Input.Ids.Length, 2, window == 0 ? 16 : window));
        Assert.Equal(Encoding.UTF8.GetByteCount(text), windows.Sum(w => w.Bytes), 1e-9);
        Assert.Equal(3, new LanguageModelling(window, stride, 3).Encode([new(text, null, "")], rules).Count);
    }

    [Fact]
    public void Behind_a_beginning_token_the_first_token_is_scored_too()
    {
        InputRules rules = LanguageFolder.Rules() with { Begin = [2] };
        string text = LanguageFolder.Text(40, 3);
        IReadOnlyList<Example> windows = new LanguageModelling(6, 4).Encode([new(text, null, "")], rules);
        Assert.Equal(rules.Tokenizer.EncodeText(text).Ids, windows.SelectMany(w => w.Input.Ids[w.From..]));
        Assert.All(windows, w => Assert.Equal((2, true), (w.Input.Ids[0], w.Input.Ids.Length <= 7)));
        Assert.Equal([2, .. rules.Tokenizer.EncodeText("aa ab").Ids], new MinimalPairs().Encode([new("aa ab", "ab aa", "")], rules)[0].Input.Ids);
    }

    [Theory, InlineData(1, 0), InlineData(5, 5), InlineData(5, 6)]
    public void Windows_that_leave_tokens_without_one_before_them_are_refused(int window, int stride) =>
        Assert.Contains("do not hold every token after another", Assert.Throws<InvalidDataException>(() => new LanguageModelling(window, stride).Encode([new("aa ab ac", null, "")], LanguageFolder.Rules())).Message);

    [Fact]
    public void Loss_perplexity_bits_per_byte_and_accuracy_of_text_are_those_of_plain_loops()
    {
        string[] texts = [LanguageFolder.Text(40, 2), LanguageFolder.Text(25, 9)];
        LanguageModelling problem = new(10, 6);
        IReadOnlyList<Example> windows = problem.Encode([.. texts.Select((t, i) => new Row(t, null, "", $"text {i}"))], LanguageFolder.Rules());
        Measured m = Measuring.Measure([new EvaluationSet("inDomain", windows, ["right", "wrong"], [0, 1]) { Problem = problem }], [new Answers(windows, 30, problem).Scores(model)], null);
        double nats = 0, tokens = 0, right = 0;
        foreach (Example w in windows)
        {
            double[][] logs = LanguageFolder.Logs(model, w.Input.Ids);
            for (int t = w.From; t < w.Input.Ids.Length; t++, tokens++)
            {
                nats -= logs[t - 1][w.Input.Ids[t]];
                right += Array.IndexOf(logs[t - 1], logs[t - 1].Max()) == w.Input.Ids[t] ? 1 : 0;
            }
        }
        var figures = m.Figures!["inDomain"];
        Assert.Equal(40 + 25 - 2, tokens);
        Assert.Equal(nats / tokens, figures["loss"].Value, 1e-5);
        Assert.Equal(figures["loss"].Value, m.InDomainLoss!.Value);
        Assert.Equal(Math.Exp(nats / tokens), figures["perplexity"].Value, 1e-3);
        Assert.Equal(Math.Exp(figures["loss"].High), figures["perplexity"].High, 1e-9);
        Assert.Equal(nats / Math.Log(2) / texts.Sum(t => Encoding.UTF8.GetByteCount(t)), figures["bits per byte"].Value, 1e-5);
        Assert.Equal((right / tokens, windows.Count), (m.InDomain.Value, m.InDomain.N));
        Assert.Equal(["in-domain: text 0", "in-domain: text 1"], m.Cases.Keys);
        Assert.Contains("neither right nor wrong", Assert.Throws<ArgumentException>(() => Measuring.Right(new EvaluationSet("inDomain", windows, [], []) { Problem = problem }, new float[windows.Count * 4])).Message);
    }

    [Fact]
    public void Prompts_compare_the_sums_of_right_and_wrong_tokens_behind_the_clean_and_the_corrupted_form()
    {
        Prompts problem = new();
        IReadOnlyList<Example> prompts = problem.Encode([new("aa ab ac", "aa ab ad", " ba| bb", "", "", " bc"), new("ba bb", null, " aa", "", "", " ab| ac| ad")], LanguageFolder.Rules());
        float[] numbers = new Answers(prompts, problem: problem).Scores(model, [Half], ablation, full: model)[0];
        MaskProbe probe = new(Tensor.From(Half, Half.Length), ablation);
        double[] clean = LanguageFolder.Logs(model, prompts[0].Input.Ids, probe)[^1], corrupted = LanguageFolder.Logs(model, prompts[0].Second!.Value.Ids, probe)[^1], second = LanguageFolder.Logs(model, prompts[1].Input.Ids, probe)[^1];
        int Id(string word) => LanguageFolder.Rules().Tokenizer.Id(word);
        Assert.Equal(Math.Log(Math.Exp(clean[Id("ba")]) + Math.Exp(clean[Id("bb")])), numbers[0], 1e-4);
        Assert.Equal(clean[Id("bc")], numbers[1], 1e-4);
        Assert.Equal(corrupted[Id("bc")], numbers[3], 1e-4);
        Assert.Equal(LanguageFolder.Kl(LanguageFolder.Logs(model, prompts[0].Input.Ids)[^1], clean), numbers[4], 1e-4);
        Assert.Equal(second[Id("aa")], numbers[5], 1e-4);
        Assert.True(float.IsNaN(numbers[7]) && float.IsNaN(numbers[8]));
        Measured m = Measuring.Measure([new EvaluationSet("inDomain", prompts, ["right", "wrong"], [0, 1]) { Problem = problem }], [numbers], null);
        Assert.Equal((2, 1), (m.Figures!["inDomain"]["logit difference"].N, m.Figures["inDomain"]["logit difference, corrupted"].N));
    }

    [Fact]
    public void Answers_that_begin_with_the_same_token_tell_nothing_and_are_told()
    {
        List<string> told = [];
        InputRules rules = LanguageFolder.Rules() with { Tell = told.Add };
        Row same = new("aa ab", null, " ba bb", "", "", " ba bc"), apart = new("aa ab", null, " ba", "", "", " bb");
        Assert.Single(new Prompts().Encode([same, apart], rules));
        Assert.Contains("1 of 2 prompts (50 %) can be scored", Assert.Single(told));
        Assert.Contains("none of 1 prompts can be scored", Assert.Throws<InvalidDataException>(() => new Prompts().Encode([same], rules)).Message);
        Row glued = new("aa ab", null, "ba", "", "", " bb");
        string refused = Assert.Throws<InvalidDataException>(() => new Prompts().Encode([glued], rules)).Message;
        Assert.Contains("'ba' right after 'aa ab' changes the prompt's tokens", refused);
        Assert.Contains("write the answer with its space: ' ba'", refused);
        Assert.DoesNotContain("same token", refused);
        told.Clear();
        Assert.Single(new Prompts().Encode([same, glued, apart, glued], rules));
        Assert.Contains("In 2 an answer is no token of its own", Assert.Single(told));
        Assert.Contains("In 1 right and wrong answers begin with the same token", told[0]);
        NextChoice partly = new Prompts().Encode([new("aa ab", null, " ba| bb", "", "", " bb| bc")], rules)[0].Next!;
        Assert.Equal([rules.Tokenizer.Id("ba"), rules.Tokenizer.Id("bc")], [.. partly.Right, .. partly.Wrong]);
    }

    [Fact]
    public void Sentences_that_are_too_long_too_short_or_the_same_are_refused()
    {
        string Refused(string good, string bad) => Assert.Throws<InvalidDataException>(() => new MinimalPairs().Encode([new(good, bad, "")], LanguageFolder.Rules())).Message;
        Assert.Contains("17 tokens long, the model takes 16", Refused(LanguageFolder.Text(17, 1), "aa ab"));
        Assert.Contains("1 token long", Refused("aa ab", "aa"));
        Assert.Contains("in none of 1 pairs do the sentences differ", Refused("aa ab", "AA ab"));
        List<string> told = [];
        Assert.Single(new MinimalPairs().Encode([new("aa ab", "AA ab", ""), new("aa ab", "ab aa", "")], LanguageFolder.Rules() with { Tell = told.Add }));
        Assert.Contains("1 of 2 pairs are left out", Assert.Single(told));
    }

    [Fact]
    public void A_cut_language_model_scores_every_token_as_the_masked_one()
    {
        Part[] kept = [.. model.Universe().Parts.Except(Small.Some(model.Universe(), 5))];
        IReadOnlyList<Example> windows = new LanguageModelling().Encode([new(LanguageFolder.Text(50, 4), null, "")], LanguageFolder.Rules());
        Answers answers = new(windows, 30, new LanguageModelling());
        Assert.InRange(answers.LargestDifference(Cutting.Cut(model, kept, ablation), model, Half, ablation), 0, 1e-5);
        Assert.True(answers.LargestDifference(model, model, Half, ablation) > 0.01);
    }

    [Fact]
    public void The_interval_of_a_ratio_is_over_examples_and_by_hand()
    {
        Quantity q = Quantity.Ratio([(2, 1), (3, 2), (10, 3)]);
        // 15 / 6 = 2.5; residuals −0.5, −2, 2.5: squares 10.5; √(10.5 · 3 / 2) / 6 = 0.66144; Student's t of 2 degrees 4.302653
        Assert.Equal((2.5, 3), (q.Value, q.N));
        Assert.Equal(2.5 - 4.302653 * 0.66143783, q.Low, 1e-5);
        Assert.True(double.IsNaN(Quantity.Ratio([(1, 2)]).Low));
        Assert.Equal(Proportion.FromCounts(4, 4), Quantity.Ratio([(1, 1), (2, 2), (1, 1), (3, 3)]).AsShare());
    }
}
