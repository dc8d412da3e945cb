using System.Text.Json.Nodes;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Models;

/// <summary>One matrix that is word embeddings and output, under whichever name a file holds it.</summary>
public class TiedWeightsTests
{
    public static TheoryData<string> Speakers => [.. FamilyRow.Speakers];

    static float[] Scores(IModel model) => model.Forward(Small.Batch(), NoProbe.Instance, Tokens.All).Values.ToArray();

    static (JsonObject Config, Dictionary<string, Tensor> Tensors, IModel Model) Tied(string family)
    {
        var (config, tensors) = Named.Speaker(family);
        config["tie_word_embeddings"] = true;
        tensors.Remove(Named.Output(family));
        return (config, tensors, Named.Load(config, tensors).Model);
    }

    static void IsTied(IModel expected, IModel model)
    {
        Assert.Equal(expected.Weights.All.Keys.Order(), model.Weights.All.Keys.Order());
        Small.SameBits(Scores(expected), Scores(model), "scores");
        Small.SameBits(Scores(expected), Scores(model.With(model.Config, model.Weights)), "scores of its copy");
        Assert.True((bool?)model.Config["tie_word_embeddings"] ?? FamilyRow.For(model.Family).Tied);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void Either_name_of_the_tied_matrix_is_read_with_the_headers_word_or_without(string family)
    {
        var (config, tensors, expected) = Tied(family);
        string words = Named.Words(family);
        Dictionary<string, Tensor> output = tensors.Renamed(name => name == words ? Named.Output(family) : name);
        Dictionary<string, Tensor> both = tensors.With(Named.Output(family), tensors[words]);
        Dictionary<string, Tensor> wrapped = output.Renamed(name => $"module.{name}");
        IsTied(expected, Named.Load(config, output, new() { [words] = Named.Output(family), ["format"] = "pt" }).Model);
        IsTied(expected, Named.Load(config, output).Model);
        IsTied(expected, Named.Load(config, wrapped, new() { [$"module.{words}"] = $"module.{Named.Output(family)}" }).Model);
        IsTied(expected, Named.Load(config, tensors, new() { [Named.Output(family)] = words }).Model);
        IsTied(expected, Named.Load(config, both).Model);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void Where_the_config_does_not_say_it_a_missing_one_of_the_two_is_the_other_with_a_note(string family)
    {
        var (config, tensors, expected) = Tied(family);
        config.Remove("tie_word_embeddings");
        string words = Named.Words(family);
        var (model, notes) = Named.Load(config, tensors);
        IsTied(expected, model);
        Assert.Equal(FamilyRow.For(family).Tied ? "" : $"folder: there is no {Named.Output(family)}, and the config does not say whether output and word "
            + "embeddings are one matrix: read so. Write \"tie_word_embeddings\": true into config.json to hear no more of it.", notes);
        (model, notes) = Named.Load(config, tensors.Renamed(name => name == words ? Named.Output(family) : name));
        IsTied(expected, model);
        string told = $"folder: there is no {words}: {Named.Output(family)} is read in its place, as of a tied model.";
        Assert.Equal(FamilyRow.For(family).Tied ? "" : told, notes);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void Two_different_matrices_stay_two_whatever_the_config_says_and_this_is_said(string family)
    {
        var (config, tensors) = Named.Speaker(family);
        config["tie_word_embeddings"] = false;
        var (expected, silence) = Named.Load(config, tensors);
        Assert.Equal("", silence);
        Assert.NotEqual(Scores(Tied(family).Model), Scores(expected));
        config["tie_word_embeddings"] = true;
        var (model, notes) = Named.Load(config, tensors);
        Small.SameBits(expected, model);
        Small.SameBits(Scores(expected), Scores(model.With(model.Config, model.Weights)), "scores");
        Assert.False((bool)model.Config["tie_word_embeddings"]!);
        Assert.Contains($"but {Named.Output(family)} is not {Named.Words(family)}: both are read, as of an untied model", notes);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void An_untied_model_without_its_output_is_refused_with_the_move(string family)
    {
        var (config, tensors, _) = Tied(family);
        config["tie_word_embeddings"] = false;
        string said = Named.Refusal(config, tensors);
        Assert.Contains($"no tensor '{Named.Output(family)}', and \"tie_word_embeddings\" is false.", said);
        Assert.Contains("If the word embeddings are its output too, set \"tie_word_embeddings\" to true.", said);
        Assert.Contains("heartwood train --from folder", said);
        string words = Named.Words(family);
        Assert.Contains($"no tensor '{words}'", Named.Refusal(config, Named.Speaker(family).Tensors.Without(words)));
    }

    [Fact]
    public void A_body_whose_word_embeddings_lie_with_the_head_that_guesses_words_is_found()
    {
        foreach (string family in (string[])["roberta", "xlm-roberta", "bert"])
        {
            string output = family == "bert" ? "cls.predictions.decoder.weight" : "lm_head.decoder.weight";
            var (config, tensors) = Named.Body(family);
            config["architectures"] = new JsonArray($"{Named.Class(family)}ForMaskedLM");
            string words = Named.Words(family);
            IModel expected = Named.WithNewHead(config, tensors).Model;
            Dictionary<string, Tensor> kept = tensors.Renamed(name => name == words ? output : name);
            var (made, notes) = Named.WithNewHead(config, kept, new() { [words] = output });
            Assert.Equal(expected.Weights.All.Keys.Order(), made.Weights.All.Keys.Order());
            foreach (var (name, tensor) in expected.Weights.All) Small.SameBits(tensor.Values, made.Weights.All[name].Values, name);
            if (family != "bert") Assert.Contains($"left out: '{output}', of a {Named.Class(family)}ForMaskedLM", notes);
            Assert.Contains($"the file's header says that {words} is {output}", notes);
        }
    }
}
