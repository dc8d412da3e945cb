using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Tests.Lab.Tasks.Tables;

public sealed class DataSpecTests
{
    [Theory]
    [InlineData("data/train.tsv")]
    [InlineData("hans.txt,preset=hans,cases=ce_adverb|cn_adverb,per-case=200")]
    [InlineData("x.csv,format=csv,header=no,text=1,pair=2,label=3,case=4,group=5,other=6,labels=neutral>non-entailment|contradiction>non-entailment,cases=a|b|c,not-cases=a|b,per-case=7,rows=9")]
    [InlineData("a,,b.tsv,text=one,, two,label=#1 String")]
    [InlineData("a,,,preset=mnli")]
    public void A_specification_comes_back_as_it_was_written(string text) => Assert.Equal(text, DataSpec.Parse(text).ToString());

    [Fact]
    public void Every_key_is_read()
    {
        DataSpec spec = DataSpec.Parse("a,,b.tsv,preset=hans,format=tsv,header=yes,text=t,pair=p,label=l,case=c,group=g,cases=x|y,not-cases=y,per-case=200,labels=n>m,rows=3");
        Assert.Equal(("a,b.tsv", "hans", "tsv", true), (spec.File, spec.Preset, spec.Format, spec.Header!.Value));
        Assert.Equal(new Columns("t", "p", "l", "c", "g"), spec.Columns);
        Assert.Equal(["x", "y"], spec.Cases);
        Assert.Equal(["y"], spec.NotCases);
        Assert.Equal((200, 3, "m", "o"), (spec.PerCase!.Value, spec.Rows!.Value, spec.Labels["n"], spec.Labels["o"]));
    }

    [Theory]
    [InlineData("", "names no file")]
    [InlineData(",preset=hans", "names no file")]
    [InlineData("a.tsv,tex=b", "there is no key 'tex'. Did you mean text? There are: preset, format")]
    [InlineData("a.tsv,tex=b", "Did you mean text?")]
    [InlineData("a.tsv,hans", "there is no key 'hans'")]
    [InlineData("a.tsv,text=", "has no value. Write text=VALUE")]
    [InlineData("a.tsv,text", "has no value")]
    [InlineData("a.tsv,rows=1,rows=2", "gives rows twice")]
    [InlineData("a.tsv,preset=han", "There is no preset 'han'")]
    [InlineData("a.tsv,format=xls", "'xls' is no format")]
    [InlineData("a.tsv,header=maybe", "header=yes or header=no")]
    [InlineData("a.tsv,rows=0", "rows=0 is no number of rows")]
    [InlineData("a.tsv,per-case=99999999999", "is no number of rows")]
    [InlineData("a.tsv,labels=a", "'a' renames no label")]
    [InlineData("a.tsv,labels=a>b>c", "'a>b>c' renames no label")]
    [InlineData("a.tsv,labels=a>b|", "'' renames no label")]
    [InlineData("a.tsv,labels=a>b|a>c", "renames 'a' twice")]
    public void What_is_no_specification_is_refused(string text, string says) => Assert.Contains(says, Assert.Throws<FormatException>(() => DataSpec.Parse(text)).Message);

    [Fact]
    public void A_label_map_renames_in_one_step()
    {
        LabelMap map = LabelMap.Parse("a>b|b>c");
        Assert.Equal(("b", "c", "d"), (map["a"], map["b"], map["d"]));
        Assert.Equal("a>b|b>c", map.ToString());
        Assert.Equal("", LabelMap.Parse("").ToString());
    }
}
