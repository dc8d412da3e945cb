using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Tensors.Backends;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Reports;
using Heartwood.Tests.Lab.Tasks;

namespace Heartwood.Tests.Lab.Training;

/// <summary>Training on running text: language models of every kind, and an encoder's masked words.</summary>
[Collection("the thread team")]
public sealed class TextTrainingTests : IDisposable
{
    static readonly TrainingOptions options = new(Seed: 5, Epochs: 2, TokensPerBatch: 24, LearningRate: 0.01, Dropout: 0.1);
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    public static TheoryData<string> Families => [.. ModelFolder.OfVocabulary];

    static IModel Fresh(string family) => UntrainedModel.Make(family, new(2, 2, 8, 12, 16), 40, [], 3);

    static IProblem ProblemFor(IModel model) => new LanguageModelling(9).For(model);

    static IReadOnlyList<Example> Windows(IModel model) => ProblemFor(model).Encode([new(LanguageFolder.Text(70, 3), null, "")], LanguageFolder.Rules());

    static Trainer TrainerOf(IModel model, TrainingOptions? with = null) => new(model, Windows(model), with ?? options, ProblemFor(model));

    static (List<TrainingLine> Lines, IModel Model) Run(Trainer trainer)
    {
        List<TrainingLine> lines = [];
        while (trainer.Step < trainer.Steps) lines.Add(trainer.Advance());
        return (lines, trainer.Model);
    }

    [Fact]
    public void Every_language_model_and_the_encoder_with_a_head_over_words_can_be_trained_on_text() =>
        Assert.Equal(FamilyRow.All.Where(row => row.Language is not null || row.Guesses).Select(row => row.Family), ModelFolder.OfVocabulary);

    [Theory, MemberData(nameof(Families))]
    public void Resumed_after_any_step_every_later_figure_and_weight_has_the_same_bits(string family)
    {
        IModel model = Fresh(family);
        var (lines, trained) = Run(TrainerOf(model));
        Assert.InRange(lines.Count, 6, 20);
        for (int stop = 0; stop <= lines.Count; stop += 3)
        {
            Trainer first = TrainerOf(model), second = TrainerOf(model);
            while (first.Step < stop) first.Advance();
            using (FileStream file = File.Create(temporary.At("state"))) first.Save(file);
            second.Restore(temporary.At("state"));
            var (rest, same) = Run(second);
            Assert.Equal(lines.Skip(stop), rest);
            Small.SameBits(trained, same);
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void The_loss_falls_far_below_guessing(string family)
    {
        IModel model = Fresh(family);
        List<TrainingLine> lines = Run(TrainerOf(model, options with { Steps = 150, TokensPerBatch = 200, Dropout = 0, LearningRate = 0.02 })).Lines;
        Assert.Equal(Math.Log(40), lines[0].Loss, 0.5);
        double last = lines.TakeLast(10).Average(line => line.Loss);
        Assert.True(last < 0.75 * lines[0].Loss, $"{lines[0].Loss} became {last}");
        Assert.All(lines, line => Assert.True(double.IsNaN(line.Accuracy)));
    }

    [Theory, MemberData(nameof(Families))]
    public void A_model_that_was_trained_is_a_folder_that_loads_with_the_same_bits_and_has_one_matrix_for_words_and_output(string family)
    {
        IModel trained = Run(TrainerOf(Fresh(family))).Model;
        ModelFolder.Save(trained, temporary.At("model"), new Dictionary<string, byte[]>());
        using HuggingFaceFolder open = HuggingFaceFolder.Open(temporary.At("model"));
        List<string> notes = [];
        IModel read = ModelFolder.Load(open, notes.Add);
        Assert.Empty(notes);
        Assert.Equal((Output.Vocabulary, !FamilyRow.For(family).Guesses, 40), (read.Output, read.Causal, read.Scores()));
        Small.SameBits(trained, read);
        Assert.DoesNotContain(read.Weights.All.Keys, name => name.Contains("lm_head") || name.Contains("decoder") || name.Contains("score"));
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        int before = Machine.Threads;
        try
        {
            Machine.Threads = 1;
            var (lines, trained) = Run(TrainerOf(Fresh("gpt2")));
            Machine.Threads = 3;
            var (others, same) = Run(TrainerOf(Fresh("gpt2")));
            Assert.Equal(lines, others);
            Small.SameBits(trained, same);
        }
        finally { Machine.Threads = before; }
    }

    [Fact]
    public void Windows_are_shuffled_anew_in_every_epoch()
    {
        IModel model = Fresh("gpt2");
        IReadOnlyList<Example> windows = new LanguageModelling().Encode(
            [.. Enumerable.Range(3, 8).Select(n => new Row(LanguageFolder.Text(n, n), null, ""))], LanguageFolder.Rules());
        Trainer trainer = new(model, windows, options with { TokensPerBatch = 1, Epochs = 2 }, new LanguageModelling());
        int[][] epochs = [.. Run(trainer).Lines.Select(line => line.Tokens).Chunk(8)];     // one window at a time, known by its length
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(3, 8), epoch.Order()));
        Assert.NotEqual(epochs[0], epochs[1]);
    }

    [Fact]
    public void What_is_no_text_to_train_on_is_refused_by_name()
    {
        Assert.Contains($"has no head over the vocabulary. Take --family {string.Join(", ", ModelFolder.OfVocabulary)}",
            Assert.Throws<ArgumentException>(() => Fresh("roberta")).Message);
        IModel model = Fresh("gpt2");
        Assert.Contains("not on minimal pairs", Assert.Throws<InvalidDataException>(() => new Trainer(model, Windows(model), options, new MinimalPairs())).Message);
    }
}
