using System.Text.Json;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood heal RUN</c>: words, JSON and page of a run whose cut is trained.</summary>
[Collection("the thread team")]
public sealed class HealVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    [Fact]
    public void It_tables_before_and_after_beside_labels_and_a_random_cut_in_words_JSON_and_on_the_page()
    {
        SmallRuns.Works(runs.Find("run", 4, "--all"));
        string said = SmallRuns.Works("heal", runs.At("run"), "--loss", "outputs=1,temperature=2", "--steps", "5");
        foreach (string words in (string[])["Healed for 5 steps (outputs=1,temperature=2), the cut goes ", "The cut: labels: ", "Random parts: outputs=1,temperature=2: ", "The healed cut is in "])
            Assert.Contains(words, said);
        Assert.True(File.Exists(runs.At("run", "healed", "model.safetensors")));
        Assert.Contains("id=\"healing\"", File.ReadAllText(runs.At("run", "report.html")));
        JsonElement json = JsonDocument.Parse(SmallRuns.Works("heal", runs.At("run"), "--loss", "outputs=1,temperature=2", "--steps", "5", "--json")).RootElement;
        Assert.Equal(4, json.GetProperty("healing").GetProperty("healed").GetArrayLength());
        Assert.Equal(2, json.GetProperty("candidates").EnumerateArray().Count(c => c.GetProperty("kind").GetString() == "healed"));
        // labels are labels, however their weight is written
        Assert.Single(JsonDocument.Parse(SmallRuns.Works("heal", runs.At("run"), "--loss", "labels=1", "--steps", "5", "--json")).RootElement.GetProperty("healing").GetProperty("losses").EnumerateArray());
        string healed = SmallRuns.Works("cut", runs.At("run"), "--subnetwork", Path.GetFileNameWithoutExtension(Directory.GetFiles(runs.At("run", "subnetworks"))[0]));
        Assert.Contains("is the cut before this one, healed.", healed);
        Assert.Equal(2, SmallRuns.Here("heal", runs.At("run"), "--steps", "0").Code);
        Assert.Contains("is no folder", SmallRuns.Fails("heal", runs.At("run"), "--loss", "outputs", "--teacher", runs.At("none")));
    }
}
