using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Tests.Lab.Tasks.Tables;

public class LabelAdviceTests
{
    static string Of(string found, string model, string file = "d.tsv", bool counted = false) =>
        LabelAdvice.NextMove(file, found.Split(' '), model.Split(' '), counted);

    [Theory]
    [InlineData("Neutral Entailment", "entailment neutral", "Write \"d.tsv,labels=Entailment>entailment|Neutral>neutral\".")]
    [InlineData("not_entailment entailment", "entailment not-entailment", "Write \"d.tsv,labels=not_entailment>not-entailment\".")]
    [InlineData("0 1 2", "LABEL_0 LABEL_1 LABEL_2", "Write \"d.tsv,labels=0>LABEL_0|1>LABEL_1|2>LABEL_2\".")]
    [InlineData("0.0 1.0", "0 1", "Write \"d.tsv,labels=0.0>0|1.0>1\".")]
    [InlineData("LABEL_1 LABEL_0", "0 1", "Write \"d.tsv,labels=LABEL_0>0|LABEL_1>1\".")]
    public void Names_that_differ_in_writing_only_give_the_whole_map(string found, string model, string advice) =>
        Assert.Equal(advice, Of(found, model));

    [Fact]
    public void Numbers_against_names_give_the_map_in_the_models_order_and_say_that_it_is_a_guess() =>
        Assert.Equal("If its numbers are those of the model's labels (not every file has them so), write "
            + "\"d.tsv,labels=0>entailment|1>neutral|2>contradiction\".", Of("2 0 1", "entailment neutral contradiction"));

    [Fact]
    public void Names_against_numbers_do_so_in_the_alphabets_order() =>
        Assert.Equal("The model's labels are numbers; its card says which is which. If they stand in the alphabet's order, write "
            + "\"d.tsv,labels=neg>LABEL_0|pos>LABEL_1\".", Of("pos neg", "LABEL_0 LABEL_1"));

    [Fact]
    public void Another_name_gives_the_nearest_label_that_is_free_and_the_map_of_those_that_could_count_as_it()
    {
        Assert.Equal("If it is another name for one of them, write \"d.tsv,labels=entails>entailment\".",
            Of("entails neutral", "entailment neutral contradiction"));
        Assert.EndsWith("say which: --label-map \"neutral>non-entailment|contradiction>non-entailment\".",
            Of("entailment non-entailment", "entailment neutral contradiction", counted: true));
    }

    [Fact]
    public void What_is_renamed_already_is_renamed_on()
    {
        Assert.Equal("If it is another name for one of them, write \"d.tsv,labels=a>neutral\".",
            Of("nuetral entailment", "entailment neutral", "d.tsv,labels=a>nuetral"));
        Assert.Contains(",labels=x>y after the file's name", LabelAdvice.NextMove(null, ["x"], ["y"], false));
    }
}
