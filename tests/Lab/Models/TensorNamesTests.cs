using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Training;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Models;

/// <summary>Names that wrappers changed and prefixes that were lost, in every family.</summary>
public sealed class TensorNamesTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static readonly string[] ways =
    [
        "bare", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "model.", "model.module.",
        "module. bare", "model. bare", "0.auto_model. bare", "inside",
    ];

    public static TheoryData<string, string> FamiliesAndWays =>
        [.. from family in ModelFolder.Families from way in ways select (family, way)];

    // "bare" loses the family's prefix, and what stands before is put before all names; layers may be wrapped one by one
    static string Changed(string family, string name, string way)
    {
        if (way == "inside") return string.Join('.', name.Split('.').Select(s => int.TryParse(s, out _) ? $"{s}._orig_mod.module" : s));
        bool bare = way.EndsWith("bare", StringComparison.Ordinal);
        return way[..^(bare ? 4 : 0)].Trim() + (bare && Named.IsBody(family, name) ? name[Named.Prefix(family).Length..] : name);
    }

    [Theory, MemberData(nameof(FamiliesAndWays))]
    public void A_classifier_under_changed_names_is_the_one_under_the_usual_names_and_is_written_with_these(string family, string way)
    {
        var (config, tensors) = Named.Classifier(family);
        IModel usual = Named.Load(config, tensors).Model;
        IModel changed = Named.Load(config, tensors.Renamed(name => Changed(family, name, way))).Model;
        Small.SameBits(usual, changed);
        Small.SameBits(Scores(usual), Scores(changed), "scores");
        ModelFolder.Save(changed, temporary.At("written"), new Dictionary<string, byte[]>());
        using HuggingFaceFolder written = HuggingFaceFolder.Open(temporary.At("written"));
        Assert.Equal(tensors.Keys, written.Weights.Names);
    }

    [Theory, MemberData(nameof(FamiliesAndWays))]
    public void A_body_under_changed_names_is_trained_bit_for_bit_as_under_the_usual_names(string family, string way)
    {
        var (config, tensors) = Named.Body(family);
        var (lines, usual) = Trained(Named.WithNewHead(config, tensors).Model);
        var (others, changed) = Trained(Named.WithNewHead(config, tensors.Renamed(name => Changed(family, name, way))).Model);
        Assert.Equal(lines, others);
        Small.SameBits(usual, changed);
    }

    static float[] Scores(IModel model) => model.Forward(Small.Batch(), NoProbe.Instance).Values.ToArray();

    static (TrainingLine[] Lines, IModel Model) Trained(IModel model)
    {
        Trainer trainer = new(model, Small.Examples(8), new(Steps: 2, LearningRate: 1e-3));
        return ([.. Enumerable.Range(0, 2).Select(_ => trainer.Advance())], trainer.Model);
    }

    [Fact]
    public void MiniLM_as_it_is_published_takes_the_steps_that_it_takes_under_BERTs_names()
    {
        using HuggingFaceFolder published = HuggingFaceFolder.Open(Path.GetDirectoryName(Files.Real("models/minilm/config.json"))!);
        Assert.Equal(Output.None, ModelFolder.OutputOf(published, out string head));
        Assert.Equal("no head (config.json says BertModel)", head);
        Assert.Contains("heartwood train --from", Assert.Throws<CheckpointException>(() => ModelFolder.Load(published)).Message);
        IModel body = ModelFolder.LoadBody(published);
        Assert.Equal((103, 22_713_216L), (body.Weights.All.Count, body.Weights.Count));
        Dictionary<string, Tensor> named = Weights.Load(published.Weights).All.Renamed(name => $"bert.{name}");
        using HuggingFaceFolder prefixed = Named.Folder(published.Config.ToJson(), named);
        Assert.Equal(Trained(prefixed), Trained(published));

        static TrainingLine[] Trained(HuggingFaceFolder folder)
        {
            Trainer trainer = new(ModelFolder.LoadWithNewHead(folder, ["yes", "no"], 3), Small.Examples(8), new(Steps: 2));
            return [.. Enumerable.Range(0, 2).Select(_ => trainer.Advance())];
        }
    }

    public static TheoryData<string> Families => [.. ModelFolder.Families];

    [Theory, MemberData(nameof(Families))]
    public void What_could_be_read_in_two_ways_is_refused_by_both_names(string family)
    {
        var (config, tensors) = Named.Classifier(family);
        string words = Named.Words(family), bare = words[Named.Prefix(family).Length..], first = tensors.Keys.First();
        Refused([first, $"module.{first}"], tensors.With($"module.{first}", tensors[first]));
        Refused([bare, words], tensors.With(bare, tensors[words]));
        Dictionary<string, Tensor> model = tensors.Renamed(name => $"model.{name}"), student = tensors.Renamed(name => $"student.{name}");
        Refused([$"student.{first}", $"teacher.{first}"], student.Concat(tensors.Renamed(name => $"teacher.{name}")).ToDictionary());
        Refused(["x.y", "model.x.y"], model.With("model.x.y", Named.Row(2)).With("x.y", Named.Row(2)));

        void Refused(string[] both, Dictionary<string, Tensor> file)
        {
            string said = Named.Refusal(config, file);
            Assert.All(both, name => Assert.Contains($"'{name}'", said));
            Assert.Contains("Heartwood cannot tell which to read. Keep one of them", said);
        }
    }

    [Theory, InlineData("bert", "roberta"), InlineData("roberta", "bert"), InlineData("bert", "electra")]
    [InlineData("llama", "language_model.model"), InlineData("gpt2", "decoder")]
    public void A_body_where_another_kind_of_model_has_it_is_refused(string family, string prefix)
    {
        var (config, tensors) = Named.Classifier(family);
        int own = Named.Prefix(family).Length;
        string said = Named.Refusal(config, tensors.Renamed(name => Named.IsBody(family, name) ? $"{prefix}.{name[own..]}" : name));
        Assert.Contains($"has '{prefix.Split('.')[0]}' before what a", said);
        Assert.Contains("Otherwise correct \"model_type\"", said);
    }

    [Fact]
    public void The_weights_of_another_family_are_refused_by_the_name_of_what_is_missing()
    {
        Refused("gpt2", "bert", "no tensor 'transformer.wte.weight'.");
        Refused("bert", "llama", "no tensor 'bert.embeddings.word_embeddings.weight'.");

        static void Refused(string config, string weights, string gist) =>
            Assert.Contains(gist, Named.Refusal(Named.Classifier(config).Config, Named.Classifier(weights).Tensors));
    }

    [Theory, MemberData(nameof(Families))]
    public void Whatever_happens_to_names_the_model_is_the_same_or_the_folder_is_refused(string family)
    {
        var (config, tensors) = Named.Classifier(family);
        IModel usual = Named.Load(config, tensors).Model;
        string[] pieces = ["module", "_orig_mod", "model", "transformer", "bert", "0", "x", "", "classifier", "cls", "lm_head"];
        int loaded = 0, refused = 0;
        for (ulong draw = 0; draw < 150; draw++)
        {
            ChanceStream chance = new Chance(draw, "names").At(0).Stream();
            string before = string.Concat(Enumerable.Range(0, chance.Below(3)).Select(_ => pieces[chance.Below(pieces.Length)] + "."));
            bool bare = chance.Below(2) == 0;
            int few = chance.Below(3) == 0 ? chance.Below(4) : 0;
            Dictionary<string, Tensor> file = [];
            foreach (var (name, tensor) in tensors)
            {
                string own = bare && Named.IsBody(family, name) ? name[Named.Prefix(family).Length..] : name;
                bool odd = few > 0 && chance.Below(tensors.Count) < few;
                file[odd ? $"{pieces[chance.Below(pieces.Length)]}.{name}" : before + own] = tensor;
            }
            try
            {
                Small.SameBits(usual, Named.Load(config, file).Model);
                loaded++;
            }
            catch (CheckpointException)
            {
                refused++;
            }
        }
        Assert.True(loaded > 20 && refused > 20, $"{loaded} loaded, {refused} refused");
    }
}
