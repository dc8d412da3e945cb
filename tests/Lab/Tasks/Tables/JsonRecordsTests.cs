using System.Text;
using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Tests.Lab.Tasks.Tables;

public sealed class JsonRecordsTests
{
    static List<string> Read(string text) => [.. JsonRecords.Read(Encoding.UTF8.GetBytes(text), "x.jsonl").Skip(1)
        .Select(r => $"{r.Line} {string.Join('|', r.Cells.Select(c => c ?? "none"))}")];

    static string Refused(string text) => Assert.Throws<TableException>(() => Read(text)).Message;

    [Fact]
    public void Blank_lines_are_passed_over_and_lines_keep_their_numbers() =>
        Assert.Equal(["2 a|1", "5 b|2"], Read("\n{\"t\": \"a\", \"l\": 1}\n \t\r\n\n{\"t\": \"b\", \"l\": 2}\n\n"));

    [Fact]
    public void A_list_of_objects_is_read_as_lines_are()
    {
        Assert.Equal(["2 a|1", "5 b|none"], Read("[\n  {\"t\": \"a\", \"l\": 1},\n\n\n  {\n    \"t\": \"b\"}\n]\n"));
        Assert.Equal(["1 a", "1 b"], Read("\uFEFF [{\"t\":\"a\"},{\"t\":\"b\"}]"));
        Assert.Empty(Read("[]"));
        Assert.Contains("x.jsonl, line 2: expected a JSON object without duplicate names, found Number.", Refused("[{\"t\":\"a\"},\n1]"));
        Assert.Contains("found JSON that is cut off before its end. Correct it, or write one object a line.",
            Refused("[{\"t\":\"a\"},\n{\"t\":"));
    }

    [Theory]
    [InlineData("[1]", "line 1: expected a JSON object without duplicate names, found Array. Write one object a line.")]
    [InlineData("{\"t\": NaN}", "found NaN, which JSON has no word for (column 7); write null.")]
    [InlineData("{\"t\": -Infinity}", "found -Infinity, which JSON has no word for")]
    [InlineData("{\"t\": True}", "found True, which JSON has no word for (column 7); write true.")]
    [InlineData("{'t': 1}", "found a single quote (column 2); JSON has double quotes.")]
    [InlineData("{\"t\": 1, \"é\": 2, \"t\": 3}", "found a name that occurs twice: 't'.")]
    [InlineData("{\"t\": {\"a\": 1, \"a\": 2}}", "found a name that occurs twice: 'a'.")]
    [InlineData("{\"t\": \"a", "found JSON that is cut off before its end.")]
    [InlineData("{\"t\": 1,}", "found a comma after the last item (column 9).")]
    [InlineData("{\"t\": 1} {\"t\": 2}", "found '{\"t\": 2}' where JSON has something else (column 10).")]
    [InlineData("{\"t\": \"\\ud800\"}", "found a string that ends in half a character")]
    [InlineData("{\n  \"t\": 1\n}\n",
        "line 1: expected a JSON object without duplicate names, found JSON that is cut off before its end. "
            + "Write one object a line: jq -c . x.jsonl > lines.jsonl")]
    public void The_parser_s_words_never_show(string text, string says)
    {
        string message = Refused(text);
        Assert.Contains(says, message);
        foreach (string inner in (string[])["BytePositionInLine", "isFinalBlock", "LineNumber", "Path:"])
            Assert.DoesNotContain(inner, message);
    }

    [Fact]
    public void Levels_upon_levels_are_refused() =>
        Assert.Contains("more than 64 levels", Refused($"{{\"t\": {new string('[', 100)}{new string(']', 100)}}}"));
}
