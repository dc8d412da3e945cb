using Heartwood.Lab.Tokenizers;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Tokenizers;

public sealed class TextFlowTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void Half_a_character_is_held_back_until_it_is_whole()
    {
        TextFlow flow = new(SmallSpeaker.Tokenizer(temporary));
        Assert.Equal(["a", "", "", "€", "b"], new[] { 36, SmallSpeaker.Euro, SmallSpeaker.Euro + 1, SmallSpeaker.Euro + 2, 5 }.Select(id => flow.Add(id)));
        Assert.Equal(("a€b", ""), (flow.Text, flow.Rest()));
    }

    [Fact]
    public void What_never_becomes_a_character_is_shown_when_no_token_follows()
    {
        TextFlow flow = new(SmallSpeaker.Tokenizer(temporary));
        Assert.Equal("a", flow.Add(36, SmallSpeaker.Euro));
        Assert.Equal("\uFFFD", flow.Rest());
        Assert.Equal("", flow.Rest());
    }

    [Fact]
    public void Pieces_add_up_to_the_text_whatever_tokens_come()
    {
        Tokenizer tokenizer = SmallSpeaker.Tokenizer(temporary);
        for (int draw = 0; draw < 50; draw++)
        {
            ChanceStream chance = new Chance(1, "text").At(draw).Stream();
            int[] ids = [1, .. Enumerable.Range(0, 12).Select(_ => 3 + chance.Below(27)), 4];
            TextFlow flow = new(tokenizer);
            Assert.Equal(tokenizer.Decode(ids), string.Concat(ids.Select(id => flow.Add(id))) + flow.Rest());
        }
    }
}
