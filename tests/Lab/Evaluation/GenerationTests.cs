using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Evaluation;

public class GenerationTests
{
    static readonly int[] prompt = [1, 7, 30, 12];
    static readonly HashSet<int> none = [];

    static int[] Said(IModel model, Sampling sampling, int most = 30, IProbe? probe = null, IReadOnlySet<int>? ends = null) =>
        [.. Generation.Continue(model, prompt, most, sampling, probe ?? NoProbe.Instance, ends ?? none).Select(t => t.Id)];

    [Theory, InlineData("llama/grouped"), InlineData("llama/qwen2"), InlineData("gpt2/language")]
    public void Every_token_is_the_one_that_a_pass_over_all_before_it_would_choose(string folder)
    {
        IModel model = GoldenModelTests.Load(folder);
        foreach (Sampling sampling in new[] { new Sampling(), new Sampling(1.5, Seed: 3) })
        {
            List<int> text = [.. prompt];
            int step = 0;
            foreach (SaidToken said in Generation.Continue(model, prompt, 10, sampling, NoProbe.Instance, none))
            {
                Tensor scores = model.Forward(new([new([.. text], new int[text.Count])]), NoProbe.Instance);
                Assert.Equal(sampling.Choose(scores.Values, step++), said.Id);
                Assert.Equal(scores.LogSoftmax().Values[said.Id], said.LogProbability, 1e-5);
                text.Add(said.Id);
            }
            Assert.Equal(10, step);
        }
    }

    [Fact]
    public void The_same_seed_says_the_same_and_another_something_else()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        Sampling sampling = new(4, Seed: 5);
        Assert.Equal(Said(model, sampling), Said(model, sampling));
        Assert.NotEqual(Said(model, sampling), Said(model, sampling with { Seed = 6 }));
    }

    [Fact]
    public void A_knocked_out_model_says_something_else_and_the_cut_one_the_same()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        Part[] absent = [Heads.Kind.Part(0, 2), Mlps.Kind.Part(1)];
        Ablation ablation = Small.Absent(model, "mean");
        int[] masked = Said(model, new(), probe: new MaskProbe(MaskProbe.Without(model.Universe(), absent), ablation));
        Assert.NotEqual(Said(model, new()), masked);
        Assert.Equal(masked, Said(Cutting.Cut(model, model.Universe().Parts.Except(absent), ablation), new()));
    }

    [Fact]
    public void A_text_ends_at_a_token_that_ends_texts_or_where_the_model_takes_no_more()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        int[] all = Said(model, new(1.2), 100);
        Assert.Equal(48 - prompt.Length + 1, all.Length);        // the last one needs no place
        int first = Array.IndexOf(all, all[5]);
        Assert.Equal(all[..(first + 1)], Said(model, new(1.2), 100, ends: new HashSet<int> { all[5] }));
        Assert.Equal(all[..3], Said(model, new(1.2), 3));
    }

    [Fact]
    public void Rows_of_the_embeddings_that_are_no_words_are_never_said()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        Assert.Contains(Said(model, new(4)), id => id >= 20);
        Assert.All(Generation.Continue(model, prompt, 30, new(4), NoProbe.Instance, none, words: 20), said => Assert.InRange(said.Id, 0, 19));
    }

    [Fact]
    public void What_cannot_be_continued_is_refused_at_once()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        string Refused(IModel of, int[] ids) => Assert.Throws<ArgumentException>(() => Generation.Continue(of, ids, 1, new(), NoProbe.Instance, none)).Message;
        Assert.Contains("scores to labels", Refused(GoldenModelTests.Load("llama/classifier"), prompt));
        Assert.Contains("Give a prompt", Refused(model, []));
        Assert.Contains("49 tokens, the model takes 48", Refused(model, new int[49]));
    }
}
