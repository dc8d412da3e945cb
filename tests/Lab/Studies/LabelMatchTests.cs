using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Studies;

/// <summary>What a model's labels count as on sets that have others.</summary>
public sealed class LabelMatchTests : IDisposable
{
    static readonly string[] three = ["entailment", "neutral", "contradiction"];
    static readonly LabelMap two = LabelMap.Parse("neutral>non-entailment|contradiction>non-entailment");
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    DataSource Labelled(string labels, string keys = "")
    {
        string file = temporary.At($"{labels.Replace(' ', '-')}.tsv");
        File.WriteAllLines(file, ["text\tpair\tlabel", .. labels.Split(' ').Select(l => $"the doctor slept\tthe doctor ran\t{l}")]);
        return DataSource.Read($"{file},text=text,pair=pair,label=label{keys}");
    }

    [Theory]
    [InlineData("entailment non-entailment", "neutral>non-entailment|contradiction>non-entailment", true, "entailment non-entailment")]
    [InlineData("entailment neutral contradiction", "neutral>non-entailment|contradiction>non-entailment", false,
        "entailment neutral contradiction")]
    [InlineData("entailment neutral", "contradiction>neutral", true, "entailment neutral")]
    [InlineData("entailment neutral", "", false, "entailment neutral contradiction")]
    [InlineData("neutral contradiction", "neutral>x|contradiction>x", false, "entailment neutral contradiction")]
    public void A_map_is_applied_where_all_labels_of_the_file_are_among_the_names_it_leaves(string labels, string map, bool applied,
        string names)
    {
        LabelMatch match = LabelMatch.Find(three, LabelMap.Parse(map), [Labelled(labels)]);
        Assert.Equal((applied, names), (match.Renamed, string.Join(' ', match.Names)));
        Assert.Equal(three.Select(l => applied ? LabelMap.Parse(map)[l] : l), match.Mapped.Select(m => match.Names[m]));
    }

    [Fact]
    public void Whole_files_decide_and_not_the_rows_that_were_chosen() =>
        Assert.False(LabelMatch.Find(three, LabelMap.Parse("contradiction>neutral"),
            [Labelled("entailment contradiction neutral neutral", ",rows=2") is var thinned
            && thinned.Rows.All(r => r.Label != "contradiction") ? thinned
            : throw new InvalidOperationException("The test needs rows without contradiction.")]).Renamed);

    [Theory]
    [InlineData("nuetral>non-entailment", "--label-map renames 'nuetral', which is none of the model's labels (entailment, neutral, "
        + "contradiction). Did you mean neutral? Then: --label-map \"neutral>non-entailment\".")]
    [InlineData("neutral>non-entailment|contradiction>none-entailment",
        "--label-map makes labels count as 'none-entailment', which no data here has (entailment, non-entailment). Did you mean "
        + "non-entailment? Then: --label-map \"neutral>non-entailment|contradiction>non-entailment\".")]
    public void Names_that_do_not_exist_are_refused_on_either_side(string map, string says) =>
        Assert.Equal(says, Refused(map, Labelled("entailment non-entailment")));

    [Fact]
    public void A_map_that_changes_nothing_is_refused() =>
        Assert.Contains("would change nothing", Refused(two.ToString().Replace("non-entailment", "entailment", StringComparison.Ordinal),
        Labelled("entailment neutral contradiction")));

    [Fact]
    public void Labels_of_both_kinds_in_one_use_are_refused_with_the_way_to_make_them_one() =>
        Assert.Contains("Rename those of the model's own in the file: ,labels=neutral>non-entailment|contradiction>non-entailment",
            Refused(two.ToString(), Labelled("entailment non-entailment neutral")));

    string Refused(string map, DataSource data) =>
        Assert.Throws<InvalidDataException>(() => new Sets(LoadedModel.Load(SmallWorld.ModelIn(temporary.At("model"), three)),
            Small.Sets([data]), LabelMap.Parse(map), 0)).Message;

    [Fact]
    public void It_is_said_where_a_map_is_not_applied()
    {
        LoadedModel model = LoadedModel.Load(SmallWorld.ModelIn(temporary.At("model"), three));
        _ = new Sets(model, Small.Sets([Labelled("entailment neutral contradiction")], [Labelled("entailment non-entailment")]), two, 0);
        Assert.Contains("entailment-neutral-contradiction.tsv,text=text,pair=pair,label=label: the labels are the model's own "
            + "(entailment, neutral, contradiction), so --label-map is not applied there.", Assert.Single(model.Notes));
    }

    [Fact]
    public void Data_that_masks_are_learned_on_is_read_by_the_map_too()
    {
        string model = SmallWorld.ModelIn(temporary.At("model"), three);
        StudyRequest request = SmallWorld.Study(model) with
        {
            Sets = NamedData.Listed(
                [Labelled("entailment non-entailment").Name], [Labelled("entailment neutral contradiction").Name])
        };
        Assert.Contains("'non-entailment' is none of the model's",
            Assert.Throws<InvalidDataException>(() => new Heartwood.Lab.Studies.Study.Prepared(request)).Message);
        _ = new Heartwood.Lab.Studies.Study.Prepared(request with { LabelMap = two.ToString() });
        Measured majority = ModelEvaluation.Measure(request with
        {
            LabelMap = two.ToString(),
            Sets = NamedData.Listed([Labelled("entailment non-entailment non-entailment").Name],
                [Labelled("entailment non-entailment non-entailment non-entailment").Name])
        }, default)
            .Measured["majority"];
        Assert.Equal(0.75, majority.InDomain.Value);
    }
}
