using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Training.Objectives;

/// <summary>Terms of a loss that compare with a teacher: against torch's (shared/goldens/training), plain loops, and what they promise.</summary>
public class DistillationTests
{
    static readonly IModel full = Small.Model(labels: 3);
    static readonly IReadOnlyList<Example> examples = Small.Examples(6, 3);

    static (IModel Model, IReadOnlyList<Example> Examples) Start => (Halved(), examples);

    // a cut without some heads and an MLP
    static IModel Halved()
    {
        Universe universe = full.Universe([Heads.Kind, Mlps.Kind]);
        return Cutting.Cut(full, [.. universe.Parts.Where((_, i) => i % 3 != 1)], Ablation.Zero(universe));
    }

    static Tensor Loss(IObjective objective, IModel model, IModel teacher, Func<IObjective, Pass, Pass?, Tensor>? value = null)
    {
        Batch batch = Classification.Instance.BatchOf(examples);
        var (pass, taught) = ComparedPasses.Run(objective, Classification.Instance, model, NoProbe.Instance, teacher, batch);
        return value?.Invoke(objective, pass, taught) ?? objective.Mean(Classification.Instance, pass, taught, examples);
    }

    /// <summary>Objectives that look inside; their formulas are tested here.</summary>
    internal static readonly string[] Inside = ["layers-to-full", "directions-to-full", "attention-to-full", "relations-to-full"];

    public static TheoryData<string> Terms => [.. LossTerms.Known.Keys.Where(name => name != "labels")];

    [Fact]
    public void Outputs_at_a_temperature_are_torchs()
    {
        GoldenTensors golden = new GoldenFolder("training").Tensors("losses");
        Tensor student = golden.Tensor("input.student").Track(), teacher = golden.Tensor("input.teacher");
        Batch batch = Classification.Instance.BatchOf(examples);
        KlToFull warm = new(2);
        Tensor loss = warm.Mean(Classification.Instance, Pass.Remembered(full, batch, student), Pass.Remembered(full, batch, teacher), examples);
        Assert.Equal(golden.Floats("loss.kd")[0], loss.Item, 5e-6);
        golden.Near("gradient.kd.student", loss.Gradients(student)[0].Values, 3e-6);
    }

