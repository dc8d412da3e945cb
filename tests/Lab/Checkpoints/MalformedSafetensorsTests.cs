using Heartwood.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Checkpoints;

public sealed class MalformedSafetensorsTests
{
    /// <summary>Header, bytes of data, and what the message must say.</summary>
    public static TheoryData<string, int, string> Headers => new()
    {
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "'b': expected its data to begin at byte 8, where that of 'a' ends, found 4: they overlap" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "they overlap" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "belong to no tensor" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "belong to no tensor" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "expected 4 bytes after the header, where 'a' ends, found 8" },
        { "{}", 8, "expected 0 bytes after the header" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "within the 7 bytes after the header" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "two rising data_offsets" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "two rising data_offsets" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "'data_offsets' to hold whole numbers from 0, found -8" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,1e30]}}""", 8, "found 1e30" },
        { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "data_offsets 12 bytes apart for F32 [3], found 8 bytes" },
        { """{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}""", 8, "data_offsets 4 bytes apart for F16 [2], found 8 bytes" },
        { """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}""", 8, "'shape' to hold whole numbers from 0, found -1" },
        { """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", 8, "found 1.5" },
        { """{"a":{"dtype":"F32","shape":[4294967298],"data_offsets":[0,8]}}""", 8, "axes of at most 2147483647, found 4294967298" },
        { """{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""", 8, "more than 2^63 bytes apart" },
        { """{"a":{"dtype":"F32","shape":[65536,65536,65536,65536],"data_offsets":[0,0]}}""", 0, "more than 2^63 bytes apart" },
        { """{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", 8, "found 'F33'" },
        { """{"a":{"dtype":"0","shape":[2],"data_offsets":[0,8]}}""", 8, "found '0'" },
        { """{"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}""", 8, "expected a dtype, found Number" },
        { """{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8, "expected a dtype, found Undefined" },
        { """{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8, "'shape' to be an array" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"stride":1}}""", 8, "found 'stride'" },
        { """{"a":[]}""", 0, "'a': expected an object" },
        { """{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "'a'" },
        { """{"__metadata__":{"format":1}}""", 0, "'format': expected a string, found Number" },
        { """{"__metadata__":"pt"}""", 0, "expected __metadata__ to be an object" },
        { """{"a\ud800":{}}""", 0, "expected a JSON object" },
        { """{"a":""", 0, "expected a JSON object" },
        { """[1]""", 0, "begins with '{', found byte 0x5B" },
        { "", 0, "begins with '{', found nothing" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void A_header_that_is_wrong_is_refused_by_name(string header, int dataBytes, string says)
    {
        string message = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(Files.Safetensors(header, dataBytes), "bad.safetensors")).Message;
        Assert.StartsWith("bad.safetensors: ", message);
        Assert.Contains(says, message);
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        byte[] whole = Files.SmallSafetensors();
        string path = Path.Combine(Files.NewFolder(), "cut.safetensors");
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.StartsWith(path, Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message);
        }
    }

    [Theory]
    [InlineData(100ul), InlineData(100_000_001ul), InlineData(ulong.MaxValue), InlineData(1ul << 63)]
    public void A_header_longer_than_the_file_is_refused(ulong announced)
    {
        byte[] bytes = [.. BitConverter.GetBytes(announced), .. "{}"u8];
        Assert.Contains($"announce a header of {announced} bytes; expected at most 2", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(bytes, "long")).Message);
    }

    [Fact]
    public void A_header_above_the_limit_is_refused_even_in_a_file_that_holds_it() =>
        Assert.Contains("expected at most 100000000", Assert.Throws<CheckpointException>(() => SafetensorsHeader.End("huge", 1L << 40, 100_000_001)).Message);

    [Fact]
    public void A_path_that_is_no_file_is_refused()
    {
        string folder = Files.NewFolder();
        Assert.Contains("no such file", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(Path.Combine(folder, "none.safetensors"))).Message);
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder));
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open("a\0b"));
    }
}
