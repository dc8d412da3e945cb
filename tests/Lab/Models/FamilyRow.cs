using Heartwood.Lab.Models;

namespace Heartwood.Tests.Lab.Models;

/// <summary>
/// What tests know of a family, written down by hand from the transformers library and not read from our code: one row each. Tests over all
/// families ask here for names; a new family is a row.
/// </summary>
/// <param name="Family">as config.json calls it</param>
/// <param name="Class">what its classes begin with</param>
/// <param name="Prefix">what its body's names begin with, with the dot</param>
/// <param name="Words">its word embeddings</param>
/// <param name="TypesLeft">what its classifier may be where config.json does not say the family</param>
/// <param name="OtherHeads">heads that are refused by name: how the class ends, and tensors that tell it</param>
sealed record FamilyRow(
    string Family, string Class, string Prefix, string Words, string TypesLeft, params (string Ending, string[] Tensors)[] OtherHeads)
{
    static readonly string[] classifier = ["classifier.weight", "classifier.bias"], answers = ["qa_outputs.weight", "qa_outputs.bias"];
    static readonly string[] words = ["lm_head.bias", "lm_head.dense.weight"], score = ["score.weight", "score.bias"];

    /// <summary>How the class of its language model ends; null where it has none.</summary>
    public string? Language { get; init; }

    /// <summary>Whether output and word embeddings are one matrix where the config does not say it.</summary>
    public bool Tied { get; init; }

    /// <summary>What its language model calls its output.</summary>
    public string Output { get; init; } = "lm_head.weight";

    /// <summary>Whether it has a model that guesses masked words.</summary>
    public bool Guesses { get; init; }

    /// <summary>Whether attention reads queries and keys as they are made: not turned by position, normalized or scaled.</summary>
    public bool ReadsAsMade { get; init; }

    /// <summary>Whether tokens have types.</summary>
    public bool TokenTypes { get; init; }

    static FamilyRow Roberta(string family, string name) => new(
        family, name, "roberta.", "roberta.embeddings.word_embeddings.weight", "roberta or xlm-roberta",
        ("ForTokenClassification", classifier), ("ForMultipleChoice", classifier), ("ForQuestionAnswering", answers),
        ("ForMaskedLM", words), ("ForCausalLM", words), ("ForEverythingAtOnce", ["everything.weight"]))
    {
        ReadsAsMade = true,
    };

    static FamilyRow LikeLlama(string family, string name, string typesLeft) => new(
        family, name, "model.", "model.embed_tokens.weight", typesLeft,
        ("ForTokenClassification", score), ("ForQuestionAnswering", answers), ("ForEverythingAtOnce", ["score.weight"]))
    {
        Language = "ForCausalLM",
    };

    /// <summary>All of them.</summary>
    public static FamilyRow[] All { get; } =
    [
        new("bert", "Bert", "bert.", "bert.embeddings.word_embeddings.weight", "bert",
            ("ForTokenClassification", classifier), ("ForMultipleChoice", classifier), ("ForQuestionAnswering", answers),
            ("ForNextSentencePrediction", ["cls.seq_relationship.weight", "cls.seq_relationship.bias"]),
            ("LMHeadModel", ["cls.predictions.bias"]), ("ForEverythingAtOnce", classifier))
        {
            Guesses = true,
            ReadsAsMade = true,
            TokenTypes = true,
        },
        Roberta("roberta", "Roberta"),
        Roberta("xlm-roberta", "XLMRoberta"),
        new("gpt2", "GPT2", "transformer.", "transformer.wte.weight", "gpt2",
            ("ForTokenClassification", classifier), ("ForQuestionAnswering", answers),
            ("DoubleHeadsModel", ["lm_head.weight", "multiple_choice_head.summary.weight"]), ("ForEverythingAtOnce", ["score.weight"]))
        {
            Language = "LMHeadModel",
            Tied = true,
            ReadsAsMade = true,
        },
        new("gpt_neox", "GPTNeoX", "gpt_neox.", "gpt_neox.embed_in.weight", "gpt_neox",
            ("ForTokenClassification", classifier), ("ForQuestionAnswering", answers), ("ForEverythingAtOnce", ["score.weight"]))
        {
            Language = "ForCausalLM",
            Output = "embed_out.weight",
        },
        new("gemma2", "Gemma2", "model.", "model.embed_tokens.weight", "gemma2",
            ("ForTokenClassification", score), ("ForEverythingAtOnce", ["score.weight"]))
        {
            Language = "ForCausalLM",
            Tied = true,
        },
        LikeLlama("llama", "Llama", "llama or mistral"),
        LikeLlama("mistral", "Mistral", "llama or mistral"),
        LikeLlama("qwen2", "Qwen2", "qwen2"),
        new("distilbert", "DistilBert", "distilbert.", "distilbert.embeddings.word_embeddings.weight", "distilbert",
            ("ForTokenClassification", classifier), ("ForMultipleChoice", ["pre_classifier.weight", .. classifier]),
            ("ForQuestionAnswering", answers),
            ("ForMaskedLM", ["vocab_transform.weight", "vocab_layer_norm.weight", "vocab_projector.bias"]),
            ("ForEverythingAtOnce", ["everything.weight"]))
        {
            ReadsAsMade = true,
        },
        new("electra", "Electra", "electra.", "electra.embeddings.word_embeddings.weight", "electra",
            ("ForTokenClassification", classifier), ("ForMultipleChoice", classifier), ("ForQuestionAnswering", answers),
            ("ForPreTraining", ["discriminator_predictions.dense.weight", "discriminator_predictions.dense_prediction.weight"]),
            ("ForMaskedLM", ["generator_predictions.dense.weight", "generator_lm_head.bias"]),
            ("ForCausalLM", ["generator_predictions.dense.weight", "generator_lm_head.bias"]),
            ("ForEverythingAtOnce", ["everything.weight"]))
        {
            ReadsAsMade = true,
            TokenTypes = true,
        },
        LikeLlama("qwen3", "Qwen3", "qwen3"),
    ];

    /// <summary>The row of a family.</summary>
    public static FamilyRow For(string family) => All.Single(row => row.Family == family);

    /// <summary>Families with a language model, whose output may be the word embeddings' matrix.</summary>
    public static IEnumerable<string> Speakers => All.Where(row => row.Language is not null).Select(row => row.Family);
}

/// <summary>That the table is whole.</summary>
public class FamilyRowTests
{
    [Fact]
    public void Every_family_has_a_row_and_its_facts_are_the_models()
    {
        Assert.Equal(ModelFolder.Families, FamilyRow.All.Select(row => row.Family));
        foreach (FamilyRow row in FamilyRow.All)
        {
            IModel model = Small.Model(family: row.Family);
            Assert.Equal(row.TokenTypes ? 2 : 1, model.TokenTypes);
            Assert.Equal(row.Language is not null, model.Causal);
            Assert.True(model.Weights.Has(row.Words));
            Assert.Equal($"{row.Class}ForSequenceClassification", (string?)model.Config["architectures"]![0]);
        }
    }
}
