using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Models;

/// <summary>Which head of a folder is read, what is said where there is none or another kind of one, and families that the config does not say.</summary>
public class HeadTests
{
    public static TheoryData<string> Families => [.. ModelFolder.Families];

    public static TheoryData<string> Speakers => TiedWeightsTests.Speakers;

    static readonly (string Kind, string[] Bert, string[] Roberta, string[] Gpt2, string[] Llama)[] kinds =
    [
        ("ForTokenClassification", ["classifier.weight", "classifier.bias"], ["classifier.weight", "classifier.bias"], ["classifier.weight", "classifier.bias"], ["score.weight", "score.bias"]),
        ("ForMultipleChoice", ["classifier.weight", "classifier.bias"], ["classifier.weight", "classifier.bias"], [], []),
        ("ForQuestionAnswering", ["qa_outputs.weight", "qa_outputs.bias"], ["qa_outputs.weight", "qa_outputs.bias"], ["qa_outputs.weight", "qa_outputs.bias"], ["qa_outputs.weight", "qa_outputs.bias"]),
        ("ForMaskedLM", ["cls.predictions.bias", "cls.predictions.transform.dense.weight"], ["lm_head.bias", "lm_head.dense.weight"], [], []),
        ("ForPreTraining", ["cls.predictions.bias", "cls.seq_relationship.weight"], [], [], []),
        ("ForNextSentencePrediction", ["cls.seq_relationship.weight", "cls.seq_relationship.bias"], [], [], []),
        ("LMHeadModel", ["cls.predictions.bias"], [], [], []),
        ("ForCausalLM", [], ["lm_head.bias", "lm_head.dense.weight"], [], []),
        ("DoubleHeadsModel", [], [], ["lm_head.weight", "multiple_choice_head.summary.weight"], []),
        ("ForEverythingAtOnce", ["classifier.weight", "classifier.bias"], ["everything.weight"], ["score.weight"], ["score.weight"]),
    ];

    static string[] TensorsOf((string Kind, string[] Bert, string[] Roberta, string[] Gpt2, string[] Llama) kind, string family) =>
        family switch { "bert" => kind.Bert, "gpt2" => kind.Gpt2, "roberta" or "xlm-roberta" => kind.Roberta, _ => kind.Llama };

    public static TheoryData<string, string> OtherHeads => [.. from family in ModelFolder.Families from kind in kinds where TensorsOf(kind, family).Length > 0 select (family, kind.Kind)];

    [Theory, MemberData(nameof(OtherHeads))]
    public void A_head_of_another_kind_is_refused_by_its_name_and_its_body_is_taken(string family, string kind)
    {
        var (config, tensors) = Named.Body(family);
        string architecture = Named.Class(family) + kind;
        config["architectures"] = new JsonArray(architecture);
        string[] own = TensorsOf(kinds.Single(k => k.Kind == kind), family);
        foreach (string name in own) tensors[name] = name.EndsWith("bias", StringComparison.Ordinal) ? Named.Row(2) : Tensor.Lasting(2, 8);
        string said = Named.Refusal(config, tensors);
        Assert.Contains($"folder: this is a {architecture}, whose head ", said);
        Assert.Contains("Heartwood does not read it", said);
        Assert.Contains("heartwood train --from folder --data FILE --out RUN", said);

        IModel expected = Named.WithNewHead(Named.Body(family).Config, Named.Body(family).Tensors).Model;
        var (made, notes) = Named.WithNewHead(config, tensors);
        Small.SameBits(expected, made);
        Assert.Equal($"folder: a fresh head for yes, no; left out: '{own[0]}'{(own.Length == 1 ? "" : " and 1 more tensor")}, of a {architecture}.", notes);

        using HuggingFaceFolder folder = Named.Folder(config, tensors);
        Assert.Equal(Output.None, ModelFolder.OutputOf(folder, out string head));
        Assert.StartsWith($"the head of a {architecture}, which ", head);
        Assert.Equal(expected.Layers.Count, ModelFolder.LoadBody(folder).Layers.Count);
    }