    [Theory, InlineData("hidden_mse", false), InlineData("hidden_cosine_masked", true)]
    public void Distances_of_layers_are_torchs(string name, bool cosine)
    {
        GoldenTensors golden = new GoldenFolder("training").Tensors("losses");
        Tensor student = golden.Tensor("input.hidden_student").Track(), teacher = golden.Tensor("input.hidden_teacher");
        int tokens = student.Count / student.Shape.Last;
        int[] live = [.. Enumerable.Range(0, tokens).Where(token => !cosine || golden.Longs("input.token_mask")[token] != 0)];
        Tensor projected = student.As(tokens, student.Shape.Last).Linear(golden.Tensor("input.projection"), golden.Tensor("input.projection_bias"));
        Tensor loss = LayersToFull.Distances(projected.Rows(live), teacher.As(tokens, teacher.Shape.Last).Rows(live), cosine).Mean();
        Assert.Equal(golden.Floats($"loss.{name}")[0], loss.Item, 5e-6);
        golden.Near($"gradient.{name}.hidden_student", loss.Gradients(student)[0].Values, 3e-6);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Relations_are_what_plain_loops_make_of_them(bool causal)
    {
        int[] offsets = [0, 4, 4, 5, 11];
        Tensor x = Tensor.Normal(new(1, "x"), 1, 11, 6), y = Tensor.Normal(new(2, "y"), 1, 11, 10);
        double sum = 0;
        for (int s = 0; s + 1 < offsets.Length; s++)
            for (int head = 0; head < 2; head++)
                for (int i = offsets[s]; i < offsets[s + 1]; i++)
                {
                    int seen = causal ? i + 1 : offsets[s + 1];
                    double[] Row(Tensor values, int width) => Softmax([.. Enumerable.Range(offsets[s], seen - offsets[s])
                        .Select(j => Enumerable.Range(head * width, width).Sum(k => (double)values[i, k] * values[j, k]) / Math.Sqrt(width))]);
                    sum += Row(y, 5).Zip(Row(x, 3), (p, q) => p * Math.Log(p / q)).Sum();
                }
        Assert.Equal(sum / (11 * 2), x.RelationKl(y, offsets, 2, causal).Item, 1e-6);
    }

    [Fact]
    public void Divergences_of_attention_are_torchs()
    {
        GoldenTensors golden = new GoldenFolder("training").Tensors("losses");
        Tensor student = golden.Tensor("input.scores_student"), teacher = golden.Tensor("input.scores_teacher");
        (int heads, int length) = (student.Shape[1], student.Shape.Last);
        (int Sequence, int Token)[] live = [.. Enumerable.Range(0, 2).SelectMany(s => Enumerable.Range(0, length).Select(t => (s, t)))
            .Where(at => golden.Longs("input.token_mask")[at.s * length + at.t] != 0)];
        int[] offsets = [0, live.Count(at => at.Sequence == 0), live.Length];
        // keys that are unit vectors make scores of the queries themselves
        int Score((int Sequence, int Token) at, int head, int key) => ((at.Sequence * heads + head) * length + at.Token) * length + key;
        Tensor Queries(Tensor scores) => Tensor.From(
            [.. live.SelectMany(at => Enumerable.Range(0, heads * length).Select(i => scores.Values[Score(at, i / length, i % length)] * MathF.Sqrt(length)))],
            live.Length, heads * length);
        Tensor keys = Tensor.From([.. live.SelectMany(at => Enumerable.Range(0, heads * length).Select(i => i % length == at.Token ? 1f : 0))], live.Length, heads * length);
        Tensor queries = Queries(student).Track();
        Tensor loss = new AttentionMaps(queries, keys, [1, 1, 1]).AttentionKl(new(Queries(teacher), keys, [1, 1, 1]), offsets);
        Assert.Equal(golden.Floats("loss.attention_kl")[0], loss.Item, 2e-6);
        float[] expected = golden.Floats("gradient.attention_kl.scores_student"), found = new float[expected.Length];
        ReadOnlySpan<float> slope = loss.Gradients(queries)[0].Values;
        for (int row = 0; row < live.Length; row++)
            for (int i = 0; i < heads * length; i++)
                found[Score(live[row], i / length, i % length)] = slope[row * heads * length + i] * MathF.Sqrt(length);
        golden.Near("gradient.attention_kl.scores_student", found, 3e-6);
    }

    [Theory]
    [InlineData(false, null, null, 2)]
    [InlineData(true, null, 1.5f, 2)]
    [InlineData(true, 2, null, 3)]
    [InlineData(false, null, null, 3)]
    public void Divergences_of_attention_are_what_plain_loops_make_of_them(bool causal, int? window, float? cap, int heads)
    {
        int[] offsets = [0, 4, 4, 5, 11];
        AttentionMaps own = new(Tensor.Normal(new(1, "q"), 1, 11, 6), Tensor.Normal(new(2, "k"), 1, 11, 3), [2], window, cap);
        AttentionMaps full = new(Tensor.Normal(new(3, "q"), 1, 11, 5 * heads), Tensor.Normal(new(4, "k"), 1, 11, 10), [1, heads - 1]);
        double[] Map(AttentionMaps maps, int head, int start, int end, int token)
        {
            int width = maps.Queries.Shape.Last / maps.Heads, group = maps.Groups.Count > 1 && head > 0 ? 1 : 0;
            int from = Math.Max(start, token + 1 - (maps.Window ?? 11));
            double[] scores = [.. Enumerable.Range(start, end - start).Select(j => j < from || (causal && j > token) ? double.NegativeInfinity
                : Enumerable.Range(0, width).Sum(k => (double)maps.Queries[token, head * width + k] * maps.Keys[j, group * width + k]) / Math.Sqrt(width))];
            return Softmax(maps.Cap is { } most ? [.. scores.Select(x => double.IsFinite(x) ? most * Math.Tanh(x / most) : x)] : scores);
        }
        double[] MeanOf(AttentionMaps maps, int start, int end, int token) =>
            [.. Enumerable.Range(0, end - start).Select(j => Enumerable.Range(0, maps.Heads).Average(head => Map(maps, head, start, end, token)[j]))];
        double Kl(double[] p, double[] q) => p.Zip(q, (a, b) => a == 0 ? 0 : a * (Math.Log(a) - (b == 0 ? -103.3 : Math.Log(b)))).Sum();
        double sum = 0;
        for (int s = 0; s + 1 < offsets.Length; s++)
            for (int i = offsets[s]; i < offsets[s + 1]; i++)
                sum += own.Heads == full.Heads
                    ? Enumerable.Range(0, heads).Average(head => Kl(Map(full, head, offsets[s], offsets[s + 1], i), Map(own, head, offsets[s], offsets[s + 1], i)))
                    : Kl(MeanOf(full, offsets[s], offsets[s + 1], i), MeanOf(own, offsets[s], offsets[s + 1], i));
        Assert.Equal(sum / 11, own.AttentionKl(full, offsets, causal).Item, 1e-5 * Math.Max(1, sum / 11));
    }

    [Fact]
    public void Attention_without_heads_to_compare_is_refused_and_layers_that_lost_heads_are_compared_in_the_mean()
    {
        Universe universe = full.Universe([Heads.Kind]);
        IModel Without(Func<Part, bool> lost) => Cutting.Cut(full, [.. universe.Parts.Where(part => !lost(part))], Ablation.Zero(universe));
        int before = full.Layers.Count - 1;
        Assert.Contains("Compare outputs", Assert.Throws<ArgumentException>(() => Loss(new AttentionToFull(), Without(part => part.Layer < before), full)).Message);
        Assert.True(Loss(new AttentionToFull(), Without(part => part.Layer == 0 && part.Index == 0), full).Item > 1e-6);
    }

    static double[] Softmax(double[] scores)
    {
        double total = scores.Sum(Math.Exp);
        return [.. scores.Select(score => Math.Exp(score) / total)];
    }

    [Theory, MemberData(nameof(Terms))]
    public void The_teacher_itself_is_at_no_distance_and_a_cut_is_at_one(string term)
    {
        LossTerms terms = LossTerms.Parse(term, Classification.Instance);
        Assert.Equal(0, Loss(terms, full, full).Item, 2e-6);
        Assert.True(Loss(terms, Halved(), full).Item > 1e-4);
    }

    [Theory, MemberData(nameof(Terms))]
    public void The_mean_over_a_batch_is_that_of_its_examples(string term)
    {
        IObjective objective = LossTerms.Parse(term, Classification.Instance).Terms[0].Objective;
        double Weighed(Tensor losses, double[] weights) => losses.Values.ToArray().Zip(weights, (l, w) => l * w).Sum() / weights.Sum();
        float mean = Loss(objective, Halved(), full).Item;
        Loss(objective, Halved(), full, (asked, pass, taught) =>
        {
            Tensor each = asked.Losses(Classification.Instance, pass, taught, examples);
            Assert.Equal(examples.Count, each.Count);
            Assert.Equal(mean, Weighed(each, asked.Weights(Classification.Instance, pass, examples)), 1e-5 * Math.Max(1, mean));
            return each;
        });
    }

    [Theory, MemberData(nameof(Terms))]
    public void A_cut_that_is_trained_on_a_term_comes_nearer_to_its_teacher(string term)
    {
        LossTerms terms = LossTerms.Parse(term, Classification.Instance);
        Trainer trainer = new(Start.Model, Start.Examples, new(Steps: 30, TokensPerBatch: 1000, LearningRate: 3e-3), Classification.Instance, terms, full);
        double first = trainer.Advance().Loss, last = 0;
        while (trainer.Step < trainer.Steps) last = trainer.Advance().Loss;
        Assert.True(last < 0.7 * first, $"{term}: {first} became {last}");
    }

    [Fact]
    public void A_map_says_which_layers_are_compared()
    {
        float Of(string words) => Loss(LossTerms.Parse(words, Classification.Instance), Halved(), full).Item;
        Assert.Equal(Of("layers"), Of("layers,map=uniform"));
        Assert.NotEqual(Of("layers"), Of("layers,map=last"));
        Assert.Equal(Of("layers"), Of("layers,map=consecutive"));        // as many layers: each with its own
        Assert.Contains("of the layers that are mapped (last) there are none", Assert.Throws<ArgumentException>(() => Of("attention,map=last")).Message);
    }

    static IModel Narrow => UntrainedModel.Make("bert", new(2, 2, 12, 12, 30), full.Vocabulary, full.Labels, 3);

    static Trainer Taught(string words, IModel student, int steps, params IReadOnlyList<IModel> teachers) => new(student, examples,
        new(Seed: 5, Steps: steps, TokensPerBatch: 1000, LearningRate: 3e-3), Classification.Instance, LossTerms.Parse(words, Classification.Instance), teachers);

    static byte[] State(Trainer trainer)
    {
        using MemoryStream stream = new();
        trainer.Save(stream);
        return stream.ToArray();
    }

    [Theory, InlineData("layers"), InlineData("directions,map=last")]
    public void Layers_of_another_width_are_compared_through_matrices_that_are_trained_along_and_kept_in_the_state_alone(string words)
    {
        Trainer whole = Taught(words, Narrow, 40, full);
        double first = whole.Advance().Loss, last = 0;
        for (int i = 1; i < 15; i++) whole.Advance();
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllBytes(path, State(whole));
        try
        {
            Trainer again = Taught(words, Narrow, 40, full);
            again.Restore(path);
            while (again.Step < again.Steps) again.Advance();
            while (whole.Step < whole.Steps) last = whole.Advance().Loss;
            Assert.Equal(State(whole), State(again));
        }
        finally { File.Delete(path); }
        Assert.True(last < 0.7 * first, $"{first} became {last}");
        Assert.Equal(Narrow.Weights.All.Keys, whole.Model.Weights.All.Keys);
        // another seed draws other matrices
        Trainer other = new(Narrow, examples, new(Seed: 6, Steps: 40, TokensPerBatch: 1000), Classification.Instance, LossTerms.Parse(words, Classification.Instance), full);
        Assert.NotEqual(first, other.Advance().Loss);
    }

    [Fact]
    public void Layers_of_one_width_have_no_matrix_unless_it_is_asked_for_and_then_it_begins_as_the_identity()
    {
        Trainer plain = Taught("layers", Halved(), 9, full), learned = Taught("layers,projection=learned", Halved(), 9, full);
        Assert.Equal(plain.Advance().Loss, learned.Advance().Loss, 1e-6);
        Assert.True(State(learned).Length > State(plain).Length + full.Layers.Count * full.Width * full.Width * 12);
    }

    [Fact]
    public void Of_several_teachers_the_loss_is_the_mean_and_what_it_learns_is_the_mean_of_their_outputs()
    {
        IModel other = Small.Model(labels: 3, seed: 11), cut = Halved();
        foreach (string words in (string[])["outputs,temperature=2", "outputs=0.5,labels=0.3,layers=1,relations=2"])
        {
            double Loss(params IReadOnlyList<IModel> teachers) => Taught(words, cut, 1, teachers).Advance().Loss;
            Assert.Equal((Loss(full) + Loss(other)) / 2, Loss(full, other), 1e-5);
        }
        // the gradient by the student's scores: softmax of it minus the mean of the teachers' distributions
        Batch batch = Classification.Instance.BatchOf(examples);
        Tensor scores = Tensor.Normal(new(3, "student"), 1, examples.Count, 3).Track();
        Tensor[] taught = [.. new IModel[] { full, other }.Select(teacher => Pass.Run(teacher, batch, NoProbe.Instance, Tokens.Read).Scores(Tokens.Read))];
        Tensor loss = (new KlToFull().Mean(Classification.Instance, Pass.Remembered(full, batch, scores), Pass.Remembered(full, batch, taught[0]), examples)
            + new KlToFull().Mean(Classification.Instance, Pass.Remembered(full, batch, scores), Pass.Remembered(full, batch, taught[1]), examples)) * 0.5f;
        double[] Rows(Tensor values, int row) => Softmax([.. Enumerable.Range(0, 3).Select(i => (double)values[row, i])]);
        Tensor slope = loss.Gradients(scores)[0];
        for (int row = 0; row < examples.Count; row++)
            for (int i = 0; i < 3; i++)
                Assert.Equal((Rows(scores, row)[i] - (Rows(taught[0], row)[i] + Rows(taught[1], row)[i]) / 2) / examples.Count, slope[row, i], 1e-6);
    }

    [Fact]
    public void Terms_add_up_with_their_weights()
    {
        LossTerms both = LossTerms.Parse("labels=0.1,outputs=2,temperature=3,relations", Classification.Instance);
        IModel cut = Halved();
        double expected = both.Terms.Sum(term => term.Weight * Loss(term.Objective, cut, full).Item);
        Assert.Equal([0.1, 2, 1], both.Terms.Select(term => term.Weight));
        Assert.Equal(expected, Loss(both, cut, full).Item, 1e-5);
    }

    [Theory]
    [InlineData("labels,output", "output")]
    [InlineData("labels=x", "'labels=x'")]
    [InlineData("labels=0", "above 0")]
    [InlineData("labels,labels", "twice")]
    [InlineData("labels,temperature=2", "no such term")]
    [InlineData("temperature=2,outputs,temperature=3", "twice")]
    [InlineData("layers,map=least", "Did you mean last?")]
    [InlineData("layers,map=last,map=last", "twice")]
    [InlineData("outputs,map=last", "no such term")]
    [InlineData("layers,projection=none", "projection=learned")]
    [InlineData("outputs,projection=learned", "no such term")]
    [InlineData(" , ", "no term")]
    public void A_list_of_terms_that_makes_no_sense_is_refused(string words, string said) =>
        Assert.Contains(said, Assert.Throws<ArgumentException>(() => LossTerms.Parse(words, Classification.Instance)).Message);

    [Fact]
    public void Layers_of_another_width_are_refused_and_relations_are_not()
    {
        IModel narrow = UntrainedModel.Make("bert", new(2, 2, 8, 12, 30), full.Vocabulary, full.Labels, 3);
        IModel wide = UntrainedModel.Make("bert", new(4, 2, 16, 12, 30), full.Vocabulary, full.Labels, 3);
        Assert.Contains("Compare relations", Assert.Throws<ArgumentException>(() => Loss(new LayersToFull(), narrow, wide)).Message);
        Assert.True(Loss(new RelationsToFull(), narrow, wide).Item > 0);
        (int, int)[] Map(string name) => [.. LayerMap.Named(name).Pairs(narrow, wide)];
        Assert.Equal([(0, 1), (1, 3)], Map("uniform"));
        Assert.Equal([(1, 3)], Map("last"));
        Assert.Equal([(0, 1)], Map("middle"));
        Assert.Equal([(0, 0), (0, 1), (1, 2), (1, 3)], Map("consecutive"));
    }

    [Fact]
    public void A_trainer_without_a_teacher_refuses_terms_that_compare_with_one() =>
        Assert.Throws<ArgumentException>(() => new Trainer(full, examples, new(Steps: 1), Classification.Instance, new KlToFull()));
}
