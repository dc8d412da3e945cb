using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Models;

/// <summary>
/// Which head of a folder is read, what is said where there is none or another kind of one, and families that the config does not say.
/// </summary>
public class HeadTests
{
    public static TheoryData<string> Families => [.. ModelFolder.Families];

    public static TheoryData<string> Speakers => TiedWeightsTests.Speakers;

    public static TheoryData<string, string> OtherHeads =>
        [.. from row in FamilyRow.All from head in row.OtherHeads select (row.Family, head.Ending)];

    [Theory, MemberData(nameof(OtherHeads))]
    public void A_head_of_another_kind_is_refused_by_its_name_and_its_body_is_taken(string family, string kind)
    {
        var (config, tensors) = Named.Body(family);
        string architecture = Named.Class(family) + kind;
        config["architectures"] = new JsonArray(architecture);
        string[] own = FamilyRow.For(family).OtherHeads.Single(head => head.Ending == kind).Tensors;
        foreach (string name in own) tensors[name] = name.EndsWith("bias", StringComparison.Ordinal) ? Named.Row(2) : Tensor.Lasting(2, 8);
        string said = Named.Refusal(config, tensors);
        Assert.Contains($"folder: this is a {architecture}, whose head ", said);
        Assert.Contains("Heartwood does not read it", said);
        Assert.Contains("heartwood train --from folder --data FILE --out RUN", said);

        IModel expected = Named.WithNewHead(Named.Body(family).Config, Named.Body(family).Tensors).Model;
        var (made, notes) = Named.WithNewHead(config, tensors);
        Small.SameBits(expected, made);
        string more = own.Length == 1 ? "" : $" and {own.Length - 1} more tensor{(own.Length == 2 ? "" : "s")}";
        Assert.Equal($"folder: a fresh head for yes, no; left out: '{own[0]}'{more}, of a {architecture}.", notes);

        using HuggingFaceFolder folder = Named.Folder(config, tensors);
        Assert.Equal(Output.None, ModelFolder.OutputOf(folder, out string head));
        Assert.StartsWith($"the head of a {architecture}, which ", head);
        Assert.Equal(expected.Layers.Count, ModelFolder.LoadBody(folder).Layers.Count);
    }

    [Fact]
    public void Without_an_architecture_names_tell_a_head_of_another_kind()
    {
        foreach (var (family, tensor, name) in (ReadOnlySpan<(string, string, string)>)[
            ("bert", "qa_outputs.weight", "BertForQuestionAnswering"),
            ("roberta", "lm_head.bias", "RobertaForMaskedLM"), ("roberta", "classifier.weight", "RobertaForTokenClassification"),
            ("gpt2", "classifier.weight", "GPT2ForTokenClassification"), ("llama", "qa_outputs.weight", "LlamaForQuestionAnswering")])
        {
            var (config, tensors) = Named.Body(family);
            config.Remove("architectures");
            Assert.Contains($"this is a {name}, whose head", Named.Refusal(config, tensors.With(tensor, Named.Row(2))));
        }
        var (said, whole) = Named.Classifier("bert");
        said.Remove("architectures");
        Assert.Equal(Output.Labels, Named.Load(said, whole).Model.Output);
        Dictionary<string, Tensor> poolerless = whole.Without("bert.pooler.dense.weight").Without("bert.pooler.dense.bias");
        Assert.Contains("BertForTokenClassification, whose head labels every token ('classifier.weight')", Named.Refusal(said, poolerless));
        var (llama, scores) = Named.Classifier("llama");
        llama.Remove("architectures");
        Assert.Contains("LlamaForTokenClassification", Named.Refusal(llama, scores.With("score.bias", Named.Row(2))));
    }