    [Fact]
    public void Without_an_architecture_names_tell_a_head_of_another_kind()
    {
        foreach (var (family, tensor, name) in (ReadOnlySpan<(string, string, string)>)[
            ("bert", "cls.predictions.bias", "BertForMaskedLM"), ("bert", "qa_outputs.weight", "BertForQuestionAnswering"), ("roberta", "lm_head.bias", "RobertaForMaskedLM"),
            ("roberta", "classifier.weight", "RobertaForTokenClassification"), ("gpt2", "classifier.weight", "GPT2ForTokenClassification"), ("llama", "qa_outputs.weight", "LlamaForQuestionAnswering")])
        {
            var (config, tensors) = Named.Body(family);
            config.Remove("architectures");
            Assert.Contains($"this is a {name}, whose head", Named.Refusal(config, tensors.With(tensor, Named.Row(2))));
        }
        var (said, whole) = Named.Classifier("bert");
        said.Remove("architectures");
        Assert.Equal(Output.Labels, Named.Load(said, whole).Model.Output);
        Assert.Contains("BertForTokenClassification, whose head labels every token ('classifier.weight')", Named.Refusal(said, whole.Without("bert.pooler.dense.weight").Without("bert.pooler.dense.bias")));
        var (llama, scores) = Named.Classifier("llama");
        llama.Remove("architectures");
        Assert.Contains("LlamaForTokenClassification", Named.Refusal(llama, scores.With("score.bias", Named.Row(2))));
    }

