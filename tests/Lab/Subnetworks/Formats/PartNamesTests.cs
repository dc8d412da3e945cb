using System.Text;
using Heartwood.Lab.Subnetworks.Formats;

namespace Heartwood.Tests.Lab.Subnetworks.Formats;

public class PartNamesTests
{
    [Theory]
    [InlineData("L3.H7", "L3.H7")]
    [InlineData("l3.h7", "L3.H7")]
    [InlineData("L3H7", "L3.H7")]
    [InlineData("a3.h7", "L3.H7")]
    [InlineData("3.7", "L3.H7")]
    [InlineData("blocks.3.attn.hook_z.7", "L3.H7")]
    [InlineData("blocks.3.attn.hook_z[7]", "L3.H7")]
    [InlineData("blocks.3.attn.hook_z[:, :, 7]", "L3.H7")]
    [InlineData("blocks.3.attn.hook_result:7", "L3.H7")]
    [InlineData("blocks.3.attn.hook_z head 7", "L3.H7")]
    [InlineData("L11.MLP", "L11.MLP")]
    [InlineData("m11", "L11.MLP")]
    [InlineData("blocks.11.hook_mlp_out", "L11.MLP")]
    [InlineData(" m11 ", "L11.MLP")]
    public void A_part_is_known_by_the_names_that_others_give_it(string name, string address) => Assert.Equal(address, PartNames.Parse(name).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("a3")]
    [InlineData("m")]
    [InlineData("3")]
    [InlineData("3.7.1")]
    [InlineData("a3.h7<q>")]
    [InlineData("blocks.3.attn.hook_z")]
    [InlineData("blocks.3.attn.hook_q.7")]
    [InlineData("blocks.3.mlp.hook_post")]
    [InlineData("L3.H99999999999")]
    [InlineData("logits")]
    public void Other_names_are_refused_and_shown_how(string name)
    {
        string message = Assert.Throws<FormatException>(() => PartNames.Parse(name)).Message;
        Assert.StartsWith($"'{name}' names no part. Write L3.H7", message);
    }

    [Fact]
    public void A_list_has_commas_between_its_names_also_beside_brackets()
    {
        Assert.Equal(["L0.H1", "L3.H7", "L2.MLP"], PartNames.ParseList("a0.h1, blocks.3.attn.hook_z[:, :, 7],m2").Select(p => p.ToString()));
        Assert.Contains("L0.H1 is named twice", Assert.Throws<FormatException>(() => PartNames.ParseList("a0.h1,L0.H1")).Message);
        Assert.Throws<FormatException>(() => PartNames.ParseList("a0.h1,,m2"));
    }

    [Theory]
    [InlineData("""{"a": NaN, "b": -Infinity, "c": [Infinity,NaN]}""", """{"a": "NaN", "b": "-Infinity", "c": ["Infinity","NaN"]}""")]
    [InlineData("""{"NaN": "a\"NaN\\", "b": NaN}""", """{"NaN": "a\"NaN\\", "b": "NaN"}""")]
    [InlineData("""{"a": 1}""", """{"a": 1}""")]
    public void Names_that_Python_writes_bare_are_quoted_outside_of_texts(string written, string read) =>
        Assert.Equal(read, Encoding.UTF8.GetString(MaskFile.WithoutBareNames(Encoding.UTF8.GetBytes(written))));
}
