using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Tokenizers.SentencePiece;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>Damaged SentencePiece models are refused with the documented exception or read; then any text is encoded.</summary>
public class SentencePieceFuzzTests
{
    // A small vocabulary keeps a mutation likely to hit what matters.
    static readonly ModelPiece[] pieces =
    [
        new("<unk>", 0, PieceKind.Unknown), new("<s>", 0, PieceKind.Control), new("</s>", 0, PieceKind.Control),
        new("▁", -2, PieceKind.Normal), new("a", -3, PieceKind.Normal), new("b", -3.5f, PieceKind.Normal),
        new("▁a", -2.5f, PieceKind.Normal), new("ab", -4, PieceKind.Unused),
        new("▁ab", -3, PieceKind.Normal), new("fi", -5, PieceKind.Normal),
        new("<x>", 0, PieceKind.UserDefined), new("▁▁", 0, PieceKind.UserDefined),
    ];

    // Longer than what a tokenizer remembers, so that it does not make room for that.
    const string Text = "a\tb ﬁ <x>  ab\u0301é中 ▁▁😀abababababababababababababababababababababababababababababababababab";

    static readonly byte[] map = ModelBytes.Map(("ﬁ", "fi"), ("\t", " "), ("ée", "e"), ("é", ""));

    static byte[] Model(CutKind kind, bool bytes, bool suffix) =>
        ModelBytes.Of(kind, bytes ? [.. pieces, .. ModelBytes.Bytes] : pieces, new() { CharacterMap = map }, bytes, suffix);

    static byte[] Mutated(byte[] source, Xorshift draw)
    {
        byte[] bytes = [.. source];
        for (int changes = 1 + draw.Below(3); changes > 0 && bytes.Length > 0; changes--)
        {
            // Most of a map is empty: half of the changes are made to what stands before and after it.
            int at = draw.Below(draw.Below(2) == 0 ? bytes.Length : Math.Min(bytes.Length, 260));
            int length = Math.Min(bytes.Length - at, 1 + draw.Below(8));
            switch (draw.Below(6))
            {
                case 0: bytes[at] = (byte)draw.Below(256); break;
                case 1: bytes[at] ^= (byte)(1 << draw.Below(8)); break;
                case 2: bytes[at]++; break;
                case 3: bytes = [.. bytes[..at], .. bytes[(at + length)..]]; break;
                case 4: bytes = [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]]; break;
                default: if (draw.Below(16) == 0) bytes = bytes[..at]; else bytes[at] = 0xFF; break;
            }
        }
        return bytes;
    }

    [Theory]
    [InlineData(1, false, false)]
    [InlineData(1, true, false)]
    [InlineData(2, false, false)]
    [InlineData(2, true, true)]
    [InlineData(3, false, false)]
    [InlineData(4, false, true)]
    public void A_damaged_model_is_read_or_refused_with_its_file(int kind, bool bytes, bool suffix)
    {
        byte[] source = Model((CutKind)kind, bytes, suffix);
        Assert.NotEmpty(Tokenizer.FromSentencePiece(source, "file").Encode("ab").Ids);
        var draw = new Xorshift();
        int read = 0, refused = 0, times = bytes ? 3000 : 11000;
        for (int i = 0; i < times; i++)
        {
            byte[] damaged = Mutated(source, draw);
            try
            {
                var tokenizer = Tokenizer.FromSentencePiece(damaged, "file");
                var encoded = tokenizer.Encode(Text, null, 40);
                foreach (int id in encoded.Ids) Assert.NotEmpty(tokenizer.Piece(id));
                Assert.NotNull(tokenizer.Decode(encoded.Ids));
                Assert.NotNull(tokenizer.Decode(Enumerable.Range(0, tokenizer.Count)));
                read++;
            }
            catch (InvalidDataException fault)
            {
                Assert.StartsWith("file: ", fault.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.True(read > times / 20 && refused > times / 20, $"{read} read, {refused} refused");
    }

    [Theory]
    [InlineData("0A FF FF FF FF 7F", "expected 34359738367 bytes; found 0 to the end")]
    [InlineData("0A FF FF FF FF FF FF FF FF FF FF", "expected a number of at most 10 bytes; found more")]
    [InlineData("0B", "expected a field of a protobuf message; found field 1 of wire type 3")]
    [InlineData("0A 07 0A 01 7A 15 00 00 C0", "expected 4 bytes; found 3")]
    [InlineData("0A 08 0A 01 7A 15 00 00 C0 7F", "expected a finite float32; found NaN")]
    [InlineData("0A 03 0A 01 FF", "piece 12")]
    [InlineData("0A 03 0A 01 61", "expected every piece once; found 'a' for the second time")]
    [InlineData("0A 05 0A 01 7A 18 09", "expected a type from 1 to 6; found 9")]
    [InlineData("0A 05 0A 01 7A 18 02", "expected one unknown piece, 0; found 'z' as another")]
    [InlineData("0A 05 0A 01 7A 18 06", "expected a byte such as <0x0A>; found 'z'")]
    [InlineData("12 02 18 07", "trainer_spec (byte")]
    [InlineData("12 03 98 02 01", "expected 256 bytes, as byte_fallback says; found 0")]
    [InlineData("1A 05 12 03 01 02 03", "normalizer_spec.precompiled_charsmap")]
    public void What_is_wrong_with_a_model_is_said_with_its_place(string added, string said)
    {
        byte[] end = Convert.FromHexString(added.Replace(" ", "", StringComparison.Ordinal));
        byte[] model = [.. Model(CutKind.Unigram, false, false), .. end];
        var fault = Assert.Throws<InvalidDataException>(() => Tokenizer.FromSentencePiece(model, "tokenizer.model"));
        Assert.StartsWith("tokenizer.model: read as SentencePiece's file: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
        Assert.Contains("AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)", fault.Message, StringComparison.Ordinal);
    }
}