    [Theory, MemberData(nameof(Families))]
    public void A_body_without_a_head_is_refused_where_scores_are_wanted_and_read_by_itself(string family)
    {
        var (config, tensors) = Named.Body(family);
        config["tie_word_embeddings"] = false;
        Assert.Equal($"folder: the weights hold a body without a head (config.json says {Named.Class(family)}Model): it gives scores to nothing. Give it a head for your labels: heartwood train --from folder --data FILE --out RUN. What it holds: heartwood inspect folder.",
            Named.Refusal(config, tensors));
        using HuggingFaceFolder folder = Named.Folder(config, tensors);
        IModel body = ModelFolder.LoadBody(folder), whole = Named.Load(Named.Classifier(family).Config, Named.Classifier(family).Tensors).Model;
        Assert.Equal((Output.None, 0, 0), (body.Output, body.Labels.Count, body.Scores()));
        Assert.Equal(tensors.Keys, body.Weights.All.Keys);
        Recorder seen = new();
        Tensor last = body.Stream(Small.Batch(), seen, Tokens.All);
        Small.SameBits(whole.Stream(Small.Batch(), NoProbe.Instance, Tokens.All).Values, last.Values, "stream");
        Small.SameBits(last.Values, seen.Seen[new(body.Layers.Count - 1, Point.LayerOut)].Values, "seen");
        Small.SameBits(last.Values, body.Frozen().Stream(Small.Batch(), NoProbe.Instance, Tokens.All).Values, "frozen");
        Assert.Contains("gives scores to nothing", Assert.Throws<InvalidOperationException>(() => body.Forward(Small.Batch(), NoProbe.Instance)).Message);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void Where_there_are_two_heads_the_architecture_decides(string family)
    {
        var (config, tensors) = Named.Speaker(family);
        config["tie_word_embeddings"] = false;
        tensors["score.weight"] = Named.Other(Tensor.Zeros(2, 8));
        var (speaker, notes) = Named.Load(config, tensors);
        Assert.Equal((Output.Vocabulary, $"folder/model.safetensors: read as a {Named.Class(family)}{Named.Language(family)}; left out: 'score.weight'."), (speaker.Output, notes));
        config["architectures"] = new JsonArray($"{Named.Class(family)}ForSequenceClassification");
        (IModel classifier, notes) = Named.Load(config, tensors);
        Assert.Equal((Output.Labels, $"folder/model.safetensors: read as a {Named.Class(family)}ForSequenceClassification; left out: 'lm_head.weight'."), (classifier.Output, notes));
        config.Remove("architectures");
        Assert.Equal(Output.Labels, Named.Load(config, tensors).Model.Output);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void Where_there_is_only_another_head_than_the_config_says_it_is_read_and_this_is_said(string family)
    {
        var (config, tensors) = Named.Speaker(family);
        (config["tie_word_embeddings"], config["architectures"]) = (false, new JsonArray($"{Named.Class(family)}ForSequenceClassification"));
        var (model, notes) = Named.Load(config, tensors);
        Assert.Equal(Output.Vocabulary, model.Output);
        Assert.Contains($"config.json says {Named.Class(family)}ForSequenceClassification, whose head is not among the weights; read as a ", notes);
        Assert.Contains("for there is 'lm_head.weight'", notes);
        config["tie_word_embeddings"] = true;
        Assert.Contains("no tensor 'score.weight'", Named.Refusal(config, tensors.Without("lm_head.weight")));

        (config, tensors) = Named.Classifier(family);
        config["architectures"] = new JsonArray(Named.Class(family) + Named.Language(family));
        (model, notes) = Named.Load(config, tensors);
        Assert.Equal(family == "gpt2" ? Output.Vocabulary : Output.Labels, model.Output);             // GPT-2's output is there in any case: the word embeddings
        Assert.Contains(family == "gpt2" ? "left out: 'score.weight'" : "for there is 'score.weight'", notes);
    }

    [Fact]
    public void A_BERT_with_the_head_of_pretraining_and_another_is_what_its_architecture_says()
    {
        var (config, tensors) = Named.Classifier("bert");
        tensors["cls.predictions.bias"] = Named.Row(20);
        var (model, notes) = Named.Load(config, tensors);
        Assert.Equal((Output.Labels, "folder/model.safetensors: read as a BertForSequenceClassification; left out: 'cls.predictions.bias'."), (model.Output, notes));
        config["architectures"] = new JsonArray("BertForMaskedLM");
        Assert.Contains("this is a BertForMaskedLM, whose head guesses masked words ('cls.predictions.bias')", Named.Refusal(config, tensors));
    }

    [Theory, MemberData(nameof(Families))]
    public void What_lies_outside_of_the_module_that_holds_the_body_is_no_known_head(string family)
    {
        var (config, tensors) = Named.Classifier(family);
        string wrapper = family == "gpt2" ? "model." : "encoder.", own = tensors.Keys.First(name => !Named.IsBody(family, name));
        string said = Named.Refusal(config, tensors.Renamed(name => Named.IsBody(family, name) ? wrapper + name : name));
        Assert.Contains($"whose head lies outside of the module that holds the rest ('{own}')", said);
        Small.SameBits(Named.WithNewHead(config, tensors).Model, Named.WithNewHead(config, tensors.Renamed(name => Named.IsBody(family, name) ? wrapper + name : name)).Model);
    }

    [Theory, MemberData(nameof(Families))]
    public void A_model_of_one_label_loads(string family)
    {
        var (config, tensors) = Named.Classifier(family, labels: 1);
        foreach (string? kind in (string?[])[null, "regression", "single_label_classification"])
        {
            config["problem_type"] = kind;
            IModel model = Named.Load(config, tensors).Model;
            Assert.Equal((Output.Labels, 1, 1), (model.Output, model.Labels.Count, model.Scores()));
            Assert.Equal(Small.Batch().Count, model.Forward(Small.Batch(), NoProbe.Instance).Count);
        }
        config["problem_type"] = "multi_label_classification";
        Assert.Contains("'problem_type' has the value \"multi_label_classification\"", Named.Refusal(config, tensors));
    }

    [Fact]
    public void A_missing_family_is_told_by_the_names_or_asked_for()
    {
        foreach (var (family, open) in (ReadOnlySpan<(string, string)>)[("gpt2", "gpt2"), ("bert", "bert"), ("qwen2", "qwen2"), ("llama", "llama or mistral"), ("roberta", "roberta or xlm-roberta")])
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
                    Assert.Equal($"folder/config.json: it has no 'model_type'; the tensors' names are those of {family}, and it is read so.", notes);
                    Small.SameBits(Named.Load(Named.Classifier(family).Config, tensors).Model, model);
                }
                else
                {
                    string[] types = open.Split(" or ");
                    Assert.Contains($"By the tensors' names it is {open}: add \"model_type\": \"{types[0]}\" or \"{types[1]}\", whichever it is.", Named.Refusal(config, file));
                }
            }
        var (body, bare) = Named.Body("bert");
        body.Remove("model_type");
        Assert.Contains("body without a head", Named.Refusal(body, bare.Renamed(name => name["bert.".Length..])));
        Assert.Contains("those of no family that Heartwood knows (bert, roberta", Named.Refusal(body, bare.Renamed(name => $"other.{name}")));
    }

    [Fact]
    public void The_goldens_of_other_heads_and_of_one_number_are_refused_and_read()
    {
        string? goldens = Files.SharedGoldens("models");
        if (goldens is null) Assert.Skip("shared/goldens/models is not next to the repository, nor under HEARTWOOD_GOLDENS.");
        using HuggingFaceFolder guesser = HuggingFaceFolder.Open(Path.Combine(goldens, "bert-mlm")), number = HuggingFaceFolder.Open(Path.Combine(goldens, "bert-regression"));
        Assert.Contains("this is a BertForMaskedLM, whose head guesses masked words ('cls.predictions.", Assert.Throws<CheckpointException>(() => ModelFolder.Load(guesser)).Message);
        Assert.Equal(["yes", "no"], ModelFolder.LoadWithNewHead(guesser, ["yes", "no"], 3).Labels);
        Assert.Equal(2, ModelFolder.LoadBody(guesser).Layers.Count);
        Assert.Equal(["LABEL_0"], ModelFolder.Load(number).Labels);
    }
}
