using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Training;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Tasks;

/// <summary>Text with masked words: which are hidden, how, and what a model is asked there.</summary>
public class MaskedWordsTests
{
    const int Mask = 4;

    static readonly MaskedLanguageModelling problem = new(20);

    static IReadOnlyList<Example> Windows(int words = 400, MaskedLanguageModelling? of = null) =>
        (of ?? problem).Encode([new(LanguageFolder.Text(words, 3), null, "a case")], LanguageFolder.Rules(most: 30));

    // as the text has them
    static int[] Whole(Example window)
    {
        int[] ids = [.. window.Input.Ids];
        for (int i = 0; i < window.Hidden!.Places.Length; i++) ids[window.Hidden.Places[i]] = window.Hidden.Ids[i];
        return ids;
    }

    [Fact]
    public void Windows_hold_the_text_in_order_with_special_tokens_around_which_are_never_hidden()
    {
        IReadOnlyList<Example> windows = Windows(65);
        int[] ids = LanguageFolder.Rules().Tokenizer.EncodeText(LanguageFolder.Text(65, 3)).Ids;
        Assert.Equal(ids, windows.SelectMany(w => Whole(w)[1..^1]));
        Assert.All(windows, w => Assert.Equal((2, 3), (Whole(w)[0], Whole(w)[^1])));
        Assert.All(windows, w => Assert.All(w.Hidden!.Places, place => Assert.InRange(place, 1, w.Input.Ids.Length - 2)));
        Assert.Equal([22, 22, 22, 7], windows.Select(w => w.Input.Ids.Length));
    }

    [Fact]
    public void Of_15_percent_80_are_masked_10_are_any_token_and_10_stay()
    {
        string text = string.Join(' ', Enumerable.Range(0, 20).Select(i => LanguageFolder.Text(1000, i)));
        IReadOnlyList<Example> windows = problem.Encode([new(text, null, "")], LanguageFolder.Rules(most: 30));
        Assert.All(windows, w => Assert.Equal(Math.Max(1, (int)Math.Round(0.15 * (w.Input.Ids.Length - 2))), w.Hidden!.Places.Length));
        (int Now, int Was)[] hidden = [.. windows.SelectMany(w => w.Hidden!.Places.Select((place, i) => (w.Input.Ids[place], w.Hidden.Ids[i])))];
        int n = hidden.Length, masked = hidden.Count(h => h.Now == Mask), same = hidden.Count(h => h.Now == h.Was);
        Assert.Equal(3000, n);
        Assert.Equal(0.8 + 0.1 / 40, masked / (double)n, 0.03);                        // any token may be the mask, or the word itself
        Assert.Equal(0.1 + 0.1 / 40, same / (double)n, 0.03);
        Assert.True(hidden.Where(h => h.Now != Mask && h.Now != h.Was).Select(h => h.Now).Distinct().Count() > 30);
    }

    [Fact]
    public void A_step_hides_other_words_by_its_chance_alone_and_leaves_the_text_as_it_is()
    {
        Example window = Windows()[0];
        Chance chance = new(3, "a step");
        Example one = problem.AtStep(window, chance.At(1)), again = problem.AtStep(problem.AtStep(window, chance.At(2)), chance.At(1));
        Assert.Equal(one.Input.Ids, again.Input.Ids);
        Assert.Equal(one.Hidden!.Places, again.Hidden!.Places);
        Assert.Equal(Whole(window), Whole(one));
        Assert.NotEqual(one.Input.Ids, problem.AtStep(window, chance.At(2)).Input.Ids);
        Assert.Equal(Windows()[0].Input.Ids, window.Input.Ids);                        // measured on the same every time
    }

    [Fact]
    public void A_windows_numbers_and_figures_are_those_of_plain_loops()
    {
        IModel model = UntrainedModel.Make("bert", new(2, 2, 8, 12, 30), 40, [], 3);
        IReadOnlyList<Example> windows = Windows(70);
        float[] numbers = new Answers(windows, 50, problem).Scores(model, full: model);
        double nats = 0, right = 0, count = 0;
        for (int w = 0; w < windows.Count; w++)
        {
            float[][] scores = [.. model.Forward(new([windows[w].Input]), NoProbe.Instance, Tokens.All).Values.ToArray().Chunk(40)];
            double own = 0;
            foreach (var (place, was) in windows[w].Hidden!.Places.Zip(windows[w].Hidden!.Ids))
            {
                double most = scores[place].Max(), sum = scores[place].Sum(s => Math.Exp(s - most));
                own -= scores[place][was] - most - Math.Log(sum);
                right += scores[place].ToList().IndexOf(scores[place].Max()) == was ? 1 : 0;
                count++;
            }
            Assert.Equal(own, numbers[4 * w], 1e-4);
            Assert.Equal(0, numbers[4 * w + 2], 1e-5);
            Assert.Equal(windows[w].Hidden!.Places.Length, numbers[4 * w + 3]);
            nats += own;
        }
        Measured m = Measuring.Measure([new EvaluationSet("inDomain", windows, ["right", "wrong"], [0, 1]) { Problem = problem }], [numbers], null);
        Assert.Equal(nats / count, m.InDomainLoss!.Value, 1e-4);
        Assert.Equal(Math.Exp(nats / count), m.Figures!["inDomain"]["perplexity"].Value, 1e-2);
        Assert.Equal(right / count, m.Figures["inDomain"]["masked words right"].Value, 1e-6);
    }

    [Fact]
    public void Windows_that_would_leave_tokens_out_and_a_tokenizer_without_a_mask_are_refused()
    {
        Assert.Contains("Give stride=1 to 20", Assert.Throws<InvalidDataException>(() => Windows(50, new(20, 21))).Message);
        InputRules rules = LanguageFolder.Rules() with { Tokenizer = Tokenizer.FromWords(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "aa"], lowerCase: true) };
        Assert.Contains("no token [MASK] or <mask>", Assert.Throws<InvalidDataException>(() => problem.Encode([new("aa aa", null, "")], rules)).Message);
    }

    [Fact]
    public void Running_text_is_next_tokens_for_a_decoder_and_masked_words_for_an_encoder()
    {
        LanguageModelling text = new(7, 3, 9);
        Assert.Same(text, text.For(UntrainedModel.Make("gpt2", new(1, 1, 4, 4, 8), 9, [], 1)));
        Assert.Equal(new MaskedLanguageModelling(7, 3, 9), text.For(UntrainedModel.Make("bert", new(1, 1, 4, 4, 8), 9, [], 1)));
    }
}