    [Theory, MemberData(nameof(Families))]
    public void A_body_without_a_head_is_refused_where_scores_are_wanted_and_read_by_itself(string family)
    {
        var (config, tensors) = Named.Body(family);
        config["tie_word_embeddings"] = false;
        Assert.Equal(
            $"folder: the weights hold a body without a head (config.json says {Named.Class(family)}Model): it gives scores to nothing. "
            + "Give it a head for your labels: heartwood train --from folder --data FILE --out RUN. "
            + "What it holds: heartwood inspect folder.",
            Named.Refusal(config, tensors));
        using HuggingFaceFolder folder = Named.Folder(config, tensors);
        IModel body = ModelFolder.LoadBody(folder);
        IModel whole = Named.Load(Named.Classifier(family).Config, Named.Classifier(family).Tensors).Model;
        Assert.Equal((Output.None, 0, 0), (body.Output, body.Labels.Count, body.Scores()));
        Assert.Equal(tensors.Keys, body.Weights.All.Keys);
        Recorder seen = new();
        Tensor last = body.Stream(Small.Batch(), seen, Tokens.All);
        Small.SameBits(whole.Stream(Small.Batch(), NoProbe.Instance, Tokens.All).Values, last.Values, "stream");
        Small.SameBits(last.Values, seen.Seen[new(body.Layers.Count - 1, Point.LayerOut)].Values, "seen");
        Small.SameBits(last.Values, body.Frozen().Stream(Small.Batch(), NoProbe.Instance, Tokens.All).Values, "frozen");
        string refused = Assert.Throws<InvalidOperationException>(() => body.Forward(Small.Batch(), NoProbe.Instance)).Message;
        Assert.Contains("gives scores to nothing", refused);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void Where_there_are_two_heads_the_architecture_decides(string family)
    {
        var (config, tensors) = Named.Speaker(family);
        config["tie_word_embeddings"] = false;
        tensors["score.weight"] = Named.Other(Tensor.Zeros(2, 8));
        string file = "folder/model.safetensors", name = Named.Class(family);
        var (speaker, notes) = Named.Load(config, tensors);
        Assert.Equal(Output.Vocabulary, speaker.Output);
        Assert.Equal($"{file}: read as a {name}{Named.Language(family)}; left out: 'score.weight'.", notes);
        config["architectures"] = new JsonArray($"{Named.Class(family)}ForSequenceClassification");
        (IModel labelled, notes) = Named.Load(config, tensors);
        Assert.Equal(Output.Labels, labelled.Output);
        Assert.Equal($"{file}: read as a {name}ForSequenceClassification; left out: '{Named.Output(family)}'.", notes);
        config.Remove("architectures");
        Assert.Equal(Output.Labels, Named.Load(config, tensors).Model.Output);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void Where_there_is_only_another_head_than_the_config_says_it_is_read_and_this_is_said(string family)
    {
        var (config, tensors) = Named.Speaker(family);
        config["tie_word_embeddings"] = false;
        config["architectures"] = new JsonArray($"{Named.Class(family)}ForSequenceClassification");
        var (model, notes) = Named.Load(config, tensors);
        Assert.Equal(Output.Vocabulary, model.Output);
        string said = $"config.json says {Named.Class(family)}ForSequenceClassification, whose head is not among the weights; read as a ";
        Assert.Contains(said, notes);
        Assert.Contains($"for there is '{Named.Output(family)}'", notes);
        config["tie_word_embeddings"] = true;
        Assert.Contains("no tensor 'score.weight'", Named.Refusal(config, tensors.Without(Named.Output(family))));

        (config, tensors) = Named.Classifier(family);
        config["architectures"] = new JsonArray(Named.Class(family) + Named.Language(family));
        (model, notes) = Named.Load(config, tensors);
        // the output of tied ones is there in any case: the word embeddings
        Assert.Equal(FamilyRow.For(family).Tied ? Output.Vocabulary : Output.Labels, model.Output);
        Assert.Contains(FamilyRow.For(family).Tied ? "left out: 'score.weight'" : "for there is 'score.weight'", notes);
    }

    [Fact]
    public void A_BERT_with_the_head_of_pretraining_and_another_is_what_its_architecture_says()
    {
        var (config, tensors) = Named.Classifier("bert");
        tensors["cls.predictions.bias"] = Named.Row(20);
        var (model, notes) = Named.Load(config, tensors);
        Assert.Equal(Output.Labels, model.Output);
        Assert.Equal("folder/model.safetensors: read as a BertForSequenceClassification; left out: 'cls.predictions.bias'.", notes);
        config["architectures"] = new JsonArray("BertForMaskedLM");
        Assert.Contains("'cls.predictions.transform.dense.weight'", Named.Refusal(config, tensors));
    }

    static Tensor Bias => Tensor.From([.. Enumerable.Range(0, 20).Select(i => 0.1f * i)], 20).KeepForever();

    static (JsonObject Config, Dictionary<string, Tensor> Tensors) Guesser(string architecture)
    {
        var (config, tensors) = Named.Body("bert");
        config["architectures"] = new JsonArray(architecture);
        foreach (string name in (string[])["cls.predictions.transform.dense.bias", "cls.predictions.transform.LayerNorm.weight",
            "cls.predictions.transform.LayerNorm.bias"]) tensors[name] = Named.Row(8);
        tensors["cls.predictions.transform.dense.weight"] = Tensor.Lasting(8, 8);
        tensors["cls.predictions.bias"] = Bias;
        return (config, tensors);
    }

    [Fact]
    public void A_BERT_that_guesses_words_is_read_with_what_pretraining_left_next_to_its_head_left_out()
    {
        IModel expected = Named.Load(Guesser("BertForMaskedLM").Config, Guesser("BertForMaskedLM").Tensors).Model;
        Assert.Equal((Output.Vocabulary, false, 20), (expected.Output, expected.Causal, expected.Scores()));
        var (config, tensors) = Guesser("BertForPreTraining");
        (tensors["cls.seq_relationship.weight"], tensors["cls.seq_relationship.bias"]) = (Tensor.Lasting(2, 8), Named.Row(2));
        tensors["cls.predictions.decoder.bias"] = tensors["cls.predictions.bias"];
        tensors["cls.predictions.decoder.weight"] = tensors["bert.embeddings.word_embeddings.weight"];
        var (read, notes) = Named.Load(config, tensors);
        Small.SameBits(expected, read);
        Assert.Equal("BertForMaskedLM", (string?)read.Config["architectures"]![0]);
        Assert.Contains("left out: 'cls.seq_relationship.", notes);
        Assert.DoesNotContain(read.Weights.All.Keys, name => name.Contains("pooler") || name.Contains("decoder"));
        tensors["cls.predictions.decoder.bias"] = Named.Row(20);
        Assert.Contains("are one and the same in this family, and here they differ", Named.Refusal(config, tensors));
    }

    [Fact]
    public void A_BERT_with_an_output_of_its_own_scores_words_with_it()
    {
        var (config, tensors) = Guesser("BertForMaskedLM");
        config["tie_word_embeddings"] = false;
        tensors["cls.predictions.decoder.weight"] = Tensor.Lasting(20, 8);
        IModel read = Named.Load(config, tensors).Model;
        Assert.True(read.Weights.Has("cls.predictions.decoder.weight"));
        float[] scores = read.Forward(new([Sequence.Plain([3, 5])]), Heartwood.Lab.Probes.NoProbe.Instance, Tokens.All).Values.ToArray();
        Assert.Equal([.. Bias.Values, .. Bias.Values], scores);                          // the output is 0: the bias is left
    }

    [Theory, MemberData(nameof(Families))]
    public void What_lies_outside_of_the_module_that_holds_the_body_is_no_known_head(string family)
    {
        var (config, tensors) = Named.Classifier(family);
        string wrapper = family == "gpt2" ? "model." : "encoder.", own = tensors.Keys.First(name => !Named.IsBody(family, name));
        Dictionary<string, Tensor> wrapped = tensors.Renamed(name => Named.IsBody(family, name) ? wrapper + name : name);
        string said = Named.Refusal(config, wrapped);
        Assert.Contains($"whose head lies outside of the module that holds the rest ('{own}')", said);
        Small.SameBits(Named.WithNewHead(config, tensors).Model, Named.WithNewHead(config, wrapped).Model);
    }

    [Theory, MemberData(nameof(Families))]
    public void A_model_of_one_label_loads(string family)
    {
        var (config, tensors) = Named.Classifier(family, labels: 1);
        IModel model = Named.Load(config, tensors).Model;
        Assert.Equal((Output.Labels, 1, 1), (model.Output, model.Labels.Count, model.Scores()));
        Assert.Equal(Small.Batch().Count, model.Forward(Small.Batch(), NoProbe.Instance).Count);
    }

    [Fact]
    public void A_missing_family_is_told_by_the_names_or_asked_for()
    {
        foreach (var (family, open) in FamilyRow.All.Select(row => (row.Family, row.TypesLeft)).DistinctBy(row => row.TypesLeft))
            foreach (string before in (string[])["", "module."])
            {
                var (config, tensors) = Named.Classifier(family);
                config.Remove("model_type");
                config.Remove("sliding_window");
                Dictionary<string, Tensor> file = tensors.Renamed(name => before + name);
                if (open == family)
                {
                    var (model, notes) = Named.Load(config, file);
                    Assert.Equal((family, family), (model.Family, (string?)model.Config["model_type"]));
                    Assert.StartsWith("folder/config.json: it has no 'model_type'; ", notes);
                    Assert.EndsWith($"the tensors' names are those of {family}, and it is read so.", notes);
                    Small.SameBits(Named.Load(Named.Classifier(family).Config, tensors).Model, model);
                }
                else
                {
                    string[] types = open.Split(" or ");
                    string move = $"add \"model_type\": \"{types[0]}\" or \"{types[1]}\", whichever it is.";
                    Assert.Contains($"By the tensors' names it is {open}: {move}", Named.Refusal(config, file));
                }
            }
        var (body, bare) = Named.Body("bert");
        body.Remove("model_type");
        Assert.Contains("body without a head", Named.Refusal(body, bare.Renamed(name => name["bert.".Length..])));
        Dictionary<string, Tensor> strange = bare.Renamed(name => $"other.{name}");
        Assert.Contains("those of no family that Heartwood knows (bert, roberta", Named.Refusal(body, strange));
    }

    [Fact]
    public void The_body_of_the_golden_that_guesses_words_is_taken_with_or_without_its_head()
    {
        string? goldens = Files.SharedGoldens("models");
        if (goldens is null) Assert.Skip("shared/goldens/models is not next to the repository, nor under HEARTWOOD_GOLDENS.");
        using HuggingFaceFolder guesser = HuggingFaceFolder.Open(Path.Combine(goldens, "bert-mlm"));
        Assert.True(ModelFolder.Load(guesser).GuessesMaskedWords());
        Assert.Equal(["yes", "no"], ModelFolder.LoadWithNewHead(guesser, ["yes", "no"], 3).Labels);
        Assert.Equal(2, ModelFolder.LoadBody(guesser).Layers.Count);
    }
}
